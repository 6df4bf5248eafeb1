import type { SeriesMemory } from './series-memory.ts';
import type { Points } from './series-set.ts';
import type { WindowGrid } from './window-grid.ts';

/** Samples of all series, one series behind the other: those of series `s` are `starts[s] .. starts[s + 1]`. */
export interface SampleColumns {
  readonly starts: Uint32Array;
  readonly timesNs: Float64Array;
  readonly values: Float64Array;
  /** To be added to each time: columns that are kept serve ranges that have moved on. Absent: nothing. */
  readonly shiftNs?: number;
}

/** Of no bytes, so that it is never given away. */
export const NO_SAMPLES: SampleColumns = {
  starts: new Uint32Array(0),
  timesNs: new Float64Array(0),
  values: new Float64Array(0),
};

/** Where samples of each series begin, given how many each has. */
function startsOf(counts: Uint32Array): Uint32Array {
  const starts = new Uint32Array(counts.length + 1);
  for (let i = 0; i < counts.length; i++) starts[i + 1] = starts[i]! + counts[i]!;
  return starts;
}

const FIRST_SAMPLES = 256;
/** A task has about half of it at most; 5 MiB. */
const MAX_KEPT_SAMPLES = 1 << 18;
const MAX_IDLE = 1;
/** Of logs that came to their end: fresh memory for each task costs more than what is written to it. */
const idle: { readonly series: Uint32Array; readonly timesNs: Float64Array; readonly values: Float64Array }[] = [];
/** Number of the series, time and value. */
export const SAMPLE_BYTES = 20;
/** From so many samples on they are copied at once. */
const MIN_COPIED = 32;

/**
 * Samples in the order in which they are found, for the operations that need each of them (quantile_over_time, rate_counter). One list for all
 * series: of thousands, each list of its own would cost more than its samples.
 */
export class SampleLog {
  #count = 0;
  #series: Uint32Array;
  #timesNs: Float64Array;
  #values: Float64Array;

  readonly #memory: SeriesMemory;

  constructor(memory: SeriesMemory) {
    this.#memory = memory;
    const used = idle.pop();
    this.#series = used?.series ?? new Uint32Array(FIRST_SAMPLES);
    this.#timesNs = used?.timesNs ?? new Float64Array(FIRST_SAMPLES);
    this.#values = used?.values ?? new Float64Array(FIRST_SAMPLES);
  }

  add(series: number, value: number, timeNs: number): void {
    if (this.#count === this.#values.length) this.#grow();
    this.#series[this.#count] = series;
    this.#timesNs[this.#count] = timeNs;
    this.#values[this.#count++] = value;
  }

  #grow(): void {
    const size = this.#count * 2;
    this.#memory.take(this.#count * SAMPLE_BYTES);
    const [series, times, values] = [new Uint32Array(size), new Float64Array(size), new Float64Array(size)];
    series.set(this.#series);
    times.set(this.#timesNs);
    values.set(this.#values);
    [this.#series, this.#timesNs, this.#values] = [series, times, values];
  }

  /** By series; those of one keep their order. The log is at its end then: its memory goes to the next one. */
  columns(seriesCount: number): SampleColumns {
    const counts = new Uint32Array(seriesCount);
    for (let i = 0; i < this.#count; i++) counts[this.#series[i]!]!++;
    const starts = startsOf(counts);
    const next = starts.slice();
    const timesNs = new Float64Array(this.#count);
    const values = new Float64Array(this.#count);
    for (let i = 0; i < this.#count; i++) {
      const at = next[this.#series[i]!]!++;
      timesNs[at] = this.#timesNs[i]!;
      values[at] = this.#values[i]!;
    }
    if (idle.length < MAX_IDLE && this.#values.length <= MAX_KEPT_SAMPLES)
      idle.push({ series: this.#series, timesNs: this.#timesNs, values: this.#values });
    this.#count = 0;
    return { starts, timesNs, values };
  }
}

/**
 * Joins columns of several tasks, which it leaves as they are, in the order of the tasks. `series` has the joined number of each series of
 * the columns.
 */
export function joinSamples(
  parts: readonly { readonly columns: SampleColumns; readonly series: ArrayLike<number> }[],
  seriesCount: number,
): SampleColumns {
  const counts = new Uint32Array(seriesCount);
  let total = 0;
  for (const { columns, series } of parts) {
    for (let i = 0; i < series.length; i++) counts[series[i]!]! += columns.starts[i + 1]! - columns.starts[i]!;
    total += columns.values.length;
  }
  const starts = startsOf(counts);
  const next = starts.slice();
  const timesNs = new Float64Array(total);
  const values = new Float64Array(total);
  for (const { columns, series } of parts) {
    const { shiftNs = 0 } = columns;
    for (let i = 0; i < series.length; i++) {
      const to = next[series[i]!]!;
      const from = columns.starts[i]!;
      const end = columns.starts[i + 1]!;
      next[series[i]!] = to + end - from;
      if (shiftNs === 0 && end - from >= MIN_COPIED) {
        timesNs.set(columns.timesNs.subarray(from, end), to);
        values.set(columns.values.subarray(from, end), to);
        continue;
      }
      for (let at = from; at < end; at++) {
        timesNs[to + at - from] = columns.timesNs[at]! + shiftNs;
        values[to + at - from] = columns.values[at]!;
      }
    }
  }
  return { starts, timesNs, values };
}

/** Sorts samples `[from, to)` by time; samples of one time keep their order. */
function sortByTime({ timesNs, values }: SampleColumns, from: number, to: number): void {
  let sorted = true;
  for (let i = from + 1; i < to && sorted; i++) sorted = timesNs[i]! >= timesNs[i - 1]!;
  if (sorted) return;
  const times = timesNs.slice(from, to);
  const own = values.slice(from, to);
  const order = Uint32Array.from(times, (_, i) => i);
  order.sort((a, b) => times[a]! - times[b]! || a - b);
  for (let i = 0; i < order.length; i++) {
    timesNs[from + i] = times[order[i]!]!;
    values[from + i] = own[order[i]!]!;
  }
}

/** A function of samples `[from, to)`, those of one window, in time order. */
export type WindowFunction = (timesNs: Float64Array, values: Float64Array, from: number, to: number) => number;

/** Applies a function to every window of the grid, for one series. Its samples are sorted in place. */
export function applyWindows(
  grid: WindowGrid,
  samples: SampleColumns,
  series: number,
  fn: WindowFunction,
  into: Points,
): void {
  const { timesNs, values } = samples;
  let from = samples.starts[series]!;
  let to = from;
  const stop = samples.starts[series + 1]!;
  sortByTime(samples, from, stop);
  for (let point = 0; point < grid.count; point++) {
    const endNs = point * grid.stepNs;
    const startNs = endNs - grid.rangeNs;
    while (to < stop && timesNs[to]! <= endNs) to++;
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
