import type { RangeAggExpr, RangeOp, VectorAggExpr, VectorOp } from '../../../grammar/ast.ts';
import { ERROR_DETAILS_LABEL, ERROR_LABEL } from '../pipeline/row/label-names.ts';

/** Range operations whose sum over series equals the same operation over the joined rows. */
const ADDITIVE: ReadonlySet<RangeOp> = new Set<RangeOp>([
  'count_over_time',
  'rate',
  'bytes_over_time',
  'bytes_rate',
  'sum_over_time',
]);

/**
 * Range operations whose rows may be joined over series before the operation, by the aggregation that would join their values. The
 * largest of the largest values is the largest of all, NaN gives way to anything in both; only of 0 and -0, which are equal, another one
 * may be found first. Neither a `count` nor an `avg` of series can be told from joined rows.
 */
const JOINED: Partial<Record<VectorOp, ReadonlySet<RangeOp>>> = {
  sum: ADDITIVE,
  max: new Set<RangeOp>(['max_over_time']),
  min: new Set<RangeOp>(['min_over_time']),
};

/**
 * The range aggregation that a `sum`, `max` or `min` can be folded into: its series never come into being, so they cost nothing and do
 * not count towards the series limit. Undefined when the expression is none of these, or the rows would not give the same answer.
 */
export function foldOf(expr: VectorAggExpr): RangeAggExpr | undefined {
  if (expr.expr.kind !== 'range-agg' || expr.expr.grouping !== undefined) return undefined;
  if (JOINED[expr.op]?.has(expr.expr.op) !== true) return undefined;
  // Series have no error labels, their rows do. Of a `sum` Loki groups the rows.
  if (expr.op !== 'sum' && expr.grouping?.without === false && expr.grouping.labels.some(isErrorLabel))
    return undefined;
  return expr.expr;
}

function isErrorLabel(name: string): boolean {
  return name === ERROR_LABEL || name === ERROR_DETAILS_LABEL;
}

/** How a scan groups its rows: the labels of a series. `without` nothing keeps all of them. */
export interface ScanGrouping {
  readonly without: boolean;
  readonly labels: readonly string[];
}

/**
 * Grouping of a range aggregation, with the aggregation around it folded in when given. The unwrapped label goes, unless named by the
 * `by` of a range aggregation or of a `sum`: of a `sum` Loki groups the rows, of a `max` or `min` the series, which do not have it.
 */
export function scanGrouping(range: RangeAggExpr, outer: VectorAggExpr | undefined): ScanGrouping {
  if (range.op === 'absent_over_time') return { without: false, labels: [] };
  const grouping = outer === undefined ? range.grouping : (outer.grouping ?? { without: false, labels: [] });
  const without = grouping?.without ?? true;
  const labels = grouping?.labels ?? [];
  const unwrapped = range.range.unwrap?.label;
  if (unwrapped === undefined) return { without, labels };
  if (without) return { without, labels: [...labels, unwrapped] };
  const keeps = outer === undefined || outer.op === 'sum';
  return { without, labels: keeps ? labels : labels.filter((name) => name !== unwrapped) };
}
