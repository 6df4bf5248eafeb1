import { selectRank } from '../../base/select-rank.ts';
import type { SegmentRun } from '../../store/snapshot/segment-runs.ts';

/** Streams of a segment that are put in order at a time: more than tasks that begin side by side have room for. */
const SLICE_STREAMS = 1024;

let scratch = new Float64Array(SLICE_STREAMS);

/** Of the best of rows between two times: the larger, the better. */
export function goodness(minNs: number, maxNs: number, backward: boolean): number {
  return backward ? maxNs : -minNs;
}

/**
 * The key from which on the streams of a run are its best, about `SLICE_STREAMS` of those whose key is below another. Of thousands of
 * streams most cannot be in an answer: when those are looked at, a bound is known.
 *
 * @returns minus infinity when that is about all of them
 */
export function sliceKey({ segment, streams, count }: SegmentRun, backward: boolean, below: number): number {
  if (count < 2 * SLICE_STREAMS) return Number.NEGATIVE_INFINITY;
  if (scratch.length < count) scratch = new Float64Array(count);
  const { mins, maxs } = segment.columns;
  let left = 0;
  for (let i = 0; i < count; i++) {
    const stream = streams === undefined ? i : streams[i]!;
    const key = goodness(mins[stream]!, maxs[stream]!, backward);
    if (key < below) scratch[left++] = key;
  }
  if (left < 2 * SLICE_STREAMS) return Number.NEGATIVE_INFINITY;
  return selectRank(scratch, left, left - SLICE_STREAMS);
}
