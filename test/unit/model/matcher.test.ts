import { expect, test } from 'vitest';
import { compileMatcher, compileStageMatcher } from '../../../src/model/matcher.ts';

const VALUES = ['foo', 'foobar', 'foo\nbar', ''];

test.each([
  ['=', 'foo', ['foo']],
  ['!=', 'foo', ['foobar', 'foo\nbar', '']],
  ['=~', 'foo', ['foo']],
  ['=~', 'foo.*', ['foo', 'foobar', 'foo\nbar']],
  ['=~', 'foo.bar', ['foo\nbar']],
  ['=~', '(?-s)foo.bar', []],
  ['!~', 'foo.*', ['']],
  ['=', '', ['']],
  ['!=', '', ['foo', 'foobar', 'foo\nbar']],
  ['=~', '(?i)FOO|', ['foo', '']],
] as const)('v%s"%s"', (op, value, expected) => {
  const matcher = compileMatcher({ name: 'v', op, value });
  expect(VALUES.filter((text) => matcher.matches(text))).toEqual(expected);
  const stage = compileStageMatcher({ name: 'v', op, value });
  expect(VALUES.filter((text) => stage.test(text))).toEqual(expected);
});

test('a bad regex is refused in the words of Go', () => {
  expect(() => compileMatcher({ name: 'v', op: '=~', value: '(?=x)' })).toThrow(
    'error parsing regexp: invalid or unsupported Perl syntax: `(?=`',
  );
});
