import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PageTable } from '../../src/head/page-table.ts';
import { HeadPart } from '../../src/head/part.ts';
import { SLAB_BYTES, SlabArena, SlabPool } from '../../src/head/slab-pool.ts';
import { headWindow } from '../../src/query/plan/head-window.ts';
import { headStretches } from '../support/head-pages.ts';

/** A window over the head has as many rows as are wanted, and is not much longer than it has to be. */

const DAY = 20_000;
const pool = new SlabPool(2 * SLAB_BYTES);

const streams = fc.array(
  fc.record({
    start: fc.integer({ min: 0, max: 5e10 }),
    steps: fc.array(fc.oneof(fc.nat({ max: 9 }), fc.nat({ max: 2e9 })), { minLength: 1, maxLength: 300, size: 'max' }),
  }),
  { minLength: 1, maxLength: 6 },
);

test('the window of the first rows', () => {
  fc.assert(
    fc.property(
      streams,
      fc.integer({ min: 1, max: 400 }),
      fc.boolean(),
      fc.integer({ min: -1e9, max: 1e11 }),
      fc.integer({ min: 0, max: 2e11 }),
      (all, limit, backward, from, length) => {
        const arena = new SlabArena(pool);
        const times: number[] = [];
        const parts = all.map(({ start, steps }, i) => {
          const part = new HeadPart(i + 1, ['app', `${i}`], DAY, new PageTable(arena));
          let ns = start;
          for (const step of steps) {
            ns += step;
            // Equal lines of one time would be duplicates.
            const line = Buffer.from(
              `${times.length} of the lines that fill pages soon enough to have several in a part`,
            );
            part.append(ns, line, 0, line.length, 0, line, 0, 0);
            times.push(ns);
          }
          return part;
        });
        const to = from + length;
        const wanted = times.filter((ns) => ns >= from && ns <= to).sort((a, b) => (backward ? b - a : a - b));
        const found = headWindow(headStretches(parts, arena), DAY, { from, to }, limit, backward);
        arena.release();
        if (wanted.length < limit) {
          expect(found).toBeUndefined();
          return;
        }
        const [edge, last] = [wanted[0]!, wanted[limit - 1]!];
        expect(backward ? found! <= last : found! >= last).toBe(true);
        // Bounds of parts may lie beyond their wanted rows, as the range cuts them.
        const exact = Math.abs(edge - last);
        const start = backward ? Math.min(to, Math.max(...times)) : Math.max(from, Math.min(...times));
        expect(Math.abs(found! - start)).toBeLessThanOrEqual(Math.max(1e6, 2 * (exact + Math.abs(start - edge))));
      },
    ),
    { numRuns: 400 },
  );
});
