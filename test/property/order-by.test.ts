import fc from 'fast-check';
import { expect, test } from 'vitest';
import { orderBy } from '../../src/base/order-by.ts';

/** The plain way. */
function sorted(times: readonly bigint[], ties: readonly number[]): number[] {
  return [...times.keys()].sort((a, b) => Number(times[a]! - times[b]!) || ties[a]! - ties[b]! || a - b);
}

function ordered(times: readonly bigint[], ties: readonly number[]): number[] {
  // Rounded where they are above 2^53.
  const keys = Float64Array.from(times, Number);
  return [...orderBy(keys, (a, b) => Number(times[a]! - times[b]!) || ties[a]! - ties[b]!)];
}

const items = (time: fc.Arbitrary<bigint>): fc.Arbitrary<[bigint, number][]> =>
  fc.array(fc.tuple(time, fc.integer({ min: 0, max: 2 })), { maxLength: 200 });

test.each([
  ['many that are equal', fc.bigInt({ min: 0n, max: 9n })],
  ['times of a day', fc.bigInt({ min: 0n, max: 86_400_000_000_000n })],
  ['times that are rounded', fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n })],
  ['neighbours far from zero', fc.bigInt({ min: 2n ** 60n, max: 2n ** 60n + 2000n })],
])('%s come in order', (_, time) => {
  fc.assert(
    fc.property(items(time), (list) => {
      const times = list.map(([ns]) => ns);
      const ties = list.map(([, tie]) => tie);
      expect(ordered(times, ties)).toEqual(sorted(times, ties));
    }),
  );
});
