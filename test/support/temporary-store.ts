import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeDisk } from '../../src/base/disk/node-disk.ts';
import { LogStore } from '../../src/store/store.ts';
import { runFlushTask } from '../../src/store/write/flush-task.ts';

export function fail(error: unknown): never {
  throw error;
}

/** Opens a store in a folder of its own, with flushes in place and no merges, and removes it afterwards. */
export async function withStore<T>(use: (store: LogStore) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'halogi-store-'));
  const store = await LogStore.open({
    disk: nodeDisk,
    dataFolder: folder,
    head: { headBytes: 64 << 20, generationBytes: 32 << 20, maxAgeMs: 3.6e6, idleMs: 3.6e6 },
    cacheBytes: 1 << 20,
    directoryBytes: 1 << 20,
    walSync: 'interval',
    walSyncIntervalMs: 1000,
    runFlush: (task) => runFlushTask(task, nodeDisk),
    applyLogged: () => undefined,
    now: () => Date.now(),
    events: { damage: fail, recovered: () => undefined, flushed: () => undefined, flushFailed: fail, walFailed: fail },
  });
  try {
    return await use(store);
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
}
