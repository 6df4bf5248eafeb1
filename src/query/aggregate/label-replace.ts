import type { LabelReplaceExpr } from '../../../grammar/ast.ts';
import { LogError } from '../../base/errors.ts';
import type { Regex } from '../../base/regex/regex.ts';
import { compileRegex } from '../../base/regex/regex.ts';
import { labelsFromPairs, labelValue } from '../../model/labels.ts';
import type { VectorValue } from './series-set.ts';

/** Longest value that label_replace makes, in characters; of all series together it may make so many. */
const MAX_VALUE_CHARS = 64 * 1024;
const MAX_MADE_CHARS = 4 * 1024 * 1024;

/**
 * Sets a label from another one by a regex over its whole value. An empty result removes the label; series that become
 * equal are kept apart.
 *
 * @throws LogError REGEX_SYNTAX, QUERY_LIMIT when it makes values that are too long
 */
export function replaceLabel(expr: LabelReplaceExpr, input: VectorValue): VectorValue {
  const regex: Regex = compileRegex(`^(?:${expr.regex})$`);
  let madeChars = 0;
  const series = input.series.map((one) => {
    const source = labelValue(one.labels, expr.src) ?? '';
    if (!regex.test(source)) return one;
    // Before it is made: each reference may stand for the whole value.
    const references = expr.replacement.split('$').length - 1;
    if (references * source.length + expr.replacement.length > 16 * MAX_VALUE_CHARS) throw tooLong();
    const value = regex.replaceAll(source, expr.replacement);
    madeChars += value.length;
    if (value.length > MAX_VALUE_CHARS || madeChars > MAX_MADE_CHARS) throw tooLong();
    const pairs: [string, string][] = [];
    for (let i = 0; i < one.labels.length; i += 2) {
      if (one.labels[i] !== expr.dst) pairs.push([one.labels[i]!, one.labels[i + 1]!]);
    }
    if (value !== '') pairs.push([expr.dst, value]);
    return { labels: labelsFromPairs(pairs), values: one.values, present: one.present };
  });
  return { kind: 'vector', series };
}

function tooLong(): LogError {
  return new LogError(
    'QUERY_LIMIT',
    `label_replace makes values that are too long (limit: ${MAX_VALUE_CHARS} characters each, ${MAX_MADE_CHARS} in all series); make the replacement shorter, or select fewer series`,
  );
}
