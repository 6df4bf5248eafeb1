import type { Matcher, RangeAggExpr } from '../../grammar/ast.ts';
import type { Labels } from '../model/labels.ts';
import { labelsFromPairs, labelsKey } from '../model/labels.ts';
import { ColumnMemory } from './aggregate/column-memory.ts';
import { applyWindows, counterRateOf, joinSamples, quantileOf, type SampleColumns } from './aggregate/range-samples.ts';
import { mergeInto, slideWindows } from './aggregate/range-slide.ts';
import { keepsSamples, type RangeState, rangeState } from './aggregate/range-state.ts';
import { constantSeries, hasPoint, type Series } from './aggregate/series-set.ts';
import { WindowGrid } from './aggregate/window-grid.ts';
import type { SampleScan, SampleScanResult } from './task.ts';

/** Merges the partial results of the tasks of one sample scan, and turns them into series. */
export class SampleMerger {
  readonly #grid: WindowGrid;
  /** Undefined for operations that keep samples. */
  readonly #state: RangeState | undefined;
  readonly #indexOf = new Map<string, number>();
  readonly #labels: Labels[] = [];
  readonly #buckets: Float64Array[] = [];
  /** Of each task, and the number that each of its series has here. */
  readonly #samples: { readonly columns: SampleColumns; readonly series: number[] }[] = [];
  readonly #memory = new ColumnMemory();

  constructor(scan: SampleScan) {
    this.#grid = new WindowGrid(scan.grid.count, scan.grid.stepNs, scan.grid.rangeNs);
    this.#state = keepsSamples(scan.op) ? undefined : rangeState(scan.op, scan.grid.rangeNs, scan.unwrap !== undefined);
  }

  /**
   * Results must be added in the order of their tasks, so that ties resolve alike whichever worker was faster. The merger owns their
   * arrays from then on.
   */
  add(result: SampleScanResult): void {
    if (this.#adopt(result)) return;
    if (this.#state === undefined) {
      const series = result.series.map((labels) => this.#seriesIndex(labels));
      this.#samples.push({ columns: result.samples, series });
      return;
    }
    for (let i = 0; i < result.series.length; i++) {
      const index = this.#seriesIndex(result.series[i]!);
      const to = this.#buckets[index]!;
      const from = result.buckets[i]!;
      const offset = result.firstBucket * this.#state.width;
      for (let at = 0; at < from.length; at += this.#state.width) mergeInto(this.#state, to, offset + at, from, at);
    }
  }

  /** Takes the columns of the first result as they are when they span the whole grid. */
  #adopt({ series, firstBucket, buckets }: SampleScanResult): boolean {
    const length = this.#grid.bucketCount * (this.#state?.width ?? 0);
    if (length === 0 || this.#labels.length > 0 || series.length === 0 || firstBucket !== 0) return false;
    if (buckets.some((column) => column.length !== length)) return false;
    for (let i = 0; i < series.length; i++) {
      this.#labels.push(series[i]!);
      this.#buckets.push(buckets[i]!);
    }
    return true;
  }

  #seriesIndex(labels: Labels): number {
    if (this.#indexOf.size < this.#labels.length)
      for (const [i, known] of this.#labels.entries()) this.#indexOf.set(labelsKey(known), i);
    const key = labelsKey(labels);
    let index = this.#indexOf.get(key);
    if (index === undefined) {
      index = this.#labels.length;
      this.#indexOf.set(key, index);
      this.#labels.push(labels);
      if (this.#state !== undefined)
        this.#buckets.push(this.#memory.columns(this.#grid.bucketCount * this.#state.width));
    }
    return index;
  }

  /** The series of the expression, in the order of first appearance. */
  finish(expr: RangeAggExpr): Series[] {
    const state = this.#state;
    const { count } = this.#grid;
    const fn = expr.op === 'quantile_over_time' ? quantileOf(expr.param ?? 0) : counterRateOf(this.#grid.rangeNs);
    const samples = joinSamples(this.#samples, this.#labels.length);
    // One piece of memory for all: of thousands of series each small array would cost more than its numbers.
    const values = new Float64Array(count * this.#labels.length);
    const present = new Uint8Array(count * this.#labels.length);
    const series = this.#labels.map((labels, i): Series => {
      const [from, to] = [i * count, (i + 1) * count];
      const points = { values: values.subarray(from, to), present: present.subarray(from, to) };
      if (state === undefined) applyWindows(this.#grid, samples, i, fn, points);
      else slideWindows(this.#grid, state, this.#buckets[i]!, points);
      return { labels, values: points.values, present: points.present };
    });
    return expr.op === 'absent_over_time' ? absentSeries(expr, series[0], this.#grid.count) : series;
  }
}

/** One series that is 1 where there was no row at all. */
function absentSeries(expr: RangeAggExpr, seen: Series | undefined, count: number): Series[] {
  const absent = constantSeries(1, count);
  for (let point = 0; point < count; point++) absent.present[point] = 1 - (seen?.present[point] ?? 0);
  return hasPoint(absent) ? [{ ...absent, labels: absentLabels(expr.range.log.matchers) }] : [];
}

/** Labels of an absent series: the `=` matchers whose name is matched once. */
function absentLabels(matchers: readonly Matcher[]): Labels {
  const uses = new Map<string, number>();
  for (const { name } of matchers) uses.set(name, (uses.get(name) ?? 0) + 1);
  const pairs = matchers.filter((m) => m.op === '=' && m.value !== '' && uses.get(m.name) === 1);
  return labelsFromPairs(pairs.map((m) => [m.name, m.value] as const));
}
