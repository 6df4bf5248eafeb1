import { describe, expect, it } from 'vitest';
import { LogError } from '../../../src/base/errors.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/model/limits.ts';
import { type QueryRequest, runQuery } from '../../../src/query/run.ts';
import type { TaskRunner } from '../../../src/query/task/task.ts';
import { PartList } from '../../../src/query/task/task-parts.ts';
import { inPlaceRunner, MemoryStore, rowsOf } from '../../support/memory-store.ts';
import { queryDeps } from '../../support/query-replay.ts';
import { answeredStreams } from '../../support/result-text.ts';

const BASE_NS = 1_793_527_200_000_000_000n;
const HOUR_NS = 3_600_000_000_000n;
const manyStreams = new MemoryStore(
  Array.from({ length: 600 }, (_, i) => rowsOf({ app: 'many', id: `${i}` }, BASE_NS, [[1, `line ${i}`]])).flat(),
);

const range = (query: string, more: Partial<QueryRequest> = {}): QueryRequest =>
  ({
    kind: 'range',
    query,
    limit: 100,
    direction: 'backward',
    startNs: BASE_NS,
    endNs: BASE_NS + HOUR_NS,
    stepNs: HOUR_NS,
    intervalNs: 0n,
    ...more,
  }) as QueryRequest;

const instant = (query: string): QueryRequest => ({
  kind: 'instant',
  query,
  limit: 100,
  direction: 'backward',
  timeNs: BASE_NS + 60_000_000_000n,
});

async function failure(request: QueryRequest, limits: Partial<Limits> = {}, store = manyStreams): Promise<LogError> {
  try {
    await runQuery(request, queryDeps(store, { limits: { ...DEFAULT_LIMITS, ...limits } }));
  } catch (error) {
    if (error instanceof LogError) return error;
    throw error;
  }
  throw new Error('the query did not fail');
}

describe('limits', () => {
  it.each<[string, QueryRequest, Partial<Limits>, string]>([
    [
      'length',
      range('{a="b"}', { startNs: BASE_NS - 1000n * HOUR_NS } as Partial<QueryRequest>),
      {},
      'the query time range exceeds the limit (query length: 1001h0m0s, limit: 30d1h)',
    ],
    [
      'entries',
      range('{a="b"}', { limit: 11 }),
      { maxEntriesLimitPerQuery: 10 },
      'max entries limit per query exceeded, limit > max_entries_limit_per_query (11 > 10)',
    ],
    [
      'matchers',
      range('{a="b",c="d"}'),
      { maxStreamsMatchersPerQuery: 1 },
      'max streams matchers per query exceeded, matchers-count > limit (2 > 1)',
    ],
    [
      'required labels',
      range('sum(rate({a="b"}[1m]))'),
      { requiredLabels: ['app'] },
      'stream selector is missing required matchers [app], labels present in the query were [a]',
    ],
    [
      'number of labels',
      range('{a="b"}'),
      { minimumLabelsNumber: 2 },
      'stream selector has less label matchers than required: (present: [a], number_present: 1, required_number_label_matchers: 2)',
    ],
    [
      'range',
      instant('rate({a="b"}[30m])'),
      { maxQueryRangeMs: 600_000 },
      '[interval] value exceeds limit: [30m] > [10m]',
    ],
    [
      'bytes',
      range('{app="many"} |= "x"'),
      { maxQueryBytesRead: 10 },
      'the query would read too many bytes (query: 4.6 KiB, limit: 10 B); consider adding more specific stream selectors or reduce the time range of the query',
    ],
    [
      'series',
      instant('count_over_time({app="many"}[1m])'),
      {},
      'maximum number of series (500) reached for a single query; consider reducing query cardinality by adding more specific stream selectors, reducing the time range, or aggregating results with functions like sum(), count() or topk()',
    ],
    [
      'variants',
      range('variants(count_over_time({a="b"}[5m])) of ({a="b"}[5m])'),
      {},
      'multi variant queries are disabled for this instance',
    ],
  ])('%s', async (_, request, limits, message) => {
    const error = await failure(request, limits);
    expect(error.message).toBe(message);
    expect(error.status ?? 400).toBe(400);
    expect(manyStreams.openSelections).toBe(0);
  });

  it('counts series of the answer, not those that an aggregation folds', async () => {
    const C = 'count_over_time({app="many"}[1m])';
    for (const query of [
      `topk(501,${C})`,
      `sort(${C})`,
      `${C} * 2`,
      `label_replace(${C},"a","b","c","d")`,
      `sum by (id)(${C})`,
    ]) {
      expect((await failure(instant(query))).message, query).toContain('maximum number of series (500)');
    }
    for (const query of [
      `sum(${C})`,
      `count(${C})`,
      `max(${C})`,
      `min(${C})`,
      `avg(${C})`,
      `stddev(${C})`,
      `sum(${C} * 2)`,
      `count(topk(501,${C}))`,
    ]) {
      const { data } = await runQuery(instant(query), queryDeps(manyStreams));
      expect(data, query).toMatchObject({ resultType: 'vector', series: [{ labels: [] }] });
    }
  });

  it('ranks more series than an answer may have', async () => {
    const { data } = await runQuery(
      instant('topk(3, sum by (id) (count_over_time({app="many"}[1m])))'),
      queryDeps(manyStreams),
    );
    expect(data.resultType === 'vector' && data.series.length).toBe(3);
  });

  it('cuts series off with a warning when asked to', async () => {
    const request = { ...instant('count_over_time({app="many"}[1m])'), truncateSeries: true };
    const { data, warnings } = await runQuery(request, queryDeps(manyStreams));
    expect(data.resultType === 'vector' && data.series.length).toBe(500);
    expect(warnings).toEqual(['maximum number of series (500) reached for a single query; returning partial results']);
  });

  it('takes the start into the look-back, and finds nothing beyond it', async () => {
    const deps = queryDeps(manyStreams, {
      limits: { ...DEFAULT_LIMITS, maxQueryLookbackMs: 1000 },
      nowNs: BASE_NS + HOUR_NS,
    });
    const old = await runQuery(
      range('{app="many"}', { endNs: BASE_NS + 60_000_000_000n } as Partial<QueryRequest>),
      deps,
    );
    expect(old.data).toMatchObject({ resultType: 'streams', streams: { count: 0 }, entryCount: 0 });
    const metric = await runQuery(
      range('rate({app="many"}[1m])', { endNs: BASE_NS + 60_000_000_000n } as Partial<QueryRequest>),
      deps,
    );
    expect(metric.data).toEqual({ resultType: 'matrix', series: [] });
    const recent = await runQuery(range('{app="many"}'), deps);
    expect(recent.data).toMatchObject({ resultType: 'streams', streams: { count: 0 }, entryCount: 0 });
  });
});

describe('refused queries', () => {
  it.each([
    [
      instant('{a="b"}'),
      400,
      'log queries are not supported as an instant query type, please change your query to a range query type',
    ],
    [instant('approx_topk(3, rate({a="b"}[5m]))'), 500, 'approx_topk is not enabled. See -limits.shard_aggregations'],
    [range('{app=~"("}'), 400, 'parse error : error parsing regexp: missing closing ): `(`'],
    [
      range('rate({app="x"} |~ "("[1m])'),
      400,
      'parse error : stage \'|~ "("\' : error parsing regexp: missing closing ): `(`',
    ],
    [range(''), 400, 'parse error : syntax error: unexpected $end'],
  ])('%#', async (request, status, message) => {
    const error = await failure(request);
    expect(error.message).toBe(message);
    expect(error.status ?? (error.kind === 'internal' ? 500 : 400)).toBe(status);
  });
});

describe('stopping', () => {
  const slow = (abort: () => void): TaskRunner => ({
    parallelism: 2,
    run: (_, signal) => {
      abort();
      return new Promise((_, reject) => {
        if (signal.aborted) reject(signal.reason);
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    },
  });

  it('answers 499 when the client has left', async () => {
    const controller = new AbortController();
    const runner = slow(() => controller.abort());
    const running = runQuery(
      range('sum(rate({app="many"}[1h]))'),
      queryDeps(manyStreams, { runner, signal: controller.signal }),
    );
    await expect(running).rejects.toMatchObject({ status: 499, message: 'the request was cancelled by the client' });
    expect(manyStreams.openSelections).toBe(0);
  });

  it('answers 504 when the time is over', async () => {
    const limits = { ...DEFAULT_LIMITS, queryTimeoutMs: 1 };
    const running = runQuery(range('{app="many"}'), queryDeps(manyStreams, { runner: slow(() => undefined), limits }));
    await expect(running).rejects.toMatchObject({
      status: 504,
      message:
        'request timed out, decrease the duration of the request or add more label matchers (prefer exact match over regex match) to reduce the amount of data processed',
    });
  });

  it('hands on what a task throws, and stops the other tasks', async () => {
    const store = new MemoryStore(
      rowsOf({ a: 'b' }, BASE_NS, [
        [1, 'x'],
        [2, 'y'],
        [3, 'z'],
      ]),
      1,
      100_000_000,
    );
    let aborted = 0;
    const runner: TaskRunner = {
      parallelism: 2,
      run: (task, signal) => {
        const first =
          task.kind !== 'tail' &&
          new PartList(task.parts).fromOffsetNs(0) ===
            store.select('', [], { startNs: 0n, endNs: BASE_NS * 2n }).stretches.mins[0];
        if (first) return Promise.reject(new LogError('CHUNK_CORRUPT', 'bad block'));
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            aborted++;
            reject(signal.reason);
          });
        });
      },
    };
    await expect(runQuery(range('sum(rate({a="b"}[1h]))'), queryDeps(store, { runner }))).rejects.toMatchObject({
      message: 'bad block',
    });
    expect(aborted).toBeGreaterThan(0);
  });
});

describe('reading the least', () => {
  const rows = Array.from({ length: 40 }, (_, i) => [i, `line ${i}`] as const);
  const store = new MemoryStore(rowsOf({ a: 'b' }, BASE_NS, rows), 4, 10_000_000);

  it('stops a log query as soon as no part can hold a better row', async () => {
    const all = inPlaceRunner(store.load, 1);
    await runQuery(range('{a="b"} |= "nothing"'), queryDeps(store, { runner: all }));
    const few = inPlaceRunner(store.load, 1);
    const { data } = await runQuery(range('{a="b"}', { limit: 2 }), queryDeps(store, { runner: few }));
    expect(answeredStreams(data)).toMatchObject([{ entries: [{ line: 'line 39' }, { line: 'line 38' }] }]);
    expect(few.taskCount).toBeLessThan(all.taskCount / 4);
  });

  it('runs equal scans of one query once', async () => {
    const once = inPlaceRunner(store.load);
    await runQuery(instant('sum(rate({a="b"}[1h]))'), queryDeps(store, { runner: once }));
    const twice = inPlaceRunner(store.load);
    await runQuery(instant('sum(rate({a="b"}[1h])) / sum(rate({a="b"}[1h]))'), queryDeps(store, { runner: twice }));
    expect(twice.taskCount).toBe(once.taskCount);
  });

  it.each([
    ['sum(count_over_time({a="b"}[1h]))', false, false],
    ['sum by (a) (rate({a="b"}[1h]))', false, false],
    ['sum by (detected_level) (rate({a="b"}[1h]))', false, true],
    ['count_over_time({a="b"} | level="x" [1h])', false, true],
    ['sum(bytes_over_time({a="b"}[1h]))', true, false],
    ['sum(rate({a="b"} |= "line" [1h]))', true, false],
  ])('%s asks for lines: %s, metadata: %s', async (query, lines, metadata) => {
    const asked: unknown[] = [];
    const runner = inPlaceRunner((part, options, counts) => {
      asked.push({ lines: options.lines, metadata: options.metadata });
      return store.load(part, options, counts);
    });
    await runQuery(instant(query), queryDeps(store, { runner }));
    expect(new Set(asked.map((one) => JSON.stringify(one)))).toEqual(new Set([JSON.stringify({ lines, metadata })]));
  });

  it('hands the texts of line filters to the loader', async () => {
    const asked: string[] = [];
    const runner = inPlaceRunner((part, options, counts) => {
      asked.push(
        ...options.needles.map(({ bytes, ignoreCase }) => Buffer.from(bytes).toString() + (ignoreCase ? '/i' : '')),
      );
      return store.load(part, options, counts);
    });
    await runQuery(range('{a="b"} |= "line 1" |~ "(?i)fold" != "x"'), queryDeps(store, { runner }));
    expect(new Set(asked)).toEqual(new Set(['line 1', 'fold/i']));
  });
});

describe('stats and explain', () => {
  it('count what was selected, scanned and returned', async () => {
    const store = new MemoryStore(
      rowsOf({ a: 'b' }, BASE_NS, [
        [1, 'x one'],
        [2, 'y'],
        [3, 'x two'],
      ]),
    );
    const { stats, explain } = await runQuery(range('{a="b"} |= "x"'), queryDeps(store));
    expect(stats).toMatchObject({
      linesProcessed: 3,
      bytesProcessed: 11,
      linesMatched: 2,
      entriesReturned: 2,
      tasks: 1,
      chunksMatched: 1,
    });
    expect(explain.steps).toMatchObject([{ query: '{a="b"} |= "x"', streams: 1, parts: 1, rows: 3, lineBytes: 11 }]);
  });
});

describe('variants', () => {
  it('aggregate one selection in several ways, when allowed', async () => {
    const store = new MemoryStore(
      rowsOf({ a: 'b' }, BASE_NS, [
        [1, 'v=2'],
        [2, 'v=5'],
      ]),
    );
    const query = 'variants(count_over_time({a="b"}[1m]), sum(bytes_over_time({a="b"}[1m]))) of ({a="b"} |= "5" [1m])';
    const limits = { ...DEFAULT_LIMITS, enableMultiVariantQueries: true };
    const { data } = await runQuery(instant(query), queryDeps(store, { limits }));
    expect(data).toMatchObject({
      series: [
        { labels: ['__variant__', '0', 'a', 'b'], values: [1] },
        { labels: ['__variant__', '1'], values: [3] },
      ],
    });
  });
});
