import type { SeriesSamples } from './joined-samples.ts';
import type { Points } from './series-set.ts';
import type { WindowGrid } from './window-grid.ts';

/** A function of samples `[from, to)`, those of one window, in time order. */
export type WindowFunction = (timesNs: Float64Array, values: Float64Array, from: number, to: number) => number;

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
    into.values[point] = fn(timesNs, values, from, to);
    into.present[point] = 1;
  }
}

let scratch: Float64Array = new Float64Array(256);

/**
 * The value that would stand at a place were `values[0, count)` sorted. Afterwards no value before that place is larger, and none behind
 * it is smaller (Hoare's selection, with the middle one of three as pivot).
 */
function selectRank(values: Float64Array, count: number, place: number): number {
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const pivot = middleOf(values[low]!, values[(low + high) >>> 1]!, values[high]!);
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      const value = values[i]!;
      values[i++] = values[j]!;
      values[j--] = value;
    }
    if (place <= j) high = j;
    else if (place >= i) low = i;
    else break;
  }
  return values[place]!;
}

function middleOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

/** Smallest of `values[from, count)`. */
function smallestFrom(values: Float64Array, count: number, from: number): number {
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = from; i < count; i++) if (values[i]! < smallest) smallest = values[i]!;
  return smallest;
}

/** Interpolated quantile as Prometheus defines it: NaN counts as the smallest value; outside 0..1 it is infinite. */
export function quantileOf(q: number): WindowFunction {
  return (_, values, from, to) => {
    if (Number.isNaN(q)) return Number.NaN;
    if (q < 0) return Number.NEGATIVE_INFINITY;
    if (q > 1) return Number.POSITIVE_INFINITY;
    const size = to - from;
    // Of many series most windows have a sample or two.
    if (size === 1) return values[from]! + values[from]! * 0;
    if (size === 2 && q < 1) {
      const [a, b] = [values[from]!, values[from + 1]!];
      if (a <= b) return a * (1 - q) + b * q;
      if (a > b) return b * (1 - q) + a * q;
    }
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
    if (upper === lower) return lowerValue * (1 - weight) + lowerValue * weight;
    const upperValue = upper < nanCount ? Number.NaN : smallestFrom(scratch, count, upper - nanCount);
    return lowerValue * (1 - weight) + upperValue * weight;
  };
}

/**
 * Per-second increase of a counter with resets, extrapolated to the window. Loki compares a span in microseconds with a
 * range in seconds; its answers are kept, so the mixture is too.
 */
export function counterRateOf(rangeNs: number): WindowFunction {
  const rangeSeconds = rangeNs / 1e9;
  return (timesNs, values, from, to) => {
    const n = to - from;
    if (n < 2) return 0;
    const first = values[from]!;
    let delta = values[to - 1]! - first;
    for (let i = from + 1; i < to; i++) if (values[i]! < values[i - 1]!) delta += values[i - 1]!;
    const spanMicros = Math.trunc((timesNs[to - 1]! - timesNs[from]!) / 1000);
    const gap = spanMicros / (n - 1);
    let edge = rangeSeconds;
    if (delta > 0 && first >= 0) edge = Math.min(edge, spanMicros * (first / delta));
    const extended = spanMicros + (edge < gap * 1.1 ? edge : gap / 2);
    return (delta * (extended / spanMicros)) / rangeSeconds;
  };
}
