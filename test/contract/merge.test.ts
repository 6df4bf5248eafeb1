import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nodeDisk } from '../../src/base/disk/node-disk.ts';
import { decodeDirectory } from '../../src/chunk/directory.ts';
import { listSegments } from '../../src/store/lifecycle/recover.ts';
import { verifySegments } from '../../src/store/lifecycle/verify.ts';
import { readSegmentDirectory } from '../../src/store/segments/segment-directory.ts';
import { type MergeStore, openMergeStore, rowsByStream } from '../support/merge-store.ts';
import type { TestRow } from '../support/store-rows.ts';

const DAY_NS = 86_400_000_000_000n;
const T0 = 20_700n * DAY_NS + 3_600_000_000_000n;
const STREAMS = [
  ['app', 'a'],
  ['app', 'a', 'pod', 'p1'],
  ['app', 'b'],
  ['zone', 'ü'],
];

let root: string;
let opened: MergeStore[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'halogi-merge-'));
  opened = [];
});
afterEach(async () => {
  for (const { store } of opened) await store.close();
  rmSync(root, { recursive: true });
});

async function open(options: Partial<Parameters<typeof openMergeStore>[0]> = {}): Promise<MergeStore> {
  const store = await openMergeStore({ folder: join(root, 'data'), ...options });
  opened.push(store);
  return store;
}

async function flushEach({ store, push }: MergeStore, batches: readonly (readonly TestRow[])[]): Promise<void> {
  for (const rows of batches) {
    await push(rows);
    await store.flush();
    await store.merge();
  }
}

/** Rows of a small range of times, so that equal times, repeats, late rows and overlaps are common. */
const row: fc.Arbitrary<TestRow> = fc.record(
  {
    labels: fc.constantFrom(...STREAMS),
    ns: fc.oneof(
      fc.nat(30).map((n) => T0 + BigInt(n)),
      fc.nat(5_000).map((n) => T0 + BigInt(n) * 1_000_000_000n),
      fc.nat(2).map((n) => T0 + BigInt(n) * DAY_NS),
    ),
    line: fc.constantFrom('x', 'y', '', 'one\ntwo', 'ünï ✓', 'level=error boom', 'z'.repeat(3000)),
    metadata: fc.constantFrom<readonly string[]>([], ['trace_id', 'abc'], ['é', 'ü', 'user', '']),
    level: fc.constantFrom(255, 0, 3, 5),
  },
  { requiredKeys: ['labels', 'ns', 'line'] },
);

describe('what a query sees is the same before and after', () => {
  test('for any rows in any number of flushes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(row, { minLength: 1, maxLength: 40 }), { minLength: 2, maxLength: 9 }),
        fc.constantFrom(2, 3, 4),
        async (batches, tierSegments) => {
          const plain = await openMergeStore({ folder: join(root, 'plain') });
          const merging = await openMergeStore({ folder: join(root, 'merging'), settings: { tierSegments } });
          try {
            for (const each of [plain, merging]) {
              await flushEach(each, batches.slice(0, -1));
              // The last one stays in the head.
              await each.push(batches.at(-1)!);
            }
            expect(rowsByStream(merging.store)).toEqual(rowsByStream(plain.store));
            expect(merging.failures).toEqual([]);
            expect(merging.store.stats().segments).toBeLessThanOrEqual(plain.store.stats().segments);
          } finally {
            for (const { store } of [plain, merging]) await store.close();
            for (const name of ['plain', 'merging']) rmSync(join(root, name), { recursive: true });
          }
        },
      ),
      { numRuns: Number(process.env['HALOGI_MERGE_RUNS'] ?? 40) },
    );
  });

  test('when whole blocks are taken over compressed, small ones joined, and a day is packed again', async () => {
    const line = (i: number): string => `${i} ${((i + 1) * 2_654_435_761).toString(36).repeat(20)}`;
    // Three streams: whole blocks, small blocks, and whole blocks with late rows in every other flush.
    const batches = Array.from({ length: 6 }, (_, flush) =>
      STREAMS.slice(0, 3).flatMap((labels, s) =>
        Array.from({ length: [4000, 30, 2000][s]! }, (_, i): TestRow => {
          const at = flush * 10_000 + i - (s === 2 && flush % 2 === 1 ? 9_000 : 0);
          return {
            labels,
            ns: T0 + BigInt(at) * 1_000_000n,
            line: line(at),
            ...(i % 3 === 0 ? { metadata: ['trace_id', `t${at}`], level: 4 } : {}),
          };
        }),
      ),
    );
    const plain = await open({ folder: join(root, 'plain') });
    await flushEach(plain, batches);
    const expected = rowsByStream(plain.store);
    let nowMs = Date.now();
    const merging = await open({ settings: { tierSegments: 3, coldAfterMs: 60_000 }, now: () => nowMs });
    await flushEach(merging, batches);
    expect(merging.merges.map(({ kind, level }) => [kind, level])).toEqual([
      ['tier', 1],
      ['tier', 2],
    ]);
    expect(merging.merges.reduce((sum, merge) => sum + merge.copiedBlocks, 0)).toBeGreaterThan(10);
    expect(rowsByStream(merging.store)).toEqual(expected);
    nowMs += 120_000;
    await merging.store.merge();
    expect(merging.merges.at(-1)).toMatchObject({ kind: 'cold', copiedBlocks: 0 });
    expect(rowsByStream(merging.store)).toEqual(expected);
    expect(merging.store.stats().segments).toBe(1);
    // Packed is packed.
    await merging.store.merge();
    expect(merging.merges).toHaveLength(3);
    const { problems } = await verifySegments(nodeDisk, join(root, 'data'));
    expect(problems).toEqual([]);
  });

  test('rows of one time by the thousand, each of them twice', async () => {
    const rows = Array.from({ length: 5000 }, (_, i): TestRow => ({ labels: STREAMS[0]!, ns: T0, line: `row ${i}` }));
    const merging = await open({ settings: { tierSegments: 2 } });
    await flushEach(merging, [rows, [...rows].reverse(), rows.slice(10)]);
    expect(merging.merges[0]).toMatchObject({ rows: 5000, repeats: 5000 });
    const texts = rowsByStream(merging.store).values().next().value!;
    expect(texts.map((text) => /row \d+/.exec(text)![0])).toEqual(rows.map(({ line }) => line));
  });
});

test('tallies, names of metadata and totals of a merged segment are those of its rows', async () => {
  const merging = await open({ settings: { tierSegments: 2 } });
  await flushEach(merging, [
    [
      { labels: STREAMS[0]!, ns: T0, line: 'a', level: 3, metadata: ['user', 'u1'] },
      { labels: STREAMS[0]!, ns: T0 + 70_000_000_000n, line: 'b', level: 5 },
    ],
    [
      { labels: STREAMS[0]!, ns: T0 + 1n, line: 'c', level: 3 },
      { labels: STREAMS[0]!, ns: T0, line: 'a', level: 3, metadata: ['other', 'o'] },
      { labels: STREAMS[1]!, ns: T0, line: 'd' },
    ],
  ]);
  const [path] = [...(await listSegments(nodeDisk, join(root, 'data')))];
  const { directory: bytes, fileBytes } = await readSegmentDirectory(nodeDisk, path!);
  const { streams, tally, metadataNames, merge } = decodeDirectory(bytes, path!);
  expect([streams.labels(0), streams.labels(1)]).toEqual(STREAMS.slice(0, 2));
  expect(streams.count).toBe(2);
  expect([[...tally.minutes], [...tally.levels], [...tally.counts]]).toEqual([
    [60, 61, 62, 60],
    [3, 3, 5, 255],
    [1, 1, 1, 1],
  ]);
  // The repeat came later: what it brought along is not stored.
  expect(metadataNames).toEqual(['user']);
  expect(merge).toMatchObject({ level: 1, zstdLevel: 1 });
  expect(merge!.replaces).toHaveLength(2);
  expect(merging.store.stats()).toMatchObject({ segments: 1, storedRows: 4, segmentBytes: fileBytes });
  expect(path).toMatch(/^.*-0-m01\.seg$/);
});

describe('what is not merged', () => {
  const batches = Array.from({ length: 4 }, (_, i): TestRow[] => [
    { labels: STREAMS[0]!, ns: T0 + BigInt(i), line: `line ${i}` },
  ]);

  test('expired rows are left out; segments that go soon are left alone', async () => {
    const nowMs = Number(T0 / 1_000_000n) + 10 * 3_600_000;
    const merging = await open({ settings: { tierSegments: 2 }, now: () => nowMs });
    const hour = 3_600_000_000_000n;
    await merging.store.applyRetention({ periodMs: () => 7 * 3_600_000, maxBytes: 0, minFreeBytes: 0 });
    const at = (hours: bigint, line: string): TestRow => ({ labels: STREAMS[0]!, ns: T0 + hours * hour, line });
    await flushEach(merging, [
      [at(1n, 'expired'), at(3n, 'soon')],
      [at(1n, 'old'), at(9n, 'young')],
      [at(2n, 'old too'), at(8n, 'young too')],
    ]);
    expect(merging.merges).toMatchObject([{ sources: 2, expiredRows: 2, rows: 2 }]);
    const lines = rowsByStream(merging.store)
      .values()
      .next()
      .value!.map((text) => /"(.*)"/.exec(text)![1]);
    expect(lines).toEqual(['expired', 'soon', 'young too', 'young']);
    await merging.store.applyRetention({ periodMs: () => 1, maxBytes: 0, minFreeBytes: 0 });
    expect((await listSegments(nodeDisk, join(root, 'data'))).size).toBe(0);
  });

  test('sources that retention drops while they are merged', async () => {
    let drop = async (): Promise<void> => undefined;
    const merging = await open({ settings: { tierSegments: 4 }, beforeMerge: () => drop() });
    drop = async () => {
      expect(await merging.store.applyRetention({ periodMs: () => 0, maxBytes: 1, minFreeBytes: 0 })).toBe(4);
    };
    await flushEach(merging, batches);
    expect(merging.merges).toEqual([]);
    expect(merging.failures).toEqual([]);
    expect(rowsByStream(merging.store).size).toBe(0);
    expect((await listSegments(nodeDisk, join(root, 'data'))).size).toBe(0);
  });

  test('files that a query holds are there until it lets go of them', async () => {
    const merging = await open({ settings: { tierSegments: 4 } });
    await flushEach(merging, batches.slice(0, 3));
    const selection = merging.store.select('t1', [], { startNs: T0, endNs: T0 + 10n });
    await flushEach(merging, batches.slice(3));
    expect(merging.merges).toHaveLength(1);
    expect((await listSegments(nodeDisk, join(root, 'data'))).size).toBe(4);
    selection.release();
    await new Promise(setImmediate);
    await expect.poll(async () => (await listSegments(nodeDisk, join(root, 'data'))).size).toBe(1);
  });

  test('nothing while the disk has no room for the new file', async () => {
    const disk = { ...nodeDisk, space: async () => ({ freeBytes: 65 << 20, totalBytes: 1 << 30 }) };
    const merging = await open({ settings: { tierSegments: 2 }, disk });
    await merging.store.applyRetention({ periodMs: () => 0, maxBytes: 0, minFreeBytes: 1 << 20 });
    await flushEach(merging, batches);
    expect(merging.merges).toEqual([]);
    await merging.store.applyRetention({ periodMs: () => 0, maxBytes: 0, minFreeBytes: 0 });
    await merging.store.merge();
    expect(merging.merges.length).toBeGreaterThan(0);
  });
});
