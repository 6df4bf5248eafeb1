import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_UNIT_BYTES, writeUtf8 } from '../../src/base/write-utf8.ts';

test('texts of every length and alphabet are written as the platform encodes them', () => {
  const unit = fc.oneof(
    fc.constantFrom('a', '0', '\0', '\x7f'),
    fc.constantFrom('\x80', 'é', '\ud800', '\udc00', '🚀', '\u2028'),
  );
  const text = fc.oneof(
    fc.string({ maxLength: 80 }),
    fc.array(unit, { maxLength: 80 }).map((units) => units.join('')),
  );
  fc.assert(
    fc.property(text, fc.nat({ max: 9 }), (written, at) => {
      const to = Buffer.alloc(at + written.length * MAX_UNIT_BYTES, 7);
      const length = writeUtf8(to, written, at);
      expect(to.subarray(at, at + length)).toEqual(Buffer.from(new TextEncoder().encode(written)));
      expect(to.subarray(0, at).every((byte) => byte === 7)).toBe(true);
    }),
    { numRuns: 5000 },
  );
});
