import { describe, expect, test } from 'vitest';
import { goSprintf } from '../../../../src/base/go/sprintf.ts';
import { GoTime } from '../../../../src/base/go/time.ts';
import { GoInt, type GoValue } from '../../../../src/base/go/value.ts';

const int = (value: number): GoInt => new GoInt(BigInt(value));

describe('goSprintf', () => {
  test.each<readonly [string, readonly GoValue[], string]>([
    [
      '%d|%5d|%-5d|%05d|%+d|% d',
      [int(42), int(42), int(42), int(42), int(42), int(42)],
      '42|   42|42   |00042|+42| 42',
    ],
    [
      '%05d|%x|%X|%#x|%o|%b|%c|%U|%q',
      [int(-42), int(255), int(255), int(255), int(8), int(5), int(65), int(0x1f600), int(65)],
      "-0042|ff|FF|0xff|10|101|A|U+1F600|'A'",
    ],
    ['%.3d|%8.3d', [int(7), int(7)], '007|     007'],
    [
      '%s|%5s|%-5s|%.2s|%q|%x|% x|%X',
      ['ab', 'ab', 'ab', 'été', 'a"b', 'hi', 'hi', 'hi'],
      'ab|   ab|ab   |ét|"a\\"b"|6869|68 69|6869',
    ],
    ['%-8.3s|', ['abcdef'], 'abc     |'],
    [
      '%f|%.2f|%8.2f|%-8.2f|%08.2f|%+.1f',
      [1.5, 1.555, -1.5, 1.5, -1.5, 2],
      '1.500000|1.55|   -1.50|1.50    |-0001.50|+2.0',
    ],
    ['%e|%g|%G|%.3g|%v', [1234.5, 1e-7, 1e-7, 1234.5, 1e6], '1.234500e+03|1e-07|1E-07|1.23e+03|1e+06'],
    ['%t|%v|%5t', [true, false, true], 'true|false| true'],
    ['%v|%v|%v', [[int(1), 'a', null], { b: 1, a: 'x' }, null], '[1 a <nil>]|map[a:x b:1]|<nil>'],
    ['%+v|%+v|%+d', [1.5, { a: [int(1)] }, int(1)], '1.5|map[a:[1]]|+1'],
    ['%d', [['a', int(1)]], '[%!d(string=a) 1]'],
    ['%T|%T|%T|%T|%T', ['', 1, int(1), true, [1]], 'string|float64|int|bool|[]interface {}'],
    ['%#v|%#v', ['a', { k: ['v'] }], '"a"|map[string]interface {}{"k":[]interface {}{"v"}}'],
    ['%d|%s|%t|%f', ['5', int(5), 'x', int(1)], '%!d(string=5)|%!s(int=5)|%!t(string=x)|%!f(int=1)'],
    ['%d %s', [int(1)], '1 %!s(MISSING)'],
    ['%d', [int(1), 'x', null], '1%!(EXTRA string=x, <nil>)'],
    ['%z', ['a'], '%!z(string=a)'],
    ['100%', [], '100%!(NOVERB)'],
    ['%%|%5%', [], '%|%'],
    ['%*d|%-*d|%.*f', [int(5), int(1), int(3), int(2), int(1), 2.25], '    1|2  |2.2'],
    ['%*d', ['x', int(1)], '%!(BADWIDTH)1'],
    ['%[2]d %[1]d', [int(1), int(2)], '2 1'],
    ['%[3]d', [int(1)], '%!d(BADINDEX)'],
    [
      '%s|%v|%d',
      [new GoTime(0n), new GoInt(90_000_000_000n, 'time.Duration'), new GoInt(11n, 'time.Month')],
      '1970-01-01 00:00:00 +0000 UTC|1m30s|11',
    ],
    ['%s', [null], '%!s(<nil>)'],
    ['%v|%f|%+.1f|%06f|%v', [Infinity, Infinity, Infinity, -Infinity, Number.NaN], '+Inf|+Inf|+Inf|  -Inf|NaN'],
    ['%6.2f%%', [99.5], ' 99.50%'],
  ])('%s', (format, args, text) => {
    expect(goSprintf(format, args)).toBe(text);
  });

  test('width is bounded', () => {
    expect(goSprintf('%999999999d', [int(1)])).toHaveLength(100_000);
    expect(() => goSprintf('%100000d'.repeat(200), new Array<GoInt>(200).fill(int(1)))).toThrow('text longer than');
  });
});
