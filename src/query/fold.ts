import type { RangeAggExpr, RangeOp, VectorAggExpr } from '../../grammar/ast.ts';

/** Range operations whose sum over series equals the same operation over the joined rows. */
const ADDITIVE: ReadonlySet<RangeOp> = new Set<RangeOp>([
  'count_over_time',
  'rate',
  'bytes_over_time',
  'bytes_rate',
  'sum_over_time',
]);

/**
 * The range aggregation that a `sum` can be folded into: its series never come into being, so they cost nothing and do not
 * count towards the series limit. Undefined when the expression is no such sum.
 */
export function foldOf(expr: VectorAggExpr): RangeAggExpr | undefined {
  if (expr.op !== 'sum' || expr.expr.kind !== 'range-agg' || !ADDITIVE.has(expr.expr.op)) return undefined;
  return expr.expr.grouping === undefined ? expr.expr : undefined;
}

/** How a scan groups its rows: the labels of a series. `without` nothing keeps all of them. */
export interface ScanGrouping {
  readonly without: boolean;
  readonly labels: readonly string[];
}

/** Grouping of a range aggregation, with the `sum` around it folded in when given. The unwrapped label goes, unless named by `by`. */
export function scanGrouping(range: RangeAggExpr, outer: VectorAggExpr | undefined): ScanGrouping {
  if (range.op === 'absent_over_time') return { without: false, labels: [] };
  const grouping = outer === undefined ? range.grouping : (outer.grouping ?? { without: false, labels: [] });
  const without = grouping?.without ?? true;
  const labels = grouping?.labels ?? [];
  const unwrap = range.range.unwrap;
  return { without, labels: without && unwrap !== undefined ? [...labels, unwrap.label] : labels };
}
