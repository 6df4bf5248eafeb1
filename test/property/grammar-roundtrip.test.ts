/**
 * parse(print(query)) = query. The trees are such as the parser makes: what printing is known to lose or to normalise
 * (how predicates were joined, byte sizes with more than two digits or none, six decimals of vector, folded constants) is left out of what is generated.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type {
  BinaryExpr,
  Grouping,
  LabelFilterStage,
  LabelPredicate,
  LineFilterStage,
  LogExpr,
  LogRange,
  Matcher,
  MetricExpr,
  Query,
  RangeAggExpr,
  RangeOp,
  Stage,
  VectorAggExpr,
} from '../../grammar/ast.ts';
import { checkSelectors } from '../../grammar/check.ts';
import { parseQuery } from '../../grammar/parse.ts';
import { ParseError } from '../../grammar/parse-error.ts';
import { printOneLine, printQuery } from '../../grammar/print.ts';

/** Words that are keywords or function names somewhere are likely; a name must only not be reserved. */
const RESERVED = new Set(
  (
    'by without bool offset on ignoring group_left group_right or and unless json regexp logfmt unpack pattern ' +
    'line_format label_format unwrap decolorize drop keep variants of'
  ).split(' '),
);
const name = fc
  .oneof(
    fc.constantFrom('a', 'rate', 'sum', 'bytes', 'ip', 'duration', 'vector', 'é_1'),
    fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/),
  )
  .filter((word) => !RESERVED.has(word));
const text = fc.oneof(
  fc.string({ unit: 'binary' }).map((value) => value.toWellFormed()),
  fc.constantFrom('"', '\\', '`', '\n', 'a\r', '#'),
);
const regex = fc.constantFrom('.+', 'a|b', 'x.*', '(foo|bar)baz', '`', '[a-z]+"', 'é', '^$');

const matcher: fc.Arbitrary<Matcher> = fc.oneof(
  fc.record({ name, op: fc.constantFrom('=' as const, '!=' as const), value: text }),
  fc.record({ name, op: fc.constantFrom('=~' as const, '!~' as const), value: regex }),
);
const matchers = fc
  .tuple(name, fc.array(matcher, { maxLength: 3 }))
  .map(([first, rest]): Matcher[] => [{ name: first, op: '=', value: 'v' }, ...rest]);

const lineFilterArg = fc.record({ kind: fc.constantFrom('text' as const, 'ip' as const), value: text });
const lineFilter: fc.Arbitrary<LineFilterStage> = fc.oneof(
  fc.record({
    kind: fc.constant('line-filter' as const),
    op: fc.constantFrom('|=' as const, '|~' as const, '|>' as const),
    args: fc.array(lineFilterArg, { minLength: 1, maxLength: 2 }),
  }),
  fc.record({
    kind: fc.constant('line-filter' as const),
    op: fc.constantFrom('!=' as const, '!~' as const, '!>' as const),
    args: fc.array(lineFilterArg, { minLength: 1, maxLength: 1 }),
  }),
);

const compareOp = fc.constantFrom(
  '=' as const,
  '!=' as const,
  '>' as const,
  '>=' as const,
  '<' as const,
  '<=' as const,
);
const simplePredicate: fc.Arbitrary<LabelPredicate> = fc.oneof(
  matcher.map((value) => ({ kind: 'string' as const, ...value })),
  fc.record({
    kind: fc.constant('number' as const),
    name,
    op: compareOp,
    value: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  }),
  fc.record({
    kind: fc.constant('duration' as const),
    name,
    op: compareOp,
    valueNs: fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }),
  }),
  fc.record({ kind: fc.constant('bytes' as const), name, op: compareOp, valueBytes: fc.integer({ min: 1, max: 9 }) }),
  fc.record({
    kind: fc.constant('ip' as const),
    name,
    op: fc.constantFrom('=' as const, '!=' as const),
    pattern: text,
  }),
);
const { predicate } = fc.letrec<{ predicate: LabelPredicate }>((tie) => ({
  predicate: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    simplePredicate,
    fc.record({ kind: fc.constant('or' as const), left: tie('predicate'), right: tie('predicate') }),
    fc.record({
      kind: fc.constant('and' as const),
      left: tie('predicate'),
      right: tie('predicate'),
      comma: fc.constant(true),
    }),
  ),
}));
const labelFilter: fc.Arbitrary<LabelFilterStage> = fc.record({
  kind: fc.constant('label-filter' as const),
  predicate,
});

const extractions = fc.array(fc.record({ target: name, source: text }), { maxLength: 3 });
const nameOrMatcher = fc.oneof(
  name.map((bare) => ({ name: bare })),
  matcher.map((value) => ({ name: value.name, matcher: value })),
);
const stage: fc.Arbitrary<Stage> = fc.oneof(
  lineFilter,
  labelFilter,
  fc.record({ kind: fc.constant('json' as const), extractions }),
  fc.record({ kind: fc.constant('logfmt' as const), strict: fc.boolean(), keepEmpty: fc.boolean(), extractions }),
  fc.constantFrom<Stage>(
    { kind: 'regexp', pattern: '(?P<a>"x")' },
    { kind: 'pattern', pattern: '<a> "<_>`' },
    { kind: 'unpack' },
    { kind: 'decolorize' },
  ),
  fc.record({ kind: fc.constant('line-format' as const), template: text }),
  fc.record({
    kind: fc.constant('label-format' as const),
    items: fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('rename' as const), target: name, source: name }),
        fc.record({ kind: fc.constant('template' as const), target: name, template: text }),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  fc.record({
    kind: fc.constantFrom('drop' as const, 'keep' as const),
    items: fc.array(nameOrMatcher, { minLength: 1, maxLength: 3 }),
  }),
);
/** `| drop a != "x"` is a matcher, not a bare name and a line filter behind it. */
function swallows(one: Stage, next: Stage | undefined): boolean {
  const endsBare = (one.kind === 'drop' || one.kind === 'keep') && !('matcher' in one.items.at(-1)!);
  return endsBare && next?.kind === 'line-filter' && (next.op === '!=' || next.op === '!~');
}
const log: fc.Arbitrary<LogExpr> = fc.record({
  kind: fc.constant('log' as const),
  matchers,
  stages: fc
    .array(stage, { maxLength: 4 })
    .filter((stages) => !stages.some((one, at) => swallows(one, stages[at + 1]))),
});

const ms = (max: number): fc.Arbitrary<bigint> => fc.nat({ max }).map((value) => BigInt(value) * 1_000_000n);
const range: fc.Arbitrary<LogRange> = fc.record({
  log,
  rangeNs: ms(2 ** 31 - 1),
  offsetNs: ms(1_000_000).map((ns) => ns - 10n ** 9n),
});
const conversion = fc.constantFrom('bytes' as const, 'duration' as const, 'duration_seconds' as const);
const unwrap = fc.oneof(
  fc.record({ label: name, filters: fc.array(labelFilter, { maxLength: 2 }) }),
  fc.record({ label: name, conversion, filters: fc.array(labelFilter, { maxLength: 2 }) }),
);
const unwrapped: fc.Arbitrary<LogRange> = fc
  .tuple(range, unwrap)
  .map(([plain, added]) => ({ ...plain, unwrap: added }));
const grouping: fc.Arbitrary<Grouping> = fc.record({ without: fc.boolean(), labels: fc.array(name, { maxLength: 3 }) });
/** `by ()` is printed for range aggregations only. */
const vectorGrouping = grouping.filter(({ without, labels }) => without || labels.length > 0);

const rangeAgg: fc.Arbitrary<RangeAggExpr> = fc.oneof(
  fc.record({
    kind: fc.constant('range-agg' as const),
    op: fc.constantFrom<RangeOp>('rate', 'count_over_time', 'bytes_over_time', 'bytes_rate', 'absent_over_time'),
    range,
  }),
  fc.record(
    {
      kind: fc.constant('range-agg' as const),
      op: fc.constantFrom<RangeOp>('avg_over_time', 'first_over_time', 'stdvar_over_time'),
      range: unwrapped,
      grouping,
    },
    { requiredKeys: ['kind', 'op', 'range'] },
  ),
  fc.record({
    kind: fc.constant('range-agg' as const),
    op: fc.constant<RangeOp>('quantile_over_time'),
    param: fc.double({ min: 0, max: 1, noNaN: true }),
    range: unwrapped,
  }),
);

const { metric } = fc.letrec<{ metric: MetricExpr; joined: BinaryExpr; aggregated: VectorAggExpr }>((tie) => ({
  joined: fc.record(
    {
      kind: fc.constant('binary' as const),
      op: fc.constantFrom(
        'or' as const,
        'unless' as const,
        '==' as const,
        '<=' as const,
        '-' as const,
        '%' as const,
        '^' as const,
      ),
      left: tie('metric'),
      right: tie('metric'),
      bool: fc.boolean(),
      matching: fc.oneof(
        fc.record({
          on: fc.boolean(),
          labels: fc.array(name, { maxLength: 2 }),
          card: fc.constant('one-to-one' as const),
          include: fc.constant([]),
        }),
        fc.record({
          on: fc.boolean(),
          labels: fc.array(name, { maxLength: 2 }),
          card: fc.constantFrom('many-to-one' as const, 'one-to-many' as const),
          include: fc.array(name, { maxLength: 2 }),
        }),
      ),
    },
    { requiredKeys: ['kind', 'op', 'left', 'right', 'bool'] },
  ),
  aggregated: fc.oneof(
    fc.record(
      {
        kind: fc.constant('vector-agg' as const),
        op: fc.constantFrom('sum' as const, 'max' as const, 'count' as const),
        expr: tie('metric'),
        grouping: vectorGrouping,
      },
      { requiredKeys: ['kind', 'op', 'expr'] },
    ),
    fc.record(
      {
        kind: fc.constant('vector-agg' as const),
        op: fc.constantFrom('topk' as const, 'bottomk' as const),
        param: fc.integer({ min: 1, max: 999_999 }),
        expr: tie('metric'),
        grouping: vectorGrouping,
      },
      { requiredKeys: ['kind', 'op', 'param', 'expr'] },
    ),
  ),
  metric: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    rangeAgg,
    fc.nat({ max: 1000 }).map((value): MetricExpr => ({ kind: 'vector', value: value / 8 })),
    tie('joined'),
    tie('aggregated'),
    fc.record({
      kind: fc.constant('label-replace' as const),
      expr: tie('metric'),
      dst: text,
      replacement: text,
      src: text,
      regex,
    }),
  ),
}));

const query: fc.Arbitrary<Query> = fc.oneof(
  log,
  metric,
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value): Query => ({ kind: 'literal', value: value + 0 })),
  fc.tuple(metric, fc.double({ min: -1e6, max: 1e6, noNaN: true })).map(
    ([left, value]): Query => ({
      kind: 'binary',
      op: '*',
      left,
      right: { kind: 'literal', value: value + 0 },
      bool: false,
    }),
  ),
  fc.record({
    kind: fc.constant('variants' as const),
    variants: fc.array(rangeAgg, { minLength: 1, maxLength: 2 }),
    of: range,
  }),
);

it('parses its own one-line form back to the same tree', () => {
  fc.assert(
    fc.property(query, (tree) => {
      expect(parseQuery(printOneLine(tree))).toEqual(tree);
    }),
    { numRuns: 2000 },
  );
});

it('prints a split form that is a query, too', () => {
  fc.assert(
    fc.property(query, (tree) => {
      // Split, an empty `without ()` loses its parentheses, as in Loki.
      const printed = printQuery(tree);
      fc.pre(!/without\(\n|\) without(\n|,|$)/.test(printed));
      checkSelectors(parseQuery(printed));
    }),
    { numRuns: 1000 },
  );
});

it('answers any text with a tree or a ParseError', () => {
  const token = fc.constantFrom(
    ...'{ } ( ) , = == != =~ !~ |= |~ |> !> | + - * / ^ > by without or and unless on offset json logfmt drop unwrap bytes ip'.split(
      ' ',
    ),
    ...[
      '{a="b"}',
      'rate(',
      'sum(',
      'vector(',
      'topk(3,',
      '[5m]',
      '5',
      '5m',
      '1kB',
      '"x"',
      '`y`',
      'a',
      '--strict',
      "'c'",
      '[',
      '"',
      '#',
      '\n',
    ],
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(token, { maxLength: 14 }).map((list) => list.join(' ')),
      ),
      (source) => {
        try {
          parseQuery(source);
        } catch (error) {
          expect(error).toBeInstanceOf(ParseError);
        }
      },
    ),
    { numRuns: 5000 },
  );
});
