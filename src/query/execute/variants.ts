import type { MetricExpr, RangeAggExpr, VariantsExpr } from '../../../grammar/ast.ts';
import { LogError } from '../../base/errors.ts';
import { labelsFromPairs } from '../../model/labels.ts';
import type { Series, VectorValue } from '../aggregate/series-set.ts';
import { type EvaluationContext, evaluate } from './evaluate.ts';

const VARIANT_LABEL = '__variant__';

/**
 * Evaluates `variants(...) of (...)`: each variant aggregates the rows of the common log range in its own way, and its series
 * get its number as a label. A variant with too many series is left out with a warning.
 */
export async function evaluateVariants(
  query: VariantsExpr,
  context: EvaluationContext,
  warnings: string[],
): Promise<VectorValue> {
  const series: Series[] = [];
  const values = await Promise.all(query.variants.map((variant) => evaluate(overCommonRange(variant, query), context)));
  for (const [index, value] of values.entries()) {
    if (value.kind === 'scalar') throw notAnAggregation();
    if (context.maxSeries > 0 && value.series.length > context.maxSeries) {
      warnings.push(`maximum of series (${context.maxSeries}) reached for variant (${index})`);
      continue;
    }
    for (const one of value.series) {
      const pairs: [string, string][] = [[VARIANT_LABEL, String(index)]];
      for (let i = 0; i < one.labels.length; i += 2) pairs.push([one.labels[i]!, one.labels[i + 1]!]);
      series.push({ labels: labelsFromPairs(pairs), values: one.values, present: one.present });
    }
  }
  return { kind: 'vector', series };
}

/** The variant's own operation, interval, grouping and unwrap over the common selector and pipeline. */
function overCommonRange(variant: MetricExpr, query: VariantsExpr): MetricExpr {
  if (variant.kind === 'range-agg') return withCommonLog(variant, query);
  if (variant.kind === 'vector-agg' && variant.expr.kind === 'range-agg') {
    return { ...variant, expr: withCommonLog(variant.expr, query) };
  }
  throw notAnAggregation();
}

function withCommonLog(range: RangeAggExpr, query: VariantsExpr): RangeAggExpr {
  return { ...range, range: { ...range.range, log: query.of.log } };
}

function notAnAggregation(): LogError {
  return new LogError(
    'QUERY_INVALID',
    'parse error : variants must be range aggregations or vector aggregations over one',
  );
}
