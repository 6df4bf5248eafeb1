import type { SeriesMemory } from './series-memory.ts';

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
export function startsOf(counts: Uint32Array): Uint32Array {
  const starts = new Uint32Array(counts.length + 1);
  for (let i = 0; i < counts.length; i++) starts[i + 1] = starts[i]! + counts[i]!;
  return starts;
}

/** How many samples each series has. A loop by itself: code that is compiled while it runs knows nothing of what follows it. */
function countsOf(series: Uint32Array, samples: number, seriesCount: number): Uint32Array {
  const counts = new Uint32Array(seriesCount);
  for (let i = 0; i < samples; i++) counts[series[i]!]!++;
  return counts;
}

const FIRST_SAMPLES = 256;
/** A task has about half of it at most; 5 MiB. */
const MAX_KEPT_SAMPLES = 1 << 18;
const MAX_IDLE = 1;
/** Of logs that came to their end: fresh memory for each task costs more than what is written to it. */
const idle: { readonly series: Uint32Array; readonly timesNs: Float64Array; readonly values: Float64Array }[] = [];
/** Number of the series, time and value. */
export const SAMPLE_BYTES = 20;

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
    const starts = startsOf(countsOf(this.#series, this.#count, seriesCount));
    const timesNs = new Float64Array(this.#count);
    const values = new Float64Array(this.#count);
    this.#putInto(starts.slice(), timesNs, values);
    if (idle.length < MAX_IDLE && this.#values.length <= MAX_KEPT_SAMPLES)
      idle.push({ series: this.#series, timesNs: this.#timesNs, values: this.#values });
    this.#count = 0;
    return { starts, timesNs, values };
  }

  /** @param next where the next sample of each series goes */
  #putInto(next: Uint32Array, timesNs: Float64Array, values: Float64Array): void {
    for (let i = 0; i < this.#count; i++) {
      const at = next[this.#series[i]!]!++;
      timesNs[at] = this.#timesNs[i]!;
      values[at] = this.#values[i]!;
    }
  }
}
