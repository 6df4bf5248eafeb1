import type { SegmentRun } from '../../store/snapshot/segment-runs.ts';
import type { TallySeries } from '../statistics/tally-series.ts';

/**
 * Volumes are compared with those of Loki, which counts uncompressed chunks: the lines, 8 bytes for each metadata pair of a row
 * (two references), and each name and value once for the chunk. Every row carries the pair of its level, which is not among
 * our metadata bytes; other pairs are counted as we hold them.
 */
const LEVEL_PAIR_BYTES = 8;
/** `detected_level` and one level. */
const LEVEL_TEXT_BYTES = 21;

/** Sums of more groups are not kept: they would be as long as what they are made of. */
const MAX_KEPT_GROUPS = 1024;

/** By grouping, then by what the run is of. Both live as long as somebody keeps them: a grouping that comes again and again, an open segment. */
const kept = new WeakMap<TallySeries, WeakMap<object, Float64Array>>();

/** Bytes that rows count for in volumes. */
export function volumeBytes(rows: number, lineBytes: number, metadataBytes: number): number {
  return lineBytes + metadataBytes + rows * LEVEL_PAIR_BYTES + LEVEL_TEXT_BYTES;
}

/** Bytes of a run by group of streams; groups behind the end have none. Kept: a segment never changes, nor does a group. */
export function groupSums(groups: TallySeries, run: SegmentRun): Float64Array {
  let own = kept.get(groups);
  if (own === undefined) {
    own = new WeakMap();
    kept.set(groups, own);
  }
  // Streams of a selector that were found before come as the same list.
  const key = run.streams ?? run.segment.columns;
  const known = own.get(key);
  if (known !== undefined) return known;
  const sums = sumsOf(groups, run);
  if (sums.length <= MAX_KEPT_GROUPS) own.set(key, sums);
  return sums;
}

function sumsOf(groups: TallySeries, { segment, streams, count }: SegmentRun): Float64Array {
  const { rows, lineBytes, metadataBytes } = segment.columns;
  const { streamIds } = segment;
  // A group that comes up now has the number behind the last one.
  const sums: number[] = new Array<number>(groups.keys.length).fill(0);
  for (let i = 0; i < count; i++) {
    const stream = streams === undefined ? i : streams[i]!;
    const group = groups.of(streamIds[stream]!, 0);
    if (group < 0) continue;
    while (sums.length <= group) sums.push(0);
    sums[group]! += volumeBytes(rows[stream]!, lineBytes[stream]!, metadataBytes[stream]!);
  }
  return Float64Array.from(sums);
}
