import { describe, expect, test } from 'vitest';
import {
  addDecimals,
  decimalOf,
  decimalToFloat,
  divideDecimals,
  multiplyDecimals,
} from '../../../../src/base/go/decimal.ts';
import { formatFloat, formatGoFloat, formatSampleValue } from '../../../../src/base/go/float-text.ts';
import { parseGoFloat, parseGoInt } from '../../../../src/base/go/parse-number.ts';

describe('parseGoFloat', () => {
  test.each([
    ['1', 1],
    ['-1.5e3', -1500],
    ['+.5', 0.5],
    ['5.', 5],
    ['0x1p4', 16],
    ['0x1.8p1', 3],
    ['0x.8p0', 0.5],
    ['0x1p-1074', 5e-324],
    ['0x1.fffffffffffffp1023', Number.MAX_VALUE],
    ['0x1.00000000000008p0', 1],
    ['0x1.000000000000081p0', 1.0000000000000002],
    ['1_000', 1000],
    ['0x_1_0p0', 16],
    ['inf', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['NaN', Number.NaN],
    ['017', 17],
    ['1e-400', 0],
  ])('%s', (text, value) => expect(parseGoFloat(text)).toBe(value));

  test.each([
    '',
    'x',
    '1x',
    ' 1',
    '1 ',
    '0x10',
    '0b1',
    '.',
    'e5',
    '1e',
    '+nan',
    'infin',
    '_1',
    '1__0',
    '1_',
    '1_.5',
    '0x',
    '0xp1',
    '--1',
    '1,5',
  ])('refuses %j', (text) =>
    expect(() => parseGoFloat(text)).toThrow(
      new Error(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`),
    ),
  );

  test.each(['1e309', '-1e999', '0x1p1024'])('%s is out of range', (text) =>
    expect(() => parseGoFloat(text)).toThrow(
      new Error(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: value out of range`),
    ),
  );
});

describe('parseGoInt', () => {
  test.each([
    ['42', 10, 42n],
    ['-9223372036854775808', 10, -(2n ** 63n)],
    ['010', 0, 8n],
    ['0x1F', 0, 31n],
    ['-0b11', 0, -3n],
    ['0o17', 0, 15n],
    ['1_000', 0, 1000n],
    ['0', 0, 0n],
  ] as const)('%s in base %s', (text, base, value) => expect(parseGoInt(text, base)).toBe(value));

  test.each([
    ['08', 0],
    ['1_0', 10],
    ['', 10],
    ['0x', 0],
    ['5.0', 0],
  ] as const)('refuses %j in base %s', (text, base) => expect(() => parseGoInt(text, base)).toThrow('invalid syntax'));

  test('range', () =>
    expect(() => parseGoInt('9223372036854775808')).toThrow(
      'strconv.ParseInt: parsing "9223372036854775808": value out of range',
    ));
});

describe('floats as text', () => {
  test.each([
    [0, '0', '0'],
    [-0, '-0', '-0'],
    [1, '1', '1'],
    [123456, '123456', '123456'],
    [1e6, '1e+06', '1000000'],
    [12345678901, '1.2345678901e+10', '12345678901'],
    [1.5e-7, '1.5e-07', '0.00000015'],
    [0.0001, '0.0001', '0.0001'],
    [0.00001, '1e-05', '0.00001'],
    [1e21, '1e+21', '1000000000000000000000'],
    [1e100, '1e+100', `1${'0'.repeat(100)}`],
    [0.1 + 0.2, '0.30000000000000004', '0.30000000000000004'],
    [Number.NaN, 'NaN', 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf', '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf', '-Inf'],
  ])('%d', (value, general, plain) => {
    expect(formatGoFloat(value)).toBe(general);
    expect(formatSampleValue(value)).toBe(plain);
  });

  test.each([
    [2.5, 'f', 0, '2'],
    [3.5, 'f', 0, '4'],
    [0.5, 'f', 0, '0'],
    [0.125, 'f', 2, '0.12'],
    [1.005, 'f', 2, '1.00'],
    [9.999, 'f', 2, '10.00'],
    [0.0004, 'f', 2, '0.00'],
    [0.006, 'f', 2, '0.01'],
    [1e22, 'f', 1, '10000000000000000000000.0'],
    [123456, 'e', 2, '1.23e+05'],
    [9.99e9, 'e', 1, '1.0e+10'],
    [0, 'e', 3, '0.000e+00'],
    [1234567, 'g', 3, '1.23e+06'],
    [100000, 'g', 10, '100000'],
    [0.00001234, 'G', 2, '1.2E-05'],
  ] as const)('%d %%.%s %d', (value, verb, precision, text) => expect(formatFloat(value, verb, precision)).toBe(text));
});

describe('decimals', () => {
  test.each([
    [0.1, 0.2, 0.3, 0.02, 0.5],
    [10, 3, 13, 30, 3.3333333333333335],
    [-1, 3, 2, -3, -0.3333333333333333],
    [1e308, 1e-300, 1e308, 1e8, Number.POSITIVE_INFINITY],
  ])('%d and %d', (a, b, sum, product, quotient) => {
    expect(decimalToFloat(addDecimals(decimalOf(a), decimalOf(b)))).toBe(sum);
    expect(decimalToFloat(multiplyDecimals(decimalOf(a), decimalOf(b)))).toBe(product);
    expect(decimalToFloat(divideDecimals(decimalOf(a), decimalOf(b)))).toBe(quotient);
  });
  test('zero divisor', () => expect(() => divideDecimals(decimalOf(1), decimalOf(0))).toThrow('decimal division by 0'));
  test('no decimal of NaN', () => expect(() => decimalOf(Number.NaN)).toThrow('Cannot create a Decimal from NaN'));
});

test('a long text that is no number is refused at once', () => {
  // Steps that go back over what was read would not get to the end of the second.
  expect(() => parseGoFloat(`${'1'.repeat(4000)}..`)).toThrow('invalid syntax');
  expect(() => parseGoFloat('1'.repeat(10_000_000))).toThrow('invalid syntax');
});
