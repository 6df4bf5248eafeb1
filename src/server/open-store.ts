import { nodeDisk } from '../base/disk/node-disk.ts';
import type { Settings } from '../config/settings.ts';
import type { WorkerPool } from '../pool/pool.ts';
import { LogStore } from '../store/store.ts';
import type { StoreEvents } from '../store/store-options.ts';
import type { StorePushService } from './push-service.ts';

/**
 * Parts of the head: one on its way to disk, and one open, which is to be full when the other is written. What is left over keeps
 * pushes from having to stop when it is not yet written.
 */
const GENERATIONS_IN_HEAD = 2.2;
const MAX_AGE_MS = 60 * 60_000;
const IDLE_MS = 10 * 60_000;
const SYNC_INTERVAL_MS = 1000;

/** Opens the store of a data folder as the settings say; the WAL is replayed through the push service. */
export async function openStore(
  settings: Settings,
  pool: WorkerPool,
  pushes: StorePushService,
  events: StoreEvents,
): Promise<LogStore> {
  const store = await LogStore.open({
    disk: nodeDisk,
    dataFolder: settings.dataDir,
    head: {
      headBytes: settings.headBytes,
      generationBytes: settings.headBytes / GENERATIONS_IN_HEAD,
      maxAgeMs: MAX_AGE_MS,
      idleMs: IDLE_MS,
    },
    cacheBytes: settings.cacheBytes,
    directoryBytes: settings.directoryBytes,
    walSync: settings.walSync,
    walSyncIntervalMs: SYNC_INTERVAL_MS,
    runFlush: (task) => pool.flush(task),
    merge: { settings: settings.merge, run: (task) => pool.merge(task) },
    onSegmentGone: (path) => pool.forgetFile(path),
    applyLogged: (record, sink) => pushes.replay(record, sink),
    now: Date.now,
    events,
  });
  pushes.attach(store);
  return store;
}
