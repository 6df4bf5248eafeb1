import { RE2JS } from 're2js';
import { describe, expect, test } from 'vitest';
import { LogError } from '../../../../src/base/errors.ts';
import { compileRegex } from '../../../../src/base/regex/regex.ts';
import { cpuRatio } from '../../../support/patience.ts';

function messageOf(pattern: string): string {
  try {
    compileRegex(pattern);
  } catch (error) {
    expect(error).toBeInstanceOf(LogError);
    expect((error as LogError).code).toBe('REGEX_SYNTAX');
    return (error as LogError).message;
  }
  throw new Error(`compiled: ${pattern}`);
}

const utf8 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

test.each([
  ['(', 'missing closing ): `(`'],
  ['^(?:()$', 'missing closing ): `^(?:()$`'],
  [')', 'unexpected ): `)`'],
  ['a**', 'invalid nested repetition operator: `**`'],
  ['a++', 'invalid nested repetition operator: `++`'],
  ['(?=x)', 'invalid or unsupported Perl syntax: `(?=`'],
  ['(?!x)', 'invalid or unsupported Perl syntax: `(?!`'],
  ['\\1', 'invalid escape sequence: `\\1`'],
  ['x{1001}', 'invalid repeat count: `{1001}`'],
  ['(x{100}){100}', 'invalid repeat count: `{100}`'],
  ['*a', 'missing argument to repetition operator: `*`'],
  ['[a', 'missing closing ]: `[a`'],
  ['[b-a]', 'invalid character class range: `b-a`'],
  ['\\p{Nope}', 'invalid character class range: `\\p{Nope}`'],
  ['a\\', 'trailing backslash at end of expression: ``'],
  ['(?P<x y>a)', 'invalid named capture: `(?P<x y>`'],
  ['(?<=a)b', 'invalid named capture: `(?<=a)b`'],
])('%s is refused in the words of Go', (pattern, message) => {
  expect(messageOf(pattern)).toBe(`error parsing regexp: ${message}`);
});

test('deep nesting and huge programs are refused, not run', () => {
  const deep = 30_000;
  expect(messageOf(`${'('.repeat(deep)}a${')'.repeat(deep)}`)).toContain('expression nests too deeply');
  expect(messageOf('(?:(a{10}){10}){10}'.repeat(2000))).toContain('expression too large');
});

describe('matching', () => {
  test('dots, anchors and white space mean what they mean in RE2', () => {
    expect(compileRegex('^a.b$').test('a\rb')).toBe(true);
    expect(compileRegex('^a.b$').test('a\nb')).toBe(false);
    expect(compileRegex('a.b', { anchored: true, dotNewline: true }).test('a\nb')).toBe(true);
    expect(compileRegex('(?-s)a.b', { anchored: true, dotNewline: true }).test('a\nb')).toBe(false);
    expect(compileRegex('^\\s$').test('\v')).toBe(false);
    expect(compileRegex('^\\s$').test('\u00a0')).toBe(false);
    expect(compileRegex('a$').test('a\n')).toBe(false);
    expect(compileRegex('(?m)a$').test('a\nb')).toBe(true);
    expect(compileRegex('(?m)a$').test('a\rb')).toBe(false);
  });

  test('case folds as in Unicode: k is the Kelvin sign, s the long s', () => {
    const regex = compileRegex('(?i)^task$');
    expect(regex.test('TASK')).toBe(true);
    expect(regex.testBytes(utf8('ta\u017f\u212a'), 0, 7)).toBe(true);
    expect(compileRegex('(?i)ÄÖÜ').testBytes(utf8('xäöüx'), 0, 8)).toBe(true);
  });

  test('broken UTF-8 is one character for each byte', () => {
    expect(compileRegex('^..$').testBytes(new Uint8Array([0xe2, 0x84]), 0, 2)).toBe(true);
    expect(compileRegex('^\\x{fffd}$').testBytes(new Uint8Array([0xff]), 0, 1)).toBe(true);
  });

  test('shared memory is read in place', () => {
    const bytes = new Uint8Array(new SharedArrayBuffer(32), 4, 20);
    bytes.set(utf8('level=error é'));
    expect(compileRegex('level=(error|warn)$').testBytes(bytes, 0, 11)).toBe(true);
    expect(compileRegex('\\d').testBytes(bytes, 0, 14)).toBe(false);
    expect(compileRegex('é$').testBytes(bytes, 0, 14)).toBe(true);
  });

  test('the empty text is matched without V8 too', () => {
    expect(compileRegex('(a*)*').test('')).toBe(true);
    expect(compileRegex('\\pL').test('')).toBe(false);
  });

  test('groups are texts by number, and names may repeat', () => {
    const regex = compileRegex('(?P<a>x)?(?<b>y)(z)');
    const match = regex.exec('..yz');
    expect(match?.index).toBe(2);
    expect(match?.groups.slice()).toEqual(['yz', undefined, 'y', 'z']);
    expect(match?.group(2)).toBe('y');
    expect(regex.groupNames).toEqual([undefined, 'a', 'b', undefined]);
    expect(compileRegex('(?P<a>x)(?P<a>y)').exec('xy')?.groups.slice()).toEqual(['xy', 'x', 'y']);
    // A group in a loop keeps its last text in RE2; JavaScript would forget it.
    expect(compileRegex('(?:(a)|b)*').exec('ab')?.group(1)).toBe('a');
    expect(compileRegex('(?:(a)|bc){2}').exec('abc')?.group(1)).toBe('a');
  });
});

describe('linear time', () => {
  test.each([
    ['(a+)+$', `${'a'.repeat(5000)}!`],
    ['^(a|a)*$', `${'a'.repeat(5000)}!`],
    ['(?:a?){30}a{30}', 'a'.repeat(29)],
    ['(.*)(.*)(.*)(.*)(.*)x', 'a'.repeat(5000)],
    ['\\s+$', `${' '.repeat(60_000)}x`],
    ['(?:[a-z]{1,20}){1,20}!', 'a'.repeat(5000)],
    ['(x+x+)+y', 'x'.repeat(5000)],
  ])('%s does not run away', (pattern, text) => {
    const regex = compileRegex(pattern);
    const bytes = utf8(text);
    // A backtracking matcher needs minutes to centuries for these: it would not get to the end.
    expect(regex.test(text)).toBe(false);
    expect(regex.testBytes(bytes, 0, bytes.length)).toBe(false);
    regex.exec(text);
  });

  test('a pattern that keeps being slow leaves V8', () => {
    const regex = compileRegex('.*a.*$b');
    const text = 'a'.repeat(90);
    const alone = /.*a.*$b/;
    const inV8 = (): void => {
      for (let i = 0; i < 3000; i++) alone.test(text);
    };
    const watched = (): void => {
      for (let i = 0; i < 3000; i++) regex.test(text);
    };
    expect(cpuRatio(inV8, watched)).toBeLessThan(0.5);
  });

  test('a text of medium length is given to V8 under watch, and not again when that is slow', () => {
    const regex = compileRegex('^.*a.*a.*a.*b$');
    for (const length of [60, 100, 200, 300]) {
      const text = 'a'.repeat(length);
      const bytes = utf8(text);
      // To the fourth power of the length: without a watch some of these take seconds each, and the loop does not end.
      for (let i = 0; i < 200; i++) {
        expect(regex.test(text)).toBe(false);
        expect(regex.exec(text)).toBeUndefined();
        expect(regex.testBytes(bytes, 0, length)).toBe(false);
      }
    }
    expect(regex.exec(`${'a'.repeat(300)}b`)?.end).toBe(301);
  });

  test('patterns of access logs are fast', () => {
    const pattern = '^(?P<ip>\\S+) .* "(?P<method>\\w+) (?P<path>\\S+) .*" (?P<status>\\d{3}) (?P<size>\\d+)';
    const line = `10.0.0.1 - - [25/Jan/2024:10:00:00 +0000] "GET /${'a'.repeat(40)} HTTP/1.1" 200 512 "-" "${'agent '.repeat(25)}"`;
    const regex = compileRegex(pattern);
    expect(regex.exec(line)?.group(4)).toBe('200');
    const plain = RE2JS.compile(pattern);
    const withPlain = (): void => {
      for (let i = 0; i < 2000; i++) plain.matcher(line).find();
    };
    const withOwn = (): void => {
      for (let i = 0; i < 2000; i++) regex.exec(line);
    };
    expect(cpuRatio(withPlain, withOwn)).toBeLessThan(0.6);
  });
});

describe('replacing', () => {
  test.each([
    ['a(x*)b', '-ab-axxb-', '$1', '--xx-'],
    ['a(x*)b', '-ab-axxb-', '$1W', '---'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Go's template, not JavaScript's
    ['a(x*)b', '-ab-axxb-', '${1}W', '-W-xxW-'],
    ['(?P<n>x+)', 'axxb', '<$n>', 'a<xx>b'],
    ['x', 'axb', '$$', 'a$b'],
    ['x', 'axb', '$', 'a$b'],
    ['x', 'axb', '${a', 'a${ab'],
    ['x', 'axb', '$9', 'ab'],
    ['a*', 'baaac', 'X', 'XbXcX'],
    ['', 'ab', '-', '-a-b-'],
    ['', 'é🚀', '-', '-é-🚀-'],
    ['^a', 'aaa', 'b', 'baa'],
    ['\\b', 'ab cd', '|', '|ab| |cd|'],
  ])('%s in %s by %s', (pattern, text, template, expected) => {
    expect(compileRegex(pattern).replaceAll(text, template)).toBe(expected);
  });

  test('literal replacements know no groups', () => {
    expect(compileRegex('(x)').replaceAllLiteral('axb', '$1')).toBe('a$1b');
  });

  test('an anchored regex replaces the whole text or nothing', () => {
    const regex = compileRegex('(.)b|(.*c)', { anchored: true });
    expect(regex.replaceAll('ab', '[$1]')).toBe('[a]');
    expect(regex.replaceAll('abé', '[$1]')).toBe('abé');
    expect(regex.replaceAll('ébc', '[$2]')).toBe('[ébc]');
  });

  test.each([
    ['', 'ab', 3],
    ['a', 'banana', 3],
    ['a*', 'baac', 3],
    ['ana', 'banana', 1],
    ['é', 'éé', 2],
  ])('count of %s in %s', (pattern, text, count) => {
    expect(compileRegex(pattern).count(text)).toBe(count);
  });
});
