import type { Matcher, RangeAggExpr } from '../../../grammar/ast.ts';
import { type Labels, labelsFromPairs, textOrder } from '../../model/labels.ts';
import { BucketStates } from '../aggregate/bucket-states.ts';
import { JoinedSamples, type SamplePart } from '../aggregate/joined-samples.ts';
import { MergedSeries } from '../aggregate/merged-series.ts';
import { SAMPLE_BYTES } from '../aggregate/range-samples.ts';
import { mergeInto, SlideMemory, slideListed, slideWindows } from '../aggregate/range-slide.ts';
import { keepsSamples, type RangeState, rangeState } from '../aggregate/range-state.ts';
import type { SeriesMemory } from '../aggregate/series-memory.ts';
import {
  constantSeries,
  hasPoint,
  type Points,
  type Series,
  type VectorValue,
  vectorOf,
} from '../aggregate/series-set.ts';
import { applyWindows, counterRateOf, quantileOf } from '../aggregate/window-functions.ts';
import { WindowGrid } from '../aggregate/window-grid.ts';
import type { SampleScan, SampleScanResult } from '../task/task.ts';

/** Merges the partial results of the tasks of one sample scan, and turns them into series. */
export class SampleMerger {
  readonly #grid: WindowGrid;
  /** Undefined for operations that keep samples. */
  readonly #state: RangeState | undefined;
  readonly #states: BucketStates | undefined;
  readonly #indexOf = new Map<string, number>();
  readonly #keys: string[] = [];
  /** Of each task, and the number that each of its series has here. */
  readonly #samples: SamplePart[] = [];
  readonly #memory: SeriesMemory;

  /** @param memory that of the query, in which the results are counted already */
  constructor(scan: SampleScan, memory: SeriesMemory) {
    this.#memory = memory;
    this.#grid = new WindowGrid(scan.grid.count, scan.grid.stepNs, scan.grid.rangeNs);
    this.#state = keepsSamples(scan.op) ? undefined : rangeState(scan.op, scan.grid.rangeNs, scan.unwrap !== undefined);
    if (this.#state !== undefined)
      this.#states = new BucketStates(this.#grid.bucketCount, this.#state.width, this.#memory);
  }

  /**
   * Results must be added in the order of their tasks, so that ties resolve alike whichever worker was faster. The merger owns their
   * arrays from then on, but for those of samples, which it only reads.
   *
   * @throws LogError QUERY_LIMIT
   */
  add(result: SampleScanResult): void {
    const state = this.#state;
    const states = this.#states;
    if (state === undefined || states === undefined) this.#addSamples(result);
    else if (!this.#adopt(result, states)) this.#addStates(result, state, states);
    this.#memory.give(result.takenBytes);
  }

  #addSamples({ keys, samples }: SampleScanResult): void {
    this.#memory.take(samples.values.length * SAMPLE_BYTES);
    const series = new Uint32Array(keys.length);
    for (let i = 0; i < keys.length; i++) series[i] = this.#seriesIndex(keys[i]!);
    this.#samples.push({ columns: samples, series });
  }

  #addStates({ keys, buckets, listed, firstBucket }: SampleScanResult, state: RangeState, states: BucketStates): void {
    const { width } = state;
    for (let i = 0; i < keys.length; i++) {
      const index = this.#seriesIndex(keys[i]!);
      const from = buckets[i]!;
      for (let at = 0, bucket = firstBucket; at < from.length; at += width, bucket++) {
        if (from[at] === 0) continue;
        states.locate(index, bucket);
        mergeInto(state, states.column, states.at, from, at);
      }
      const end = listed.starts[i + 1] ?? 0;
      for (let entry = listed.starts[i] ?? 0; entry < end; entry++) {
        states.locate(index, firstBucket + listed.buckets[entry]!);
        mergeInto(state, states.column, states.at, listed.states, entry * width);
      }
    }
  }

  /** Takes the columns of the first result as they are when they span the whole grid. */
  #adopt({ keys, firstBucket, buckets }: SampleScanResult, states: BucketStates): boolean {
    const length = this.#grid.bucketCount * (this.#state?.width ?? 0);
    if (length === 0 || this.#keys.length > 0 || keys.length === 0 || firstBucket !== 0) return false;
    if (buckets.some((column) => column.length !== length)) return false;
    for (let i = 0; i < keys.length; i++) {
      this.#memory.takeSeries(keys[i]!);
      this.#keys.push(keys[i]!);
      states.adopt(i, buckets[i]!);
    }
    return true;
  }

  #seriesIndex(key: string): number {
    if (this.#indexOf.size < this.#keys.length)
      for (const [i, known] of this.#keys.entries()) this.#indexOf.set(known, i);
    let index = this.#indexOf.get(key);
    if (index === undefined) {
      this.#memory.takeSeries(key);
      index = this.#keys.length;
      this.#indexOf.set(key, index);
      this.#keys.push(key);
    }
    return index;
  }

  /** The series of the expression, in the order of their labels, so that sums and ties come out alike however the work was cut. */
  finish(expr: RangeAggExpr): VectorValue {
    const keys = this.#keys;
    const fill = this.#filler(expr);
    if (expr.op === 'absent_over_time') {
      const { count } = this.#grid;
      const seen = { values: new Float64Array(count), present: new Uint8Array(count) };
      if (keys.length > 0) fill(0, seen);
      return vectorOf(absentSeries(expr, seen, count));
    }
    this.#indexOf.clear();
    const compare = textOrder(keys);
    const order = Array.from(keys.keys()).sort((a, b) => compare(keys[a]!, keys[b]!));
    return new MergedSeries(this.#grid.count, keys, order, fill, this.#memory);
  }

  #filler(expr: RangeAggExpr): (series: number, into: Points) => void {
    const [grid, state, states] = [this.#grid, this.#state, this.#states];
    if (state !== undefined && states !== undefined) {
      const { width } = state;
      const memory = new SlideMemory(grid, state);
      const scratch = new Float64Array(grid.bucketCount * width);
      const listed = new Uint32Array(states.maxListed + 1);
      return (series, into) => {
        const column = states.columnOf(series);
        if (column !== undefined) {
          slideWindows(grid, state, column, into, memory);
          return;
        }
        const count = states.spread(series, scratch, listed);
        slideListed(grid, state, scratch, listed, count, into, memory);
        for (let i = 0; i < count; i++) scratch.fill(0, listed[i]! * width, (listed[i]! + 1) * width);
      };
    }
    const fn = expr.op === 'quantile_over_time' ? quantileOf(expr.param ?? 0) : counterRateOf(grid.rangeNs);
    const samples = new JoinedSamples(this.#samples, this.#keys.length);
    return (series, into) => applyWindows(grid, samples.of(series), fn, into);
  }
}

/** One series that is 1 where there was no row at all. */
function absentSeries(expr: RangeAggExpr, seen: Points, count: number): Series[] {
  const absent = constantSeries(1, count);
  for (let point = 0; point < count; point++) absent.present[point] = 1 - seen.present[point]!;
  return hasPoint(absent) ? [{ ...absent, labels: absentLabels(expr.range.log.matchers) }] : [];
}

/** Labels of an absent series: the `=` matchers whose name is matched once. */
function absentLabels(matchers: readonly Matcher[]): Labels {
  const uses = new Map<string, number>();
  for (const { name } of matchers) uses.set(name, (uses.get(name) ?? 0) + 1);
  const pairs = matchers.filter((m) => m.op === '=' && m.value !== '' && uses.get(m.name) === 1);
  return labelsFromPairs(pairs.map((m) => [m.name, m.value] as const));
}
