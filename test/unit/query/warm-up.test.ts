import { expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/model/limits.ts';
import type { ScanTask, TaskRunner } from '../../../src/query/task/task.ts';
import { warmUp } from '../../../src/query/warm-up/warm-up.ts';
import { inPlaceRunner, MemoryStore, rowsOf } from '../../support/memory-store.ts';

const BASE_NS = 1_700_006_400_000_000_000n;
const lines = Array.from({ length: 300 }, (_, i) => [i, `level=error status=500 line ${i}`] as const);
const newest = { tenant: 'fake', startNs: BASE_NS, endNs: BASE_NS + 299_000_000_000n, lineBytes: 9000 };

function setup(store: MemoryStore, runner: TaskRunner) {
  return {
    store,
    runner,
    limits: { ...DEFAULT_LIMITS, maxQueryLookbackMs: 0 },
    nowNs: BASE_NS + 300_000_000_000n,
    tenant: 'fake',
    signal: new AbortController().signal,
  };
}

/** Longer than any test may take: a warm-up that ends by time alone fails its test. */
const NO_END_MS = 3_600_000;

/** Tasks and stages that are asked for. */
const KINDS = ['json', 'label-filter', 'line-filter', 'logfmt', 'logs', 'pattern', 'samples'];

/** Counts tasks by what they look for. */
function counting(store: MemoryStore): { readonly runner: TaskRunner; readonly seen: Map<string, number> } {
  const seen = new Map<string, number>();
  const own = inPlaceRunner(store.load);
  const run: TaskRunner['run'] = (task: ScanTask, signal) => {
    const kinds = task.kind === 'samples' ? task.scan.stages : task.kind === 'logs' ? task.stages : [];
    const key = [task.kind, ...kinds.map((stage) => stage.kind)].join(' ');
    seen.set(key, (seen.get(key) ?? 0) + 1);
    return own.run(task, signal);
  };
  return { runner: { parallelism: 2, run }, seen };
}

test('a warm-up asks queries of each kind, over and over', async () => {
  const store = new MemoryStore(rowsOf({ app: 'a' }, BASE_NS, lines));
  const { runner, seen } = counting(store);
  const kinds = (): string[] => [...new Set([...seen.keys()].flatMap((key) => key.split(' ')))].sort();
  const isOver = (): boolean => kinds().length >= KINDS.length && Math.max(...seen.values()) > 1;
  await warmUp(newest, setup(store, runner), NO_END_MS, isOver);
  expect(kinds()).toEqual(KINDS);
  expect(seen.size).toBeGreaterThan(5);
  expect(store.openSelections).toBe(0);
});

test('it takes the time that it is given', async () => {
  const store = new MemoryStore(rowsOf({ app: 'a' }, BASE_NS, lines));
  const { runner } = counting(store);
  const startMs = performance.now();
  await warmUp(newest, setup(store, runner), 100, () => false);
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(100);
  expect(store.openSelections).toBe(0);
});

test('it goes on when queries fail, and stops when it is over', async () => {
  const store = new MemoryStore(rowsOf({ app: 'a' }, BASE_NS, lines));
  let tasks = 0;
  const runner: TaskRunner = {
    parallelism: 1,
    run: async () => {
      tasks++;
      throw new Error('a worker thread died');
    },
  };
  await warmUp(newest, setup(store, runner), NO_END_MS, () => tasks >= 20);
  expect(tasks).toBeGreaterThanOrEqual(20);
  expect(store.openSelections).toBe(0);
});

test('it asks although people may not ask for so long a time', async () => {
  const store = new MemoryStore(rowsOf({ app: 'a' }, BASE_NS, lines));
  const { runner, seen } = counting(store);
  const { limits, ...deps } = setup(store, runner);
  const short = { ...limits, maxQueryLengthMs: 1000, maxQueryLookbackMs: 1000 };
  await warmUp(newest, { ...deps, limits: short, nowNs: BASE_NS + 10n ** 18n }, NO_END_MS, () => seen.size > 5);
  expect(seen.size).toBeGreaterThan(5);
});

test('without streams there is nothing to ask', async () => {
  const store = new MemoryStore([]);
  const { runner, seen } = counting(store);
  await warmUp(newest, setup(store, runner), NO_END_MS, () => false);
  expect(seen.size).toBe(0);
});
