import { expect, test } from 'vitest';
import { sampleLines } from '../../../bench/logs/lines.ts';
import type { LineKind } from '../../../bench/logs/topology.ts';
import { compressFrame } from '../../../src/chunk/bytes/compress.ts';
import { decodeTemplates } from '../../../src/chunk/template/template-decoder.ts';
import { encodeTemplates } from '../../../src/chunk/template/template-encoder.ts';

const TEXT_BYTES = 200_000;

function textOf(kind: LineKind): Buffer {
  return Buffer.from(sampleLines(kind, 4000).join('\n')).subarray(0, TEXT_BYTES);
}

// Of the JSON frame more than half is ids of 16 random bytes a line, of which nothing saves a bit.
test.each([
  ['nginx', 0.55],
  ['json', 0.65],
  ['logfmt', 0.5],
  ['java', 0.56],
  ['plain', 0.53],
] as const)('lines of %s take less than %f of what zstd makes of them', (kind, most) => {
  const raw = textOf(kind);
  expect(raw.length).toBe(TEXT_BYTES);
  const frame = encodeTemplates(raw, [0], 1)!;
  expect(frame.length / compressFrame(raw, 1).bytes.length).toBeLessThan(most);
  expect(raw.equals(decodeTemplates(frame, raw.length, 'test'))).toBe(true);
});

test('a text that has no templates is not coded', () => {
  let state = 1;
  const noise = Buffer.from(
    Uint8Array.from({ length: 50_000 }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    }),
  );
  expect(encodeTemplates(noise, [0], 1)).toBeUndefined();
  expect(encodeTemplates(new Uint8Array(0), [0], 1)).toBeUndefined();
});

/** Whether lines are coded, however large the frame is. */
function isCoded(lines: readonly string[]): boolean {
  const raw = Buffer.from(lines.join('\n'));
  const frame = encodeTemplates(raw, [], 1, Number.POSITIVE_INFINITY);
  if (frame !== undefined) expect(raw.equals(decodeTemplates(frame, raw.length, 'test'))).toBe(true);
  return frame !== undefined;
}

test('too many templates, variables or entries are not coded', () => {
  const shapes = (count: number): string[] =>
    Array.from({ length: count * 4 }, (_, i) => {
      const shape = (i >> 2).toString(2).replaceAll('0', '-').replaceAll('1', '=');
      return `${shape} ${i * 7919}`;
    });
  expect(isCoded(shapes(4096))).toBe(true);
  expect(isCoded(shapes(4097))).toBe(false);
  expect(isCoded([...shapes(4095), '!', '?'])).toBe(true);
  expect(isCoded([...shapes(4096), '!'])).toBe(false);

  const columns = (count: number): string[] => Array.from({ length: 4 }, (_, i) => Array(count).fill(i).join(' '));
  expect(isCoded(columns(16_384))).toBe(true);
  expect(isCoded(columns(16_385))).toBe(false);

  // Names that come twice each, with nothing in common at either end: a dictionary is best for them.
  const names = (count: number): string[] =>
    Array.from({ length: count * 2 }, (_, i) => {
      const name = i % count;
      const end = 'gh'[name & 1];
      return `${end}_a_name_of_some_length_${name}_${end}`;
    });
  expect(isCoded(names(65_535))).toBe(true);
  expect(isCoded(names(65_536))).toBe(false);
});

test('a mark inside a line is refused, one at a line is kept', () => {
  const raw = Buffer.from(Array.from({ length: 100 }, (_, i) => `line ${i} of many`).join('\n'));
  const second = raw.indexOf(10) + 1;
  expect(encodeTemplates(raw, [0, second], 1)).toBeDefined();
  expect(encodeTemplates(raw, [0, second + 1], 1)).toBeUndefined();
  expect(encodeTemplates(raw, [second, 0], 1)).toBeUndefined();
  expect(encodeTemplates(raw, [0, raw.length], 1)).toBeUndefined();
});
