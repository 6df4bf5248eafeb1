import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quantileOf } from '../../src/query/aggregate/window-functions.ts';

/** The definition: sort, NaN first, and interpolate between neighbours. */
function expected(q: number, values: readonly number[]): number {
  const sorted = [...values].sort((a, b) =>
    Number.isNaN(a) ? (Number.isNaN(b) ? 0 : -1) : Number.isNaN(b) ? 1 : a - b,
  );
  const rank = q * (sorted.length - 1);
  const lower = Math.floor(rank);
  const upper = Math.min(lower + 1, sorted.length - 1);
  return sorted[lower]! * (1 - (rank - lower)) + sorted[upper]! * (rank - lower);
}

test('selection gives what sorting gives', () => {
  // No negative zero: it equals zero, so its place among zeros is open.
  const one = fc.oneof(
    fc.integer({ min: -5, max: 5 }),
    fc.double({ noNaN: true }).map((value) => value + 0),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  );
  fc.assert(
    fc.property(
      fc.array(one, { minLength: 1, maxLength: 400 }),
      fc.oneof(fc.constantFrom(0, 1, 0.5), fc.double({ min: 0, max: 1, noNaN: true })),
      (values, q) => {
        const columns = Float64Array.from(values);
        const into = new Float64Array(1);
        quantileOf(q)(columns, columns, 0, columns.length, into, 0);
        expect(into[0]).toEqual(expected(q, values));
        expect(Array.from(columns)).toEqual(values);
      },
    ),
    { numRuns: 3000 },
  );
});
