import { describe, expect, it } from 'vitest';
import { parseLogQuery, parseQuery, parseSelector } from '../../../grammar/parse.ts';
import { ParseError, QueryKindError } from '../../../grammar/parse-error.ts';
import { printOneLine, printQuery } from '../../../grammar/print.ts';
import { cpuRatio } from '../../support/patience.ts';

function messageOf(query: string): string {
  try {
    parseQuery(query);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return error.message;
  }
}

const TOO_WIDE =
  'queries require at least one regexp or equality matcher that does not have an empty-compatible value. ' +
  'For instance, app=~".*" does not meet this requirement, but app=~".+" will';
const RATE = 'rate({a="b"}[5m])';

describe('syntax errors', () => {
  it.each([
    ['', 'parse error : syntax error: unexpected $end'],
    ['{a="b"', 'parse error at line 1, col 7: syntax error: unexpected $end, expecting } or ,'],
    ['{a="b"}  ', 'accepted'],
    ['{a=b}', 'parse error at line 1, col 4: syntax error: unexpected IDENTIFIER, expecting STRING'],
    ['{a="b",}', 'parse error at line 1, col 8: syntax error: unexpected }, expecting IDENTIFIER'],
    ['{by="x"}', 'parse error at line 1, col 2: syntax error: unexpected by, expecting IDENTIFIER or }'],
    ['{a="b" c="d"}', 'parse error at line 1, col 8: syntax error: unexpected IDENTIFIER, expecting } or ,'],
    ['{a==="b"}', 'parse error at line 0, col 3: syntax error: unexpected ==, expecting = or =~ or !~ or !='],
    ['{1a="x"}', 'parse error at line 1, col 2: syntax error: unexpected NUMBER, expecting IDENTIFIER or }'],
    ['{"a"="b"}', 'parse error at line 1, col 2: syntax error: unexpected STRING, expecting IDENTIFIER or }'],
    ["{a='ab'}", 'parse error at line 1, col 4: invalid char literal'],
    ['{a="\\d"}', 'parse error at line 1, col 4: invalid char escape'],
    ['{a="\\\'"}', 'parse error at line 1, col 4: invalid char escape'],
    ['{a="b\n"}', 'parse error at line 1, col 4: literal not terminated'],
    ['{a="b"}\n|= x', 'parse error at line 2, col 4: syntax error: unexpected IDENTIFIER, expecting STRING or ip'],
    ['{a="🚀한"} | ', 'parse error at line 1, col 12: syntax error: unexpected $end'],
    ['{a="b"} |= x', 'parse error at line 1, col 12: syntax error: unexpected IDENTIFIER, expecting STRING or ip'],
    ['{a="b"} |~', 'parse error at line 1, col 11: syntax error: unexpected $end, expecting STRING or ip'],
    ['{a="b"} foo', 'parse error at line 1, col 9: syntax error: unexpected IDENTIFIER'],
    ['{a="b"} "foo"', 'parse error at line 1, col 9: syntax error: unexpected STRING'],
    ['{a="b"} |', 'parse error at line 1, col 10: syntax error: unexpected $end'],
    ['{a="b"} | x == "5"', 'parse error at line 1, col 16: syntax error: unexpected STRING'],
    ['{a="b"} | x >= "5"', 'parse error at line 1, col 16: syntax error: unexpected STRING'],
    ['{a="b"} | x =~ 5', 'parse error at line 1, col 16: syntax error: unexpected NUMBER, expecting STRING'],
    ['{a="b"} | x=~ip("1.1.1.1")', 'parse error at line 1, col 14: syntax error: unexpected ip, expecting STRING'],
    ['{a="b"} | label_format x', 'parse error at line 1, col 25: syntax error: unexpected $end, expecting ='],
    ['{a="b"} | drop', 'parse error at line 1, col 15: syntax error: unexpected $end, expecting IDENTIFIER'],
    ['{a="b"} | regexp', 'parse error at line 1, col 17: syntax error: unexpected $end, expecting STRING'],
    ['{a="b"} | distinct x', 'parse error at line 1, col 20: syntax error: unexpected IDENTIFIER'],
    ['{a="b"} | x > 1.5d', 'parse error at line 1, col 19: syntax error: unexpected $end'],
    ['{a="b"} | unwrap x', 'parse error at line 1, col 11: syntax error: unexpected unwrap'],
    ['{a="b"} | x > 1PB', "parse error at line 1, col 15: 'P' exponent requires hexadecimal mantissa"],
    ['{a="b"} | x > 1EB', 'parse error at line 1, col 15: exponent has no digits'],
    ['{a="b"} | x > 08', "parse error at line 1, col 15: invalid digit '8' in octal literal"],
    ['{a="b"}[5m]', 'parse error at line 0, col 8: syntax error: unexpected RANGE'],
    ['{a="b"} --strict', 'parse error at line 0, col 9: syntax error: unexpected FUNCTION_FLAG'],
    ['{a="b"} offset 5m', 'parse error at line 1, col 9: syntax error: unexpected offset'],
    ['({a="b"}) | json', 'parse error at line 1, col 11: syntax error: unexpected |'],
    ['rate({a="b"})', 'parse error at line 1, col 13: syntax error: unexpected )'],
    ['sum({a="b"})', 'parse error at line 1, col 12: syntax error: unexpected )'],
    ['sum()', 'parse error at line 1, col 5: syntax error: unexpected )'],
    ['vector(-1)', 'parse error at line 1, col 8: syntax error: unexpected -, expecting NUMBER'],
    ['vector(abc)', 'parse error at line 1, col 8: syntax error: unexpected IDENTIFIER, expecting NUMBER'],
    [`sum(${RATE}) by (a,)`, 'parse error at line 1, col 30: syntax error: unexpected ), expecting IDENTIFIER'],
    [
      `sum(${RATE}) by ("a")`,
      'parse error at line 1, col 28: syntax error: unexpected STRING, expecting IDENTIFIER or )',
    ],
    [`sum by (a)(${RATE}) by (b)`, 'parse error at line 1, col 31: syntax error: unexpected by'],
    [`topk(-1, ${RATE})`, 'parse error at line 1, col 8: syntax error: unexpected ,'],
    [`${RATE} offset 5m`, 'parse error at line 1, col 19: syntax error: unexpected offset'],
    ['rate({a="b"} offset 5m [5m])', 'parse error at line 1, col 14: syntax error: unexpected offset'],
    ['rate({a="b"}[5m] | logfmt [1m])', 'parse error at line 0, col 27: syntax error: unexpected RANGE, expecting )'],
    ['rate({a="b"} | json [5m] | logfmt)', 'parse error at line 1, col 26: syntax error: unexpected |, expecting )'],
    ['rate({a="b"}[1.5h])', 'parse error at line 0, col 13: unknown unit "." in duration "1.5h"'],
    ['rate({a="b"}[5m', "parse error at line 0, col 13: missing closing ']' in duration"],
    [`-${RATE}`, 'parse error at line 1, col 2: syntax error: unexpected RATE, expecting NUMBER'],
    ['--1', 'parse error at line 1, col 2: syntax error: unexpected -, expecting NUMBER'],
    ['-(1)', 'parse error at line 1, col 2: syntax error: unexpected (, expecting NUMBER'],
    ['Inf', 'parse error at line 1, col 1: syntax error: unexpected IDENTIFIER'],
    ['0x10', 'parse error : unable to parse literal as a float: strconv.ParseFloat: parsing "0x10": invalid syntax'],
    [
      '9e999',
      'parse error : unable to parse literal as a float: strconv.ParseFloat: parsing "9e999": value out of range',
    ],
    ['{a="b"} \0', 'parse error at line 1, col 9: invalid character NUL'],
    ['{a="b\0c"}', 'parse error at line 1, col 4: invalid character NUL'],
  ])('%j', (query, message) => expect(messageOf(query)).toBe(message));

  it('reports the first of several mistakes only', () => {
    expect(messageOf('{a=b} | json "unterminated')).toBe(messageOf('{a=b}'));
  });

  it('refuses text of 131072 bytes and more', () => {
    expect(messageOf(`{a="${'é'.repeat(70_000)}"}`)).toBe('parse error : input size too long (140006 > 131072)');
  });

  it('takes nesting and chains up to the limits', () => {
    const nested = `${'('.repeat(199)}1${')'.repeat(199)}`;
    expect(printOneLine(parseQuery(nested))).toBe('1');
    expect(messageOf(`{a="b"} | ${'('.repeat(200)}x=1${')'.repeat(200)}`)).toBe('accepted');
    expect(messageOf(Array(1000).fill('vector(1)').join('^'))).toBe('accepted');
    // Not the text itself: a failure would print two megabytes.
    const split = printQuery(parseQuery(Array(1000).fill('vector(1)').join('+')));
    expect(split.trimStart().slice(0, 40)).toMatch(/^\(+vector\(1\.000000\) \+ vector/);
  });

  it('reads long runs of unit letters in linear time', () => {
    const parse = (count: number) => (): void => {
      expect(messageOf(`{a="b"} | x > ${'1.'.repeat(count)}`)).toMatch('syntax error');
    };
    expect(cpuRatio(parse(7500), parse(60_000))).toBeLessThan(8 * 3);
  });

  it('refuses deep nesting and endless chains without exhausting the stack', () => {
    expect(messageOf(`${'('.repeat(60_000)}1`)).toMatch('nested too deeply');
    expect(messageOf(Array(5000).fill('vector(1)').join('+'))).toMatch('too many operands');
    expect(messageOf(`{a="b"} | ${Array(5000).fill('x=1').join(' or ')}`)).toMatch('too many operands');
  });
});

describe('static checks', () => {
  it.each([
    ...['{}', '{a=""}', '{a!="x"}', '{a=~".*"}', '{a!~".+"}', '{a=~"x|"}'].map((query) => [query, TOO_WIDE] as const),
    ['rate({}[5m])', TOO_WIDE],
    ['sum(1)', TOO_WIDE],
    ...['{a!=""}', '{a=~".+"}', '{a!~"^$"}', '{a="b",c=""}', 'sum(vector(1))', '1'].map(
      (query) => [query, undefined] as const,
    ),
    ['{a=~"("}', 'error parsing regexp: missing closing ): `(`'],
    ['{a="b"} | x=~"a**"', 'error parsing regexp: invalid nested repetition operator: `**`'],
    ['{a="b"} + 1', 'unexpected type for left leg of binary operation (+): *syntax.MatchersExpr'],
    ['1 + {a="b"}', 'unexpected type for right leg of binary operation (+): *syntax.MatchersExpr'],
    ['{a="b"} | json + 1', 'unexpected type for left leg of binary operation (+): *syntax.PipelineExpr'],
    [`${RATE} or 1`, 'unexpected literal for right leg of logical/set binary operation (or): 1.000000'],
    [`1 and ${RATE}`, 'unexpected literal for left leg of logical/set binary operation (and): 1.000000'],
    ['sum_over_time({a="b"}[5m])', 'invalid aggregation sum_over_time without unwrap'],
    ['count_over_time({a="b"} | unwrap x [5m])', 'invalid aggregation count_over_time with unwrap'],
    ['bytes_rate({a="b"} | unwrap x [5m])', 'invalid aggregation bytes_rate with unwrap'],
    [`${RATE} by (a)`, 'grouping not allowed for rate aggregation'],
    ['quantile_over_time({a="b"} | unwrap x [5m])', 'parameter required for operation quantile_over_time'],
    ['rate(5,{a="b"}[5m])', 'parameter 5 not supported for operation rate'],
    [`topk(${RATE})`, 'parameter required for operation topk'],
    ...['1.2', '1e0', '1_0'].map((param) => [`topk(${param},${RATE})`, `invalid parameter topk(${param},`] as const),
    [`topk(0,${RATE})`, 'invalid parameter (must be greater than 0) topk(0'],
    [`sum(3,${RATE})`, 'unsupported parameter for operation sum(3,'],
    [`approx_topk(3,${RATE}) by (a)`, 'grouping not allowed for approx_topk aggregation'],
    [`sort(${RATE}) by (a)`, "sort and sort_desc doesn't allow grouping by "],
    [`sort(${RATE}) by ()`, undefined],
    ['{a="b"} | regexp "x"', 'invalid regexp parser: at least one named capture must be supplied'],
    ['{a="b"} | regexp "(?P<x>a)(?P<x>b)"', "invalid regexp parser: duplicate extracted label name 'x'"],
    ['{a="b"} | regexp "(?P<1x>a)"', "invalid regexp parser: invalid extracted label name '1x'"],
    ['{a="b"} | regexp "("', 'invalid regexp parser: error parsing regexp: missing closing ): `(`'],
    ['{a="b"} | pattern "x"', 'invalid pattern parser: at least one capture is required'],
    ['{a="b"} | pattern "<_>"', 'invalid pattern parser: at least one capture is required'],
    ['{a="b"} | pattern "<a><b>"', "invalid pattern parser: found consecutive capture '<a><b>': invalid expression"],
    ['{a="b"} | pattern "<a> <a>"', 'invalid pattern parser: duplicate capture name (a): invalid expression'],
    [
      `label_replace(${RATE},"a","b","c","(")`,
      'invalid regex in label_replace: error parsing regexp: missing closing ): `^(?:()$`',
    ],
  ] as const)('%s', (query, message) => {
    expect(messageOf(query)).toBe(message === undefined ? 'accepted' : `parse error : ${message}`);
  });
});

describe('meaning', () => {
  it.each([
    ['2 ^ 3 ^ 2', '512'],
    ['-2 ^ 2', '4'],
    ['2^-1', '0.5'],
    ['1 - -1', '2'],
    ['2 - 3 - 4', '-5'],
    ['1 < 2 < 3', '1'],
    ['1 > bool 2', '0'],
    ['1 / 0', 'NaN'],
    ['5 % 0', 'NaN'],
    ['-5 % 3', '-2'],
    ['1_000', '1000'],
    ['017', '17'],
    ['0x1p4', '16'],
    ['.5', '0.5'],
    ['1e3', '1000'],
    ['10 ^ 10', '1e+10'],
    ['1 + 2 * vector(3)', '(1 + (2 * vector(3.000000)))'],
    ['vector(1) - vector(2) - vector(3)', '((vector(1.000000) - vector(2.000000)) - vector(3.000000))'],
    ['{a="b"} # note', '{a="b"}'],
    ['{a="b"} // note', '{a="b"}'],
    ['{a /* no */ = /* yes **/ "b"}', '{a="b"}'],
    ['{a="b"} | JSON | Line_Format `x`', '{a="b"} | json | line_format "x"'],
    ['{rate="b", sum = "c", ip="d"} | count = 1', '{rate="b", sum="c", ip="d"} | count==1'],
    ['{a="b"} | x > -5s | y = +2 | z <= 1KiB', '{a="b"} | x>-5s | y==2 | z<=1.0kB'],
    ['rate(({a="b"}[5m]))', RATE],
    ['rate(({a="b"} | json)[5m])', 'rate({a="b"} | json[5m])'],
    ['rate({a="b"}[5m] offset 1m | logfmt)', 'rate({a="b"} | logfmt[5m] offset 1m0s)'],
    ['rate({a="b"}[5m] offset -5m)', 'rate({a="b"}[5m] offset -5m0s)'],
    ['sum_over_time(({a="b"})[5m] | unwrap x)', 'sum_over_time({a="b"} | unwrap x[5m])'],
    ['{a="b"} |= "x" or ip("1.1.1.1") or "b"', '{a="b"} |= "x" or "b"'],
    ['{a="b"} != "x" or ip("1.1.1.1")', '{a="b"} != "x" != ip("1.1.1.1")'],
    ['{a="b"} | (x="1" or y="2") z="3"', '{a="b"} | ( ( x="1" or y="2" ) , z="3" )'],
    ['{a="b"} | x="1" or y="2" | z="3"', '{a="b"} | ( x="1" or y="2" ) | z="3"'],
    ['{a="b"} | x="1", y="2" and z="3"', '{a="b"} | ( x="1" , ( y="2" , z="3" ) )'],
    ['{a="b"} | x="1" and y="2" or z="3"', '{a="b"} | ( ( x="1" , y="2" ) or z="3" )'],
    [
      'variants(count_over_time({a="b"}[1m]), rate({a="b"}[1m])) of ({a="b"}[5m])',
      'variants(count_over_time({a="b"}[1m]), rate({a="b"}[1m])) of ({a="b"}[5m])',
    ],
  ])('%s', (query, printed) => expect(printOneLine(parseQuery(query))).toBe(printed));

  it('compares with 0 where a label filter has a number that Go does not read', () => {
    expect(parseQuery('{a="b"} | x == 0x10')).toMatchObject({ stages: [{ predicate: { kind: 'number', value: 0 } }] });
  });
});

describe('restricted queries', () => {
  it('takes a selector and nothing else', () => {
    expect(parseSelector('{a="b", c!~"d"}')).toEqual([
      { name: 'a', op: '=', value: 'b' },
      { name: 'c', op: '!~', value: 'd' },
    ]);
    for (const query of ['{a="b"} |= "x"', '{a="b"} | json', RATE, '1']) {
      expect(() => parseSelector(query)).toThrow(new QueryKindError('only label matchers are supported'));
    }
    expect(() => parseSelector('{a=')).toThrow('line 1, col 4: syntax error: unexpected $end, expecting STRING');
  });

  it('takes {} only where it may stand for every stream', () => {
    expect(parseSelector('{}', { allowEmpty: true })).toEqual([]);
    expect(() => parseSelector('{}')).toThrow(TOO_WIDE);
    expect(() => parseSelector('{a=""}', { allowEmpty: true })).toThrow(TOO_WIDE);
  });

  it('takes log queries and no metric queries', () => {
    expect(parseLogQuery('{a="b"} | json').stages).toHaveLength(1);
    expect(() => parseLogQuery(RATE)).toThrow(new QueryKindError('only log selector is supported'));
  });
});
