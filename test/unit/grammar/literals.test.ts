import { describe, expect, it } from 'vitest';
import {
  formatByteSize,
  formatGoDuration,
  formatPromDuration,
  goQuote,
  parseByteSize,
  parseGoDuration,
  parsePromDuration,
  unquoteString,
} from '../../../grammar/literals.ts';

const SECOND = 1_000_000_000n;

describe('Go durations', () => {
  it.each([
    ['0', 0n],
    ['5s', 5n * SECOND],
    ['-5s', -5n * SECOND],
    ['+1.5h', 5400n * SECOND],
    ['30m1h', 5400n * SECOND],
    ['1h15m30.918273645s', 4_530_918_273_645n],
    ['750µs', 750_000n],
    ['750μs', 750_000n],
    ['750us', 750_000n],
    ['.5s', SECOND / 2n],
    ['1.s', SECOND],
    ['0.1ns', 0n],
    ['9223372036854775807ns', (1n << 63n) - 1n],
    ['-9223372036854775808ns', -(1n << 63n)],
  ])('reads %s', (text, ns) => expect(parseGoDuration(text)).toBe(ns));

  it.each([
    ['', 'time: invalid duration ""'],
    ['str', 'time: invalid duration "str"'],
    ['-', 'time: invalid duration "-"'],
    ['.s', 'time: invalid duration ".s"'],
    ['5', 'time: missing unit in duration "5"'],
    ['1d', 'time: unknown unit "d" in duration "1d"'],
    ['1constructor', 'time: unknown unit "constructor" in duration "1constructor"'],
    ['9223372036854775808ns', 'time: invalid duration "9223372036854775808ns"'],
    ['99999999999999999999999h', 'time: invalid duration "99999999999999999999999h"'],
    ['é"', 'time: invalid duration "\\xc3\\xa9\\""'],
  ])('refuses %s', (text, message) => expect(() => parseGoDuration(text)).toThrow(new Error(message)));

  it.each([
    [0n, '0s'],
    [1n, '1ns'],
    [1_100n, '1.1µs'],
    [2_200_000n, '2.2ms'],
    [90n * SECOND, '1m30s'],
    [3600n * SECOND, '1h0m0s'],
    [-300n * SECOND, '-5m0s'],
    [1_000_000_001n, '1.000000001s'],
  ])('prints %s as %s', (ns, text) => expect(formatGoDuration(ns)).toBe(text));
});

describe('Prometheus durations', () => {
  it.each([
    ['0', 0n],
    ['0s', 0n],
    ['5m', 300n * SECOND],
    ['1d12h', 129_600n * SECOND],
    ['1y', 31_536_000n * SECOND],
    ['2w', 1_209_600n * SECOND],
    ['1500ms', 1_500_000_000n],
    ['007s', 7n * SECOND],
  ])('reads %s', (text, ns) => expect(parsePromDuration(text)).toBe(ns));

  it.each([
    ['', 'empty duration string'],
    ['5', 'not a valid duration string: "5"'],
    ['-5m', 'not a valid duration string: "-5m"'],
    [' 5m', 'not a valid duration string: " 5m"'],
    ['1h1d', 'not a valid duration string: "1h1d"'],
    ['1s1s', 'not a valid duration string: "1s1s"'],
    ['5x', 'unknown unit "x" in duration "5x"'],
    ['1.5h', 'unknown unit "." in duration "1.5h"'],
    ['5minutes', 'unknown unit "minutes" in duration "5minutes"'],
    ['5m:1m', 'unknown unit "m:" in duration "5m:1m"'],
    ['300y', 'duration out of range'],
  ])('refuses %s', (text, message) => expect(() => parsePromDuration(text)).toThrow(new Error(message)));

  it.each([
    [0n, '0s'],
    [60n * SECOND, '1m'],
    [86_400n * SECOND, '1d'],
    [604_800n * SECOND, '1w'],
    [129_600n * SECOND, '1d12h'],
    [31_536_000n * SECOND, '1y'],
    [1_500_000_000n, '1s500ms'],
    [-60n * SECOND, '-1m'],
  ])('prints %s as %s', (ns, text) => expect(formatPromDuration(ns)).toBe(text));
});

describe('byte sizes', () => {
  it.each([
    ['5B', 5],
    ['1k', 1000],
    ['1KiB', 1024],
    ['1Ki', 1024],
    ['1.5MB', 1_500_000],
    ['1,024', 1024],
    ['10 kib', 10_240],
    ['2eb', 2e18],
    ['1.9B', 1],
  ])('reads %s', (text, bytes) => expect(parseByteSize(text)).toBe(bytes));

  it.each([
    ['', 'strconv.ParseFloat: parsing "": invalid syntax'],
    ['1.2.3', 'strconv.ParseFloat: parsing "1.2.3": invalid syntax'],
    ['5xyz', 'unhandled size name: xyz'],
    ['99EB', 'too large: 99EB'],
  ])('refuses %s', (text, message) => expect(() => parseByteSize(text)).toThrow(new Error(message)));

  it.each([
    [0, '0 B'],
    [9, '9 B'],
    [10, '10 B'],
    [1024, '1.0 kB'],
    [1536, '1.5 kB'],
    [12_500, '12 kB'],
    [13_500, '14 kB'],
    [123_456_789, '124 MB'],
  ])('prints %s as %s', (bytes, text) => expect(formatByteSize(bytes)).toBe(text));
});

describe('quoted text', () => {
  it.each([
    ['plain', '"plain"'],
    ['a"b\\', '"a\\"b\\\\"'],
    ['\x07\b\f\n\r\t\v\0\x7f', '"\\a\\b\\f\\n\\r\\t\\v\\x00\\x7f"'],
    ['한글 🚀', '"한글 🚀"'],
    ['\u00a0\u2028\u{e0001}', '"\\u00a0\\u2028\\U000e0001"'],
  ])('quotes %j', (text, quoted) => expect(goQuote(text)).toBe(quoted));

  it.each([
    ['"a\\nb"', 'a\nb'],
    ['"\\x41\\101\\u00e9\\U0001F680"', 'AAé🚀'],
    ['"\\xe4\\xb8\\xad"', '中'],
    ['"\\xff"', '\ufffd'],
    ['`raw \\n "x"`', 'raw \\n "x"'],
  ])('unquotes %s', (literal, text) => expect(unquoteString(literal)).toBe(text));

  it.each(['', '"', '"a', "'a'", '"\\d"', '"\\\'"', '"\\400"', '"\\ud800"', '"a\nb"', '"a"b"', '"\\'])(
    'refuses %j',
    (literal) => expect(() => unquoteString(literal)).toThrow('invalid syntax'),
  );
});
