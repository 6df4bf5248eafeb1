import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileIp } from '../../../../src/query/pipeline/filters/ip.ts';
import { parseIp } from '../../../../src/query/pipeline/filters/ip-address.ts';

test.each([
  ['1.1.1.1', '1.1.1.1', true],
  ['1.1.1.1', 'x1.1.1.1', true],
  ['1.1.1.1', '1.1.1.1:80', true],
  ['1.1.1.1', '1.1.1.1.', false],
  ['1.1.1.1', '1.1.1.1.1', false],
  ['1.1.1.1', '01.1.1.1', false],
  ['0.0.0.0/0', '999.1.1.1', false],
  ['1.1.1.1', 'abc:1.1.1.1', false],
  ['1.1.1.1', '::ffff:1.1.1.1', false],
  ['::ffff:1.1.1.1', '::ffff:1.1.1.1', true],
  ['1.1.1.1', 'at 12:30 from 1.1.1.1', true],
  ['::1', '::1', false],
  ['::1', '::1 -', true],
  ['fe80::/10', 'fe80::1ff:fe23:4567:890a', true],
  ['10.0.0.7/8', '10.200.3.4', true],
  ['10.0.0.1-10.0.0.9', '10.0.0.10', false],
  ['10.0.0.1-10.0.0.9', '10.0.0.9', true],
  ['2001:db8::1-2001:db8::ff', '[2001:db8::a0]:443', true],
  ['0.0.0.0/0', '', false],
  ['0.0.0.0/0', `${'1.'.repeat(300)}`, false],
])('ip("%s") in %s', (pattern, text, expected) => {
  const matcher = compileIp(pattern);
  expect(matcher.testValue(text)).toBe(expected);
  const bytes = Buffer.from(`\0${text}\0`);
  expect(matcher.testLine(bytes, 1, bytes.length - 1)).toBe(expected);
});

test.each([
  '1.1.1',
  '10.0.0.0/99',
  '10.0.0.0/',
  '1.1.1.1 - 1.1.1.2',
  '1.1.1.9-1.1.1.1',
  '1.1.1.1-::1',
  'not-an-ip',
  '',
  '::1%eth0',
  '1::2::3',
  '01.1.1.1',
])('ip("%s") is refused', (pattern) => {
  expect(() => compileIp(pattern)).toThrow(`ip: invalid pattern: "${pattern}"`);
});

test('addresses as numbers', () => {
  expect(parseIp('0.0.1.2')).toEqual({ isV4: true, value: 258n });
  expect(parseIp('::')).toEqual({ isV4: false, value: 0n });
  expect(parseIp('1::')?.value).toBe(1n << 112n);
  expect(parseIp('::1.2.3.4')?.value).toBe(0x01020304n);
  for (const bad of [
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8:9',
    ':1',
    '1.2.3.4::',
    'g::',
    '12345::',
    '256.1.1.1',
  ]) {
    expect(parseIp(bad), bad).toBeUndefined();
  }
});

test.each([
  ['10.31.58.90', '10.31.58.90'],
  ['10.31.58.90/32', '10.31.58.90'],
  ['10.31.58.90/24', '10.31.58.'],
  ['10.31.58.90/23', '10.31.'],
  ['10.31.58.90/8', '10.'],
  ['10.31.58.90/7', undefined],
  ['0.0.0.0/0', undefined],
  ['255.255.255.0-255.255.255.255', '255.255.255.'],
  ['10.0.0.1-10.1.0.0', '10.'],
  ['1.1.1.1-2.0.0.0', undefined],
  ['::1', undefined],
  ['2001:db8::/32', undefined],
])('every address of ip("%s") is written with %s', (pattern, text) => {
  expect(compileIp(pattern).text).toBe(text);
});

test('a line with an address of a set holds the text of the set', () => {
  const octet = fc.nat({ max: 255 });
  fc.assert(
    fc.property(
      fc.tuple(octet, octet, octet, octet),
      fc.nat({ max: 32 }),
      fc.nat(2 ** 32 - 1),
      (octets, bits, host) => {
        const { text, testValue } = compileIp(`${octets.join('.')}/${bits}`);
        const base = octets.reduce((value, one) => value * 256n + BigInt(one), 0n);
        const mask = (1n << BigInt(32 - bits)) - 1n;
        const address = (base & ~mask) | (BigInt(host) & mask);
        const line = `from ${[24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 255n).join('.')} to`;
        expect(testValue(line)).toBe(true);
        expect(line).toContain(text ?? '');
      },
    ),
  );
});
