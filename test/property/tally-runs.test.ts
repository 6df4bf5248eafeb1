import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Labels, labelsFromObject } from '../../src/model/labels.ts';
import { LEVEL_IN_METADATA, LEVEL_NONE, LEVELS } from '../../src/model/level.ts';
import type { QueryDeps } from '../../src/query/execute/query-deps.ts';
import { indexStats } from '../../src/query/metadata/stats.ts';
import { queryVolume } from '../../src/query/metadata/volume.ts';
import type { QueryRequest } from '../../src/query/run.ts';
import { TallyCache } from '../../src/query/statistics/tally-cache.ts';
import { KeptSeries } from '../../src/query/statistics/tally-series.ts';
import { PartLoader } from '../../src/store/read/load-part.ts';
import type { QueryStore } from '../../src/store/snapshot/query-store.ts';
import type { VolumeParams } from '../../src/wire/query-params.ts';
import { inPlaceRunner, MemoryStore } from '../support/memory-store.ts';
import { queryDeps } from '../support/query-replay.ts';
import { appendRow } from '../support/store-rows.ts';
import { answer, loaderRunner } from '../support/stored-answers.ts';
import { fail, withStore } from '../support/temporary-store.ts';

/**
 * Statistics over whole segments answer as rows do, and as statistics of one stream after the other: with late and repeated rows, names that the
 * metadata of rows contests, levels of their own, an open head, and what is kept between queries.
 */

// Close to midnight, so that rows of one test lie on two days.
const BASE_NS = 1_793_577_600_000_000_000n - 4_000_000_000_000n;
const SECOND = 1_000_000_000n;
const MINUTE = 60n * SECOND;
const STREAMS = 60;
const SPAN_SECONDS = 6000;

const row = fc.record({
  stream: fc.nat({ max: STREAMS - 1 }),
  /** Within the time of its flush, but for some that come late. */
  share: fc.nat({ max: 999 }),
  /** It was sent before: which of the rows so far. */
  repeats: fc.nat({ max: 999 }),
  isRepeat: fc.integer({ min: 0, max: 79 }).map((number) => number === 0),
  isLate: fc.integer({ min: 0, max: 79 }).map((number) => number === 0),
  level: fc.constantFrom<number>(0, 2, 3, 3, 3, 5, LEVEL_NONE, LEVEL_IN_METADATA),
  zone: fc.option(fc.constantFrom('north', 'south'), { freq: 3 }),
});

const setup = fc.record({
  /** Rows of each flush; the last ones stay in the head. */
  flushes: fc.array(fc.array(fc.noBias(row), { minLength: 150, maxLength: 300 }), { minLength: 2, maxLength: 4 }),
  hasOwnLevels: fc.boolean(),
  hasZones: fc.boolean(),
  ranges: fc.array(
    fc.record({
      from: fc.integer({ min: -20, max: 90 }),
      length: fc.integer({ min: 1, max: 130 }),
      step: fc.integer({ min: 1, max: 9 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

type Setup = typeof setup extends fc.Arbitrary<infer T> ? T : never;

function labelsOf(stream: number) {
  const app = `app-${stream % 5}`;
  return labelsFromObject({
    app,
    pod: `pod-${stream}`,
    ...(stream % 3 === 0 ? { zone: 'here' } : {}),
    ...(stream % 14 === 0 ? { detected_level: 'error' } : {}),
  });
}

interface StoredRow {
  readonly labels: Labels;
  readonly ns: bigint;
  readonly line: string;
  readonly level: number;
  readonly metadata: Labels;
  /** Metadata with the level among it. */
  readonly shown: Labels;
}

function storedRows({ flushes, hasOwnLevels, hasZones }: Setup): StoredRow[][] {
  const sent: StoredRow[] = [];
  return flushes.map((rows, flush) =>
    rows.map(({ stream, share, repeats, isRepeat, isLate, level: given, zone }) => {
      if (isRepeat && sent.length > 0) return sent[repeats % sent.length]!;
      const level = given === LEVEL_IN_METADATA && !hasOwnLevels ? 3 : given;
      const start = isLate ? 0 : (flush * SPAN_SECONDS) / flushes.length;
      const end = ((flush + 1) * SPAN_SECONDS) / flushes.length;
      const seconds = Math.floor(start + ((end - start) * share) / 1000);
      const own = { ...(hasZones && zone !== null ? { zone } : {}) };
      const told = level === LEVEL_IN_METADATA ? { detected_level: 'odd' } : {};
      const counted = level === LEVEL_NONE ? {} : { detected_level: LEVELS[level] ?? 'odd' };
      const one: StoredRow = {
        labels: labelsOf(stream),
        ns: BASE_NS + BigInt(seconds) * SECOND,
        line: `line ${sent.length}`,
        level,
        metadata: labelsFromObject({ ...own, ...told }),
        shown: labelsFromObject({ ...own, ...counted }),
      };
      sent.push(one);
      return one;
    }),
  );
}

/** Around all rows, and around all of the first day. */
const WIDE_RANGES = [
  { from: -5, length: 120, step: 5 },
  { from: -20, length: 90, step: 3 },
];
const SELECTOR = '{app=~".+"}';
const RANGE_QUERIES = [
  `sum by (app) (count_over_time({app=~"app-[0-3]"}[5m]))`,
  `sum by (app) (count_over_time(${SELECTOR}[5m]))`,
  `sum by (app, detected_level) (rate({app=~"app-[123]"}[2m]))`,
  `sum by (zone) (count_over_time(${SELECTOR}[3m]))`,
  `sum(count_over_time(${SELECTOR} | detected_level="error" [7m]))`,
  `sum by (pod) (count_over_time(${SELECTOR} | zone="here" [10m]))`,
  `sum by (app) (count_over_time(${SELECTOR} | drop pod [1m]))`,
  `bottomk(3, sum by (pod) (count_over_time(${SELECTOR}[20m])))`,
  `absent_over_time({app="app-1"}[2m])`,
  `sum without (pod) (count_over_time(${SELECTOR}[4m]))`,
];
/** Levels rule blocks out of these. */
const LEVEL_QUERIES = [
  `${SELECTOR} | detected_level="error"`,
  `${SELECTOR} | detected_level="fatal"`,
  `{app="app-3"} |= "line" | detected_level!="info", zone="north"`,
  `${SELECTOR} | detected_level=~"debug|odd" or detected_level="error"`,
  `${SELECTOR} | detected_level="" | zone=""`,
  `${SELECTOR} | detected_level="error" or zone="south"`,
  `${SELECTOR} | logfmt | detected_level="error"`,
  `${SELECTOR} | label_format detected_level=zone | detected_level="north"`,
  `sum by (app) (count_over_time(${SELECTOR} | detected_level="error" [90s]))`,
  `sum by (app) (bytes_over_time(${SELECTOR} | detected_level=~"err.*|odd" [3m]))`,
  `max by (pod) (max_over_time(${SELECTOR} | detected_level="error" | logfmt | label_format n=app | unwrap n [4m]))`,
];
const INSTANT_QUERIES = [
  `topk(3, sum by (pod) (count_over_time(${SELECTOR}[2h])))`,
  `topk by (app) (1, sum by (app, pod) (count_over_time(${SELECTOR}[30m])))`,
  `sum(count_over_time(${SELECTOR}[2h]))`,
  `count_over_time({app="app-2"}[1h])`,
];

function requests({ ranges }: Setup): QueryRequest[] {
  const shared = { limit: 10, direction: 'backward' as const };
  return [...ranges, ...WIDE_RANGES].flatMap(({ from, length, step }): QueryRequest[] => {
    const startNs = (BASE_NS / MINUTE + BigInt(from)) * MINUTE;
    const endNs = startNs + BigInt(length) * MINUTE;
    const stepNs = BigInt(step) * MINUTE;
    const range = { ...shared, kind: 'range' as const, startNs, endNs, stepNs, intervalNs: 0n };
    return [
      ...RANGE_QUERIES.map((query) => ({ ...range, query })),
      ...LEVEL_QUERIES.map((query) => ({ ...range, query, limit: 5000 })),
      ...INSTANT_QUERIES.map((query) => ({ ...shared, kind: 'instant' as const, query, timeNs: endNs })),
    ];
  });
}

/** The store as one that tells of stretches alone. */
function withoutRuns(store: QueryStore): QueryStore {
  return {
    select: (...asked) => {
      const selection = store.select(...asked);
      const { stored, chunkCount, compressedBytes } = selection;
      return {
        stored,
        stretches: selection.stretches,
        chunkCount,
        compressedBytes,
        release: () => selection.release(),
      };
    },
    streams: (...asked) => store.streams(...asked),
  };
}

function statistics({ ranges }: Setup, deps: QueryDeps): unknown[] {
  return [...ranges, ...WIDE_RANGES].flatMap(({ from, length, step }) => {
    const startNs = BASE_NS + BigInt(from) * MINUTE + 7n;
    const endNs = startNs + BigInt(length) * MINUTE;
    const volume = (change: Partial<VolumeParams>): unknown =>
      queryVolume(
        {
          query: SELECTOR,
          startNs,
          endNs,
          limit: 100,
          targetLabels: [],
          aggregateBy: 'series',
          stepNs: undefined,
          ...change,
        },
        deps,
      );
    return [
      indexStats(SELECTOR, { startNs, endNs }, deps),
      indexStats('{app="app-1"}', { startNs, endNs }, deps),
      volume({}),
      volume({ targetLabels: ['zone', 'app'] }),
      volume({ aggregateBy: 'labels' }),
      volume({ stepNs: BigInt(step) * MINUTE }),
      volume({ stepNs: BigInt(step) * MINUTE, query: '{app=~"app-[12]"}', targetLabels: ['pod'] }),
    ];
  });
}

describe('statistics of whole segments', () => {
  it('answer as rows do, and as statistics of single streams', async () => {
    let keptBytes = 0;
    await fc.assert(
      fc.asyncProperty(setup, async (config) => {
        const flushes = storedRows(config);
        const memory = new MemoryStore(
          flushes.flat().map(({ labels, ns, line, shown }) => ({ labels, timeNs: ns, line, metadata: shown })),
        );
        await withStore(async (store) => {
          const loader = new PartLoader(fail);
          try {
            const kept = { series: new KeptSeries(), tallies: new TallyCache(1 << 20) };
            const plain = {
              ...queryDeps(memory),
              tenant: 'fake',
              runner: loaderRunner(loader),
              store: withoutRuns(store),
            };
            const deps = { ...plain, ...kept, store };
            for (const [i, rows] of flushes.entries()) {
              for (const one of rows) appendRow(store.sink('fake'), one);
              if (i + 1 < flushes.length) await store.flush();
              // Asked while the store grows: what is kept must not go stale.
              if (i + 1 < flushes.length) await answer(requests(config)[0]!, deps);
              statistics(config, deps);
            }
            for (const request of requests(config)) {
              const found = await answer(request, deps);
              expect(found, request.query).toEqual(await answer(request, plain));
              const expected = await answer(request, { ...queryDeps(memory), runner: inPlaceRunner(memory.load) });
              expect(found, request.query).toEqual(expected);
            }
            expect(statistics(config, deps)).toEqual(statistics(config, plain));
            keptBytes += kept.tallies.bytes;
          } finally {
            loader.close();
          }
        });
      }),
      { numRuns: 15, endOnFailure: true },
    );
    expect(keptBytes).toBeGreaterThan(0);
  }, 240_000);
});
