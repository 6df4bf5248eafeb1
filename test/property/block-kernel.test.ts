import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createByteSearch, type Needle } from '../../src/base/regex/byte-search.ts';
import { decodeTimes, encodeTimes, maxTimesBytes, RICE_CODE, TIME_UNITS_NS } from '../../src/chunk/times.ts';
import { openBlockKernel } from '../../src/kernels/block-kernel.ts';

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

test('both codings of times are decoded', () => {
  let state = 1;
  const random = Float64Array.from({ length: 1000 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state * 19_937;
  }).sort();
  const even = Float64Array.from({ length: 1000 }, (_, i) => i * 1e9);
  const codes = [random, even].map((times) => {
    const out = new Uint8Array(maxTimesBytes(times.length));
    encodeTimes(times, times.length, out, 0);
    return out[0]!;
  });
  expect(codes).toEqual([RICE_CODE, 3]);
});

test('large quotients: bursts with long gaps between them', () => {
  const times = Float64Array.from(
    { length: 600 },
    (_, i) => Math.floor(i / 50) * 6e12 + (i % 50) * 1009 + ((i * i) % 97),
  );
  const out = new Uint8Array(maxTimesBytes(times.length));
  const end = encodeTimes(times, times.length, out, 0);
  const area = kernel!.times.subarray(3, 3 + end);
  area.set(out.subarray(0, end));
  const found = new Float64Array(times.length);
  expect(decodeTimes(out, 0, end, times.length, found)).toBe(end);
  expect(found).toEqual(times);
  if (out[0]! < RICE_CODE) return;
  expect(kernel!.decodeRice(area, 1, end, times.length, 1)).toBe(end);
  expect(kernel!.offsets.subarray(0, times.length)).toEqual(times);
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
      const unit = TIME_UNITS_NS[out[0]! % RICE_CODE]!;
      const decode = (to: number): number =>
        out[0]! < RICE_CODE
          ? kernel!.decodeTimes(area, 1, to, expected.length, unit)
          : kernel!.decodeRice(area, 1, to, expected.length, unit);
      expect(decode(end)).toBe(end);
      expect(kernel!.offsets.subarray(0, expected.length)).toEqual(expected);
      const twin = new Float64Array(expected.length);
      for (let cut = 1; cut < end; cut += 3) {
        expect(decode(cut)).toBe(decodeTimes(out, 0, cut, expected.length, twin));
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
      for (let i = 0; i < 80; i++)
        kernel!.lines[from + bytes.length + i] = needles[0]!.bytes[i % needles[0]!.bytes.length]!;
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
