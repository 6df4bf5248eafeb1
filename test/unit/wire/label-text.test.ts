import { expect, test } from 'vitest';
import { printLabels } from '../../../src/wire/label-print.ts';
import { parseLabelText } from '../../../src/wire/label-text.ts';

function parse(text: string | Uint8Array): readonly string[] {
  const bytes = Buffer.from(text);
  return parseLabelText(bytes, 0, bytes.length);
}

test.each([
  ['{a="b"}', ['a', 'b']],
  ['{}', []],
  ['', []],
  ['{ }', []],
  ['{a="b",}', ['a', 'b']],
  ["{b='x', a=`y\\n`}", ['a', 'y\\n', 'b', 'x']],
  ['{a="", b="x"}', ['b', 'x']],
  ['{a="1", a="2"}', ['a', '1', 'a', '2']],
  ['{a="q\\"uo\\te\\n"}', ['a', 'q"uo\te\n']],
  [`{a='it\\'s "x" \\\\'}`, ['a', `it's "x" \\`]],
  ['{a="한글"}', ['a', '한글']],
  ['\n{ a = "b" }\t', ['a', 'b']],
])('parses %s', (text, labels) => {
  expect(parse(text)).toEqual(labels);
});

test.each([
  ['{a.b="x"}', `1:3: parse error: unexpected character inside braces: '.'`],
  ['{1a="x"}', `1:2: parse error: unexpected character inside braces: '1'`],
  ['{a="b"', '1:7: parse error: unexpected end of input inside braces'],
  ['{a=~"b"}', '1:3: parse error: unexpected <op:=~> in label set, expected "="'],
  ['a="b"', '1:2: parse error: unexpected "="'],
  ['{', '1:2: parse error: unexpected end of input inside braces'],
  ['{a="b" c="d"}', '1:8: parse error: unexpected identifier "c" in label set, expected "," or "}"'],
  ['{a="한" é="d"}', `1:10: parse error: unexpected character inside braces: 'é'`],
  ['{a="b"\n', '2:1: parse error: unexpected end of input inside braces'],
])('refuses %s', (text, problem) => {
  expect(() => parse(text)).toThrow(`couldn't parse labels: ${problem}`);
});

test('refuses invalid UTF-8', () => {
  const bytes = Buffer.from('{a="?"}');
  bytes[4] = 0xff;
  expect(() => parse(bytes)).toThrow(`couldn't parse labels: 1:6: parse error: invalid UTF-8 rune`);
});

test('reads only its range', () => {
  const bytes = Buffer.from('xx{a="b"}yy');
  expect(parseLabelText(bytes, 2, 9)).toEqual(['a', 'b']);
});

test('prints what it parses to the same set', () => {
  const labels = ['a', 'x"y\\z\n', 'b', '한글 \u0001'];
  expect(parse(printLabels(labels))).toEqual(labels);
  expect(printLabels(['a', 'b', 'c', 'd'])).toBe('{a="b", c="d"}');
});
