import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader } from '../../src/chunk/bytes/byte-reader.ts';
import { ByteWriter } from '../../src/chunk/bytes/byte-writer.ts';
import { MAX_COUNT, readTally, type Tally, TallyBuilder, writeTally } from '../../src/chunk/tally.ts';

const MINUTE_NS = 60e9;

const rows = fc.array(
  fc.record({
    minute: fc.nat({ max: 40 }),
    level: fc.constantFrom(0, 3, 5, 255),
    count: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constantFrom(254, 255, 256, 510, 511, 1500)),
  }),
  { maxLength: 30 },
);

/** Rows by minute and level of each block. */
function sumsOf({ starts, minutes, levels, counts }: Tally): Map<string, number>[] {
  return Array.from({ length: starts.length - 1 }, (_, block) => {
    const sums = new Map<string, number>();
    for (let at = starts[block]!; at < starts[block + 1]!; at++) {
      const key = `${minutes[at]} ${levels[at]}`;
      sums.set(key, (sums.get(key) ?? 0) + counts[at]!);
    }
    return sums;
  });
}

function throughFile(tally: Tally): Tally {
  const out = new ByteWriter();
  writeTally(tally, out);
  return readTally(new ByteReader(out.view(), 'test'));
}

test('what is built, written and read back counts every row once', () => {
  fc.assert(
    fc.property(fc.array(rows, { minLength: 1, maxLength: 5 }), (blocks) => {
      const builder = new TallyBuilder();
      const expected = blocks.map((block) => {
        const sums = new Map<string, number>();
        const sorted = [...block].sort((a, b) => a.minute - b.minute);
        const times = Float64Array.from(sorted.flatMap(({ minute, count }) => Array(count).fill(minute * MINUTE_NS)));
        const levels = Uint8Array.from(sorted.flatMap(({ level, count }) => Array(count).fill(level)));
        for (const { minute, level, count } of block)
          sums.set(`${minute} ${level}`, (sums.get(`${minute} ${level}`) ?? 0) + count);
        builder.addBlock(times, levels, 0, times.length);
        return sums;
      });
      const built = builder.finish();
      expect(sumsOf(built)).toEqual(expected);
      const read = throughFile(built);
      expect(read.counts.length).toBe(built.counts.length);
      expect(sumsOf(read)).toEqual(expected);
    }),
  );
});

test('entries of files that were written before counts were bytes are split', () => {
  fc.assert(
    fc.property(fc.array(rows, { minLength: 1, maxLength: 5 }), (blocks) => {
      const entries = blocks.map((block) => [...block].sort((a, b) => a.minute - b.minute));
      const all = entries.flat();
      let end = 0;
      const wide = {
        starts: Uint32Array.from([0, ...entries.map(({ length }) => (end += length))]),
        minutes: Uint16Array.from(all, ({ minute }) => minute),
        levels: Uint8Array.from(all, ({ level }) => level),
        counts: Uint32Array.from(all, ({ count }) => count),
      };
      const before = wide as unknown as Tally;
      const read = throughFile(before);
      expect(sumsOf(read)).toEqual(sumsOf(before));
      expect(read.counts.length).toBe(all.reduce((sum, { count }) => sum + Math.ceil(count / MAX_COUNT), 0));
    }),
  );
});
