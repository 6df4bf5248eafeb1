import { type SampleColumns, startsOf } from './range-samples.ts';

/** Samples that one task found, and the joined number of each of its series. */
export interface SamplePart {
  readonly columns: SampleColumns;
  readonly series: Uint32Array;
}

/** Samples of one series in time order; the arrays may be longer. */
export interface SeriesSamples {
  timesNs: Float64Array;
  values: Float64Array;
  count: number;
}

const FIRST_SAMPLES = 1024;

/**
 * Samples of several tasks by series. Those of a series are put together when it is its turn, in memory that the next one uses again: all of
 * them at once would be copies of everything.
 */
export class JoinedSamples {
  readonly #parts: readonly SamplePart[];
  /** Pieces of series `s` are `starts[s] .. starts[s + 1]`, in the order of the tasks: number of the part, and of the series in it. */
  readonly #starts: Uint32Array;
  readonly #partOf: Uint32Array;
  readonly #placeOf: Uint32Array;
  readonly #joined: SeriesSamples = {
    timesNs: new Float64Array(FIRST_SAMPLES),
    values: new Float64Array(FIRST_SAMPLES),
    count: 0,
  };

  /** @param parts in the order of the tasks; their columns stay as they are */
  constructor(parts: readonly SamplePart[], seriesCount: number) {
    this.#parts = parts;
    const counts = new Uint32Array(seriesCount);
    for (const { series } of parts) for (let i = 0; i < series.length; i++) counts[series[i]!]!++;
    this.#starts = startsOf(counts);
    const next = this.#starts.slice();
    const total = this.#starts[seriesCount]!;
    this.#partOf = new Uint32Array(total);
    this.#placeOf = new Uint32Array(total);
    for (let part = 0; part < parts.length; part++) {
      const { series } = parts[part]!;
      for (let i = 0; i < series.length; i++) {
        const at = next[series[i]!]!++;
        this.#partOf[at] = part;
        this.#placeOf[at] = i;
      }
    }
  }

  /** Samples of a series; those of one time are in the order of the tasks. Valid until the next one is asked for. */
  of(series: number): SeriesSamples {
    const joined = this.#joined;
    joined.count = 0;
    let isSorted = true;
    for (let piece = this.#starts[series]!; piece < this.#starts[series + 1]!; piece++)
      isSorted = this.#add(this.#parts[this.#partOf[piece]!]!.columns, this.#placeOf[piece]!) && isSorted;
    if (!isSorted) sortByTime(joined);
    return joined;
  }

  /** @returns false when a sample is older than the one before it */
  #add({ starts, timesNs, values, shiftNs = 0 }: SampleColumns, place: number): boolean {
    const joined = this.#joined;
    const from = starts[place]!;
    const end = starts[place + 1]!;
    this.#reserve(end - from);
    const { timesNs: toTimes, values: toValues } = joined;
    let to = joined.count;
    let newestNs = to === 0 ? Number.NEGATIVE_INFINITY : toTimes[to - 1]!;
    let isSorted = true;
    for (let at = from; at < end; at++, to++) {
      const timeNs = timesNs[at]! + shiftNs;
      if (timeNs < newestNs) isSorted = false;
      newestNs = timeNs;
      toTimes[to] = timeNs;
      toValues[to] = values[at]!;
    }
    joined.count = to;
    return isSorted;
  }

  #reserve(more: number): void {
    const { timesNs, values, count } = this.#joined;
    if (count + more <= values.length) return;
    const size = Math.max(values.length * 2, count + more);
    this.#joined.timesNs = new Float64Array(size);
    this.#joined.values = new Float64Array(size);
    this.#joined.timesNs.set(timesNs.subarray(0, count));
    this.#joined.values.set(values.subarray(0, count));
  }
}

/** Samples of one time keep their order. */
function sortByTime(samples: SeriesSamples): void {
  const { timesNs, values, count } = samples;
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  order.sort((a, b) => timesNs[a]! - timesNs[b]! || a - b);
  const times = timesNs.slice(0, count);
  const own = values.slice(0, count);
  for (let i = 0; i < count; i++) {
    timesNs[i] = times[order[i]!]!;
    values[i] = own[order[i]!]!;
  }
}
