import { expect, test } from 'vitest';
import { OP, type RegexNode } from '../../../../src/base/regex/node.ts';
import { requiredLiterals } from '../../../../src/base/regex/required-literals.ts';
import { parseRegex } from '../../../../src/base/regex/syntax.ts';

const NAMES = new Map(Object.entries(OP).map(([name, op]) => [op as number, name]));

/** `concat(literal"ab", star(any))` */
function show(node: RegexNode): string {
  const text = node.op === OP.literal ? `${node.fold ? 'i' : ''}"${String.fromCodePoint(...node.runes)}"` : '';
  if (node.op === OP.literal) return text;
  if (node.op === OP.charClass) return `[${node.runes.map((rune) => String.fromCodePoint(rune)).join('')}]`;
  const subs = node.subs.map(show).join(' ');
  return subs === '' ? NAMES.get(node.op)! : `${NAMES.get(node.op)}(${subs})`;
}

test.each([
  ['foobar|fooqux', 'concat("foo" alternate("bar" "qux"))'],
  ['bar|baz', 'concat("ba" [rrzz])'],
  ['foo|foobar', 'concat("foo" alternate(empty "bar"))'],
  ['a|b|c', '[ac]'],
  ['a|b|foo', 'alternate([ab] "foo")'],
  ['(foo|bar)', 'capture(alternate("foo" "bar"))'],
  ['(?:foo|bar)|qux', 'alternate("foo" "bar" "qux")'],
  ['(?i)foo', 'i"FOO"'],
  ['[a]b', '"ab"'],
  ['[Aa]b', 'concat(i"A" "b")'],
  ['ab*', 'concat("a" star("b"))'],
  ['foo.*(bar|qux)', 'concat("foo" star(anyNotNewline) capture(alternate("bar" "qux")))'],
  ['foo|', 'alternate("foo" empty)'],
  ['\\d+a|\\d+b', 'alternate(concat(plus([09]) "a") concat(plus([09]) "b"))'],
  ['(?s).|\\n', 'any'],
  ['a{,2}', '"a{,2}"'],
  ['\\Qa.b\\E+', 'concat("a." plus("b"))'],
  ['^$', 'concat(beginText endText)'],
  ['(?m)^$', 'concat(beginLine endLine)'],
])('the tree of %s', (pattern, expected) => {
  expect(show(parseRegex(pattern).root)).toBe(expected);
});

test.each([
  ['user_id=\\w+ .* latency=\\d{3,}ms', [' latency=', 'user_id=', 'ms']],
  ['foo(bar)+', ['foo', 'bar']],
  ['error|timeout', []],
  ['(?i)deadline', ['DEADLINE:i']],
  ['(?i)status=5', ['TATU:i', '=5']],
  ['(?:abc){2}', ['abc']],
  ['(?:abc)?def', ['def']],
  ['ab\\x{fffd}cd', ['ab', 'cd']],
  ['a', []],
])('literals that %s requires', (pattern, expected) => {
  const found = requiredLiterals(pattern).map(({ bytes, ignoreCase }) => {
    const text = Buffer.from(bytes).toString();
    return ignoreCase ? `${text.toUpperCase()}:i` : text;
  });
  expect(found.sort()).toEqual([...expected].sort());
});
