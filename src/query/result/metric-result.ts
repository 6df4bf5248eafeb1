import type { MetricExpr, VariantsExpr } from '../../../grammar/ast.ts';
import { compareLabels, labelsKey } from '../../model/labels.ts';
import { inTextOrder } from '../../wire/json/json-text.ts';
import type { ResultData, ResultSeries } from '../../wire/result/result-json.ts';
import { constantSeries, hasPoint, type MetricValue, type Series, sortByLabels } from '../aggregate/series-set.ts';
import { containsSort } from '../analysis/contains-sort.ts';
import { type EvaluationGrid, pointTimesMs } from '../analysis/grid.ts';

/** The answer of an instant query: by labels, unless the query sorts. */
export function vectorData(query: MetricExpr | VariantsExpr, value: MetricValue, grid: EvaluationGrid): ResultData {
  const timeMs = Number(grid.startNs / 1_000_000n);
  if (value.kind === 'scalar') return { resultType: 'scalar', timeMs: scalarTimeMs(timeMs), value: value.value };
  const sorted = query.kind !== 'variants' && containsSort(query) ? value.series : sortByLabels(value.series);
  return {
    resultType: 'vector',
    series: sorted.map((series) => ({ labels: series.labels, timesMs: [timeMs], values: [series.values[0]!] })),
  };
}

/**
 * Loki writes the time of a scalar wrongly: its milliseconds pass through a conversion that takes them for seconds and
 * overflows 64 bits. The recorded answers have it so.
 */
function scalarTimeMs(timeMs: number): number {
  const wrappedNs = BigInt.asIntN(64, BigInt(timeMs) * 1_000_000_000n);
  return Number(wrappedNs / 1_000_000n) * 1000;
}

/** The answer of a range query; by labels, or by their printed text when the range was split. */
export function matrixData(value: MetricValue, grid: EvaluationGrid, byText: boolean): ResultData {
  const series = value.kind === 'scalar' ? [constantSeries(value.value, grid.count)] : value.series;
  const timesMs = pointTimesMs(grid);
  const sorted = byText ? inTextOrder(series) : sortByLabels(series);
  return { resultType: 'matrix', series: joinEqual(sorted, timesMs) };
}

/** Lists the points of each label set; when several series have it, a time comes once for each. */
function joinEqual(series: readonly Series[], timesMs: readonly number[]): ResultSeries[] {
  if (areDifferent(series)) return series.filter(hasPoint).map((one) => ({ ...one, timesMs }));
  const groups = new Map<string, Series[]>();
  for (const one of series) {
    const key = labelsKey(one.labels);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  const out: ResultSeries[] = [];
  for (const group of groups.values()) {
    const times: number[] = [];
    const values: number[] = [];
    for (let point = 0; point < timesMs.length; point++) {
      for (const one of group) {
        if (one.present[point] === 0) continue;
        times.push(timesMs[point]!);
        values.push(one.values[point]!);
      }
    }
    if (times.length > 0) out.push({ labels: group[0]!.labels, timesMs: times, values });
  }
  return out;
}

/** No label set comes twice, which is nearly always so; told without a key for each. The series are in order of their labels or of their texts. */
function areDifferent(series: readonly Series[]): boolean {
  for (let i = 1; i < series.length; i++)
    if (compareLabels(series[i - 1]!.labels, series[i]!.labels) === 0) return false;
  return true;
}
