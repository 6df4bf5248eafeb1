import fc from 'fast-check';
import { expect, test } from 'vitest';
import { B_LINE_BYTES, B_MAX, B_MIN, B_ROWS, BLOCK_FIELDS, setBlockTime } from '../../src/chunk/directory.ts';
import { dayStartNs } from '../../src/model/time.ts';
import { planSelected } from '../../src/query/plan/run-plan.ts';
import type { ScanPlan } from '../../src/query/plan/scan-plan.ts';
import { planTasks } from '../../src/query/plan/task-plan.ts';
import { P_END, P_FIRST, P_FROM, P_SOURCE, P_STREAM, P_TO, PART_FIELDS } from '../../src/query/task/task-parts.ts';
import { LabelTable } from '../../src/store/segments/shared-labels.ts';
import { streamColumns } from '../../src/store/segments/stream-columns.ts';
import { addRun, type SegmentRun } from '../../src/store/snapshot/segment-runs.ts';
import { type SelectedSegment, Stretches } from '../../src/store/snapshot/stretches.ts';

/**
 * Tasks of whole segments, made of their blocks, are those that are made of their streams one by one.
 */

const DAY = 20_000;
const FROM_NS = dayStartNs(DAY);
const TO_NS = dayStartNs(DAY + 1);

/** Line bytes of the blocks of a stream, and whether it is wanted. */
const stream = fc.record({
  blocks: fc.array(fc.constantFrom(100, 5000, 128 * 1024, 3 << 20), { minLength: 1, maxLength: 6 }),
  isWanted: fc.boolean(),
});
const setups = fc.record({
  segments: fc.array(
    fc.record({
      streams: fc.array(stream, { minLength: 1, maxLength: 150 }),
      /** All streams of it. */
      isWhole: fc.boolean(),
      /** Its streams are among the others. */
      isApart: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  parallelism: fc.integer({ min: 1, max: 9 }),
});
type SegmentSetup =
  typeof setups extends fc.Arbitrary<infer T extends { segments: unknown[] }> ? T['segments'][number] : never;

function runOf({ streams, isWhole }: SegmentSetup, ordinal: number): SegmentRun {
  const sizes = streams.flatMap(({ blocks }) => blocks);
  const blocks = new Uint32Array(sizes.length * BLOCK_FIELDS);
  for (const [block, lineBytes] of sizes.entries()) {
    setBlockTime(blocks, block * BLOCK_FIELDS + B_MIN, block * 1000);
    setBlockTime(blocks, block * BLOCK_FIELDS + B_MAX, block * 1000 + 999);
    blocks[block * BLOCK_FIELDS + B_ROWS] = 7;
    blocks[block * BLOCK_FIELDS + B_LINE_BYTES] = lineBytes;
  }
  const firstBlocks = new Uint32Array(streams.length + 1);
  for (const [i, { blocks: own }] of streams.entries()) firstBlocks[i + 1] = firstBlocks[i]! + own.length;
  const tally = { starts: new Uint32Array(sizes.length + 1), minutes: [], levels: [], counts: [] };
  const directory = { blocks, frames: [], metadataNames: [], tally } as unknown as SelectedSegment['directory'];
  const columns = streamColumns(directory, firstBlocks);
  const streamIds = Uint32Array.from(streams, (_, i) => i * 3);
  const place = { path: `segment ${ordinal}`, day: DAY, ordinal, largestId: streams.length * 3 };
  const segment = { ...place, directory, columns, streamIds, firstBlocks };
  const wanted = Uint32Array.from([...streams.keys()].filter((i) => streams[i]!.isWanted));
  return isWhole
    ? { source: ordinal, segment, streams: undefined, count: streams.length }
    : { source: ordinal, segment, streams: wanted, count: wanted.length };
}

/** Parts of a task with the names of their segments; neighbouring blocks of a stream as one. */
function partsOf(task: ScanPlan): unknown[] {
  const { count, numbers, segments } = task.parts();
  return Array.from({ length: count }, (_, i) => {
    const part = numbers.subarray(i * PART_FIELDS, (i + 1) * PART_FIELDS);
    const { path, ordinal, day } = segments[part[P_SOURCE]!]!;
    return [path, ordinal, day, ...[P_STREAM, P_FIRST, P_END, P_FROM, P_TO].map((field) => part[field])];
  });
}

/** Blocks that a task reads. */
function blocksOf(task: ScanPlan): string[] {
  return task
    .wholeBlocks()!
    .flatMap(({ path, blocks }) =>
      Array.from({ length: blocks.length / 2 }, (_, i) => [blocks[2 * i]!, blocks[2 * i + 1]!]).flatMap(
        ([first, end]) => Array.from({ length: end! - first! }, (__, k) => `${path} ${first! + k}`),
      ),
    );
}

test('of whole segments alone', () => {
  fc.assert(
    fc.property(setups, ({ segments, parallelism }) => {
      const runs = segments.map(runOf).filter(({ count }) => count > 0);
      const table = new LabelTable((streamId) => ['stream', `${streamId}`]);
      const all = runs.map(({ segment }) => segment);
      const numbered = runs.map((run, source) => ({ ...run, source }));
      const stretches = new Stretches(table, all);
      for (const run of numbered) addRun(stretches, run);
      const expected = planTasks(stretches, FROM_NS, TO_NS, parallelism);
      const others = new Stretches(table, all);
      const planned = planSelected({ runs: numbered, others }, FROM_NS, TO_NS, parallelism);
      expect(planned.map(partsOf)).toEqual(expected.map(partsOf));
      expect(planned.map((task) => task.wholeBlocks())).toEqual(expected.map((task) => task.wholeBlocks()));
      expect(planned.map(({ place }) => place)).toEqual(expected.map(({ place }) => place));
    }),
  );
});

test('beside others: each block in one task, in the order of the disk', () => {
  fc.assert(
    fc.property(setups, ({ segments, parallelism }) => {
      const runs = segments.map(runOf);
      const others = new Stretches(
        new LabelTable(() => []),
        runs.map(({ segment }) => segment),
      );
      const apart = runs.filter((_, i) => segments[i]!.isApart);
      for (const run of apart) addRun(others, run);
      const whole = runs.filter(({ count }, i) => !segments[i]!.isApart && count > 0);
      const planned = planSelected({ runs: whole, others }, FROM_NS, TO_NS, parallelism);
      const wanted = runs.flatMap(({ segment: { path, firstBlocks }, streams, count }) =>
        Array.from({ length: count }, (_, i) => streams?.[i] ?? i).flatMap((i) =>
          Array.from({ length: firstBlocks[i + 1]! - firstBlocks[i]! }, (_, k) => `${path} ${firstBlocks[i]! + k}`),
        ),
      );
      expect(planned.flatMap(blocksOf).sort()).toEqual(wanted.sort());
      const places = planned.map(({ place }) => place);
      expect(places).toEqual(places.toSorted((a, b) => a - b));
    }),
  );
});
