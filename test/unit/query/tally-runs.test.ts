import { expect, test } from 'vitest';
import { RunAdder } from '../../../src/query/statistics/tally-runs.ts';
import type { TallySeries } from '../../../src/query/statistics/tally-series.ts';
import { TallyTable } from '../../../src/query/statistics/tally-table.ts';
import { LabelTable } from '../../../src/store/segments/shared-labels.ts';
import type { SegmentRun } from '../../../src/store/snapshot/segment-runs.ts';
import { Stretches } from '../../../src/store/snapshot/stretches.ts';

const STREAMS = 40;
const BUCKETS = 289;

/** A day of streams, each with an entry for every third minute. */
function denseRun(streams: Uint32Array | undefined): SegmentRun {
  const perStream = 480;
  const entries = STREAMS * perStream;
  const starts = Uint32Array.from({ length: STREAMS + 1 }, (_, s) => s * perStream);
  const minutes = Uint16Array.from({ length: entries }, (_, at) => (at % perStream) * 3 + 1);
  const counts = Uint8Array.from({ length: entries }, (_, at) => (at * 7919) % 100);
  const tally = { starts, minutes, levels: new Uint8Array(entries), counts };
  const columns = { levels: new Uint16Array(STREAMS).fill(1), totalRows: 1e6, tallyEntries: entries };
  const segment = {
    directory: { tally, metadataNames: [] },
    columns,
    streamIds: Uint32Array.from({ length: STREAMS }, (_, s) => s + 10),
    firstBlocks: Uint32Array.from({ length: STREAMS + 1 }, (_, s) => s),
    largestId: STREAMS + 9,
  };
  return { source: 0, segment, streams, count: streams?.length ?? STREAMS } as unknown as SegmentRun;
}

/** Streams by turns in one of so many series. */
function seriesOf(count: number): TallySeries {
  const keys: string[] = [];
  const of = (streamId: number): number => {
    const number = streamId % count;
    while (keys.length <= number) keys.push(`${keys.length}`);
    return number;
  };
  return { of, keys, levelMatters: false, names: new Set() } as unknown as TallySeries;
}

test.each([
  ['few series', 2, undefined],
  ['a series for each stream', STREAMS, undefined],
  ['some streams', 1, Uint32Array.from([0, 3, 4, 20, 39])],
  ['hardly any stream', 1, Uint32Array.from([5])],
])('tallies of a segment whose entries are dense: %s', (_, seriesCount, streams) => {
  const run = denseRun(streams);
  const series = seriesOf(seriesCount);
  const table = new TallyTable(BUCKETS, seriesCount);
  const bucketOf = Int32Array.from({ length: 1441 }, (_, minute) => (minute < 100 ? BUCKETS : Math.floor(minute / 5)));
  new RunAdder(series, table, new Stretches(new LabelTable(() => []))).add(run, bucketOf, undefined);
  const expected = new Map<number, Float64Array>();
  const { tally } = run.segment.directory;
  for (const stream of streams ?? Array.from({ length: STREAMS }, (_, s) => s)) {
    const number = (stream + 10) % seriesCount;
    const row = expected.get(number) ?? new Float64Array(BUCKETS);
    expected.set(number, row);
    for (let at = tally.starts[stream]!; at < tally.starts[stream + 1]!; at++) {
      const bucket = bucketOf[tally.minutes[at]!]!;
      if (bucket < BUCKETS) row[bucket]! += tally.counts[at]!;
    }
  }
  expect(expected.size).toBe(Math.min(seriesCount, streams?.length ?? STREAMS));
  for (const [number, row] of expected) {
    const start = table.placeOf(number);
    expect([...table.counts.subarray(start, start + BUCKETS)]).toEqual([...row]);
  }
});
