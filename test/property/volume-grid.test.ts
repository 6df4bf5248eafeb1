import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VolumeGrid } from '../../src/query/metadata/volume-grid.ts';
import type { VolumeRows } from '../../src/query/metadata/volume-rows.ts';
import { shareInside } from '../../src/query/statistics/extents.ts';
import type { PartRef } from '../../src/store/snapshot/select.ts';
import { Stretches } from '../../src/store/snapshot/stretches.ts';

/** Bytes that are spread over buckets of time, against a look at each bucket for each span. */

const SECOND = 1e9;
const oneRow = { of: () => [0] } as unknown as VolumeRows;

const span = fc.record({
  min: fc.integer({ min: 0, max: 3000 }),
  length: fc.integer({ min: 0, max: 2000 }),
  lineBytes: fc.integer({ min: 1, max: 1_000_000 }),
});

test('bytes of spans by bucket', () => {
  fc.assert(
    fc.property(
      fc.array(span, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 0, max: 2500 }),
      fc.integer({ min: 1, max: 3000 }),
      fc.integer({ min: 1, max: 700 }),
      fc.boolean(),
      (spans, startSeconds, lengthSeconds, step, exactEnd) => {
        const start = startSeconds * SECOND;
        const end = (startSeconds + lengthSeconds) * SECOND - (exactEnd ? 0 : 1);
        const grid = new VolumeGrid(BigInt(start), BigInt(end), BigInt(step) * 1_000_000_000n, oneRow);
        const parts = spans.map(
          ({ min, length, lineBytes }, i): PartRef => ({
            streamId: i + 1,
            streamLabels: [],
            day: 0,
            place: 0,
            minOffsetNs: min * SECOND,
            maxOffsetNs: (min + length) * SECOND,
            rowCount: 1,
            lineBytes,
            sources: [],
          }),
        );
        const stretches = Stretches.ofParts(parts);
        const expected = new Map<number, number>();
        const base = Math.floor(startSeconds / step) * step * SECOND;
        for (const [i, part] of parts.entries()) {
          if (part.maxOffsetNs < start || part.minOffsetNs > end) continue;
          grid.addStretch(stretches, i);
          for (let bucket = 0; base + bucket * step * SECOND <= end; bucket++) {
            const from = Math.max(start, base + bucket * step * SECOND);
            const to = Math.min(end, base + (bucket + 1) * step * SECOND - 1);
            if (bucket > 0 && from >= end) continue;
            const bytes = (part.lineBytes + 29) * shareInside(part.minOffsetNs, part.maxOffsetNs, from, to);
            if (bytes > 0) expected.set(bucket, (expected.get(bucket) ?? 0) + bytes);
          }
        }
        const found = new Map(grid.bucketsOf(0));
        expect([...found.keys()]).toEqual([...expected.keys()].sort((a, b) => a - b));
        for (const [bucket, bytes] of expected) expect(found.get(bucket)).toBeCloseTo(bytes, 4);
      },
    ),
    { numRuns: 2000 },
  );
});
