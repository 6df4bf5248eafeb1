import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openBlockKernel } from '../../src/base/kernels/block-kernel.ts';
import { createByteSearch, type Needle } from '../../src/base/regex/byte-search.ts';
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

/** Texts of few letters, so that needles are found, nearly found, and found across lines. */
const letters = fc.constantFrom('a', 'b', 'A', 'B', '@', '`', '\n', 'é', ' ');
const textOf = (maxLength: number): fc.Arbitrary<string> =>
  fc.array(letters, { minLength: 0, maxLength }).map((all) => all.join(''));
const needleOf: fc.Arbitrary<Needle> = fc
  .record({ text: fc.array(letters, { minLength: 1, maxLength: 6 }), ignoreCase: fc.boolean() })
  .map(({ text, ignoreCase }) => {
    const plain = text.join('');
    return { bytes: Buffer.from(ignoreCase ? plain.toLowerCase() : plain), ignoreCase };
  });

test('needles are found in rows as by the twin', () => {
  const cases = fc.record({
    text: fc.tuple(textOf(200), fc.nat(3)).map(([text, times]) => text.repeat(times + 1)),
    needles: fc.array(needleOf, { minLength: 1, maxLength: 3 }),
    from: fc.nat(70),
    low: fc.nat(20),
    high: fc.nat(20),
  });
  fc.assert(
    fc.property(cases, ({ text, needles, from, low, high }) => {
      const bytes = Buffer.from(text);
      const area = kernel!.lines.subarray(from, from + bytes.length);
      area.set(bytes);
      // What stands behind the text must not be found.
      for (let i = 0; i < 80; i++) kernel!.lines[from + bytes.length + i] = needles[0]!.bytes[i % needles[0]!.bytes.length]!;
      const lines = text.split('\n').map((line) => Buffer.from(line));
      expect(kernel!.splitLines(area, lines.length)).toBe(true);
      const first = Math.min(low, lines.length);
      const end = Math.max(first, lines.length - high);
      const searches = needles.map(createByteSearch);
      const holds = (row: number, search: (typeof searches)[number]): boolean =>
        search.indexOf(lines[row]!, 0, lines[row]!.length) >= 0;
      const range = Array.from({ length: end - first }, (_, i) => first + i);
      for (const [i, needle] of needles.entries()) {
        const place = kernel!.findNeedle(area, needle);
        expect(place).toBe(searches[i]!.findNext(bytes, 0));
        for (const start of [0, Math.max(0, place)]) {
          const count = kernel!.rowsWith(area, needle, first, end, start);
          expect([...kernel!.rows.subarray(0, count)]).toEqual(range.filter((row) => holds(row, searches[i]!)));
        }
      }
      for (const wanted of [true, false]) {
        const count = kernel!.rowsWithAny(area, needles, wanted, first, end);
        const expected = range.filter((row) => searches.some((search) => holds(row, search)) === wanted);
        expect([...kernel!.rows.subarray(0, count)]).toEqual(expected);
      }
    }),
    { numRuns: 2000 },
  );
});
