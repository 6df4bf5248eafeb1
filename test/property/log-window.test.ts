import fc from 'fast-check';
import { expect, test } from 'vitest';
import { B_MAX, B_MIN, B_ROWS, BLOCK_FIELDS, setBlockTime } from '../../src/chunk/directory.ts';
import { TallyBuilder } from '../../src/chunk/tally.ts';
import { dayStartNs } from '../../src/model/time.ts';
import { boundByCounts } from '../../src/query/plan/log-window.ts';
import { LabelTable } from '../../src/store/segments/shared-labels.ts';
import { streamColumns } from '../../src/store/segments/stream-columns.ts';
import type { SegmentRun, SelectedRuns } from '../../src/store/snapshot/segment-runs.ts';
import { type SelectedSegment, Stretches } from '../../src/store/snapshot/stretches.ts';

const DAY = 20_000;
const DAY_NS = 86_400_000_000_000;
const MINUTE_NS = 60_000_000_000;

/** Times of the rows of each block, by segment and stream. */
type Segments = readonly (readonly (readonly (readonly number[])[])[])[];

const time = fc.oneof(
  fc.integer({ min: 0, max: DAY_NS - 1 }),
  fc.integer({ min: 0, max: 1440 }).map((minute) => Math.min(DAY_NS - 1, minute * MINUTE_NS)),
  fc.integer({ min: 0, max: 20 }).map((second) => 40_000_000_000_000 + second * 1e9),
);

/** Blocks of a stream follow each other in time. */
const blocks = fc.array(time, { minLength: 1, maxLength: 12 }).map((times) => {
  const sorted = times.sort((a, b) => a - b);
  const cut = Math.ceil(sorted.length / 2);
  return sorted.length < 4 ? [sorted] : [sorted.slice(0, cut), sorted.slice(cut)];
});

const segments: fc.Arbitrary<Segments> = fc.array(fc.array(blocks, { minLength: 1, maxLength: 6 }), { maxLength: 3 });

function segmentOf(ordinal: number, streams: Segments[number]): SelectedSegment {
  const all = streams.flat();
  const table = new Uint32Array(all.length * BLOCK_FIELDS);
  const tally = new TallyBuilder();
  for (const [block, times] of all.entries()) {
    setBlockTime(table, block * BLOCK_FIELDS + B_MIN, times[0]!);
    setBlockTime(table, block * BLOCK_FIELDS + B_MAX, times.at(-1)!);
    table[block * BLOCK_FIELDS + B_ROWS] = times.length;
    const levels = Uint8Array.from(times, (_, row) => row % 3);
    tally.addBlock(Float64Array.from(times), levels, 0, times.length);
  }
  const firstBlocks = new Uint32Array(streams.length + 1);
  for (const [stream, own] of streams.entries()) firstBlocks[stream + 1] = firstBlocks[stream]! + own.length;
  const directory = { blocks: table, tally: tally.finish() } as unknown as SelectedSegment['directory'];
  const columns = streamColumns(directory, firstBlocks);
  const streamIds = Uint32Array.from(streams, (_, stream) => stream);
  return { path: `${ordinal}`, day: DAY, directory, columns, streamIds, firstBlocks, largestId: 100, ordinal };
}

/** @param areRuns segments are selected as wholes, else stream by stream */
function selectedOf(lists: Segments, areRuns: boolean): SelectedRuns {
  const all = lists.map((streams, ordinal) => segmentOf(ordinal, streams));
  const others = new Stretches(new LabelTable(() => []), all);
  if (!areRuns)
    for (const [source, { firstBlocks }] of all.entries())
      for (let s = 0; s + 1 < firstBlocks.length; s++)
        others.addStream(s, source, s, firstBlocks[s]!, firstBlocks[s + 1]!);
  const runs = all.map((segment, source): SegmentRun => {
    const streams = Uint32Array.from(segment.streamIds);
    return source % 2 === 0
      ? { source, segment, streams: undefined, count: streams.length }
      : { source, segment, streams, count: streams.length };
  });
  return { runs: areRuns ? runs : [], others };
}

/** Distances of rows from the end of the range that is the best, ascending. */
function distances(lists: Segments, from: number, to: number, backward: boolean): number[] {
  const times = lists.flat(3).filter((ns) => ns >= from && ns <= to);
  return times.map((ns) => (backward ? DAY_NS - ns : ns)).sort((a, b) => a - b);
}

function distanceOf(timeNs: bigint, backward: boolean): number {
  const ns = Number(timeNs - dayStartNs(DAY));
  return backward ? DAY_NS - ns : ns;
}

test('over whole segments the bound is that of the limit, to the minute', () => {
  fc.assert(
    fc.property(segments, fc.integer({ min: 1, max: 30 }), fc.boolean(), (lists, limit, backward) => {
      const query = { fromNs: dayStartNs(0), toNs: dayStartNs(100_000), limit, backward };
      const known = boundByCounts(selectedOf(lists, true), query, []);
      const rows = distances(lists, 0, DAY_NS, backward);
      if (rows.length < limit) {
        expect(known).toBeUndefined();
        return;
      }
      expect(known?.day).toBe(DAY);
      const distance = distanceOf(known!.timeNs, backward);
      expect(distance).toBeGreaterThanOrEqual(rows[limit - 1]!);
      expect(distance - rows[limit - 1]!).toBeLessThanOrEqual(MINUTE_NS);
    }),
  );
});

test('where the range cuts blocks, the bound is never too good', () => {
  fc.assert(
    fc.property(segments, fc.integer({ min: 1, max: 9 }), fc.boolean(), time, time, (lists, limit, backward, a, b) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const fromNs = dayStartNs(DAY) + BigInt(from);
      const query = { fromNs, toNs: dayStartNs(DAY) + BigInt(to), limit, backward };
      const known = boundByCounts(selectedOf(lists, false), query, []);
      if (known === undefined) return;
      const rows = distances(lists, from, to, backward);
      expect(rows.length).toBeGreaterThanOrEqual(limit);
      expect(distanceOf(known.timeNs, backward)).toBeGreaterThanOrEqual(rows[limit - 1]!);
    }),
  );
});
