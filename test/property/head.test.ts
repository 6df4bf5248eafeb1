import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nodeDisk } from '../../src/base/disk/node-disk.ts';
import { LogStore } from '../../src/store/store.ts';
import { runFlushTask } from '../../src/store/write/flush-task.ts';
import { appendRow, matcher, readAll, rowText, type TestRow } from '../support/store-rows.ts';

const NOON = 1_790_000_000_000_000_000n;
const DAY = 86_400_000_000_000n;
const STREAMS = [
  ['app', 'a', 'pod', 'p1'],
  ['app', 'a', 'pod', 'p2'],
];

/** Few values of everything, so that rows collide in time, line and stream, in and out of order, over several days. */
const row: fc.Arbitrary<TestRow> = fc.record({
  labels: fc.constantFrom(...STREAMS),
  ns: fc
    .tuple(fc.integer({ min: -1, max: 1 }), fc.nat(12))
    .map(([day, step]) => NOON + BigInt(day) * DAY + BigInt(step) * 1_000_001n),
  line: fc.constantFrom('', 'a', 'b', 'a\nb', 'ä', 'x'.repeat(3000)),
  metadata: fc.constantFrom([], ['id', '1'], ['id', '2', 'user', 'ü']),
});

type Step =
  | { readonly kind: 'push'; readonly rows: readonly TestRow[] }
  | { readonly kind: 'flush' }
  | { readonly kind: 'reopen' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.array(row, { minLength: 1, maxLength: 25 }).map((rows): Step => ({ kind: 'push', rows })),
  },
  { weight: 2, arbitrary: fc.constant<Step>({ kind: 'flush' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'reopen' }) },
);

/** What must come back: of equal rows (stream, time, line) the first, by time, those of equal time in order of arrival. */
function naive(all: readonly TestRow[], labels: readonly string[]): string[] {
  const kept = new Map<string, TestRow>();
  for (const one of all) {
    const key = `${one.ns} ${one.line}`;
    if (one.labels === labels && !kept.has(key)) kept.set(key, one);
  }
  const sorted = [...kept.values()].sort((a, b) => (a.ns < b.ns ? -1 : a.ns > b.ns ? 1 : 0));
  return sorted.map((one) => rowText(one.labels, one.ns, one.line, one.metadata ?? []));
}

function openStore(folder: string): Promise<LogStore> {
  const fail = (error: unknown): void => {
    throw error;
  };
  return LogStore.open({
    disk: nodeDisk,
    dataFolder: folder,
    head: { headBytes: 256 << 20, generationBytes: 128 << 20, maxAgeMs: 3.6e6, idleMs: 3.6e6 },
    cacheBytes: 16 << 20,
    directoryBytes: 1 << 20,
    walSync: 'interval',
    walSyncIntervalMs: 1000,
    runFlush: (task) => runFlushTask(task, nodeDisk),
    applyLogged: (record, sink) => {
      for (const one of JSON.parse(Buffer.from(record.body).toString()))
        appendRow(sink, { ...one, ns: BigInt(one.ns) });
    },
    now: () => Date.now(),
    events: { damage: fail, recovered: () => undefined, flushed: () => undefined, flushFailed: fail, walFailed: fail },
  });
}

test('whatever is appended and whenever it is flushed, a query sees each row once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      const folder = mkdtempSync(join(tmpdir(), 'halogi-head-'));
      let store = await openStore(folder);
      try {
        const all: TestRow[] = [];
        for (const one of steps) {
          if (one.kind === 'push') {
            for (const each of one.rows) appendRow(store.sink('t'), each);
            all.push(...one.rows);
            const body = JSON.stringify(one.rows.map((each) => ({ ...each, ns: String(each.ns) })));
            await store.log('t', 1, Buffer.from(body), Date.now());
          } else if (one.kind === 'flush') {
            await store.flush();
          } else {
            await store.close();
            store = await openStore(folder);
          }
          for (const labels of STREAMS)
            expect(readAll(store, 't', [matcher('pod', labels[3]!)])).toEqual(naive(all, labels));
        }
      } finally {
        await store.close();
        rmSync(folder, { recursive: true });
      }
    }),
    { numRuns: 30 },
  );
});
