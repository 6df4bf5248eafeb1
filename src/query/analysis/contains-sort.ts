import type { MetricExpr } from '../../../grammar/ast.ts';
import { assertNever } from '../../base/assert.ts';

/** True when the answer keeps the order of its evaluation: a sort is somewhere in the query. */
export function containsSort(expr: MetricExpr): boolean {
  switch (expr.kind) {
    case 'vector-agg':
      return expr.op === 'sort' || expr.op === 'sort_desc' || containsSort(expr.expr);
    case 'binary':
      return containsSort(expr.left) || containsSort(expr.right);
    case 'label-replace':
      return containsSort(expr.expr);
    case 'range-agg':
    case 'literal':
    case 'vector':
      return false;
    default:
      return assertNever(expr);
  }
}
