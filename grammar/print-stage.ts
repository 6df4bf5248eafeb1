/** Stages, matchers and predicates as text; they have one form only. */
import type { LabelPredicate, LineFilterStage, Matcher, Stage, Unwrap } from './ast.ts';
import { formatByteSize, formatGoDuration, goQuote } from './literals.ts';
import { staysRegex } from './regex-shape.ts';

/** A number as Go's `%v` prints it: `18`, `0.5`, `1e+10`, `NaN`. */
export function printNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  const power = Number(exponent);
  // Outside of 1e-4 to 1e6 Go's shortest %g has an exponent.
  if (power >= -4 && power < 6) return decimalText(value);
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** A number without exponent. */
export function decimalText(value: number): string {
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  const [sign, plain] = digits.startsWith('-') ? ['-', digits.slice(1)] : ['', digits];
  const [whole, fraction = ''] = plain.split('.') as [string, string?];
  const power = Number(exponent);
  const all = whole + fraction;
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${all}`;
  if (power >= fraction.length) return sign + all.padEnd(power + 1, '0');
  return `${sign}${all.slice(0, power + 1)}.${all.slice(power + 1)}`;
}

/** `name="value"` */
function printMatcher({ name, op, value }: Matcher): string {
  return `${name}${op}${goQuote(value)}`;
}

/** `{a="b", c!~"d"}` */
export function printSelector(matchers: readonly Matcher[]): string {
  return `{${matchers.map(printMatcher).join(', ')}}`;
}

function printStringPredicate({ name, op, value }: Matcher): string {
  const isRegex = op === '=~' || op === '!~';
  const inBackticks = isRegex && !value.includes('`') && staysRegex(value);
  return `${name}${op}${inBackticks ? `\`${value}\`` : goQuote(value)}`;
}

/** A label filter without its `|`. */
function printPredicate(predicate: LabelPredicate): string {
  switch (predicate.kind) {
    case 'string':
      return printStringPredicate(predicate);
    case 'ip':
      return `${predicate.name}${predicate.op}ip(${goQuote(predicate.pattern)})`;
    case 'and':
      return `( ${printPredicate(predicate.left)} , ${printPredicate(predicate.right)} )`;
    case 'or':
      return `( ${printPredicate(predicate.left)} or ${printPredicate(predicate.right)} )`;
  }
  const op = predicate.op === '=' ? '==' : predicate.op;
  switch (predicate.kind) {
    case 'number':
      return `${predicate.name}${op}${decimalText(predicate.value)}`;
    case 'duration':
      return `${predicate.name}${op}${formatGoDuration(predicate.valueNs)}`;
    case 'bytes':
      return `${predicate.name}${op}${formatByteSize(predicate.valueBytes).replace(' ', '')}`;
  }
}

/** `|= "a" or ip("b")`; `limit` cuts the alternatives. */
export function printLineFilter({ op, args }: LineFilterStage, limit: number = args.length): string {
  const printed = args
    .slice(0, limit)
    .map(({ kind, value }) => (kind === 'ip' ? `ip(${goQuote(value)})` : goQuote(value)));
  return `${op} ${printed.join(' or ')}`;
}

/**
 * One stage as it stands in a query, e.g. `| label_format a=b,c="d"`. Errors of a stage quote it:
 * `parse error : stage '<this>' : <cause>`.
 */
export function printStage(stage: Stage): string {
  switch (stage.kind) {
    case 'line-filter':
      return printLineFilter(stage);
    case 'json':
    case 'logfmt': {
      const flags =
        stage.kind === 'logfmt' ? `${stage.strict ? ' --strict' : ''}${stage.keepEmpty ? ' --keep-empty' : ''}` : '';
      const list = stage.extractions.map(({ target, source }) => `${target}=${goQuote(source)}`).join(',');
      return `| ${stage.kind}${flags}${list === '' ? '' : ` ${list}`}`;
    }
    case 'regexp':
    case 'pattern':
      return `| ${stage.kind} ${goQuote(stage.pattern)}`;
    case 'unpack':
    case 'decolorize':
      return `| ${stage.kind}`;
    case 'label-filter':
      return `| ${printPredicate(stage.predicate)}`;
    case 'line-format':
      return `| line_format ${goQuote(stage.template)}`;
    case 'label-format': {
      const items = stage.items.map(
        (item) => `${item.target}=${item.kind === 'rename' ? item.source : goQuote(item.template)}`,
      );
      return `| label_format ${items.join(',')}`;
    }
    case 'drop':
    case 'keep':
      return `| ${stage.kind} ${stage.items.map(({ name, matcher }) => (matcher === undefined ? name : printMatcher(matcher))).join(',')}`;
  }
}

/** The unwrap and each label filter behind it. */
export function printUnwrap({ label, conversion, filters }: Unwrap): readonly string[] {
  const what = conversion === undefined ? label : `${conversion}(${label})`;
  return [`| unwrap ${what}`, ...filters.map(printStage)];
}
