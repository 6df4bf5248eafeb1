import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { LogIndex } from '../../../src/index/index.ts';
import type { LogStore } from '../../../src/store/store.ts';
import { openMergeStore, rowsByStream } from '../../support/merge-store.ts';
import type { TestRow } from '../../support/store-rows.ts';

const folders: string[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'halogi-directories-'));
  folders.push(folder);
  return folder;
}

/** Start of a day. */
const BASE_NS = 1_700_006_400_000_000_000n;
const ALL = { startNs: BASE_NS - 10n ** 15n, endNs: BASE_NS + 10n ** 15n };

const row = fc.record({
  app: fc.integer({ min: 0, max: 12 }),
  second: fc.integer({ min: 0, max: 100_000 }),
  level: fc.constantFrom('info', 'error', 'own'),
  trace: fc.option(fc.string()),
});
const flushes = fc.array(fc.array(row, { minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 5 });

const testRow = ({ app, second, level, trace }: typeof row extends fc.Arbitrary<infer T> ? T : never): TestRow => ({
  labels: ['app', `é${app}`],
  ns: BASE_NS + BigInt(second) * 1_000_000_000n,
  line: `level=${level} line ${second} \\u0041`,
  metadata: ['detected_level', level, ...(trace === null ? [] : ['trace', `t${trace}`])],
});

/** All that a selection knows of segments. */
function segmentsOf(store: LogStore): unknown {
  const selection = store.select('t1', [], ALL);
  const { segments, labelTable } = selection.stored;
  selection.release();
  return segments.map(({ path, day, ordinal, directory, columns, streamIds, firstBlocks, largestId }) => ({
    path: path.slice(path.lastIndexOf('/')),
    ...{ day, ordinal, directory, columns, firstBlocks, largestId },
    streamIds,
    labels: Array.from(streamIds, (id) => labelTable.labels(id)),
  }));
}

/** Names of all segments, oldest first. */
function storedNames(store: LogStore): string[] {
  const selection = store.select('t1', [], ALL);
  selection.release();
  return selection.stored.segments.map(({ path }) => path.slice(path.lastIndexOf('/') + 1)).sort();
}

test('what a thread hands over of a segment is what a later start reads', async () => {
  const reads = vi.spyOn(LogIndex.prototype, 'directorySync');
  let mergeCount = 0;
  await fc.assert(
    fc.asyncProperty(flushes, fc.boolean(), async (batches, merges) => {
      const folder = newFolder();
      const first = await openMergeStore({ folder, ...(merges ? { settings: { tierSegments: 2 } } : {}) });
      // For somebody who asks there is more room.
      await first.push([testRow({ app: 0, second: 0, level: 'info', trace: null })]);
      await first.store.flush();
      segmentsOf(first.store);
      for (const rows of batches) {
        await first.push(rows.map(testRow));
        await first.store.flush();
      }
      await first.store.merge();
      mergeCount += first.merges.length;
      reads.mockClear();
      const written = segmentsOf(first.store);
      expect(reads).not.toHaveBeenCalled();
      await first.store.close();
      const second = await openMergeStore({ folder });
      expect(written).toEqual(segmentsOf(second.store));
      expect(reads).toHaveBeenCalled();
      await second.store.close();
    }),
    { numRuns: 25 },
  );
  expect(mergeCount).toBeGreaterThan(3);
});

test.each([
  ['all while there is room', 1024 * 1024, 0],
  // About eight of them, of which new ones may have two.
  ['the newest alone when there are many', 2_600, 6],
])('of what is written while nobody asks, memory has %s', async (_what, directoryBytes, read) => {
  const reads = vi.spyOn(LogIndex.prototype, 'directorySync');
  const { store, push } = await openMergeStore({ folder: newFolder(), directoryBytes });
  for (let i = 0; i < 8; i++) {
    await push([testRow({ app: 0, second: i, level: 'info', trace: null })]);
    await store.flush();
  }
  expect(segmentsOf(store)).toHaveLength(8);
  expect(reads).toHaveBeenCalledTimes(read);
  expect(
    reads.mock.calls
      .map(([, , name]) => name)
      .sort()
      .at(-1),
  ).toBe(read === 0 ? undefined : storedNames(store)[read - 1]);
  await store.close();
});

test('of directories that do not fit, some stay', async () => {
  const reads = vi.spyOn(LogIndex.prototype, 'directorySync');
  // About four of them.
  const { store, push } = await openMergeStore({ folder: newFolder(), directoryBytes: 1_300 });
  for (let i = 0; i < 8; i++) {
    await push([testRow({ app: i % 2, second: i, level: 'info', trace: null })]);
    await store.flush();
  }
  const first = segmentsOf(store);
  expect(first).toHaveLength(8);
  reads.mockClear();
  for (let i = 0; i < 3; i++) expect(segmentsOf(store)).toEqual(first);
  const perQuery = reads.mock.calls.length / 3;
  expect(perQuery).toBeGreaterThan(0);
  expect(perQuery).toBeLessThan(8);
  // Others push them out.
  for (let i = 0; i < 8; i++) {
    await push([testRow({ app: i % 2, second: 50_000 + i, level: 'info', trace: null })]);
    await store.flush();
  }
  expect(rowsByStream(store).size).toBe(2);
  expect([...rowsByStream(store).values()].flat()).toHaveLength(16);
  await store.close();
});
