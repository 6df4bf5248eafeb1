import { expect, test } from 'vitest';
import { compileStringFilter } from '../../../../src/query/pipeline/filters/string-filter.ts';

const VALUES = ['foo', 'afoo', 'foobar', 'xfoobar', 'foo\nbar', 'bar', 'FOO', 'fooX', 'foo X bar', 'foobarxx', ''];

function matching(op: '=' | '!=' | '=~' | '!~', value: string): string[] {
  const filter = compileStringFilter(op, value);
  return VALUES.filter((text) => filter.test(text));
}

test.each([
  ['foo', ['foo']],
  ['foo|bar', ['foo', 'bar']],
  ['foo|.*', ['foo']],
  ['foo|', ['foo']],
  ['(?i)foo', ['foo', 'FOO']],
  // Anchoring is lost in concatenations.
  ['foo.*', ['foo', 'afoo', 'foobar', 'xfoobar', 'foo\nbar', 'fooX', 'foo X bar', 'foobarxx']],
  ['.*foo', ['foo', 'afoo', 'foobar', 'xfoobar', 'foo\nbar', 'fooX', 'foo X bar', 'foobarxx']],
  ['.*foo.*', ['foo', 'afoo', 'foobar', 'xfoobar', 'foo\nbar', 'fooX', 'foo X bar', 'foobarxx']],
  ['(?i)foo.*', ['foo', 'afoo', 'foobar', 'xfoobar', 'foo\nbar', 'FOO', 'fooX', 'foo X bar', 'foobarxx']],
  ['foo.*(bar|qux)', ['foobar', 'xfoobar', 'foobarxx']],
  ['foo(bar|qux)(xx|yy)', ['foobar', 'xfoobar', 'foobarxx']],
  ['.+', VALUES.slice(0, -1)],
  // These stay what they say.
  ['foo.+', ['foobar', 'fooX', 'foo X bar', 'foobarxx']],
  ['f.*r', ['foobar', 'foo X bar']],
  ['fo.', ['foo']],
  ['foo.', ['fooX']],
  ['^foo$', ['foo']],
  ['foo(bar|qux)x', []],
  ['foo(bar|qux)(xx|yy)z?', ['foobarxx']],
  ['(?s)foo.bar', ['foo\nbar']],
  ['foo.bar', []],
  ['foo(?:bar|baz)', ['foobar']],
])('x=~"%s"', (pattern, expected) => {
  expect(matching('=~', pattern)).toEqual(expected);
  expect(matching('!~', pattern)).toEqual(VALUES.filter((text) => !expected.includes(text)));
});

test('branches that are concatenations overwrite each other', () => {
  const filter = compileStringFilter('=~', 'ch.*|cat.*');
  expect(['checkout', 'catalog', 'xcax', 'ch'].filter((text) => filter.test(text))).toEqual(['catalog', 'xcax']);
  // Texts that do not fit behind the literal stay as they are.
  const long = compileStringFilter('=~', 'checkouts-a.*|checkouts-(?:longer-than-the-rest).*');
  expect(long.test('checkouts-abc')).toBe(true);
  const exact = compileStringFilter('=~', 'checkout(a.*|b.*)');
  expect(['checkouta', 'checkoutb', 'checkoutc'].filter((text) => exact.test(text))).toEqual([
    'checkouta',
    'checkoutb',
  ]);
});

test('equality is exact', () => {
  expect(matching('=', 'foo')).toEqual(['foo']);
  expect(matching('!=', '')).toEqual(VALUES.slice(0, -1));
});

test('always-true regexes say so', () => {
  for (const pattern of ['', '.*', '.*?', '(.*)', '.*|']) {
    expect(compileStringFilter('=~', pattern).always, pattern).toBe(true);
    expect(compileStringFilter('!~', pattern).always, pattern).toBe(false);
  }
  expect(compileStringFilter('=~', '.+').always).toBeUndefined();
});

test('a bad regex is refused in the words of Go', () => {
  expect(() => compileStringFilter('=~', '(')).toThrow('error parsing regexp: missing closing ): `(`');
});
