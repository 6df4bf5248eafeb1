import { describe, expect, test } from 'vitest';
import type { LogExpr } from '../../../../grammar/ast.ts';
import { parseQuery } from '../../../../grammar/parse.ts';
import { compileLineFilters, type LineFilterChain } from '../../../../src/query/pipeline/filters/line-filter.ts';

const WORDS = ['foo X bar', 'foobar', 'fooqux', 'nothing', '', 'A foo\nbar', 'FOO'];
const ADDRESSES = ['1.1.1.1', 'x 1.1.1.1:80', '1.1.1.12', '1.1.1.1.1', '::1', '[2001:db8::1]:443'];

function compile(filters: string): LineFilterChain {
  const query = parseQuery(`{a="b"} ${filters}`) as LogExpr;
  return compileLineFilters(query.stages.filter((stage) => stage.kind === 'line-filter'));
}

function passing(filters: string, lines: readonly string[]): number[] {
  const chain = compile(filters);
  return lines.flatMap((line, i) => {
    const bytes = Buffer.from(`..${line}..`);
    return chain.test(bytes, 2, bytes.length - 2) ? [i] : [];
  });
}

describe('words', () => {
  test.each([
    ['|= "foo" != "X"', [1, 2, 5]],
    ['|= "bar" or "qux"', [0, 1, 2, 5]],
    ['!= "bar" or "qux"', [3, 4, 6]],
    ['|= "" or "qux"', [2]],
    ['|= "" or ""', [0, 1, 2, 3, 4, 5, 6]],
    ['!= ""', []],
    ['|= ""', [0, 1, 2, 3, 4, 5, 6]],
    ['|~ "foo.bar"', []],
    ['|~ "(?s)foo.bar"', [5]],
    ['|~ "(?i)foo"', [0, 1, 2, 5, 6]],
    ['!~ "(?i)foo"', [3, 4]],
    ['|~ "^foo"', [0, 1, 2]],
    ['|~ "foo|.*"', [0, 1, 2, 5]],
    ['|~ "foo|"', [0, 1, 2, 5]],
    ['|~ "foo.*(bar|qux)"', [1, 2]],
    ['|~ "(bar|qux)x?"', [0, 1, 2, 5]],
    ['|~ ".+"', [0, 1, 2, 3, 5, 6]],
    ['!~ ".+"', [4]],
    ['|~ ".*" or "qux"', [2]],
    ['!~ ".*"', []],
    ['|> "foo<_>"', [0, 1, 2, 5]],
    ['|> "bar"', [0, 1, 5]],
    ['|> "<_>bar"', [0, 1, 5]],
    ['|> ""', [4]],
    ['!> "foo<_>"', [3, 4, 6]],
    ['|> "f<_>o<_>"', [0, 1, 2, 5]],
    ['|> "f<_>x" or "noth<_>"', [2, 3]],
  ])('%s', (filters, expected) => {
    expect(passing(filters, WORDS)).toEqual(expected);
  });

  test('later literals of a pattern need a byte before them', () => {
    const lines = ['bar foo bar x', 'x bar', 'foobar', 'foo bar', 'foo'];
    expect(passing('|> "<_> bar"', lines)).toEqual([1, 3]);
    expect(passing('|> "foo<_>bar"', lines)).toEqual([3]);
    expect(passing('|> "foo<_>"', lines)).toEqual([0, 2, 3]);
  });
});

describe('addresses', () => {
  test.each([
    ['|= ip("1.1.1.1")', [0, 1]],
    ['!= ip("1.1.1.1")', [2, 3, 4, 5]],
    ['|= ip("1.1.1.0/24")', [0, 1, 2]],
    ['|= ip("1.1.1.0-1.1.1.9")', [0, 1]],
    ['|= ip("::1")', []],
    ['|= ip("2001:db8::/32")', [5]],
    ['|= ip("1.1.1.1") or "443"', [0, 1, 2, 3, 5]],
    ['!= ip("1.1.1.1") or "443"', [2, 3, 4]],
  ])('%s', (filters, expected) => {
    expect(passing(filters, ADDRESSES)).toEqual(expected);
  });
});

test.each([
  ['|~ "(?!x)"', 'error parsing regexp: invalid or unsupported Perl syntax: `(?!`'],
  ['|~ "a**"', 'error parsing regexp: invalid nested repetition operator: `**`'],
  ['|~ ip("1.1.1.1")', 'ip: invalid operation'],
  ['|> ip("1.1.1.1")', 'ip: invalid operation'],
  ['|= ip("1.1.1")', 'ip: invalid pattern: "1.1.1"'],
  ['|> "<_><_>"', "found consecutive capture '<_><_>': invalid expression"],
  ['|> "a<x>"', "named captures are not allowed: found '<x>'"],
])('%s is refused', (filters, message) => {
  expect(() => compile(filters)).toThrow(message);
});

describe('what a scan can use', () => {
  const needles = (filters: string): string[] =>
    compile(filters).needles.map(({ bytes, ignoreCase }) => Buffer.from(bytes).toString() + (ignoreCase ? '/i' : ''));

  test('needles', () => {
    expect(needles('|= "foo" |= "longer" != "not"')).toEqual(['longer', 'foo']);
    expect(needles('|~ "status=5.. path"')).toEqual(['status=5', ' path']);
    expect(needles('|~ "(?i)deadline"')).toEqual(['deadline/i']);
    expect(needles('|~ "(?i)status"')).toEqual(['tatu/i']);
    expect(needles('|= "a" or "b"')).toEqual([]);
    expect(needles('|> "abc<_>de"')).toEqual(['abc', 'de']);
  });

  test('one literal needs no second test', () => {
    expect(compile('|= "foo"').searchDecides).toBe(true);
    expect(compile('|~ "(?i)deadline"').searchDecides).toBe(true);
    expect(compile('|~ ".*foo.*"').searchDecides).toBe(true);
    expect(compile('|~ "foo[0-9]"').searchDecides).toBe(false);
    expect(compile('|= "foo" |= "bar"').searchDecides).toBe(false);
    expect(compile('|~ "(?i)status"').searchDecides).toBe(false);
  });

  test('constant chains', () => {
    expect(compile('|= "" |~ ".*"')).toMatchObject({ always: true, never: false });
    expect(compile('|= "foo" != ""')).toMatchObject({ always: false, never: true, needles: [] });
    expect(compileLineFilters([])).toMatchObject({ always: true, never: false });
  });
});
