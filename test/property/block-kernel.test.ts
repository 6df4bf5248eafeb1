import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openBlockKernel } from '../../src/base/kernels/block-kernel.ts';
import { decodeTimes, encodeTimes, maxTimesBytes, TIME_UNITS_NS } from '../../src/chunk/times.ts';

const kernel = openBlockKernel();

test('the kernels are built', () => {
  expect(kernel, 'npm run build:kernels').toBeDefined();
});

test('lines are split as by indexOf, at any place of the memory', () => {
  const text = fc.array(fc.oneof(fc.constant(10), fc.integer({ min: 0, max: 255 })), { minLength: 0, maxLength: 300 });
  fc.assert(
    fc.property(text, fc.nat(100), (bytes, from) => {
      const area = kernel!.lines.subarray(from, from + bytes.length);
      area.set(bytes);
      // What stands behind the text must not matter.
      kernel!.lines.fill(10, from + bytes.length, from + bytes.length + 32);
      const expected = Buffer.from(bytes).toString('latin1').split('\n');
      expect(kernel!.splitLines(area, expected.length)).toBe(true);
      let at = 0;
      for (const [row, line] of expected.entries()) {
        expect([kernel!.starts[row], kernel!.ends[row]]).toEqual([at, at + line.length]);
        at += line.length + 1;
      }
      expect(kernel!.splitLines(area, expected.length + 1)).toBe(false);
      if (expected.length > 1) expect(kernel!.splitLines(area, expected.length - 1)).toBe(false);
    }),
    { numRuns: 500 },
  );
});

test('times are decoded as by the twin, cut ones too', () => {
  const times = fc.array(fc.nat({ max: 86_399_999 }), { minLength: 1, maxLength: 200 }).map((all) =>
    Float64Array.from(
      all.sort((a, b) => a - b),
      (ms) => ms * 1e6,
    ),
  );
  fc.assert(
    fc.property(times, fc.nat(50), fc.nat(999_999), (expected, from, ns) => {
      if (ns % 2 === 1) expected[expected.length - 1]! += ns;
      const out = new Uint8Array(maxTimesBytes(expected.length));
      const end = encodeTimes(expected, expected.length, out, 0);
      const area = kernel!.times.subarray(from, from + end);
      area.set(out.subarray(0, end));
      const unit = TIME_UNITS_NS[out[0]!]!;
      expect(kernel!.decodeTimes(area, 1, end, expected.length, unit)).toBe(end);
      expect(kernel!.offsets.subarray(0, expected.length)).toEqual(expected);
      const twin = new Float64Array(expected.length);
      for (let cut = 1; cut < end; cut += 3) {
        expect(kernel!.decodeTimes(area, 1, cut, expected.length, unit)).toBe(
          decodeTimes(out, 0, cut, expected.length, twin),
        );
      }
    }),
    { numRuns: 500 },
  );
});
