import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SlideMemory, slideListed, slideWindows } from '../../src/query/aggregate/range-slide.ts';
import { rangeState } from '../../src/query/aggregate/range-state.ts';
import { WindowGrid } from '../../src/query/aggregate/window-grid.ts';

test('windows of few buckets are those of a look at all of them', () => {
  const series = fc.uniqueArray(fc.tuple(fc.nat({ max: 100_000 }), fc.integer({ min: 1, max: 9 })), {
    maxLength: 8,
    selector: ([place]) => place,
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 9 }),
      fc.nat({ max: 90 }),
      fc.constantFrom('sum_over_time', 'max_over_time', 'first_over_time', 'count_over_time'),
      fc.array(series, { minLength: 1, maxLength: 4 }),
      (count, stepNs, rangeNs, op, all) => {
        const grid = new WindowGrid(count, stepNs, rangeNs);
        if (grid.bucketCount === 0) return;
        const state = rangeState(op, rangeNs, op !== 'count_over_time')!;
        const { width } = state;
        const memory = new SlideMemory(grid, state);
        const scratch = new Float64Array(grid.bucketCount * width);
        for (const samples of all) {
          const listed = [...new Set(samples.map(([place]) => place % grid.bucketCount))].sort((a, b) => a - b);
          const column = new Float64Array(grid.bucketCount * width);
          for (const [place, value] of samples) {
            const at = (place % grid.bucketCount) * width;
            for (const states of [column, scratch]) state.add(states, at, value, place);
          }
          const [whole, few] = [1, 2].map(() => ({ values: new Float64Array(count), present: new Uint8Array(count) }));
          slideWindows(grid, state, column, whole!, memory);
          slideListed(grid, state, scratch, Uint32Array.from(listed), listed.length, few!, memory);
          expect(few).toEqual(whole);
          for (const bucket of listed) scratch.fill(0, bucket * width, (bucket + 1) * width);
        }
      },
    ),
    { numRuns: 1500 },
  );
});
