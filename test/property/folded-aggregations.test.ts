import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogError } from '../../src/base/errors.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import { runQuery } from '../../src/query/run.ts';
import { inPlaceRunner, type MemoryRow, MemoryStore } from '../support/memory-store.ts';
import { queryDeps } from '../support/query-replay.ts';
import { resultPoints } from '../support/result-points.ts';

/** `max` and `min` that group rows in the scan, against the same over series: times 1, they are no range aggregation any more. */

const SECOND = 1_000_000_000n;
const BASE_NS = 1_793_577_600_000_000_000n - 30n * SECOND;
const VALUES = ['1', '-2.5', '7', '0', 'NaN', '+Inf', '-Inf', '1e300', '3.25'];

const rowArbitrary = fc.record({
  app: fc.constantFrom('a', 'b'),
  second: fc.integer({ min: 0, max: 80 }),
  // Rarely one that is no number, which fails the query.
  value: fc.oneof({ weight: 100, arbitrary: fc.constantFrom(...VALUES) }, { weight: 1, arbitrary: fc.constant('x') }),
  host: fc.constantFrom('', 'h1', 'h2', undefined),
  level: fc.constantFrom('info', 'warn', undefined),
  error: fc.oneof({ weight: 100, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  /** Of a name that the stream has. */
  ownApp: fc.constantFrom('x', 'y', undefined),
  /** The end of the line is of no form. */
  broken: fc.oneof({ weight: 60, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});
type TestRow = typeof rowArbitrary extends fc.Arbitrary<infer T> ? T : never;

function lineOf({ host, value, ownApp, broken }: TestRow, index: number, format: 'logfmt' | 'json'): string {
  const fields = Object.entries({ n: `${index}`, host, v: value, app: ownApp }).filter(
    ([, text]) => text !== undefined,
  );
  // Without its last brace.
  if (format === 'json') return JSON.stringify(Object.fromEntries(fields)).slice(0, broken ? -1 : undefined);
  return fields.map(([name, text]) => `${name}=${text}`).join(' ') + (broken ? ' =bad"' : '');
}

const toStored = (row: TestRow, index: number, format: 'logfmt' | 'json'): MemoryRow => ({
  labels: labelsFromObject({ app: row.app }),
  timeNs: BASE_NS + BigInt(row.second) * SECOND,
  line: lineOf(row, index, format),
  metadata: labelsFromObject({
    ...(row.level === undefined ? {} : { level: row.level }),
    ...(row.error ? { __error__: 'Mine', __error_details__: 'of mine' } : {}),
  }),
});

const GROUPINGS = [
  '',
  'by ()',
  'by (app)',
  'by (host)',
  'by (level)',
  'by (v)',
  'by (level, v, app)',
  'by (host, nothing)',
  'by (app_extracted)',
  'by (app_extracted, level)',
  'by (__error__)',
  'by (__error_details__, host)',
  'without ()',
  'without (n)',
  'without (app, n)',
  'without (v, host)',
];
const STAGES = [
  '',
  '| keep v, host, app',
  '| drop __error__',
  '| level="warn"',
  '| label_format host="{{.app}}-{{.host}}"',
  '| label_format host=level',
  '| label_format host=`{{$.level}}`',
  '| label_format host=`{{index . "level"}}{{range $name, $value := $}}{{$name}}{{end}}`',
  '| label_format host=`{{with .v}}{{.}}-{{$.level}}-{{$.n}}{{end}}`',
  '| line_format `host={{.level}} v={{$.v}} w={{.n}}` | logfmt | label_format host=w',
];
const PARSERS = [
  ['logfmt', 'logfmt'],
  ['logfmt --strict', 'logfmt'],
  ['logfmt --keep-empty', 'logfmt'],
  ['json', 'json'],
] as const;
const UNWRAPS = ['unwrap v', 'unwrap v | __error__=""', 'unwrap v | v > 0'];

const setup = fc.record({
  rows: fc.array(rowArbitrary, { maxLength: 40 }),
  blockRows: fc.integer({ min: 1, max: 9 }),
  costFactor: fc.constantFrom(1, 1_000_000),
  step: fc.integer({ min: 1, max: 25 }),
  range: fc.integer({ min: 1, max: 90 }),
  offset: fc.integer({ min: -15, max: 15 }),
  grouping: fc.constantFrom(...GROUPINGS),
  inner: fc.constantFrom('', '', ' by (host, app)', ' without (n)'),
  stage: fc.constantFrom(...STAGES),
  unwrap: fc.constantFrom(...UNWRAPS),
  parser: fc.constantFrom(...PARSERS),
});
type Setup = typeof setup extends fc.Arbitrary<infer T> ? T : never;

/** The answer, or the text of what failed. */
async function answer(s: Setup, query: string): Promise<unknown> {
  const store = new MemoryStore(
    s.rows.map((row, i) => toStored(row, i, s.parser[1])),
    s.blockRows,
    s.costFactor,
  );
  const deps = queryDeps(store, { runner: inPlaceRunner(store.load, 3) });
  const request = {
    kind: 'range' as const,
    query,
    limit: 100,
    direction: 'forward' as const,
    startNs: BASE_NS,
    endNs: BASE_NS + 60n * SECOND,
    stepNs: BigInt(s.step) * SECOND,
    intervalNs: 0n,
  };
  try {
    const { data } = await runQuery(request, deps);
    if (data.resultType !== 'matrix') throw new Error(data.resultType);
    return data.series.map((series) => [
      series.labels,
      resultPoints(series).map(([timeMs, value]) => [timeMs, plusZero(value)]),
    ]);
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    // Which of several rows that fail comes first may differ.
    return error.code;
  }
}

/** Of 0 and -0 either may be found. */
const plusZero = (value: number): number => value + 0;

describe('a folded aggregation answers as one over series', () => {
  it.each(['max', 'min'])(
    '%s',
    async (op) => {
      let failed = 0;
      let answered = 0;
      await fc.assert(
        fc.asyncProperty(setup, async (s) => {
          const range = `{app=~".+"} | ${s.parser[0]} ${s.stage} | ${s.unwrap} [${s.range}s] offset ${s.offset}s`;
          const inner = `${op}_over_time(${range})${s.inner}`;
          const expected = await answer(s, `${op} ${s.grouping} (${inner} * 1)`);
          if (typeof expected === 'string') failed++;
          else answered++;
          expect(await answer(s, `${op} ${s.grouping} (${inner})`)).toEqual(expected);
        }),
        { numRuns: 400 },
      );
      expect(failed).toBeGreaterThan(0);
      expect(answered).toBeGreaterThan(200);
    },
    60_000,
  );

  it('sum', async () => {
    let answered = 0;
    await fc.assert(
      fc.asyncProperty(setup, async (s) => {
        // Parsers that stop when all is found that is needed may miss an error behind it, as Loki's do; so do those that are not needed.
        const rows = s.rows.map((row) => ({ ...row, error: false, broken: false }));
        const grouping = s.grouping.includes('__error') ? 'by (host)' : s.grouping;
        // What templates read in other ways than `.name` Loki's parsers do not know of.
        const stage = /\$\.[nv]|index/.test(s.stage) ? '' : s.stage;
        const given = { ...s, rows };
        const inner = `count_over_time({app=~".+"} | ${s.parser[0]} ${stage} [${s.range}s] offset ${s.offset}s)`;
        const expected = await answer(given, `sum ${grouping} (${inner} * 1)`);
        if (typeof expected !== 'string') answered++;
        expect(await answer(given, `sum ${grouping} (${inner})`)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
    expect(answered).toBeGreaterThan(200);
  }, 60_000);

  it('when rows have details of an error that was dropped', async () => {
    const row: TestRow = {
      app: 'a',
      second: 20,
      value: '7',
      host: 'h1',
      level: 'info',
      error: true,
      ownApp: undefined,
      broken: false,
    };
    const s = {
      rows: [row],
      blockRows: 9,
      costFactor: 1,
      step: 10,
      range: 60,
      offset: 0,
      parser: PARSERS[0],
    } as unknown as Setup;
    const inner = 'max_over_time({app="a"} | logfmt | drop __error__ | unwrap v [1m])';
    const expected = await answer(s, `max by (__error_details__) (${inner} * 1)`);
    expect(expected).toEqual([[[], expect.anything()]]);
    expect(await answer(s, `max by (__error_details__) (${inner})`)).toEqual(expected);
  });
});
