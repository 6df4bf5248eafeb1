import { describe, expect, it } from 'vitest';
import type { LogError } from '../../../src/base/errors.ts';
import { formatSampleValue } from '../../../src/base/go/float-text.ts';
import { type QueryRequest, runQuery } from '../../../src/query/run.ts';
import { labelText } from '../../../src/wire/json/json-text.ts';
import { type MemoryRow, MemoryStore, rowsOf } from '../../support/memory-store.ts';
import { queryDeps } from '../../support/query-replay.ts';
import { resultPoints } from '../../support/result-points.ts';
import { answeredStreams } from '../../support/result-text.ts';

/** Answers that were observed on a real Loki; times are seconds after a full hour, numbers are the examples' own. */

const BASE_NS = (1_700_000_000n / 3600n) * 3600n * 1_000_000_000n;
const at = (seconds: number): bigint => BASE_NS + BigInt(seconds) * 1_000_000_000n;
const text = (labels: readonly string[]): string => labelText(labels).replaceAll(', ', ',');

async function run(
  store: MemoryStore,
  request: Partial<QueryRequest> & { query: string; kind: 'instant' | 'range' },
): Promise<string> {
  const common = { limit: 100, direction: 'forward' as const };
  const full =
    request.kind === 'instant'
      ? { ...common, timeNs: at(60), ...request }
      : { ...common, startNs: at(0), endNs: at(60), stepNs: 1_000_000_000n, intervalNs: 0n, ...request };
  try {
    const { data } = await runQuery(full as QueryRequest, queryDeps(store));
    expect(store.openSelections).toBe(0);
    const seconds = (ms: number): number => ms / 1000 - Number(BASE_NS / 1_000_000_000n);
    switch (data.resultType) {
      case 'scalar':
        return formatSampleValue(data.value);
      case 'vector':
        return (
          data.series.map((one) => `${text(one.labels)}=${formatSampleValue(one.values[0]!)}`).join(' ; ') ||
          '(empty vector)'
        );
      case 'matrix':
        return data.series
          .map(
            (one) =>
              `${text(one.labels)} ${resultPoints(one)
                .map(([timeMs, value]) => `${seconds(timeMs)}:${formatSampleValue(value)}`)
                .join(' ')}`,
          )
          .join(' ; ');
      case 'streams':
        return answeredStreams(data)
          .flatMap(({ labels, entries }) =>
            entries.map((e) => `${text(labels)} @${Number(e.timeNs - BASE_NS) / 1e9} ${JSON.stringify(e.line)}`),
          )
          .join(' ; ');
    }
  } catch (error) {
    const { status, code, message } = error as LogError;
    return `HTTP ${status ?? (code === 'QUERY_EXECUTION' ? 500 : 400)}: ${message.split('\n')[0]}`;
  }
}

type Example = readonly [string, Partial<QueryRequest>, string, string];
const inst = (seconds = 60): Partial<QueryRequest> => ({ kind: 'instant', timeNs: at(seconds) });
const range = (start: number, end: number, step: number): Partial<QueryRequest> => ({
  kind: 'range',
  startNs: at(start),
  endNs: at(end),
  stepNs: BigInt(step) * 1_000_000_000n,
});

function examples(name: string, rows: readonly MemoryRow[], list: readonly Example[]): void {
  describe(name, () => {
    const store = new MemoryStore(rows, 2);
    it.each(list)('%s', async (_, request, query, expected) => {
      expect(await run(store, { ...request, query } as Parameters<typeof run>[1])).toBe(expected);
    });
  });
}

const AB = { a: 'b' };

examples(
  'windows',
  rowsOf(
    AB,
    BASE_NS,
    [0, 10, 20, 30, 40].map((t) => [t, `l${t}`] as const),
  ),
  [
    ['E123', inst(20), 'count_over_time({a="b"}[10s])', '{a="b"}=1'],
    ['E124', inst(20), 'count_over_time({a="b"}[20s])', '{a="b"}=2'],
    ['E125', inst(40), 'rate({a="b"}[20s])', '{a="b"}=0.1'],
    ['E126', inst(40), 'bytes_over_time({a="b"}[20s])', '{a="b"}=6'],
    ['E127', inst(40), 'count_over_time({a="b"}[20s] offset 10s)', '{a="b"}=2'],
    ['E128', inst(55), 'absent_over_time({a="b"}[5s])', '{a="b"}=1'],
    ['E129', inst(55), 'absent_over_time({a="zz",c=~"d",e="f"}[5s])', '{a="zz",e="f"}=1'],
    ['E130', inst(), 'sum(count_over_time({a="none"}[1m])) or vector(0)', '{}=0'],
    ['E131', range(5, 65, 20), 'count_over_time({a="b"}[20s])', '{a="b"} 0:1 20:2 40:2'],
    ['E132', range(0, 60, 60), 'count_over_time({a="b"}[20s])', '{a="b"} 0:1'],
    ['E133', range(0, 80, 20), 'absent_over_time({a="b"}[10s])', '{a="b"} 60:1 80:1'],
    ['E134', range(5, 45, 20), 'vector(2)', '{} 0:2 20:2 40:2 60:2'],
  ],
);

const UNWRAPPED = rowsOf(AB, BASE_NS, [
  [1, 'k=p v=2'],
  [11, 'k=p v=4'],
  [21, 'k=p v=10'],
  [31, 'k=p v=1'],
  [41, 'k=q v=5'],
  [51, 'k=q v=7'],
]);
const P = '{a="b"} | logfmt | unwrap v [1m]';
const NO_NUMBER = `HTTP 400: pipeline error: 'SampleExtractionErr' for series: '{__error__="SampleExtractionErr", __error_details__="strconv.ParseFloat: parsing \\"p\\": invalid syntax", a="b", k="p", v="2"}'.`;

examples('unwrapped samples', UNWRAPPED, [
  ['E135', inst(), `sum_over_time(${P})`, '{a="b",k="p"}=17 ; {a="b",k="q"}=12'],
  ['E136', inst(), `rate(${P})`, '{a="b",k="p"}=0.2833333333333333 ; {a="b",k="q"}=0.2'],
  ['E137', inst(), `rate_counter(${P})`, '{a="b",k="p"}=0.1500003 ; {a="b",k="q"}=0.03333353333333333'],
  ['E138', inst(), `avg_over_time(${P})`, '{a="b",k="p"}=4.25 ; {a="b",k="q"}=6'],
  ['E139', inst(), `first_over_time(${P})`, '{a="b",k="p"}=2 ; {a="b",k="q"}=5'],
  ['E140', inst(), `last_over_time(${P})`, '{a="b",k="p"}=1 ; {a="b",k="q"}=7'],
  ['E141', inst(), `stdvar_over_time(${P})`, '{a="b",k="p"}=12.1875 ; {a="b",k="q"}=1'],
  ['E142', inst(), `stddev_over_time(${P})`, '{a="b",k="p"}=3.491060010942235 ; {a="b",k="q"}=1'],
  ['E143', inst(), `quantile_over_time(0.25,${P})`, '{a="b",k="p"}=1.75 ; {a="b",k="q"}=5.5'],
  ['E144', inst(), `max_over_time(${P}) by (a)`, '{a="b"}=10'],
  ['E145', inst(), `avg_over_time(${P}) by ()`, '{}=4.833333333333333'],
  ['E146', inst(), 'min_over_time({a="b"} | logfmt | unwrap v | v > 1 [1m])', '{a="b",k="p"}=2 ; {a="b",k="q"}=5'],
  ['E147', inst(), 'sum_over_time({a="b"} | logfmt | unwrap k [1m])', NO_NUMBER],
  ['E148', inst(), 'sum_over_time({a="b"} | logfmt | unwrap k | __error__="" [1m])', '(empty vector)'],
  ['E149', inst(), 'sum_over_time({a="b"} | logfmt | unwrap nope [1m])', '(empty vector)'],
  ['E150', inst(), 'sum_over_time({a="b"} | logfmt | unwrap duration(v) | __error__="" [1m])', '(empty vector)'],
]);

const BROKEN = `HTTP 400: pipeline error: 'JSONParserErr' for series: '{__error__="JSONParserErr", __error_details__="Value looks like object, but can't find closing '}' symbol", a="b"}'.`;

examples(
  'parser errors',
  rowsOf(AB, BASE_NS, [
    [1, '{"x":"1"}'],
    [2, 'oops'],
  ]),
  [
    ['E151', inst(), 'count_over_time({a="b"} | json [1m])', BROKEN],
    ['E152', inst(), 'sum(count_over_time({a="b"} | json [1m]))', '{}=2'],
    ['E153', inst(), 'sum by (x)(count_over_time({a="b"} | json [1m]))', BROKEN],
    [
      'E154',
      inst(),
      'sum by (__error__)(count_over_time({a="b"} | json [1m]))',
      '{}=1 ; {__error__="JSONParserErr"}=1',
    ],
    ['E155', inst(), 'sum(count_over_time({a="b"} | json | __error__!="" [1m]))', '{}=1'],
    ['E156', inst(), 'count_over_time({a="b"} | json | __error__="" [1m])', '{a="b",x="1"}=1'],
    ['E157', inst(), 'count_over_time({a="b"} | line_format "{{ nofunc }}" [1m])', '{a="b"}=2'],
    [
      'E158',
      inst(),
      'sum by (y)(count_over_time({a="b"} | json | __error__="" | label_format y="{{ $.x }}" [1m]))',
      '{y=""}=1',
    ],
  ],
);

const repeated = (app: string, name: string, count: number): MemoryRow[] =>
  rowsOf(
    { app, inst: name },
    BASE_NS,
    Array.from({ length: count }, (_, i) => [i + 1, `line ${i}`] as const),
  );
const APPS = [
  ...repeated('foo', '1', 3),
  ...repeated('foo', '2', 5),
  ...repeated('bar', '1', 2),
  ...repeated('bar', '2', 2),
  ...repeated('baz', '1', 7),
];
const C = 'count_over_time({app=~".+"}[1m])';
const RIGHT_TWICE =
  'HTTP 500: found duplicate series on the right hand-side;many-to-many matching not allowed: matching labels must be unique on one side';
const LEFT_TWICE =
  'HTTP 500: multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)';

examples('vectors', APPS, [
  [
    'E159',
    inst(),
    C,
    '{app="bar",inst="1"}=2 ; {app="bar",inst="2"}=2 ; {app="baz",inst="1"}=7 ; {app="foo",inst="1"}=3 ; {app="foo",inst="2"}=5',
  ],
  ['E160', inst(), `sum(${C})`, '{}=19'],
  ['E161', inst(), `sum by (app)(${C})`, '{app="bar"}=4 ; {app="baz"}=7 ; {app="foo"}=8'],
  ['E162', inst(), `sum without (app)(${C})`, '{inst="1"}=12 ; {inst="2"}=7'],
  ['E163', inst(), `avg by (app)(${C})`, '{app="bar"}=2 ; {app="baz"}=7 ; {app="foo"}=4'],
  ['E164', inst(), `count(${C})`, '{}=5'],
  ['E165', inst(), `stddev(${C})`, '{}=1.9390719429665315'],
  ['E166', inst(), `topk(2,${C})`, '{app="baz",inst="1"}=7 ; {app="foo",inst="2"}=5'],
  [
    'E167',
    inst(),
    `bottomk(1,${C}) by (app)`,
    '{app="bar",inst="1"}=2 ; {app="baz",inst="1"}=7 ; {app="foo",inst="1"}=3',
  ],
  [
    'E168',
    inst(),
    `sort_desc(${C})`,
    '{app="baz",inst="1"}=7 ; {app="foo",inst="2"}=5 ; {app="foo",inst="1"}=3 ; {app="bar",inst="1"}=2 ; {app="bar",inst="2"}=2',
  ],
  ['E169', inst(), `sum by (app)(${C}) > 4`, '{app="baz"}=7 ; {app="foo"}=8'],
  ['E170', inst(), `sum by (app)(${C}) > bool 4`, '{app="bar"}=0 ; {app="baz"}=1 ; {app="foo"}=1'],
  ['E171', inst(), `4 < sum by (app)(${C})`, '{app="baz"}=7 ; {app="foo"}=8'],
  ['E172', inst(), `10 - sum by (app)(${C})`, '{app="bar"}=6 ; {app="baz"}=3 ; {app="foo"}=2'],
  [
    'E173',
    inst(),
    `${C} / on(app) group_left sum by (app)(${C})`,
    '{app="bar",inst="1"}=0.5 ; {app="bar",inst="2"}=0.5 ; {app="baz",inst="1"}=1 ; {app="foo",inst="1"}=0.375 ; {app="foo",inst="2"}=0.625',
  ],
  [
    'E174',
    inst(),
    `sum by (app)(${C}) / on() group_left sum(${C})`,
    '{app="bar"}=0.21052631578947367 ; {app="baz"}=0.3684210526315789 ; {app="foo"}=0.42105263157894735',
  ],
  ['E175', inst(), `sum by (app)(${C}) / on() sum(${C})`, LEFT_TWICE],
  ['E176', inst(), `sum by (app)(${C}) / ignoring(inst) ${C}`, RIGHT_TWICE],
  [
    'E177',
    inst(),
    `${C} > on(app) group_left 0 * sum by (app)(${C}) + 4`,
    '{app="baz",inst="1"}=7 ; {app="foo",inst="2"}=5',
  ],
  [
    'E178',
    inst(),
    `sum(${C}) > ignoring(app) group_right sum by (app)(${C})`,
    '{app="bar"}=19 ; {app="baz"}=19 ; {app="foo"}=19',
  ],
  [
    'E179',
    inst(),
    `sum by (app)(count_over_time({app="foo"}[1m])) or sum by (app)(${C}) * 100`,
    '{app="bar"}=400 ; {app="baz"}=700 ; {app="foo"}=8',
  ],
  [
    'E180',
    inst(),
    `sum by (app)(${C}) unless sum by (app)(count_over_time({app="foo"}[1m]))`,
    '{app="bar"}=4 ; {app="baz"}=7',
  ],
  [
    'E181',
    inst(),
    `label_replace(sum by (app)(${C}),"x","\${1}-","app","(b).*")`,
    '{app="bar",x="b-"}=4 ; {app="baz",x="b-"}=7 ; {app="foo"}=8',
  ],
  [
    'E182',
    inst(),
    `label_replace(sum by (app)(${C}),"app","z","app","ba.")`,
    '{app="foo"}=8 ; {app="z"}=4 ; {app="z"}=7',
  ],
  [
    'E182 over a range',
    range(0, 60, 60),
    `label_replace(sum by (app)(${C}),"app","z","app","ba.")`,
    '{app="foo"} 60:8 ; {app="z"} 60:4 60:7',
  ],
  ['E183', inst(), `sum(${C}) / 0`, '{}=NaN'],
  ['E184', inst(), `sum(${C}) % 4`, '{}=3'],
  ['E185', inst(), 'vector(1) > bool vector(2)', '{}=0'],
  ['E186', inst(), '2 ^ 3 ^ 2', '512'],
  ['E187', inst(), '-2 ^ 2', '4'],
  ['E188', inst(), '1 == 1', '1'],
  ['E189', inst(), '1 > bool 2', '0'],
  ['E190', inst(), '1 / 0', 'NaN'],
  ['E191', inst(), '2 - 3 - 4', '-5'],
]);

const SHAPES = [
  ...rowsOf({ a: 'b', s: '1' }, BASE_NS, [
    [1, 'p1'],
    [3, 'p3'],
    [5, 'p5'],
    [5, 'p5b'],
  ]),
  ...rowsOf({ a: 'b', s: '2' }, BASE_NS, [
    [2, 'q2'],
    [6, 'q6'],
  ]),
  ...rowsOf(AB, BASE_NS, [
    [4, 'r4'],
    [4, 'r4'],
  ]),
];
const S1 = '{a="b",s="1"}';
const S2 = '{a="b",s="2"}';
const S = '{a="b"}';
const log = (more: Partial<QueryRequest> = {}): Partial<QueryRequest> =>
  ({ kind: 'range', ...more }) as Partial<QueryRequest>;

examples('shape and order', SHAPES, [
  [
    'E192',
    log(),
    '{a="b"}',
    `${S1} @1 "p1" ; ${S1} @3 "p3" ; ${S1} @5 "p5" ; ${S1} @5 "p5b" ; ${S2} @2 "q2" ; ${S2} @6 "q6" ; ${S} @4 "r4"`,
  ],
  [
    'E193',
    log({ direction: 'backward' }),
    '{a="b"}',
    `${S1} @5 "p5b" ; ${S1} @5 "p5" ; ${S1} @3 "p3" ; ${S1} @1 "p1" ; ${S2} @6 "q6" ; ${S2} @2 "q2" ; ${S} @4 "r4"`,
  ],
  ['E194', log({ limit: 3 }), '{a="b"}', `${S1} @1 "p1" ; ${S1} @3 "p3" ; ${S2} @2 "q2"`],
  ['E195', log({ limit: 2, direction: 'backward' }), '{a="b"}', `${S1} @5 "p5b" ; ${S2} @6 "q6"`],
  ['E196', log({ intervalNs: 2_000_000_000n }), '{a="b"}', `${S1} @1 "p1" ; ${S1} @3 "p3" ; ${S1} @5 "p5"`],
  ['E197', log({ startNs: at(2), endNs: at(5) }), '{a="b"}', `${S1} @3 "p3" ; ${S2} @2 "q2" ; ${S} @4 "r4"`],
  [
    'E198',
    log({ startNs: at(-7200), endNs: at(7200), direction: 'backward' }),
    '{a="b"}',
    `${S} @4 "r4" ; ${S2} @6 "q6" ; ${S2} @2 "q2" ; ${S1} @5 "p5b" ; ${S1} @5 "p5" ; ${S1} @3 "p3" ; ${S1} @1 "p1"`,
  ],
  [
    'E199',
    log(),
    '{a="b"} | drop s',
    `${S} @1 "p1" ; ${S} @2 "q2" ; ${S} @3 "p3" ; ${S} @4 "r4" ; ${S} @5 "p5" ; ${S} @5 "p5b" ; ${S} @6 "q6"`,
  ],
  ['E200', inst(), 'count_over_time({a="b"}[1m])', `${S}=1 ; ${S1}=4 ; ${S2}=2`],
  ['E201', range(0, 60, 60), 'count_over_time({a="b"}[1m])', `${S} 60:1 ; ${S1} 60:4 ; ${S2} 60:2`],
  [
    'E202',
    log({ limit: 5001 }),
    '{a="b"}',
    'HTTP 400: max entries limit per query exceeded, limit > max_entries_limit_per_query (5001 > 5000)',
  ],
]);
