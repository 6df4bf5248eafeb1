/**
 * What the grammar cannot say: which regexes compile, which selectors are too wide, which parameters and groupings an
 * operation takes. Every refusal is a `ParseError` without a position, in Loki's words.
 */
import { RE2JS } from 're2js';
import type { BinaryOp, Grouping, Matcher, MetricExpr, Query, RangeAggExpr, RangeOp, VectorOp } from './ast.ts';
import { ParseError } from './parse-error.ts';

const EMPTY_SELECTOR =
  'queries require at least one regexp or equality matcher that does not have an empty-compatible value. ' +
  'For instance, app=~".*" does not meet this requirement, but app=~".+" will';

function compile(pattern: string, describe: (message: string) => string, flags = 0): RE2JS {
  try {
    return RE2JS.compile(pattern, flags);
  } catch (cause) {
    // RE2JS words its errors as Go does: "error parsing regexp: missing closing ): `(`".
    throw new ParseError(describe((cause as Error).message), undefined, { cause });
  }
}

/** @throws ParseError if `pattern` is no RE2 regex */
export function checkRegex(pattern: string): void {
  compile(pattern, (message) => message);
}

/** Tells whether a matcher accepts a stream without the label. */
function acceptsEmpty(matcher: Matcher): boolean {
  switch (matcher.op) {
    case '=':
      return matcher.value === '';
    case '!=':
      return matcher.value !== '';
    default: {
      const matchesEmpty = compile(matcher.value, (message) => message, RE2JS.DOTALL).testExact('');
      return matcher.op === '=~' ? matchesEmpty : !matchesEmpty;
    }
  }
}

/** @throws ParseError if no matcher narrows the streams: each would also accept one without its label */
export function checkSelector(matchers: readonly Matcher[]): void {
  if (matchers.every(acceptsEmpty)) throw new ParseError(EMPTY_SELECTOR);
}

/** @throws ParseError unless `pattern` compiles and names at least one group, each by a valid and new label name */
export function checkRegexpParser(pattern: string): void {
  const refuse = (reason: string): never => {
    throw new ParseError(`invalid regexp parser: ${reason}`);
  };
  const repeated = (message: string): string | undefined => /duplicate capture group name: `(.*)`$/s.exec(message)?.[1];
  const regex = compile(pattern, (message) => {
    const name = repeated(message);
    return `invalid regexp parser: ${name === undefined ? message : `duplicate extracted label name '${name}'`}`;
  });
  const names = Object.keys(regex.namedGroups());
  if (names.length === 0) refuse('at least one named capture must be supplied');
  const invalid = names.find((name) => !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name));
  if (invalid !== undefined) refuse(`invalid extracted label name '${invalid}'`);
}

const CAPTURE = /<([a-zA-Z_][a-zA-Z0-9_]*)>/g;

/** @throws ParseError unless `pattern` has a named capture, none twice, and text between any two */
export function checkPatternParser(pattern: string): void {
  const refuse = (reason: string): never => {
    throw new ParseError(`invalid pattern parser: ${reason}`);
  };
  if (pattern === '') {
    refuse('parse error at line 1, col 1: syntax error: unexpected $end, expecting IDENTIFIER or LITERAL');
  }
  const captures = [...pattern.matchAll(CAPTURE)];
  const named = captures.map((capture) => capture[1]!).filter((name) => name !== '_');
  if (named.length === 0) refuse('at least one capture is required');
  for (const [index, capture] of captures.entries()) {
    const next = captures[index + 1];
    if (next !== undefined && next.index === capture.index + capture[0].length) {
      refuse(`found consecutive capture '${capture[0]}${next[0]}': invalid expression`);
    }
  }
  const duplicate = named.find((name, index) => named.indexOf(name) !== index);
  if (duplicate !== undefined) refuse(`duplicate capture name (${duplicate}): invalid expression`);
}

/** @throws ParseError if label_replace could not compile `regex`; it is tried with its anchors */
export function checkLabelReplaceRegex(regex: string): void {
  compile(`^(?:${regex})$`, (message) => `invalid regex in label_replace: ${message}`);
}

const NEEDS_UNWRAP: ReadonlySet<RangeOp> = new Set<RangeOp>([
  ...(['avg_over_time', 'sum_over_time', 'max_over_time', 'min_over_time', 'stddev_over_time'] as const),
  ...(['stdvar_over_time', 'quantile_over_time', 'rate_counter', 'first_over_time', 'last_over_time'] as const),
]);
const REFUSES_UNWRAP: ReadonlySet<RangeOp> = new Set<RangeOp>(['count_over_time', 'bytes_rate', 'bytes_over_time']);
const GROUPABLE: ReadonlySet<RangeOp> = new Set<RangeOp>([
  ...(['avg_over_time', 'max_over_time', 'min_over_time', 'first_over_time', 'last_over_time'] as const),
  ...(['stddev_over_time', 'stdvar_over_time', 'quantile_over_time'] as const),
]);

/** A range aggregation as written; `param` is the text of the number in front. */
export interface RangeAggDraft extends Omit<RangeAggExpr, 'kind' | 'param'> {
  readonly param: string | undefined;
}

/** @throws ParseError if the parameter, the grouping or the unwrap does not go with the operation */
export function checkRangeAgg({ op, param, range, grouping }: RangeAggDraft): void {
  if (op === 'quantile_over_time' && param === undefined)
    throw new ParseError(`parameter required for operation ${op}`);
  if (op !== 'quantile_over_time' && param !== undefined) {
    throw new ParseError(`parameter ${param} not supported for operation ${op}`);
  }
  if (grouping !== undefined && !GROUPABLE.has(op)) throw new ParseError(`grouping not allowed for ${op} aggregation`);
  if (range.unwrap === undefined && NEEDS_UNWRAP.has(op))
    throw new ParseError(`invalid aggregation ${op} without unwrap`);
  if (range.unwrap !== undefined && REFUSES_UNWRAP.has(op))
    throw new ParseError(`invalid aggregation ${op} with unwrap`);
}

const TAKES_COUNT: ReadonlySet<VectorOp> = new Set<VectorOp>(['topk', 'bottomk', 'approx_topk']);

/** @throws ParseError if the parameter or the grouping does not go with the operation */
export function checkVectorAgg(op: VectorOp, param: string | undefined, grouping: Grouping | undefined): void {
  if (!TAKES_COUNT.has(op)) {
    if (param !== undefined) throw new ParseError(`unsupported parameter for operation ${op}(${param},`);
  } else {
    if (param === undefined) throw new ParseError(`parameter required for operation ${op}`);
    if (!/^\d+$/.test(param) || Number(param) > Number.MAX_SAFE_INTEGER) {
      throw new ParseError(`invalid parameter ${op}(${param},`);
    }
    if (Number(param) === 0) throw new ParseError(`invalid parameter (must be greater than 0) ${op}(${param}`);
  }
  if (op === 'approx_topk' && grouping !== undefined)
    throw new ParseError(`grouping not allowed for ${op} aggregation`);
  const isSort = op === 'sort' || op === 'sort_desc';
  if (isSort && grouping !== undefined && grouping.labels.length > 0) {
    throw new ParseError("sort and sort_desc doesn't allow grouping by ");
  }
}

/** One side of a binary operation that turned out to be a metric. */
export function checkOperand(expr: Query, op: BinaryOp, side: 'left' | 'right'): MetricExpr {
  if (expr.kind === 'log' || expr.kind === 'variants') {
    const type =
      expr.kind === 'variants' ? 'MultiVariantExpr' : expr.stages.length > 0 ? 'PipelineExpr' : 'MatchersExpr';
    throw new ParseError(`unexpected type for ${side} leg of binary operation (${op}): *syntax.${type}`);
  }
  return expr;
}

/** @throws ParseError if a set operation has a number on one side */
export function checkSetOperands(op: BinaryOp, left: MetricExpr, right: MetricExpr): void {
  for (const [side, expr] of [
    ['left', left],
    ['right', right],
  ] as const) {
    if (expr.kind !== 'literal') continue;
    throw new ParseError(
      `unexpected literal for ${side} leg of logical/set binary operation (${op}): ${expr.value.toFixed(6)}`,
    );
  }
}

/** Applies `checkSelector` to every selector of a query. */
export function checkSelectors(query: Query): void {
  switch (query.kind) {
    case 'log':
      checkSelector(query.matchers);
      break;
    case 'range-agg':
      checkSelector(query.range.log.matchers);
      break;
    case 'vector-agg':
    case 'label-replace':
      // An aggregation over a bare number reads as one over a selector without matchers.
      if (query.expr.kind === 'literal') throw new ParseError(EMPTY_SELECTOR);
      checkSelectors(query.expr);
      break;
    case 'binary':
      checkSelectors(query.left);
      checkSelectors(query.right);
      break;
    case 'variants':
      checkSelector(query.of.log.matchers);
      for (const variant of query.variants) checkSelectors(variant);
      break;
    case 'literal':
    case 'vector':
      break;
  }
}
