import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openAnswerKernel } from '../../../src/kernels/answer-kernel.ts';
import { openBlockKernel } from '../../../src/kernels/block-kernel.ts';
import { openEntryKernel } from '../../../src/kernels/entry-kernel.ts';
import { ingestKernel } from '../../../src/kernels/ingest-kernel.ts';
import { openSkipFilterKernel } from '../../../src/kernels/skip-filter-kernel.ts';

// Each kernel has a twin, so that a test of what both do passes when a kernel is missing. Here it does not.
test.each([
  ['answer', openAnswerKernel],
  ['block', openBlockKernel],
  ['entries', openEntryKernel],
  ['ingest', ingestKernel],
  ['segment', openSkipFilterKernel],
] as const)('the kernel %s is built and opens', (name, open) => {
  expect(existsSync(join('src', 'kernels', `${name}.wasm`))).toBe(true);
  expect(open()).toBeDefined();
});
