import type { RangeState } from './range-state.ts';
import type { Points } from './series-set.ts';
import type { WindowGrid } from './window-grid.ts';

/** Memory of `slideWindows`, which serves one series after the other: with many of them even small arrays cost. */
export class SlideMemory {
  readonly suffixes: Float64Array;
  readonly newer: Float64Array;
  readonly joined: Float64Array;

  constructor(grid: WindowGrid, { width }: RangeState) {
    // Of windows of one bucket each nothing is combined.
    const combines = grid.bucketCount > 0 && grid.lastBucket(0) > grid.firstBucket(0);
    this.suffixes = new Float64Array(combines ? grid.bucketCount * width : 0);
    this.newer = new Float64Array(width);
    this.joined = new Float64Array(width);
  }
}

/**
 * Turns the buckets of one series into one value per grid point. Windows that share buckets are combined with two stacks
 * (suffixes of the older buckets, one running state of the newer), so the cost is linear in buckets for every operation.
 *
 * @param buckets `grid.bucketCount * state.width` columns
 * @param into `grid.count` zeros each, for the answer
 * @param from first point that is wanted, @param to the one behind the last
 */
export function slideWindows(
  grid: WindowGrid,
  state: RangeState,
  buckets: Float64Array,
  into: Points,
  memory: SlideMemory,
  from = 0,
  to: number = grid.count,
): void {
  const { width } = state;
  const { values, present } = into;
  if (grid.bucketCount === 0) return;
  const { suffixes, newer, joined } = memory;
  let suffixEnd = -1;
  let taken = -1;
  for (let point = from; point < to; point++) {
    const first = grid.firstBucket(point);
    const last = grid.lastBucket(point);
    if (taken < first - 1) taken = first - 1;
    if (first === last) {
      if (buckets[first * width] !== 0) {
        values[point] = state.value(buckets, first * width);
        present[point] = 1;
      }
      continue;
    }
    if (first > suffixEnd) {
      fillSuffixes(state, buckets, suffixes, first, last);
      suffixEnd = last;
      newer.fill(0);
    } else {
      for (let bucket = taken + 1; bucket <= last; bucket++) mergeInto(state, newer, 0, buckets, bucket * width);
    }
    taken = last;
    joined.set(suffixes.subarray(first * width, first * width + width));
    mergeInto(state, joined, 0, newer, 0);
    if (joined[0] === 0) continue;
    values[point] = state.value(joined, 0);
    present[point] = 1;
  }
}

/** Sets `suffixes[i]` to the combination of buckets `i..last`, for `i` from `last` down to `first`. */
function fillSuffixes(
  state: RangeState,
  buckets: Float64Array,
  suffixes: Float64Array,
  first: number,
  last: number,
): void {
  const { width } = state;
  for (let bucket = last; bucket >= first; bucket--) {
    const at = bucket * width;
    for (let column = 0; column < width; column++) suffixes[at + column] = buckets[at + column]!;
    if (bucket < last) mergeInto(state, suffixes, at, suffixes, at + width);
  }
}

/** Merges a state that may be empty into one that may be empty. */
export function mergeInto(state: RangeState, to: Float64Array, at: number, from: Float64Array, fromAt: number): void {
  if (from[fromAt] === 0) return;
  if (to[at] === 0) {
    for (let column = 0; column < state.width; column++) to[at + column] = from[fromAt + column]!;
    return;
  }
  state.merge(to, at, from, fromAt);
}

/**
 * The same for a series of few buckets: only windows that see one of them are looked at.
 *
 * @param buckets zeros but for the buckets of the series
 * @param listed their numbers, ascending; the first `count`
 */
export function slideListed(
  grid: WindowGrid,
  state: RangeState,
  buckets: Float64Array,
  listed: Uint32Array,
  count: number,
  into: Points,
  memory: SlideMemory,
): void {
  let from = 0;
  let to = 0;
  for (let i = 0; i < count; i++) {
    const bucket = listed[i]!;
    // Points whose windows end at the bucket or behind it, and begin there or before.
    const first = firstPoint(grid, (point) => grid.lastBucket(point) >= bucket);
    const end = firstPoint(grid, (point) => grid.firstBucket(point) > bucket);
    if (first > to) {
      slideWindows(grid, state, buckets, into, memory, from, to);
      from = first;
    }
    to = Math.max(to, end);
  }
  slideWindows(grid, state, buckets, into, memory, from, to);
}

/** First point from which on something holds; the number of points when it never does. */
function firstPoint({ count }: WindowGrid, holds: (point: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
