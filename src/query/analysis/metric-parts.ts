import type { LogExpr, MetricExpr, Query, RangeAggExpr, VectorAggExpr } from '../../../grammar/ast.ts';
import { assertNever } from '../../base/assert.ts';

/** A range aggregation with the vector aggregation right around it, if any. */
export interface AggregationPart {
  readonly range: RangeAggExpr;
  readonly outer: VectorAggExpr | undefined;
}

/** Every range aggregation of an expression, from left to right. */
export function metricAggregations(expr: MetricExpr, outer?: VectorAggExpr): AggregationPart[] {
  switch (expr.kind) {
    case 'range-agg':
      return [{ range: expr, outer }];
    case 'vector-agg':
      return metricAggregations(expr.expr, expr);
    case 'label-replace':
      return metricAggregations(expr.expr);
    case 'binary':
      return [...metricAggregations(expr.left), ...metricAggregations(expr.right)];
    case 'literal':
    case 'vector':
      return [];
    default:
      return assertNever(expr);
  }
}

/** The log expressions that a query reads. */
export function logExpressions(query: Query): LogExpr[] {
  if (query.kind === 'log') return [query];
  if (query.kind === 'variants') return [query.of.log];
  return metricAggregations(query).map(({ range }) => range.range.log);
}
