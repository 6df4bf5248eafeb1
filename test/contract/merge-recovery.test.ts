import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nodeDisk } from '../../src/base/disk/node-disk.ts';
import { listSegments } from '../../src/store/lifecycle/recover.ts';
import { verifySegments } from '../../src/store/lifecycle/verify.ts';
import { type MergeStore, openMergeStore, rowsByStream } from '../support/merge-store.ts';
import { copyAsKilled } from '../support/open-store.ts';
import type { TestRow } from '../support/store-rows.ts';
import { watchedDisk } from '../support/watched-disk.ts';

const T0 = 1_790_000_000_000_000_000n;
const STREAMS = [
  ['app', 'a'],
  ['app', 'b', 'pod', 'p1'],
];

let root: string;
let live: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'halogi-merge-recovery-'));
  live = join(root, 'live');
});
afterEach(() => rmSync(root, { recursive: true }));

/** Rows of one flush: some late, one that came before, one of another day. */
function batch(number: number): TestRow[] {
  const rows = Array.from({ length: 40 }, (_, i): TestRow => {
    const at = number * 40 + i - (i % 7 === 0 ? 60 : 0);
    return { labels: STREAMS[i % 2]!, ns: T0 + BigInt(at) * 1_000_000n, line: `flush ${number} line ${i}` };
  });
  return [
    ...rows,
    { labels: STREAMS[0]!, ns: T0, line: 'in every flush' },
    { labels: STREAMS[0]!, ns: T0 + 86_400_000_000_000n, line: `next day ${number}` },
  ];
}

const ids = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

async function flushed({ store, push }: MergeStore, numbers: readonly number[]): Promise<void> {
  for (const number of numbers) {
    await push(batch(number));
    await store.flush();
    await store.merge();
  }
}

async function rowsOf(numbers: readonly number[]): Promise<Map<string, string[]>> {
  const folder = join(root, 'expected');
  const plain = await openMergeStore({ folder });
  await flushed(plain, numbers);
  const rows = rowsByStream(plain.store);
  await plain.store.close();
  rmSync(folder, { recursive: true });
  return rows;
}

/** Opens a copy of a folder, twice; both times every row must be there once, and the second time nothing is left to sort out. */
async function expectWhole(folder: string, expected: Map<string, string[]>, what: string): Promise<MergeStore> {
  const first = await openMergeStore({ folder });
  expect(rowsByStream(first.store), what).toEqual(expected);
  expect([first.damages, first.recovered.missing, first.recovered.damaged], what).toEqual([[], 0, 0]);
  await first.store.close();
  const second = await openMergeStore({ folder });
  expect(rowsByStream(second.store), `${what}, again`).toEqual(expected);
  expect(second.recovered, `${what}, again`).toMatchObject({ orphans: 0, replaced: 0, adopted: 0, missing: 0 });
  await second.store.close();
  return first;
}

describe('a kill at any step of a merge', () => {
  test.each(['as it was', 'lost', 'as before the merge'])('with the index %s', async (index) => {
    const snapshots: { readonly folder: string; readonly step: string }[] = [];
    let watching = false;
    const disk = watchedDisk(nodeDisk, (call, path) => {
      if (!watching) return;
      const folder = join(root, `snapshot-${snapshots.length}`);
      snapshots.push({ folder, step: `${snapshots.length}: before ${call} of ${basename(path)}` });
      copyAsKilled(live, folder);
    });
    // The index changes beside the disk, so a merge begins when the flush before it is done.
    let flush: Promise<void> | undefined;
    const merging = await openMergeStore({
      folder: live,
      disk,
      settings: { tierSegments: 3 },
      beforeMerge: async () => flush,
    });
    await flushed(merging, ids(6));
    const level1 = merging.merges.length;
    await merging.push(batch(6));
    const before = join(root, 'index-before');
    cpSync(join(live, 'index'), before, { recursive: true });
    watching = true;
    flush = merging.store.flush();
    await flush;
    await merging.store.merge();
    await expect.poll(() => snapshots.at(-1)?.step ?? '').toContain('unlink');
    watching = false;
    expect(merging.merges.length).toBeGreaterThan(level1);
    await merging.store.close();

    const expected = await rowsOf(ids(7));
    const seen = { replaced: 0, adopted: 0, orphans: 0 };
    for (const { folder, step } of snapshots) {
      if (index === 'lost') rmSync(join(folder, 'index'), { recursive: true });
      if (index === 'as before the merge') {
        rmSync(join(folder, 'index'), { recursive: true });
        cpSync(before, join(folder, 'index'), { recursive: true });
      }
      const { recovered } = await expectWhole(folder, expected, `${step}, index ${index}`);
      seen.replaced += recovered.replaced;
      seen.adopted += recovered.adopted;
      seen.orphans += recovered.orphans;
    }
    expect(snapshots.length).toBeGreaterThan(20);
    expect(seen.replaced).toBeGreaterThan(0);
    expect(seen.adopted).toBeGreaterThan(0);
    expect(seen.orphans).toBeGreaterThan(0);
  });
});

test('files that were never removed count nowhere, at any level, with the index and without', async () => {
  const disk = {
    ...nodeDisk,
    unlink: async (path: string) => (path.endsWith('.seg') ? undefined : nodeDisk.unlink(path)),
  };
  const merging = await openMergeStore({ folder: live, disk, settings: { tierSegments: 2 } });
  await flushed(merging, ids(9));
  expect(Math.max(...merging.merges.map(({ level }) => level))).toBeGreaterThan(2);
  // Repeats in segments that were not joined yet count as often as they are there.
  const { storedRows } = merging.store.stats();
  await merging.store.close();
  const files = (await listSegments(nodeDisk, live)).size;
  const { rows, problems } = await verifySegments(nodeDisk, live);
  const expected = await rowsOf(ids(9));
  expect(problems).toEqual([]);
  expect(rows).toBe(storedRows);
  for (const index of ['kept', 'lost']) {
    const folder = join(root, index);
    copyAsKilled(live, folder);
    if (index === 'lost') rmSync(join(folder, 'index'), { recursive: true });
    const { recovered } = await expectWhole(folder, expected, index);
    expect(recovered.replaced).toBeGreaterThan(10);
    expect((await listSegments(nodeDisk, folder)).size).toBe(files - recovered.replaced);
  }
});

test('a merge that cannot write leaves everything as it was, and is tried again', async () => {
  let fails = true;
  const disk = watchedDisk(nodeDisk, (call, path) => {
    if (fails && call === 'rename' && path.endsWith('-m01.seg')) throw Object.assign(new Error(path), { code: 'EIO' });
  });
  const merging = await openMergeStore({ folder: live, disk, settings: { tierSegments: 3 } });
  for (const number of ids(4)) {
    await merging.push(batch(number));
    await merging.store.flush();
  }
  void merging.store.merge();
  await expect.poll(() => merging.failures.length).toBe(1);
  expect(merging.store.stats().merge).toMatchObject({ merges: 0, failures: 1 });
  const expected = await rowsOf(ids(4));
  expect(rowsByStream(merging.store)).toEqual(expected);
  await merging.store.close();
  fails = false;
  await expectWhole(live, expected, 'without the merge');
  const again = await openMergeStore({ folder: live, disk, settings: { tierSegments: 3 } });
  await again.store.merge();
  expect(again.merges).toHaveLength(2);
  expect(rowsByStream(again.store)).toEqual(expected);
  await again.store.close();
});

test('a segment with a damaged block is not merged, and the others are', async () => {
  const merging = await openMergeStore({ folder: live });
  await flushed(merging, ids(7));
  await merging.store.close();
  const paths = [...(await listSegments(nodeDisk, live))].filter((path) => path.includes('2026-09-21'));
  const bytes = readFileSync(paths[3]!);
  bytes[20] = bytes[20]! ^ 1;
  writeFileSync(paths[3]!, bytes);
  const again = await openMergeStore({ folder: live, settings: { tierSegments: 3 } });
  await again.store.merge();
  expect(String(again.failures[0])).toContain(paths[3]!);
  const left = [...(await listSegments(nodeDisk, live))].filter((path) => path.includes('2026-09-21'));
  expect(left).toContain(paths[3]!);
  expect(left).toHaveLength(3);
  await again.store.close();
});

describe('a log of which only a part is left, and no index', () => {
  test('at any step of its deletion', async () => {
    const snapshots: string[] = [];
    let watching = false;
    const disk = watchedDisk(nodeDisk, (call, path) => {
      if (!watching || !path.includes('wal') || call === 'write') return;
      const folder = join(root, `snapshot-${snapshots.length}`);
      snapshots.push(folder);
      copyAsKilled(live, folder);
    });
    // Three starts without a flush: three segments of the log.
    for (const number of [0, 1, 2]) {
      const one = await openMergeStore({ folder: live, disk });
      await one.push(batch(number));
      if (number < 2) {
        copyAsKilled(live, join(root, 'killed'));
        await one.store.close();
        rmSync(live, { recursive: true });
        cpSync(join(root, 'killed'), live, { recursive: true });
        continue;
      }
      watching = true;
      await one.store.flush();
      watching = false;
      await one.store.close();
    }
    expect(snapshots.length).toBeGreaterThan(5);
    const expected = await rowsOf([0, 1, 2]);
    for (const [i, folder] of snapshots.entries()) {
      rmSync(join(folder, 'index'), { recursive: true });
      await expectWhole(folder, expected, `step ${i}`);
    }
  });
});
