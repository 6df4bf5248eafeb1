import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelsFromObject } from '../../src/model/labels.ts';
import { ResultCache } from '../../src/query/execute/result-cache.ts';
import type { QueryRequest } from '../../src/query/run.ts';
import { PartLoader } from '../../src/store/read/load-part.ts';
import { inPlaceRunner, MemoryStore } from '../support/memory-store.ts';
import { queryDeps } from '../support/query-replay.ts';
import { appendRow } from '../support/store-rows.ts';
import { answer, loaderRunner } from '../support/stored-answers.ts';
import { fail, withStore } from '../support/temporary-store.ts';

/**
 * Queries over a real store (segments of several flushes, late rows, skip filters, tallies, an open head) answer as over a plain list
 * of the same rows.
 */

// Close to midnight, so that rows of one test lie on two days.
const BASE_NS = 1_793_577_600_000_000_000n - 400_000_000_000n;
const SECOND = 1_000_000_000n;

/** Words that are long enough for skip filters, in the spellings that hide them. */
const WORDS = [
  'alphabetical',
  'path/to/something',
  'quoted "middle" words',
  'überraschung',
  'other',
  'back\\slashes here',
];
const SPELLINGS = ['plain', 'escaped', 'slash'] as const;

function spelled(word: string, how: (typeof SPELLINGS)[number]): string {
  const text = JSON.stringify(word);
  if (how === 'slash') return text.replaceAll('/', '\\/');
  if (how === 'plain') return text;
  const code = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `"${[...word].map((character, i) => (i % 3 === 0 ? code(character) : JSON.stringify(character).slice(1, -1))).join('')}"`;
}

const row = fc.record({
  app: fc.constantFrom('a', 'b', 'c', 'd'),
  second: fc.integer({ min: 0, max: 800 }),
  word: fc.constantFrom(...WORDS),
  spelling: fc.constantFrom(...SPELLINGS),
  form: fc.constantFrom('json', 'logfmt', 'text'),
  /** Lines so long that a few of them fill a block. */
  long: fc.boolean(),
  trace: fc.option(fc.constantFrom('0123456789abcdef', 'fedcba9876543210')),
});

const setup = fc.record({
  /** Rows of each flush; the last ones stay in the head. */
  flushes: fc.array(fc.array(row, { maxLength: 12 }), { minLength: 1, maxLength: 4 }),
  word: fc.constantFrom(...WORDS),
  limit: fc.integer({ min: 1, max: 12 }),
  direction: fc.constantFrom('forward' as const, 'backward' as const),
  from: fc.integer({ min: -10, max: 500 }),
  length: fc.integer({ min: 1, max: 900 }),
});

type Setup = typeof setup extends fc.Arbitrary<infer T> ? T : never;

function storedRows({ flushes }: Setup) {
  let number = 0;
  return flushes.map((rows) =>
    rows.map(({ app, second, word, spelling, form, long, trace }) => {
      const pad = long ? ' x'.repeat(45_000) : '';
      const text = spelled(word, spelling);
      const n = number++;
      const line =
        form === 'json' ? `{"n":${n},"w":${text}}` : form === 'logfmt' ? `n=${n} w=${text}` : `${n} ${word} end${pad}`;
      return {
        labels: labelsFromObject(app === 'd' ? { app, w: WORDS[0]! } : { app }),
        ns: BASE_NS + BigInt(second) * SECOND,
        line,
        metadata: labelsFromObject(trace === null ? {} : { trace }),
      };
    }),
  );
}

function queries({ word, limit, direction, from, length }: Setup): QueryRequest[] {
  const startNs = BASE_NS + BigInt(from) * SECOND;
  const range = {
    kind: 'range' as const,
    limit,
    direction,
    startNs,
    endNs: startNs + BigInt(length) * SECOND,
    stepNs: 60n * SECOND,
    intervalNs: 0n,
  };
  const value = JSON.stringify(word);
  const minute = 60n * SECOND;
  const aligned = { ...range, startNs: (startNs / minute) * minute, endNs: (range.endNs / minute) * minute };
  return [
    { ...range, query: '{app=~".+"}' },
    { ...range, query: `{app=~"a|b"} |= ${value}` },
    { ...range, query: `{app=~".+"} | json | w=${value}` },
    { ...range, query: `{app=~".+"} | logfmt | w=${value}` },
    { ...range, query: `{app=~".+"} | w=${value}` },
    { ...range, query: '{app=~".+"} | trace="0123456789abcdef"' },
    { ...range, query: `{app=~".+"} | pattern "<_> <w> end" | w=${value} and trace="fedcba9876543210"` },
    { ...range, query: `{app=~".+"} | regexp "(?P<w>alpha.*) end" | w=${value}` },
    { ...aligned, query: 'sum by (app) (count_over_time({app=~".+"}[2m]))' },
    { ...aligned, query: 'count_over_time({app=~".+"}[1m])' },
    { ...range, query: 'sum by (app) (bytes_over_time({app=~".+"}[9m]))' },
    { ...range, query: 'bytes_rate({app=~".+"} | app!="c" [90s])' },
    { ...range, query: 'sum by (w, trace) (bytes_over_time({app=~".+"}[1h]))' },
    {
      kind: 'instant',
      limit,
      direction,
      timeNs: range.endNs,
      query: 'sum by (app) (bytes_over_time({app=~".+"}[1h]))',
    },
    { ...aligned, query: `sum by (w) (count_over_time({app=~".+"} | json | w=${value} [3m]))` },
    {
      kind: 'instant',
      limit,
      direction,
      timeNs: aligned.endNs,
      query: 'topk(2, sum by (app) (count_over_time({app=~".+"}[1h])))',
    },
  ];
}

/** Windows that join, overlap and leave gaps; states that are sums, samples and times. */
const MOVING_QUERIES = [
  'sum by (app) (count_over_time({app=~".+"} |= "n" [1m]))',
  'rate({app=~".+"} |= "e" [150s])',
  'count_over_time({app=~".+"} |= "n" [20s])',
  'avg_over_time({app=~".+"} | logfmt | unwrap n [2m]) by (app)',
  'quantile_over_time(0.5, {app=~".+"} | json | unwrap n [3m]) by (app)',
  'first_over_time({app=~".+"} | logfmt | unwrap n [3m]) by (app)',
  'last_over_time({app=~".+"} | json | unwrap n [90s]) by (app)',
  'count_over_time({app=~".+"} |= "n" [1h])',
];

describe('a stored query', () => {
  it('answers as one over a list of rows', async () => {
    await fc.assert(
      fc.asyncProperty(setup, async (config) => {
        const flushes = storedRows(config);
        const memory = new MemoryStore(
          flushes.flat().map(({ labels, ns, line, metadata }) => ({ labels, timeNs: ns, line, metadata })),
        );
        await withStore(async (store) => {
          for (const [i, rows] of flushes.entries()) {
            for (const one of rows) appendRow(store.sink('fake'), one);
            if (i + 1 < flushes.length) await store.flush();
          }
          const loader = new PartLoader(fail);
          const deps = { ...queryDeps(memory), store, tenant: 'fake', runner: loaderRunner(loader) };
          for (const request of queries(config)) {
            const expected = await answer(request, { ...queryDeps(memory), runner: inPlaceRunner(memory.load) });
            expect(await answer(request, deps), request.query).toEqual(expected);
          }
          loader.close();
        });
      }),
      { numRuns: 20 },
    );
  }, 120_000);

  it('answers alike from kept results, also when its range has moved on', async () => {
    let hits = 0;
    const cases = fc.record({
      config: setup,
      moves: fc.array(fc.integer({ min: -3, max: 4 }), { minLength: 1, maxLength: 4 }),
      shiftSeconds: fc.constantFrom(0, 0, 7),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ config, moves, shiftSeconds }) => {
        const flushes = storedRows(config);
        await withStore(async (store) => {
          for (const rows of flushes) {
            for (const one of rows) appendRow(store.sink('fake'), one);
            await store.flush();
          }
          const loader = new PartLoader(fail);
          const results = new ResultCache(1 << 20);
          const fresh = { ...queryDeps(new MemoryStore([])), store, tenant: 'fake', runner: loaderRunner(loader) };
          let minutes = 0;
          for (const move of [0, ...moves]) {
            minutes += move;
            for (const query of MOVING_QUERIES) {
              const startNs = BASE_NS - 120n * SECOND + BigInt(minutes * 60 + shiftSeconds * move) * SECOND;
              const request = {
                kind: 'range' as const,
                query,
                limit: 10,
                direction: 'backward' as const,
                startNs,
                endNs: startNs + 900n * SECOND,
                stepNs: 60n * SECOND,
                intervalNs: 0n,
              };
              expect(await answer(request, { ...fresh, results }), query).toEqual(await answer(request, fresh));
            }
          }
          hits += results.hits;
          loader.close();
        });
      }),
      { numRuns: 15 },
    );
    expect(hits).toBeGreaterThan(100);
  }, 120_000);
});
