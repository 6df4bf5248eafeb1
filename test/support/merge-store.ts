import type { Disk } from '../../src/base/disk/disk.ts';
import { nodeDisk } from '../../src/base/disk/node-disk.ts';
import type { WorkerPool } from '../../src/pool/pool.ts';
import type { MergeSettings } from '../../src/store/lifecycle/merge-plan.ts';
import type { MergeInfo } from '../../src/store/lifecycle/merger.ts';
import { LogStore } from '../../src/store/store.ts';
import type { LoggedPush, StoreEvents } from '../../src/store/store-options.ts';
import { runFlushTask } from '../../src/store/write/flush-task.ts';
import { runMergeTask } from '../../src/store/write/merge-task.ts';
import { appendRow, readAll, type TestRow } from './store-rows.ts';

const MERGE_SETTINGS: MergeSettings = {
  tierSegments: 4,
  minAgeMs: 0,
  maxSegmentBytes: 64 << 20,
  coldAfterMs: 0,
  coldLevel: 6,
  cpuPercent: 100,
};

export interface MergeStoreOptions {
  readonly folder: string;
  readonly disk?: Disk;
  /** Absent: nothing is merged. */
  readonly settings?: Partial<MergeSettings>;
  readonly now?: () => number;
  readonly directoryBytes?: number;
  /** Flushes and merges run in these threads, not in place. */
  readonly threads?: WorkerPool;
  /** Called as a merge begins, in its stead or before it. */
  readonly beforeMerge?: () => Promise<void>;
}

export interface MergeStore {
  readonly store: LogStore;
  readonly merges: readonly MergeInfo[];
  readonly failures: readonly unknown[];
  readonly damages: readonly unknown[];
  readonly recovered: Parameters<StoreEvents['recovered']>[0];
  push(rows: readonly TestRow[], tenant?: string): Promise<void>;
}

const rowsToBody = (rows: readonly TestRow[]): Buffer =>
  Buffer.from(JSON.stringify(rows.map((row) => ({ ...row, ns: String(row.ns) }))));

/** A logged push in these tests is JSON of rows. */
function applyLogged(record: LoggedPush, sink: Parameters<typeof appendRow>[0]): void {
  for (const row of JSON.parse(Buffer.from(record.body).toString()) as (Omit<TestRow, 'ns'> & { ns: string })[])
    appendRow(sink, { ...row, ns: BigInt(row.ns) });
}

/** A store that merges in place, when it is told to and after each flush. */
export async function openMergeStore(options: MergeStoreOptions): Promise<MergeStore> {
  const { folder, disk = nodeDisk, settings, now = Date.now } = options;
  const merges: MergeInfo[] = [];
  const failures: unknown[] = [];
  const damages: unknown[] = [];
  let recovered: MergeStore['recovered'] | undefined;
  const fail = (error: unknown): void => {
    throw error;
  };
  const run = async (task: Parameters<typeof runMergeTask>[0]): ReturnType<typeof runMergeTask> => {
    await options.beforeMerge?.();
    if (options.threads !== undefined) return options.threads.merge(task);
    return runMergeTask(structuredClone(task), disk);
  };
  const store = await LogStore.open({
    disk,
    dataFolder: folder,
    head: { headBytes: 256 << 20, generationBytes: 128 << 20, maxAgeMs: 3.6e6, idleMs: 3.6e6 },
    cacheBytes: 16 << 20,
    directoryBytes: options.directoryBytes ?? 1 << 20,
    walSync: 'always',
    walSyncIntervalMs: 1000,
    runFlush: (task) => options.threads?.flush(task) ?? runFlushTask(task, disk),
    ...(settings === undefined ? {} : { merge: { settings: { ...MERGE_SETTINGS, ...settings }, run } }),
    applyLogged,
    now,
    events: {
      damage: (damage) => damages.push(damage),
      recovered: (counts) => {
        recovered = counts;
      },
      flushed: () => undefined,
      flushFailed: fail,
      walFailed: fail,
      merged: (info) => merges.push(info),
      mergeFailed: (error) => failures.push(error),
    },
  });
  const push = async (rows: readonly TestRow[], tenant = 't1'): Promise<void> => {
    for (const row of rows) appendRow(store.sink(tenant), row);
    await store.log(tenant, 1, rowsToBody(rows), now());
  };
  return { store, merges, failures, damages, recovered: recovered!, push };
}

/** All rows by stream, each stream in the order in which a query gives it. */
export function rowsByStream(store: LogStore, tenant = 't1'): Map<string, string[]> {
  const byStream = new Map<string, string[]>();
  for (const text of readAll(store, tenant, [])) {
    const key = text.slice(0, text.search(/ -?\d+ "/));
    const list = byStream.get(key);
    if (list === undefined) byStream.set(key, [text]);
    else list.push(text);
  }
  return new Map([...byStream].sort(([a], [b]) => (a < b ? -1 : 1)));
}
