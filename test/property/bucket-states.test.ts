import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { VectorOp } from '../../grammar/ast.ts';
import { LogError } from '../../src/base/errors.ts';
import { compareLabels, compareText, labelsFromPairs, labelsOfKey, orderedKey } from '../../src/model/labels.ts';
import { BucketStates } from '../../src/query/aggregate/bucket-states.ts';
import { MergedSeries } from '../../src/query/aggregate/merged-series.ts';
import { SeriesMemory } from '../../src/query/aggregate/series-memory.ts';
import { type Series, vectorOf } from '../../src/query/aggregate/series-set.ts';
import { reduceVector } from '../../src/query/aggregate/vector-reduce.ts';

/** Series that are columns, lists, and lists that became columns, against a map. */

// So long that two columns fill what goes to columns at once.
const BUCKETS = 150_000;
const WIDTH = 2;

test('states are found again, whether in columns or listed, and come out in the order of buckets', () => {
  const step = fc.record({
    series: fc.nat(5),
    from: fc.oneof(fc.nat(40), fc.constant(BUCKETS - 100)),
    run: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 90 })),
    down: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const memory = new SeriesMemory();
      const states = new BucketStates(BUCKETS, WIDTH, memory);
      const expected = new Map<string, number>();
      for (const { series, from, run, down } of steps) {
        for (let i = 0; i < run; i++) {
          const bucket = down ? from + run - 1 - i : from + i;
          states.locate(series, bucket);
          states.column[states.at]! += 1;
          states.column[states.at + 1]! += bucket;
          expected.set(`${series} ${bucket}`, (expected.get(`${series} ${bucket}`) ?? 0) + 1);
        }
      }
      const found = new Map<string, number>();
      const columns = states.columns(6);
      const listed = states.listed(6);
      const scratch = new Float64Array(BUCKETS * WIDTH);
      for (let series = 0; series < 6; series++) {
        const column = columns[series]!;
        for (let at = 0; at < column.length; at += WIDTH) {
          if (column[at] === 0) continue;
          expect(column[at + 1]).toBe((column[at]! * at) / WIDTH);
          found.set(`${series} ${at / WIDTH}`, column[at]!);
        }
        const [begin, end] = [listed.starts[series] ?? 0, listed.starts[series + 1] ?? 0];
        expect(column.length === 0 || begin === end).toBe(true);
        const numbers = new Uint32Array(states.maxListed + 1);
        const count = states.columnOf(series) === undefined ? states.spread(series, scratch, numbers) : 0;
        expect(count).toBe(end - begin);
        expect([...numbers.subarray(0, count)]).toEqual([...listed.buckets.subarray(begin, end)]);
        for (let entry = begin; entry < end; entry++) {
          const bucket = listed.buckets[entry]!;
          if (entry > begin) expect(bucket).toBeGreaterThan(listed.buckets[entry - 1]!);
          expect(listed.states[entry * WIDTH + 1]).toBe(listed.states[entry * WIDTH]! * bucket);
          expect(scratch[bucket * WIDTH]).toBe(listed.states[entry * WIDTH]);
          found.set(`${series} ${bucket}`, listed.states[entry * WIDTH]!);
        }
        for (const bucket of numbers.subarray(0, count)) scratch.fill(0, bucket * WIDTH, (bucket + 1) * WIDTH);
      }
      expect(found).toEqual(expected);
    }),
    { numRuns: 40 },
  );
}, 60_000);

const text = fc.string({ unit: fc.constantFrom('\0', '\x01', '\x02', 'a', 'b', '\u{10000}', '\uffee'), maxLength: 4 });
const labelSet = fc
  .array(fc.tuple(text, text), { maxLength: 3 })
  .map(labelsFromPairs)
  .filter((set) => set[0] !== '');

test('ordered keys are read back, and ordered as their sets', () => {
  fc.assert(
    fc.property(labelSet, labelSet, (a, b) => {
      expect(labelsOfKey(orderedKey(a))).toEqual(a);
      expect(Math.sign(compareText(orderedKey(a), orderedKey(b)))).toBe(Math.sign(compareLabels(a, b)));
    }),
    { numRuns: 2000 },
  );
});

describe('an aggregation of merged series', () => {
  const OPS: readonly VectorOp[] = ['sum', 'avg', 'count', 'min', 'max', 'stddev', 'stdvar'];
  const point = fc.option(fc.constantFrom(1, -2, 0.1, 3e300, Number.NaN, Number.POSITIVE_INFINITY), { nil: undefined });
  const one = fc.record({
    a: fc.constantFrom('1', '2', ''),
    b: fc.constantFrom('1', '2'),
    points: fc.array(point, { minLength: 3, maxLength: 3 }),
  });
  const groupings = [
    undefined,
    { without: false, labels: ['a'] },
    { without: true, labels: ['b'] },
    { without: true, labels: [] },
  ];

  it.each(OPS)('%s, one after the other, is that of all at once', (op) => {
    fc.assert(
      fc.property(fc.array(one, { maxLength: 6 }), fc.constantFrom(...groupings), (list, grouping) => {
        const series = list.map(({ a, b, points }, i): Series => {
          const labels = ['a', a, 'b', b, 'i', `${i}`];
          const values = Float64Array.from(points, (value) => value ?? 0);
          return { labels, values, present: Uint8Array.from(points, (value) => (value === undefined ? 0 : 1)) };
        });
        const keys = series.map(({ labels }) => orderedKey(labels));
        const order = [...keys.keys()].sort((x, y) => compareText(keys[x]!, keys[y]!));
        const merged = new MergedSeries(
          3,
          keys,
          order,
          (i, into) => {
            into.values.set(series[i]!.values);
            into.present.set(series[i]!.present);
          },
          new SeriesMemory(),
        );
        const listed = vectorOf(order.map((i) => series[i]!));
        const plain = (all: readonly Series[]): unknown =>
          all.map(({ labels, values, present }) => [
            labels,
            Array.from(present),
            Array.from(values, (value, i) => (present[i] === 1 ? value : 0)),
          ]);
        // Groups may come in another order where a series has no point.
        const sorted = (all: readonly Series[]): unknown =>
          plain([...all].sort((x, y) => compareLabels(x.labels, y.labels)));
        expect(sorted(reduceVector(op, merged, grouping).series)).toEqual(
          sorted(reduceVector(op, listed, grouping).series),
        );
        expect(plain(merged.series)).toEqual(plain(listed.series));
        // The next one begins with zeros all the same.
        merged.giveBack();
      }),
    );
  });
});

test('the memory of a query is counted over all that share it', () => {
  const [own, other] = [new SeriesMemory(), new SeriesMemory()];
  const shared = new SeriesMemory(own.memory);
  own.take(60 << 20);
  expect(() => shared.take(60 << 20)).toThrow(LogError);
  expect(() => shared.take(60 << 20)).toThrow(
    'query needs more than 117440512 bytes for its series; reduce the time range, or aggregate over fewer labels',
  );
  other.take(60 << 20);
  shared.give(20 << 20);
  shared.take(60 << 20);
  expect([own.isLarge, shared.takenBytes]).toEqual([true, 40 << 20]);
});
