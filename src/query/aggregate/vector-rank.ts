import type { Grouping } from '../../../grammar/ast.ts';
import { type Series, type VectorValue, vectorOf } from './series-set.ts';
import { groupSeries } from './vector-reduce.ts';

/** topk (`largest`) or bottomk: per point and group the `k` best samples with all their labels; NaN comes last. */
export function rankVector(
  input: VectorValue,
  k: number,
  largest: boolean,
  grouping: Grouping | undefined,
): VectorValue {
  const kept = new Map<Series, Series>();
  for (const { members } of groupSeries(input.series, grouping)) {
    const count = members[0]!.values.length;
    for (const member of members) {
      kept.set(member, { labels: member.labels, values: member.values, present: new Uint8Array(count) });
    }
    for (let point = 0; point < count; point++) {
      const rivals = members.filter((member) => member.present[point] === 1);
      if (rivals.length > k) {
        rivals.sort((a, b) => compareValues(a.values[point]!, b.values[point]!, largest));
        rivals.length = Math.max(0, k);
      }
      for (const winner of rivals) kept.get(winner)!.present[point] = 1;
    }
  }
  return vectorOf(input.series.map((one) => kept.get(one)!));
}

/** sort and sort_desc: orders the samples of an instant query by value; ranges have no order by value. */
export function sortVector(input: VectorValue, descending: boolean): VectorValue {
  if (input.series[0]?.values.length !== 1) return input;
  const series = [...input.series].sort((a, b) => compareValues(a.values[0]!, b.values[0]!, descending));
  return { kind: 'vector', series };
}

function compareValues(a: number, b: number, descending: boolean): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  if (a === b) return 0;
  return a < b === descending ? 1 : -1;
}
