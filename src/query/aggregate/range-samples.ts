import type { Points } from './series-set.ts';
import type { WindowGrid } from './window-grid.ts';

/** Samples of one series, for the operations that need each of them (quantile_over_time, rate_counter). Grows by doubling. */
export class SampleList {
  count = 0;
  timesNs: Float64Array = new Float64Array(16);
  values: Float64Array = new Float64Array(16);
  /** Appended behind what is counted, not copied yet. */
  readonly #parts: { readonly timesNs: Float64Array; readonly values: Float64Array }[] = [];

  add(value: number, timeNs: number): void {
    if (this.count === this.values.length) this.#grow(this.count * 2);
    this.timesNs[this.count] = timeNs;
    this.values[this.count++] = value;
  }

  /** Appends samples; they are copied when the list is sorted, all at once. */
  addAll(timesNs: Float64Array, values: Float64Array): void {
    this.#parts.push({ timesNs, values });
  }

  /** Sorts by time; samples of one time keep their order. */
  sort(): void {
    this.#join();
    let sorted = true;
    for (let i = 1; i < this.count && sorted; i++) sorted = this.timesNs[i]! >= this.timesNs[i - 1]!;
    if (sorted) return;
    const order = new Uint32Array(this.count);
    for (let i = 0; i < this.count; i++) order[i] = i;
    const times = this.timesNs.slice(0, this.count);
    const values = this.values.slice(0, this.count);
    order.sort((a, b) => times[a]! - times[b]! || a - b);
    for (let i = 0; i < this.count; i++) {
      this.timesNs[i] = times[order[i]!]!;
      this.values[i] = values[order[i]!]!;
    }
  }

  #join(): void {
    let total = this.count;
    for (const part of this.#parts) total += part.values.length;
    if (total > this.values.length) this.#grow(total);
    for (const part of this.#parts) {
      this.timesNs.set(part.timesNs, this.count);
      this.values.set(part.values, this.count);
      this.count += part.values.length;
    }
    this.#parts.length = 0;
  }

  #grow(size: number): void {
    const times = new Float64Array(size);
    const values = new Float64Array(size);
    times.set(this.timesNs.subarray(0, this.count));
    values.set(this.values.subarray(0, this.count));
    this.timesNs = times;
    this.values = values;
  }
}

/** A function of the samples of one window, in time order. */
export type WindowFunction = (timesNs: Float64Array, values: Float64Array) => number;

/** Applies a function to every window of the grid. The list is sorted in place. */
export function applyWindows(grid: WindowGrid, samples: SampleList, fn: WindowFunction): Points {
  samples.sort();
  const values = new Float64Array(grid.count);
  const present = new Uint8Array(grid.count);
  let from = 0;
  let to = 0;
  for (let point = 0; point < grid.count; point++) {
    const endNs = point * grid.stepNs;
    const startNs = endNs - grid.rangeNs;
    while (to < samples.count && samples.timesNs[to]! <= endNs) to++;
    while (from < to && samples.timesNs[from]! <= startNs) from++;
    if (from === to) continue;
    values[point] = fn(samples.timesNs.subarray(from, to), samples.values.subarray(from, to));
    present[point] = 1;
  }
  return { values, present };
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
  return (_, values) => {
    if (Number.isNaN(q)) return Number.NaN;
    if (q < 0) return Number.NEGATIVE_INFINITY;
    if (q > 1) return Number.POSITIVE_INFINITY;
    if (scratch.length < values.length) scratch = new Float64Array(values.length * 2);
    // NaN counts as the smallest value: put aside here, and before all others below.
    let count = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (!Number.isNaN(value)) scratch[count++] = value;
    }
    const nanCount = values.length - count;
    const rank = q * (values.length - 1);
    const lower = Math.max(0, Math.floor(rank));
    const upper = Math.min(values.length - 1, lower + 1);
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
  return (timesNs, values) => {
    const n = values.length;
    if (n < 2) return 0;
    let delta = values[n - 1]! - values[0]!;
    for (let i = 1; i < n; i++) if (values[i]! < values[i - 1]!) delta += values[i - 1]!;
    const spanMicros = Math.trunc((timesNs[n - 1]! - timesNs[0]!) / 1000);
    const gap = spanMicros / (n - 1);
    let edge = rangeSeconds;
    if (delta > 0 && values[0]! >= 0) edge = Math.min(edge, spanMicros * (values[0]! / delta));
    const extended = spanMicros + (edge < gap * 1.1 ? edge : gap / 2);
    return (delta * (extended / spanMicros)) / rangeSeconds;
  };
}
