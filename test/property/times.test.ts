import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeTimes, encodeTimes, maxTimesBytes } from '../../src/chunk/times.ts';

const DAY_NS = 86_400_000_000_000;

test('times come back exactly, in any unit', () => {
  const times = fc
    .tuple(
      fc.constantFrom(1, 1000, 1e6, 1e9),
      fc.array(fc.integer({ min: 0, max: 86_399 }), { minLength: 1, maxLength: 200 }),
      fc.array(fc.nat({ max: 999_999_999 }), { maxLength: 200 }),
    )
    .map(([unit, seconds, fractions]) => {
      const all = seconds.map((second, i) => Math.floor((second * 1e9 + (fractions[i] ?? 0)) / unit) * unit);
      return Float64Array.from(all).sort();
    });
  fc.assert(
    fc.property(times, (expected) => {
      const out = new Uint8Array(maxTimesBytes(expected.length));
      const end = encodeTimes(expected, expected.length, out, 0);
      const found = new Float64Array(expected.length);
      expect(decodeTimes(out, 0, end, expected.length, found)).toBe(end);
      expect(found).toEqual(expected);
      for (let cut = 0; cut < end; cut++) expect(decodeTimes(out, 0, cut, expected.length, found)).toBe(-1);
    }),
  );
});

test('the ends of a day fit', () => {
  const expected = Float64Array.from([0, 0, DAY_NS - 1, DAY_NS - 1]);
  const out = new Uint8Array(maxTimesBytes(4));
  const end = encodeTimes(expected, 4, out, 0);
  const found = new Float64Array(4);
  expect(decodeTimes(out, 0, end, 4, found)).toBe(end);
  expect(found).toEqual(expected);
});

test('whole milliseconds cost about a byte a row', () => {
  const times = Float64Array.from({ length: 1000 }, (_, i) => i * 10_000_000);
  const out = new Uint8Array(maxTimesBytes(1000));
  expect(encodeTimes(times, 1000, out, 0)).toBeLessThan(1010);
});

/** Random numbers that come again. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

test('random nanoseconds cost little more than they hold', () => {
  const random = randomNumbers(5);
  const count = 4000;
  const meanNs = 2_700_000_000 / 10;
  const times = new Float64Array(count);
  for (let i = 1; i < count; i++) times[i] = times[i - 1]! + Math.ceil(-Math.log(1 - random()) * meanNs);
  const out = new Uint8Array(maxTimesBytes(count));
  const bytes = encodeTimes(times, count, out, 0);
  const heldBits = Math.log2(Math.E * meanNs);
  expect((bytes * 8) / count).toBeLessThan(heldBits + 0.25);
  const found = new Float64Array(count);
  expect(decodeTimes(out, 0, bytes, count, found)).toBe(bytes);
  expect(found).toEqual(times);
});

test('bursts with long gaps come back exactly', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({ max: 46 }), fc.nat()), { minLength: 16, maxLength: 300 }), (steps) => {
      const times = new Float64Array(steps.length);
      let time = 0;
      for (const [i, [bits, random]] of steps.entries()) {
        const step = (random % 2 ** Math.min(bits, 30)) + (bits > 30 ? 2 ** bits : 0);
        if (time + step < DAY_NS) time += step;
        times[i] = time;
      }
      const out = new Uint8Array(maxTimesBytes(times.length));
      const end = encodeTimes(times, times.length, out, 0);
      expect(end).toBeLessThanOrEqual(out.length);
      const found = new Float64Array(times.length);
      expect(decodeTimes(out, 0, end, times.length, found)).toBe(end);
      expect(found).toEqual(times);
      for (let cut = 0; cut < end; cut++) expect(decodeTimes(out, 0, cut, times.length, found)).toBe(-1);
    }),
    { numRuns: 300 },
  );
});
