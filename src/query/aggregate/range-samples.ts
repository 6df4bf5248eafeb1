import type { Points } from './series-set.ts';
import type { WindowGrid } from './window-grid.ts';

/** Samples of one series, for the operations that need each of them (quantile_over_time, rate_counter). Grows by doubling. */
export class SampleList {
  count = 0;
  timesNs: Float64Array = new Float64Array(16);
  values: Float64Array = new Float64Array(16);

  add(value: number, timeNs: number): void {
    if (this.count === this.values.length) this.#grow(this.count * 2);
    this.timesNs[this.count] = timeNs;
    this.values[this.count++] = value;
  }

  /** Appends the samples of another list. */
  addAll(timesNs: Float64Array, values: Float64Array): void {
    if (this.count + values.length > this.values.length)
      this.#grow(Math.max(this.count * 2, this.count + values.length));
    this.timesNs.set(timesNs, this.count);
    this.values.set(values, this.count);
    this.count += values.length;
  }

  /** Sorts by time; samples of one time keep their order. */
  sort(): void {
    const order = new Uint32Array(this.count);
    let sorted = true;
    for (let i = 0; i < this.count; i++) {
      order[i] = i;
      if (i > 0 && this.timesNs[i]! < this.timesNs[i - 1]!) sorted = false;
    }
    if (sorted) return;
    const times = this.timesNs.slice(0, this.count);
    const values = this.values.slice(0, this.count);
    order.sort((a, b) => times[a]! - times[b]! || a - b);
    for (let i = 0; i < this.count; i++) {
      this.timesNs[i] = times[order[i]!]!;
      this.values[i] = values[order[i]!]!;
    }
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

/** Interpolated quantile as Prometheus defines it: NaN counts as the smallest value; outside 0..1 it is infinite. */
export function quantileOf(q: number): WindowFunction {
  return (_, values) => {
    if (Number.isNaN(q)) return Number.NaN;
    if (q < 0) return Number.NEGATIVE_INFINITY;
    if (q > 1) return Number.POSITIVE_INFINITY;
    const sorted = values.slice().sort();
    // Typed arrays sort NaN last; here it comes first.
    let nanCount = 0;
    while (nanCount < sorted.length && Number.isNaN(sorted[sorted.length - 1 - nanCount]!)) nanCount++;
    const at = (i: number): number => (i < nanCount ? Number.NaN : sorted[i - nanCount]!);
    const rank = q * (sorted.length - 1);
    const lower = Math.max(0, Math.floor(rank));
    const upper = Math.min(sorted.length - 1, lower + 1);
    const weight = rank - Math.floor(rank);
    return at(lower) * (1 - weight) + at(upper) * weight;
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
