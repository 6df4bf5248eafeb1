import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Tally } from '../../src/chunk/tally.ts';
import { LEVEL_IN_METADATA, LEVEL_NONE } from '../../src/model/level.ts';
import { RunAdder } from '../../src/query/statistics/tally-runs.ts';
import { DROPPED, ONLY_A_SCAN, type TallySeries } from '../../src/query/statistics/tally-series.ts';
import { TallyTable } from '../../src/query/statistics/tally-table.ts';
import { LabelTable } from '../../src/store/segments/shared-labels.ts';
import { NO_LEVEL_BIT, OWN_LEVEL, type StreamColumns, UNTALLIED } from '../../src/store/segments/stream-columns.ts';
import { GROUP_STREAMS, tallyGroups } from '../../src/store/segments/tally-groups.ts';
import type { SegmentRun } from '../../src/store/snapshot/segment-runs.ts';
import { Stretches } from '../../src/store/snapshot/stretches.ts';

/** Sums over groups of streams are those over their streams, whatever is selected and however the streams fall into series. */

const MOST_STREAMS = 800;
const MINUTES = 15;
const BUCKETS = 10;
const LEVELS_USED = [0, 3, 5, LEVEL_NONE];

const setup = fc.record({
  streams: fc.oneof(fc.constant(40), fc.integer({ min: 512, max: MOST_STREAMS })),
  /** Neighbours that are of one series. */
  seriesStreams: fc.constantFrom(1, 7, 40, 100, MOST_STREAMS),
  /** What series come to instead of a number, by their number. */
  odd: fc.dictionary(fc.constantFrom('0', '1', '2', '3'), fc.constantFrom(DROPPED, ONLY_A_SCAN)),
  byLevel: fc.boolean(),
  levelsApart: fc.boolean(),
  selected: fc.constantFrom<'all' | 'some' | 'a stretch' | 'shuffled'>('all', 'some', 'a stretch', 'shuffled'),
  /** Streams that are of a kind of their own. */
  untallied: fc.array(fc.nat({ max: MOST_STREAMS - 1 }), { maxLength: 3 }),
  ownLevel: fc.array(fc.nat({ max: MOST_STREAMS - 1 }), { maxLength: 3 }),
  seed: fc.integer(),
});

type Setup = typeof setup extends fc.Arbitrary<infer T> ? T : never;

/** Two blocks a stream, with some entries each. */
function segmentOf({ streams, untallied, ownLevel, seed }: Setup) {
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  const [starts, minutes, levels, counts, bits]: number[][] = [[0], [], [], [], []];
  for (let block = 0; block < 2 * streams; block++) {
    const stream = block >> 1;
    bits![stream] ??= 0;
    if (untallied.includes(stream) && block % 2 === 1) bits![stream]! |= UNTALLIED;
    else {
      for (let entries = 3 + random(6); entries > 0; entries--) {
        const level =
          ownLevel.includes(stream) && entries === 1 ? LEVEL_IN_METADATA : LEVELS_USED[random(LEVELS_USED.length)]!;
        minutes!.push(random(MINUTES));
        levels!.push(level);
        counts!.push(1 + random(random(8) === 0 ? 255 : 3));
        bits![stream]! |= level === LEVEL_IN_METADATA ? OWN_LEVEL : 1 << (level === LEVEL_NONE ? NO_LEVEL_BIT : level);
      }
    }
    starts!.push(minutes!.length);
  }
  const tally: Tally = {
    starts: Uint32Array.from(starts!),
    minutes: Uint16Array.from(minutes!),
    levels: Uint8Array.from(levels!),
    counts: Uint8Array.from(counts!),
  };
  return {
    directory: { tally, metadataNames: [] },
    columns: { levels: Uint16Array.from(bits!), totalRows: 1e6, tallyEntries: counts!.length } as StreamColumns,
    // Ids in an order of their own.
    streamIds: Uint32Array.from({ length: streams }, (_, stream) => 2 * streams - stream),
    firstBlocks: Uint32Array.from({ length: streams + 1 }, (_, stream) => 2 * stream),
    largestId: 2 * streams,
  };
}

function selectedStreams({ selected, streams }: Setup): Uint32Array | undefined {
  const all = Array.from({ length: streams }, (_, stream) => stream);
  switch (selected) {
    case 'all':
      return undefined;
    case 'some':
      return Uint32Array.from(all.filter((stream) => stream % 50 !== 7));
    case 'a stretch':
      return Uint32Array.from(all.slice(streams >> 3, -(streams >> 3)));
    case 'shuffled':
      return Uint32Array.from(all.sort((a, b) => (a % 64) - (b % 64) || a - b));
  }
}

test('sums over groups are those over streams', () => {
  let grouped = 0;
  fc.assert(
    fc.property(setup, (config) => {
      const { seriesStreams, odd, byLevel, levelsApart, streams } = config;
      const segment = segmentOf(config);
      const chosen = selectedStreams(config);
      const numberOf = (stream: number, level: number): number => {
        const base = Math.floor(stream / seriesStreams);
        return odd[base] ?? (byLevel && levelsApart ? base * 5 + LEVELS_USED.indexOf(level) : base);
      };
      const series = {
        of: (streamId: number, level: number) => numberOf(2 * streams - streamId, level),
        keys: [],
        levelMatters: byLevel,
        names: new Set(),
      } as unknown as TallySeries;
      const run = { source: 0, segment, streams: chosen, count: chosen?.length ?? streams } as unknown as SegmentRun;
      const table = new TallyTable(BUCKETS, 8);
      const rest = new Stretches(new LabelTable(() => []));
      const left: number[] = [];
      rest.addStream = (_id, _source, stream) => void left.push(stream);
      const bucketOf = Int32Array.from({ length: 1441 }, (_, minute) => Math.min(BUCKETS, minute >> 1));
      new RunAdder(series, table, rest).add(run, bucketOf, undefined);

      const expected = new Map<number, number[]>();
      const expectedLeft: number[] = [];
      const { tally } = segment.directory;
      for (const stream of chosen ?? Array.from({ length: streams }, (_, i) => i)) {
        const bits = segment.columns.levels[stream]!;
        const isOdd = (bits & UNTALLIED) !== 0 || (byLevel && (bits & OWN_LEVEL) !== 0);
        const numbers = byLevel ? LEVELS_USED.map((level) => numberOf(stream, level)) : [numberOf(stream, 0)];
        if (numbers.includes(ONLY_A_SCAN) || isOdd) {
          if (numbers[0] !== DROPPED || isOdd) expectedLeft.push(stream);
          continue;
        }
        for (let at = tally.starts[2 * stream]!; at < tally.starts[2 * stream + 2]!; at++) {
          const number = numberOf(stream, tally.levels[at]!);
          if (number < 0) continue;
          const row = expected.get(number) ?? new Array<number>(BUCKETS).fill(0);
          expected.set(number, row);
          const bucket = tally.minutes[at]! >> 1;
          if (bucket < BUCKETS) row[bucket]! += tally.counts[at]!;
        }
      }
      expect(left.sort()).toEqual(expectedLeft.sort());
      for (const [number, row] of expected) {
        const start = table.placeOf(number);
        expect([...table.counts.subarray(start, start + BUCKETS)]).toEqual(row);
      }
      expect(table.seriesCount).toBe(expected.size);
      if (tallyGroups(segment) !== undefined && seriesStreams > GROUP_STREAMS) grouped++;
    }),
    { numRuns: 150 },
  );
  expect(grouped).toBeGreaterThan(20);
});
