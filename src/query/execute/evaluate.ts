import type { BinaryExpr, Grouping, MetricExpr, RangeAggExpr, VectorAggExpr } from '../../../grammar/ast.ts';
import { assertNever } from '../../base/assert.ts';
import { LogError } from '../../base/errors.ts';
import { combineScalar, combineSets, combineVectors } from '../aggregate/binary-match.ts';
import { applyOperator, isSetOp } from '../aggregate/binary-ops.ts';
import { replaceLabel } from '../aggregate/label-replace.ts';
import { constantSeries, type MetricValue, type VectorValue } from '../aggregate/series-set.ts';
import { rankVector, sortVector } from '../aggregate/vector-rank.ts';
import { reduceVector } from '../aggregate/vector-reduce.ts';
import { foldOf } from '../analysis/fold.ts';

/** What an evaluation needs from outside. */
export interface EvaluationContext {
  /** Points of the grid. */
  readonly count: number;
  /** At most this many series in an answer, or in what a function takes over one by one; 0: no limit. */
  readonly maxSeries: number;
  /** Told when series beyond the limit are cut off; absent: too many series are an error. */
  readonly onTruncated?: (limit: number) => void;
  /**
   * Scans rows for a range aggregation; `outer` is the vector aggregation right around it. When `folded`, the scan
   * shall make its groups at once.
   */
  scan(range: RangeAggExpr, outer: VectorAggExpr | undefined, folded: boolean): Promise<VectorValue>;
}

/**
 * Evaluates a metric expression over the whole grid. The two sides of a binary operation are scanned at the same time.
 *
 * @throws LogError QUERY_EXECUTION for ambiguous matches, QUERY_LIMIT for too many series, and what the scans throw
 */
export async function evaluate(expr: MetricExpr, context: EvaluationContext): Promise<MetricValue> {
  switch (expr.kind) {
    case 'literal':
      return { kind: 'scalar', value: expr.value };
    case 'vector':
      return { kind: 'vector', series: [constantSeries(expr.value, context.count)] };
    case 'range-agg':
      return evaluateRange(expr, undefined, context);
    case 'vector-agg':
      return evaluateAggregation(expr, context);
    case 'binary':
      return evaluateBinary(expr, context);
    case 'label-replace':
      return replaceLabel(expr, limited(await evaluateVector(expr.expr, context), context));
    default:
      return assertNever(expr);
  }
}

/** As `evaluate`, with the series limit on the answer itself. */
export async function evaluateLimited(expr: MetricExpr, context: EvaluationContext): Promise<MetricValue> {
  const value = await evaluate(expr, context);
  return value.kind === 'vector' ? limited(value, context) : value;
}

async function evaluateVector(expr: MetricExpr, context: EvaluationContext): Promise<VectorValue> {
  const value = await evaluate(expr, context);
  if (value.kind === 'scalar') throw new LogError('QUERY_EXECUTION', 'unexpected expr type (*syntax.LiteralExpr)');
  return value;
}

function limited(value: VectorValue, context: EvaluationContext): VectorValue {
  const { maxSeries, onTruncated } = context;
  if (maxSeries <= 0 || value.series.length <= maxSeries) return value;
  if (onTruncated === undefined) throw tooManySeries(maxSeries);
  onTruncated(maxSeries);
  return { kind: 'vector', series: value.series.slice(0, maxSeries) };
}

/** For what an aggregation folds: its series are not in the answer and count for nothing; their memory is bounded by the scans. */
function unlimited(context: EvaluationContext): EvaluationContext {
  return { ...context, maxSeries: 0 };
}

function tooManySeries(limit: number): LogError {
  return new LogError(
    'QUERY_LIMIT',
    `maximum number of series (${limit}) reached for a single query; consider reducing query cardinality by adding more specific stream selectors, reducing the time range, or aggregating results with functions like sum(), count() or topk()`,
  );
}

/**
 * An average with a `by` is answered by Loki as the sum of the unwrapped values over the number of rows, and rows without a
 * value count in the latter. Averages without grouping, or with `without`, are averages.
 */
async function evaluateRange(
  expr: RangeAggExpr,
  outer: VectorAggExpr | undefined,
  context: EvaluationContext,
): Promise<VectorValue> {
  const { grouping } = expr;
  if (expr.op !== 'avg_over_time' || grouping === undefined || grouping.without) {
    return context.scan(expr, outer, false);
  }
  const { unwrap: _, ...rows } = expr.range;
  const sum = sumOf({ kind: 'range-agg', op: 'sum_over_time', range: expr.range }, grouping);
  const count = sumOf({ kind: 'range-agg', op: 'count_over_time', range: rows }, grouping);
  const [sums, counts] = await Promise.all([evaluateAggregation(sum, context), evaluateAggregation(count, context)]);
  return combineVectors({ op: '/', bool: false, matching: undefined }, sums, counts);
}

function sumOf(expr: RangeAggExpr, grouping: Grouping): VectorAggExpr {
  return { kind: 'vector-agg', op: 'sum', expr, grouping };
}

async function evaluateAggregation(expr: VectorAggExpr, context: EvaluationContext): Promise<VectorValue> {
  if (expr.op === 'approx_topk')
    throw new LogError('QUERY_EXECUTION', 'approx_topk is not enabled. See -limits.shard_aggregations');
  const folded = foldOf(expr);
  if (folded !== undefined) return context.scan(folded, expr, true);
  const inner = expr.op === 'sort' || expr.op === 'sort_desc' ? context : unlimited(context);
  const input =
    expr.expr.kind === 'range-agg'
      ? await evaluateRange(expr.expr, expr, inner)
      : await evaluateVector(expr.expr, inner);
  switch (expr.op) {
    case 'sum':
    case 'avg':
    case 'count':
    case 'min':
    case 'max':
    case 'stddev':
    case 'stdvar':
      return reduceVector(expr.op, input, expr.grouping);
    case 'topk':
    case 'bottomk':
      return rankVector(input, expr.param ?? 0, expr.op === 'topk', expr.grouping);
    case 'sort':
    case 'sort_desc':
      return sortVector(limited(input, context), expr.op === 'sort_desc');
    default:
      return assertNever(expr.op);
  }
}

async function evaluateBinary(expr: BinaryExpr, context: EvaluationContext): Promise<MetricValue> {
  const [left, right] = await Promise.all([evaluateLimited(expr.left, context), evaluateLimited(expr.right, context)]);
  if (isSetOp(expr.op)) {
    if (left.kind === 'scalar' || right.kind === 'scalar') {
      throw new LogError(
        'QUERY_EXECUTION',
        `unexpected literal for ${left.kind === 'scalar' ? 'left' : 'right'} leg of logical/set binary operation (${expr.op})`,
      );
    }
    return combineSets(expr.op, left, right, expr.matching);
  }
  const operation = { op: expr.op, bool: expr.bool, matching: expr.matching };
  if (left.kind === 'scalar') {
    if (right.kind === 'scalar') return { kind: 'scalar', value: applyOperator(expr.op, left.value, right.value) };
    return combineScalar(operation, right, left.value, true);
  }
  if (right.kind === 'scalar') return combineScalar(operation, left, right.value, false);
  return combineVectors(operation, left, right);
}
