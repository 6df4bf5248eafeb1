import { describe, expect, it } from 'vitest';
import type { Stage } from '../../../grammar/ast.ts';
import { parseQuery } from '../../../grammar/parse.ts';
import { printQuery, printStage } from '../../../grammar/print.ts';
import { decimalText, printNumber } from '../../../grammar/print-stage.ts';
import { staysRegex } from '../../../grammar/regex-shape.ts';

const LONG = '{cluster="production-eu-west-1", namespace="loki-production", container="query-frontend", job="loki/qf"}';

describe('one line', () => {
  it.each([
    ['{a="b"} | x="1" or y="2" and z="3"', '{a="b"} | ( x="1" or ( y="2" , z="3" ) )'],
    ['{a="b"} | x=5 or y>=5s | z!=1536B', '{a="b"} | ( x==5 or y>=5s ) | z!=1.5kB'],
    ['{a=`x"y`} // note', '{a="x\\"y"}'],
    ['SUM(Rate({a="b"}[90s] offset 90s)) BY (a)', 'sum by (a)(rate({a="b"}[1m30s] offset 1m30s))'],
    ['topk(3, rate({a="b"}[7d])) by (x)', 'topk by (x)(3,rate({a="b"}[1w]))'],
    ['rate({a="b"}[5m]) + 2 * 3 ^ 2', '(rate({a="b"}[5m]) + 18)'],
    [
      'sum(rate({a="b"}[1m])) and on(x) sum(rate({a="b"}[1m]))',
      '(sum(rate({a="b"}[1m])) and on (x)  sum(rate({a="b"}[1m])))',
    ],
    ['sum by () (rate({a="b"}[36h]))', 'sum(rate({a="b"}[1d12h]))'],
    ['sum without () (rate({a="b"}[1500ms]))', 'sum without ()(rate({a="b"}[1s500ms]))'],
    ['max_over_time({a="b"} | unwrap x [5m]) by ()', 'max_over_time({a="b"} | unwrap x[5m]) by ()'],
    [
      'label_replace(rate({a="b"}[5m]), "d", "$1", "s", "(.*)")',
      'label_replace(rate({a="b"}[5m]),"d","$1","s","(.*)")',
    ],
    ['{a="b"} | logfmt --keep-empty --strict x,y="z"', '{a="b"} | logfmt --strict --keep-empty x="x",y="z"'],
    [
      '{a="b"} | x=~"fo." | x!~`f.*r` | x=~"foo|bar" | x=~"a`.b"',
      '{a="b"} | x=~`fo.` | x!~`f.*r` | x=~"foo|bar" | x=~"a`.b"',
    ],
  ])('%s', (query, printed) => expect(printQuery(parseQuery(query))).toBe(printed));
});

describe('split', () => {
  it.each([
    [
      `${LONG} |= "metrics" | logfmt | duration > 10s and x < 5`,
      `${LONG}\n  |= "metrics"\n  | logfmt\n  | ( duration>10s , x<5 )`,
    ],
    [`${LONG} | json | decolorize | drop a`, `${LONG}\n  | json\n| decolorize\n  | drop a`],
    [`sum by (cluster,job)(rate(${LONG}[5m]))`, `sum by (cluster, job)(\n  rate(\n    ${LONG} [5m]\n  )\n)`],
    [
      `sum(rate(${LONG}[5m])) / on() group_left sum(rate(${LONG}[5m])) > 5`,
      `    sum(\n      rate(\n        ${LONG} [5m]\n      )\n    )\n  /\n    sum(\n      rate(\n        ${LONG} [5m]\n      )\n    )\n>\n  5`,
    ],
    [
      `quantile_over_time(0.9,${LONG} | logfmt | unwrap bytes(sz) | __error__="" [5m] offset 1h) by (job)`,
      `quantile_over_time(\n  0.9,\n  ${LONG}\n    | logfmt\n    | unwrap bytes(sz)\n    | __error__="" [5m] offset 1h\n) by (job)`,
    ],
    [`topk by (x)(3, rate(${LONG}[5m]))`, `topk by (x)(\n  3,\n  rate(\n    ${LONG} [5m]\n  )\n)`],
    [`sum without ()(rate(${LONG}[5m]))`, `sum without(\n  rate(\n    ${LONG} [5m]\n  )\n)`],
    [
      `label_replace(rate(${LONG}[5m]),"a","b","c","d")`,
      `label_replace(\n  rate(\n    ${LONG} [5m]\n  ),\n  "a",\n  "b",\n  "c",\n  "d"\n)`,
    ],
    [
      'variants(count_over_time({a="b"}[1m]), rate({a="b"}[1m])) of ({a="b"} | json [5m])',
      'variants(\n  count_over_time({a="b"}[1m]),\n  rate({a="b"}[1m])\n) of (\n  {a="b"} | json [5m]\n)',
    ],
    [
      `${LONG} |= "${'x'.repeat(50)}" or "y" != "${'z'.repeat(50)}"`,
      `${LONG}\n  |= "${'x'.repeat(50)}"\n  != "${'z'.repeat(50)}"`,
    ],
  ])('%s', (query, printed) => expect(printQuery(parseQuery(query))).toBe(printed));
});

it('prints single stages as errors quote them', () => {
  const stages: [Stage, string][] = [
    [{ kind: 'line-filter', op: '|~', args: [{ kind: 'text', value: 'a**' }] }, '|~ "a**"'],
    [{ kind: 'json', extractions: [{ target: 'a', source: 'b[' }] }, '| json a="b["'],
    [
      {
        kind: 'label-format',
        items: [
          { kind: 'rename', target: 'x', source: 'y' },
          { kind: 'template', target: 'x', template: 'z' },
        ],
      },
      '| label_format x=y,x="z"',
    ],
  ];
  for (const [stage, printed] of stages) expect(printStage(stage)).toBe(printed);
});

it.each([
  [0, '0'],
  [18, '18'],
  [-0.5, '-0.5'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [123456, '123456'],
  [1234567, '1.234567e+06'],
  [1e10, '1e+10'],
  [1e100, '1e+100'],
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, '+Inf'],
])('prints the number %s as %s', (value, text) => expect(printNumber(value)).toBe(text));

it.each([
  [1e21, '1000000000000000000000'],
  [1.5e-7, '0.00000015'],
  [-12.25, '-12.25'],
])('prints %s without exponent', (value, text) => expect(decimalText(value)).toBe(text));

it.each([
  ...['', 'foo', '.*', '.+', 'foo|bar', 'foo.*', '.*foo', '.*foo.*', 'foo|.*', 'foo|', 'foo.*(bar|qux)'].map(
    (text) => [text, false] as const,
  ),
  ...['foo(bar|qux)(xx|yy)', '(?i)debug', 'a\\.b', '(?:foo)', 'foobar|fooqux'].map((text) => [text, false] as const),
  ...[
    'foo.+',
    'f.*r',
    'fo.',
    '^foo$',
    '(bar|qux)xx',
    'foo(bar|qux)x',
    '(?s)foo.bar',
    'bar|baz',
    'a|b',
    '[a]',
    'a+',
    '\\d',
  ].map((text) => [text, true] as const),
])('%s stays a regex: %s', (pattern, stays) => expect(staysRegex(pattern)).toBe(stays));
