import { selectRank } from '../../base/select-rank.ts';
import type { SeriesSamples } from './joined-samples.ts';
import type { Points } from './series-set.ts';
import type { WindowGrid } from './window-grid.ts';

/**
 * A function of samples `[from, to)`, those of one window, in time order. It writes its value to `into[at]`: a number that is returned
 * is an object where the call is not compiled in, and there is one for each point.
 */
export type WindowFunction = (
  timesNs: Float64Array,
  values: Float64Array,
  from: number,
  to: number,
  into: Float64Array,
  at: number,
) => void;

/** Applies a function to every window of the grid, given the samples of a series in time order. */
export function applyWindows(
  grid: WindowGrid,
  { timesNs, values, count }: SeriesSamples,
  fn: WindowFunction,
  into: Points,
): void {
  let from = 0;
  let to = 0;
  for (let point = 0; point < grid.count; point++) {
    const endNs = point * grid.stepNs;
    const startNs = endNs - grid.rangeNs;
    while (to < count && timesNs[to]! <= endNs) to++;
    while (from < to && timesNs[from]! <= startNs) from++;
    if (from === to) continue;
    fn(timesNs, values, from, to, into.values, point);
    into.present[point] = 1;
  }
}

let scratch: Float64Array = new Float64Array(256);

/** Smallest of `values[from, count)`. */
function smallestFrom(values: Float64Array, count: number, from: number): number {
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = from; i < count; i++) if (values[i]! < smallest) smallest = values[i]!;
  return smallest;
}

/** Interpolated quantile as Prometheus defines it: NaN counts as the smallest value; outside 0..1 it is infinite. */
export function quantileOf(q: number): WindowFunction {
  if (!(q >= 0 && q <= 1)) {
    const outside = Number.isNaN(q) ? Number.NaN : q < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    return (_times, _values, _from, _to, into, at) => {
      into[at] = outside;
    };
  }
  return (_, values, from, to, into, at) => {
    const size = to - from;
    const first = values[from]!;
    const last = values[to - 1]!;
    // Of many series most windows have a sample or two.
    if (size === 1) into[at] = first + first * 0;
    else if (size === 2 && q < 1 && first <= last) into[at] = first * (1 - q) + last * q;
    else if (size === 2 && q < 1 && first > last) into[at] = last * (1 - q) + first * q;
    else putQuantile(q, values, from, to, into, at);
  };
}

/** @param q within 0..1 */
function putQuantile(q: number, values: Float64Array, from: number, to: number, into: Float64Array, at: number): void {
  const size = to - from;
  if (scratch.length < size) scratch = new Float64Array(size * 2);
  // NaN counts as the smallest value: put aside here, and before all others below.
  let count = 0;
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    if (!Number.isNaN(value)) scratch[count++] = value;
  }
  const nanCount = size - count;
  const rank = q * (size - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(size - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  const lowerValue = lower < nanCount ? Number.NaN : selectRank(scratch, count, lower - nanCount);
  if (upper === lower) {
    into[at] = lowerValue * (1 - weight) + lowerValue * weight;
    return;
  }
  const upperValue = upper < nanCount ? Number.NaN : smallestFrom(scratch, count, upper - nanCount);
  into[at] = lowerValue * (1 - weight) + upperValue * weight;
}

/**
 * Per-second increase of a counter with resets, extrapolated to the window. Loki compares a span in microseconds with a
 * range in seconds; its answers are kept, so the mixture is too.
 */
export function counterRateOf(rangeNs: number): WindowFunction {
  const rangeSeconds = rangeNs / 1e9;
  return (timesNs, values, from, to, into, at) => {
    const n = to - from;
    if (n < 2) {
      into[at] = 0;
      return;
    }
    const first = values[from]!;
    let delta = values[to - 1]! - first;
    for (let i = from + 1; i < to; i++) if (values[i]! < values[i - 1]!) delta += values[i - 1]!;
    const spanMicros = Math.trunc((timesNs[to - 1]! - timesNs[from]!) / 1000);
    const gap = spanMicros / (n - 1);
    let edge = rangeSeconds;
    if (delta > 0 && first >= 0) edge = Math.min(edge, spanMicros * (first / delta));
    const extended = spanMicros + (edge < gap * 1.1 ? edge : gap / 2);
    into[at] = (delta * (extended / spanMicros)) / rangeSeconds;
  };
}
