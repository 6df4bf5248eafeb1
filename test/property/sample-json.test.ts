import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatSampleValue } from '../../src/base/go/float-text.ts';
import { JoinedSamples } from '../../src/query/aggregate/joined-samples.ts';
import { SampleLog } from '../../src/query/aggregate/range-samples.ts';
import { SeriesMemory } from '../../src/query/aggregate/series-memory.ts';
import { JsonBytes } from '../../src/wire/json/json-bytes.ts';
import { putSample, type ResultPoints, SampleLists } from '../../src/wire/result/sample-json.ts';

const values = fc.oneof(
  fc.double(),
  fc.nat(),
  fc.integer(),
  fc.constantFrom(0, -0, 1e15, 1e15 - 1, 1e21, 5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, Number.NaN, 0.1),
);
const times = fc.oneof(
  fc.nat({ max: 4e12 }),
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.constantFrom(1, 10, 100, 999),
);
// Decimals, and what is one unit in the last place beside them.
const decimals = fc
  .tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.nat({ max: 6 }), fc.integer({ min: -2, max: 2 }))
  .map(([whole, places, units]) => nextTo(whole / 10 ** places, units));

function nextTo(value: number, units: number): number {
  const view = new BigInt64Array(Float64Array.of(value).buffer);
  view[0]! += BigInt(units);
  return new Float64Array(view.buffer)[0]!;
}

// What the kernel writes, and sizes just beyond; powers of two have neighbours at different distances.
const sizes = fc.oneof(
  fc.double({ min: 1e-7, max: 2e16, noNaN: true }),
  fc
    .tuple(fc.integer({ min: -22, max: 54 }), fc.integer({ min: -3, max: 3 }))
    .map(([e, units]) => nextTo(2 ** e, units)),
  fc
    .tuple(fc.double({ min: -9, max: 17, noNaN: true }), fc.double({ min: 1, max: 10, noNaN: true }))
    .map(([e, m]) => m * 10 ** e),
  fc.tuple(fc.nat({ max: 1e6 }), fc.nat({ max: 1e6 })).map(([a, b]) => a / 1000 + (b / 1000 - a / 1000) * 0.99),
);

const written = (put: (out: JsonBytes) => void): string => {
  const out = new JsonBytes();
  put(out);
  return Buffer.from(out.finish()).toString();
};
const sampleJson = (timeMs: number, value: number): string => written((out) => putSample(out, timeMs, value));
const samplesJson = (points: ResultPoints): string => written((out) => new SampleLists(out).put(points));
const plain = (timeMs: number, value: number): string => `[${timeMs / 1000},"${formatSampleValue(value)}"]`;

test('samples written as bytes read as numbers do', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(times, fc.oneof(values, decimals)), { maxLength: 150 }), (points) => {
      for (const [timeMs, value] of points) expect(sampleJson(timeMs, value)).toBe(plain(timeMs, value));
      const columns = { timesMs: points.map(([timeMs]) => timeMs), values: points.map(([, value]) => value) };
      expect(samplesJson(columns)).toBe(`[${points.map(([t, v]) => plain(t, v)).join(',')}]`);
    }),
    { numRuns: 2000 },
  );
});

test('series that share their times, where some have no point', () => {
  const gridTimes = fc.oneof(fc.nat({ max: 4e12 }), times);
  const series = fc.array(fc.tuple(fc.boolean(), fc.oneof(values, decimals)), { minLength: 200, maxLength: 200 });
  fc.assert(
    fc.property(
      fc.array(gridTimes, { maxLength: 200 }),
      fc.array(series, { minLength: 2, maxLength: 4 }),
      (timesMs, all) => {
        const text = written((out) => {
          const lists = new SampleLists(out);
          for (const points of all) {
            const own = points.slice(0, timesMs.length);
            const present = Uint8Array.from(own, ([isThere]) => (isThere ? 1 : 0));
            lists.put({ timesMs, values: own.map(([, value]) => value), present });
          }
        });
        const expected = all.map((points) => {
          const there = timesMs.flatMap((timeMs, i) => (points[i]![0] ? [plain(timeMs, points[i]![1])] : []));
          return `[${there.join(',')}]`;
        });
        expect(text).toBe(expected.join(''));
      },
    ),
    { numRuns: 300 },
  );
});

test('doubles of every size are written in their shortest form', () => {
  const timesMs = Array.from({ length: 2500 }, (_, i) => i * 500);
  const all = fc.array(fc.tuple(sizes, fc.boolean()), { minLength: 2500, maxLength: 2500 });
  fc.assert(
    fc.property(all, (points) => {
      const values = Float64Array.from(points, ([size, isNegative]) => (isNegative ? -size : size));
      const text = written((out) => {
        const lists = new SampleLists(out);
        for (let i = 0; i < 2; i++) lists.put({ timesMs, values });
      });
      const expected = `[${timesMs.map((timeMs, i) => plain(timeMs, values[i]!)).join(',')}]`;
      expect(text === expected + expected).toBe(true);
    }),
    { numRuns: 40 },
  );
});

test('answers that are written in turns', () => {
  const grids = [1000, 7000].map((start) => Array.from({ length: 5 }, (_, i) => start + i * 500));
  const outs = grids.map(() => new JsonBytes());
  const lists = outs.map((out) => new SampleLists(out));
  for (let turn = 0; turn < 3; turn++)
    for (const [i, timesMs] of grids.entries()) lists[i]!.put({ timesMs, values: timesMs });
  for (const [i, timesMs] of grids.entries()) {
    const one = `[${timesMs.map((timeMs) => plain(timeMs, timeMs)).join(',')}]`;
    expect(Buffer.from(outs[i]!.finish()).toString()).toBe(one.repeat(3));
  }
});

test('more points than are written at once', () => {
  const columns = {
    timesMs: Array.from({ length: 20_000 }, (_, i) => i * 500),
    values: Array.from({ length: 20_000 }, (_, i) => i / 3),
  };
  const points = columns.values.map((value, i) => plain(columns.timesMs[i]!, value));
  expect(samplesJson(columns)).toBe(`[${points.join(',')}]`);
});

test('samples of many series and tasks come out by series and in time order, those of one time in the order in which they came', () => {
  const task = fc.array(fc.tuple(fc.nat({ max: 6 }), fc.nat(99), fc.nat(9)), { maxLength: 600 });
  const numbers = fc.uniqueArray(fc.nat({ max: 9 }), { minLength: 7, maxLength: 7 });
  fc.assert(
    fc.property(fc.array(fc.tuple(task, numbers, fc.nat(20)), { maxLength: 4 }), (tasks) => {
      const expected: [number, number][][] = Array.from({ length: 10 }, () => []);
      const parts = tasks.map(([samples, series, shiftNs]) => {
        const log = new SampleLog(new SeriesMemory());
        for (const [own, timeNs, value] of samples) {
          log.add(own, value, timeNs);
          expected[series[own]!]!.push([timeNs + shiftNs, value]);
        }
        return { columns: { ...log.columns(7), shiftNs }, series: Uint32Array.from(series) };
      });
      const joined = new JoinedSamples(parts, 10);
      for (const [series, samples] of expected.entries()) {
        const { timesNs, values: found, count } = joined.of(series);
        const sorted = samples.toSorted((a, b) => a[0] - b[0]);
        expect(Array.from({ length: count }, (_, i) => [timesNs[i], found[i]])).toEqual(sorted);
      }
    }),
  );
});
