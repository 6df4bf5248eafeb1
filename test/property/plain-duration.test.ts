import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseGoDuration } from '../../grammar/literals.ts';
import { plainDurationNs } from '../../src/query/pipeline/text/plain-duration.ts';

const digits = fc.oneof(fc.nat(9999).map(String), fc.constantFrom('', '0', '007', '999999999', '12345678901'));
const unit = fc.constantFrom('ns', 'us', 'µs', 'ms', 's', 'm', 'h', 'd', '', 'sm', 'S', 's1s');
const anyText = fc
  .tuple(fc.constantFrom('', '', '', '-', '+'), digits, fc.constantFrom('', '.'), digits, unit)
  .map((parts) => parts.join(''));
const plainText = fc
  .tuple(
    fc.nat(999_999),
    fc.constantFrom('', '.5', '.007', '.123456'),
    fc.constantFrom('ns', 'us', 'ms', 's', 'm', 'h'),
  )
  .map((parts) => parts.join(''));
const text = fc.oneof(anyText, plainText);

test('what is read as a plain duration is what Go reads', () => {
  let plain = 0;
  fc.assert(
    fc.property(text, (duration) => {
      const ns = plainDurationNs(duration);
      if (Number.isNaN(ns)) return;
      plain++;
      expect(ns, duration).toBe(Number(parseGoDuration(duration)));
    }),
    { numRuns: 20_000 },
  );
  expect(plain).toBeGreaterThan(6000);
});

test.each(['0', '', '1', 's', '.5s', '1.5.5s', '1h30m', '-1s', '99999999h', '1 s', '1e3s'])(
  '%s is not plain',
  (duration) => {
    expect(plainDurationNs(duration)).toBeNaN();
  },
);
