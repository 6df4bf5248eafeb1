import type { LabelReplaceExpr } from '../../../grammar/ast.ts';
import type { Regex } from '../../base/regex/regex.ts';
import { compileRegex } from '../../base/regex/regex.ts';
import { labelsFromPairs, labelValue } from '../../model/labels.ts';
import type { VectorValue } from './series-set.ts';

/**
 * Sets a label from another one by a regex over its whole value. An empty result removes the label; series that become
 * equal are kept apart.
 *
 * @throws LogError REGEX_SYNTAX
 */
export function replaceLabel(expr: LabelReplaceExpr, input: VectorValue): VectorValue {
  const regex: Regex = compileRegex(`^(?:${expr.regex})$`);
  const series = input.series.map((one) => {
    const source = labelValue(one.labels, expr.src) ?? '';
    if (!regex.test(source)) return one;
    const value = regex.replaceAll(source, expr.replacement);
    const pairs: [string, string][] = [];
    for (let i = 0; i < one.labels.length; i += 2) {
      if (one.labels[i] !== expr.dst) pairs.push([one.labels[i]!, one.labels[i + 1]!]);
    }
    if (value !== '') pairs.push([expr.dst, value]);
    return { labels: labelsFromPairs(pairs), values: one.values, present: one.present };
  });
  return { kind: 'vector', series };
}
