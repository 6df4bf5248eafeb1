import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RangeOp } from '../../grammar/ast.ts';
import { labelsFromObject, labelsKey } from '../../src/model/labels.ts';
import { runQuery } from '../../src/query/run.ts';
import { inPlaceRunner, type MemoryRow, MemoryStore } from '../support/memory-store.ts';
import { queryDeps } from '../support/query-replay.ts';
import { resultPoints } from '../support/result-points.ts';
import { answeredStreams } from '../support/result-text.ts';

/** The engine, with tasks, blocks and buckets, against the plain definition over rows. */

// Close to midnight, so that rows of one test lie on two days.
const BASE_NS = 1_793_577_600_000_000_000n - 30_000_000_000n;

interface TestRow {
  readonly app: string;
  readonly second: number;
  readonly value: number;
  readonly level: string;
}

const rowArbitrary: fc.Arbitrary<TestRow> = fc.record({
  app: fc.constantFrom('a', 'b', 'c'),
  second: fc.integer({ min: 0, max: 80 }),
  value: fc.integer({ min: -5, max: 20 }),
  level: fc.constantFrom('info', 'warn'),
});

const toStored = (row: TestRow, index: number): MemoryRow => ({
  labels: labelsFromObject({ app: row.app }),
  timeNs: BASE_NS + BigInt(row.second) * 1_000_000_000n,
  line: `n=${index} v=${row.value}`,
  metadata: labelsFromObject({ level: row.level }),
});

const setup = fc.record({
  rows: fc.array(rowArbitrary, { maxLength: 40 }),
  blockRows: fc.integer({ min: 1, max: 9 }),
  costFactor: fc.constantFrom(1, 1_000_000),
  parallelism: fc.integer({ min: 1, max: 4 }),
  step: fc.integer({ min: 1, max: 25 }),
  range: fc.integer({ min: 1, max: 90 }),
  offset: fc.integer({ min: -15, max: 15 }),
  from: fc.integer({ min: -10, max: 50 }),
  length: fc.integer({ min: 0, max: 60 }),
});

type Setup = typeof setup extends fc.Arbitrary<infer T> ? T : never;

const OPS: Partial<Record<RangeOp, (values: readonly number[], range: number) => number>> = {
  sum_over_time: (v) => v.reduce((a, b) => a + b, 0),
  rate: (v, range) => v.reduce((a, b) => a + b, 0) / range,
  max_over_time: (v) => Math.max(...v),
  min_over_time: (v) => Math.min(...v),
  first_over_time: (v) => v[0]!,
  last_over_time: (v) => v.at(-1)!,
  avg_over_time: (v) => v.reduce((a, b) => a + b, 0) / v.length,
  stdvar_over_time: (v) => {
    const mean = v.reduce((a, b) => a + b, 0) / v.length;
    return v.reduce((a, b) => a + (b - mean) ** 2, 0) / v.length;
  },
};

/** Rows of the window of each point, by series, in time order. */
function windows(s: Setup): Map<number, Map<string, TestRow[]>> {
  const base = Number(BASE_NS / 1_000_000_000n);
  const first = Math.floor((base + s.from) / s.step) * s.step;
  const last = Math.ceil((base + s.from + s.length) / s.step) * s.step;
  const out = new Map<number, Map<string, TestRow[]>>();
  const ordered = s.rows.map((row, i) => ({ row, i })).sort((a, b) => a.row.second - b.row.second || a.i - b.i);
  for (let point = first; point <= last; point += s.step) {
    const series = new Map<string, TestRow[]>();
    for (const { row } of ordered) {
      const time = base + row.second;
      if (time <= point - s.offset - s.range || time > point - s.offset) continue;
      const key = `${row.app}/${row.level}`;
      series.set(key, [...(series.get(key) ?? []), row]);
    }
    out.set(point, series);
  }
  return out;
}

async function matrix(s: Setup, query: string): Promise<Map<string, number>> {
  const store = new MemoryStore(s.rows.map(toStored), s.blockRows, s.costFactor);
  const deps = queryDeps(store, { runner: inPlaceRunner(store.load, s.parallelism) });
  const startNs = BASE_NS + BigInt(s.from) * 1_000_000_000n;
  const { data } = await runQuery(
    {
      kind: 'range',
      query,
      limit: 100,
      direction: 'forward',
      startNs,
      endNs: startNs + BigInt(s.length) * 1_000_000_000n,
      stepNs: BigInt(s.step) * 1_000_000_000n,
      intervalNs: 0n,
    },
    deps,
  );
  expect(store.openSelections).toBe(0);
  const points = new Map<string, number>();
  if (data.resultType !== 'matrix') throw new Error(data.resultType);
  for (const series of data.series) {
    const name = series.labels.filter((_, i) => i % 2 === 1).join('/');
    for (const [timeMs, value] of resultPoints(series)) points.set(`${name} ${timeMs / 1000}`, value);
  }
  return points;
}

function expectSame(actual: Map<string, number>, expected: Map<string, number>): void {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [key, value] of expected) expect(actual.get(key), key).toBeCloseTo(value, 9);
}

describe('range aggregations equal their definition', () => {
  it.each(Object.entries(OPS))('%s', async (op, fn) => {
    await fc.assert(
      fc.asyncProperty(setup, async (s) => {
        const query = `${op}({app=~".+"} | logfmt v | unwrap v [${s.range}s] offset ${s.offset}s)`;
        const expected = new Map<string, number>();
        for (const [point, series] of windows(s)) {
          for (const [key, rows] of series)
            expected.set(
              `${key} ${point}`,
              fn(
                rows.map((row) => row.value),
                s.range,
              ),
            );
        }
        expectSame(await matrix(s, query), expected);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['sum by (app) (count_over_time({app=~".+"}[R] offset O))', (row: TestRow) => row.app],
    ['sum by (level) (count_over_time({app=~".+"}[R] offset O))', (row: TestRow) => row.level],
    ['sum(count_over_time({app=~".+"}[R] offset O))', () => ''],
    [
      'sum(count_over_time({app=~".+"} |= "v=1" [R] offset O))',
      (row: TestRow) => (`${row.value}`.startsWith('1') ? '' : undefined),
    ],
    [
      'sum by (app) (count_over_time({app=~".+"} | level="warn" [R] offset O))',
      (row: TestRow) => (row.level === 'warn' ? row.app : undefined),
    ],
    ['count_over_time({app=~".+"}[R] offset O)', (row: TestRow) => `${row.app}/${row.level}`],
  ])('%s', async (template, keyOf) => {
    await fc.assert(
      fc.asyncProperty(setup, async (s) => {
        const query = template.replace('R', `${s.range}s`).replace('O', `${s.offset}s`);
        const expected = new Map<string, number>();
        for (const [point, series] of windows(s)) {
          for (const row of [...series.values()].flat()) {
            const key = keyOf(row);
            if (key !== undefined) expected.set(`${key} ${point}`, (expected.get(`${key} ${point}`) ?? 0) + 1);
          }
        }
        expectSame(await matrix(s, query), expected);
      }),
      { numRuns: 60 },
    );
  });
});

describe('log queries equal a sort of all rows', () => {
  it('in both directions, at any limit, over blocks, parts and tasks', async () => {
    await fc.assert(
      fc.asyncProperty(
        setup,
        fc.integer({ min: 1, max: 30 }),
        fc.boolean(),
        fc.boolean(),
        async (s, limit, backward, filtered) => {
          const store = new MemoryStore(s.rows.map(toStored), s.blockRows, s.costFactor);
          const deps = queryDeps(store, { runner: inPlaceRunner(store.load, s.parallelism) });
          const startNs = BASE_NS + BigInt(s.from) * 1_000_000_000n;
          const endNs = startNs + BigInt(s.length) * 1_000_000_000n;
          const { data } = await runQuery(
            {
              kind: 'range',
              query: filtered ? '{app=~".+"} |= "v=1"' : '{app=~".+"}',
              limit,
              direction: backward ? 'backward' : 'forward',
              startNs,
              endNs,
              stepNs: 1_000_000_000n,
              intervalNs: 0n,
            },
            deps,
          );
          if (data.resultType !== 'streams') throw new Error(data.resultType);
          const expected = s.rows
            .map(toStored)
            .filter(
              (row) => (row.timeNs >= startNs && row.timeNs < endNs) || (s.length === 0 && row.timeNs === startNs),
            )
            .filter((row) => !filtered || (row.line as string).includes('v=1'));
          const times = expected.map((row) => row.timeNs).sort((a, b) => (a < b ? -1 : 1) * (backward ? -1 : 1));
          const streams = answeredStreams(data);
          const got = streams.flatMap(({ entries }) => entries.map((entry) => entry.timeNs));
          expect(got.sort((a, b) => (a < b ? -1 : 1) * (backward ? -1 : 1))).toEqual(times.slice(0, limit));
          const streamOf = new Map(
            s.rows.map(toStored).map((row) => [row.line, labelsKey(labelsFromObject({ ...toObject(row) }))]),
          );
          for (const { labels, entries } of streams) {
            for (const [i, entry] of entries.entries()) {
              expect(streamOf.get(entry.line)).toBe(labelsKey(labels));
              const next = entries[i + 1];
              if (next === undefined) continue;
              expect(backward ? next.timeNs <= entry.timeNs : next.timeNs >= entry.timeNs).toBe(true);
              // Of one time: the order of arrival, which the line's number tells.
              if (next.timeNs !== entry.timeNs) continue;
              expect(numberOf(next.line) > numberOf(entry.line)).toBe(!backward);
            }
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

const numberOf = (line: string): number => Number(/n=(\d+)/.exec(line)![1]);
function toObject(row: MemoryRow): Record<string, string> {
  return { app: row.labels[1]!, level: row.metadata![1]! };
}
