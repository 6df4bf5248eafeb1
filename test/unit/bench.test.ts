import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDataset } from '../../bench/data.ts';

/** Tells that the benches start and end with right answers; how fast anything is, is not asked here. */

const ROOT = join(import.meta.dirname, '..', '..');
const NODE = join(ROOT, 'node_modules', 'node', 'bin', 'node');
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'halogi-bench-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function bench(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(NODE, [join(ROOT, 'bench', 'main.ts'), '--data', folder, ...args], { encoding: 'utf8' });
}

test('load, sink, suite, yardsticks and micro benches run, and every answer is right', { timeout: 180_000 }, () => {
  const { status, stdout, stderr } = bench('--quick', '--size', '6', '--only', 'load,sink,query,yardsticks,micro');
  expect({ status, failed: stderr.match(/FAILED.*/g) ?? [] }).toEqual({ status: 0, failed: [] });
  for (const title of ['Ingest', 'Disk', 'Queries', 'Micro']) expect(stdout).toContain(`## ${title}\n`);
  expect(stdout.match(/\| +ok \|/g)?.length).toBeGreaterThan(15);
});

test('an unknown part is refused by name', () => {
  const { status, stderr } = bench('--only', 'lod');
  expect(status).not.toBe(0);
  expect(stderr).toContain('--only lod: not one of data, load');
});

test('equal parameters give equal data, another seed other data', { timeout: 60_000 }, () => {
  const make = (name: string, seed: number) =>
    openDataset(join(folder, name), { sizeMb: 2, streams: 50, hours: 1, seed }, () => undefined);
  const [first, again, other] = [make('a', 5), make('b', 5), make('c', 6)];
  expect(again.manifest).toEqual(first.manifest);
  expect(again.readBody(0).equals(first.readBody(0))).toBe(true);
  expect(other.readBody(0).equals(first.readBody(0))).toBe(false);
});
