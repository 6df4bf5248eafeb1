import { TALLY_MINUTES } from '../../chunk/tally.ts';
import type { SegmentRun } from '../../store/snapshot/segment-runs.ts';
import { Stretches } from '../../store/snapshot/stretches.ts';
import { RunAdder } from './tally-runs.ts';
import type { TallySeries } from './tally-series.ts';
import { TallyTable } from './tally-table.ts';

const MINUTE_NS = 60_000_000_000;

/** Rows by series and minute over streams of a segment: for the minutes that it has, so that some series take some kilobytes. */
export class MinuteSums {
  readonly #firstMinute: number;
  readonly #minutes: number;
  readonly #series: Int32Array;
  /** `#minutes` for each series. */
  readonly #counts: Uint32Array;

  private constructor(firstMinute: number, minutes: number, series: Int32Array, counts: Uint32Array) {
    this.#firstMinute = firstMinute;
    this.#minutes = minutes;
    this.#series = series;
    this.#counts = counts;
  }

  get bytes(): number {
    return this.#series.byteLength + this.#counts.byteLength;
  }

  /** @returns undefined when there are too many series, or when tallies cannot tell all streams */
  static of(series: TallySeries, run: SegmentRun, maxSeries: number): MinuteSums | undefined {
    const { first, count } = minutesOf(run);
    const table = new TallyTable(count);
    const rest = new Stretches(series.labelTable, [run.segment]);
    const places = Int32Array.from({ length: TALLY_MINUTES }, (_, minute) =>
      minute >= first && minute < first + count ? minute - first : count,
    );
    new RunAdder(series, table, rest).add({ ...run, source: 0 }, places, undefined);
    if (rest.count > 0 || table.seriesCount > maxSeries) return undefined;
    const numbers = new Int32Array(table.seriesCount);
    const counts = new Uint32Array(table.seriesCount * count);
    let kept = 0;
    for (let number = 0; number < series.labels.length; number++) {
      const start = table.placeOf(number);
      if (start === 0) continue;
      counts.set(table.counts.subarray(start, start + count), kept * count);
      numbers[kept++] = number;
    }
    return new MinuteSums(first, count, numbers, counts);
  }

  /** @param bucketOf bucket by minute */
  addTo(table: TallyTable, bucketOf: Int32Array): void {
    const minutes = this.#minutes;
    const counts = this.#counts;
    for (let i = 0; i < this.#series.length; i++) {
      const start = table.startOf(this.#series[i]!);
      const to = table.counts;
      for (let minute = 0; minute < minutes; minute++)
        to[start + bucketOf[this.#firstMinute + minute]!]! += counts[i * minutes + minute]!;
    }
  }
}

/** Minutes of a day that tallies of the streams can have. */
function minutesOf({ segment, streams, count }: SegmentRun): { readonly first: number; readonly count: number } {
  const { mins, maxs } = segment.columns;
  let min = Number.POSITIVE_INFINITY;
  let max = 0;
  for (let i = 0; i < count; i++) {
    const stream = streams === undefined ? i : streams[i]!;
    min = Math.min(min, mins[stream]!);
    max = Math.max(max, maxs[stream]!);
  }
  const first = Math.ceil(min / MINUTE_NS);
  return { first, count: Math.ceil(max / MINUTE_NS) - first + 1 };
}
