import type { Grouping } from '../../../grammar/ast.ts';
import type { Series, VectorValue } from './series-set.ts';
import { SeriesTable } from './series-table.ts';
import { groupSeries } from './vector-reduce.ts';

/** topk (`largest`) or bottomk: per point and group the `k` best samples with all their labels; NaN comes last. */
export function rankVector(
  input: VectorValue,
  k: number,
  largest: boolean,
  grouping: Grouping | undefined,
): VectorValue {
  if (input instanceof SeriesTable && isOneGroup(grouping) && k <= MAX_INSERTED) return rankTable(input, k, largest);
  /** Points at which a series is among the best. */
  const kept = new Map<Series, Uint8Array>();
  for (const { members } of groupSeries(input.series, grouping)) {
    const count = members[0]!.values.length;
    for (let point = 0; point < count; point++) {
      for (const winner of winnersAt(members, point, k, largest)) {
        let present = kept.get(winner);
        if (present === undefined) {
          present = new Uint8Array(count);
          kept.set(winner, present);
        }
        present[point] = 1;
      }
    }
  }
  const series: Series[] = [];
  for (const one of input.series) {
    const present = kept.get(one);
    if (present !== undefined) series.push({ labels: one.labels, values: one.values, present });
  }
  return { kind: 'vector', series };
}

function isOneGroup(grouping: Grouping | undefined): boolean {
  return grouping === undefined || (!grouping.without && grouping.labels.length === 0);
}

/** The same over a table, of which only the winners become series. */
function rankTable(table: SeriesTable, k: number, largest: boolean): VectorValue {
  const { width } = table;
  const kept = new Map<number, Uint8Array>();
  for (let point = 0; point < width; point++) {
    for (const row of bestRows(table, point, k, largest)) {
      const points = kept.get(row) ?? new Uint8Array(width);
      points[point] = 1;
      kept.set(row, points);
    }
  }
  const rows = [...kept.keys()].sort((a, b) => a - b);
  return { kind: 'vector', series: rows.map((row) => ({ ...table.row(row), present: kept.get(row)! })) };
}

/** The `k` best rows of a point, best first; of equal ones, the first. */
function bestRows(
  { width, count, values, present }: SeriesTable,
  point: number,
  k: number,
  largest: boolean,
): number[] {
  const best: number[] = [];
  for (let row = 0; row < count && k >= 1; row++) {
    if (present[row * width + point] !== 1) continue;
    const value = values[row * width + point]!;
    let at = best.length;
    while (at > 0 && compareValues(value, values[best[at - 1]! * width + point]!, largest) < 0) at--;
    if (at >= k) continue;
    best.splice(at, 0, row);
    if (best.length > k) best.pop();
  }
  return best;
}

/** Up to this many winners are kept in order as they come; sorting all is better for more. */
const MAX_INSERTED = 64;

/** The `k` best samples of a point, or all when there are not more; of equal ones, the first. */
function winnersAt(members: readonly Series[], point: number, k: number, largest: boolean): readonly Series[] {
  if (k < 1) return [];
  if (k > MAX_INSERTED) {
    const rivals = members.filter((member) => member.present[point] === 1);
    if (rivals.length <= k) return rivals;
    return rivals.sort((a, b) => compareValues(a.values[point]!, b.values[point]!, largest)).slice(0, k);
  }
  const best: Series[] = [];
  for (const member of members) {
    if (member.present[point] !== 1) continue;
    const value = member.values[point]!;
    let at = best.length;
    while (at > 0 && compareValues(value, best[at - 1]!.values[point]!, largest) < 0) at--;
    if (at >= k) continue;
    best.splice(at, 0, member);
    if (best.length > k) best.pop();
  }
  return best;
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
