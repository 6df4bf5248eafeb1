import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { nodeDisk } from '../../src/base/disk/node-disk.ts';
import { DEFAULT_LIMITS } from '../../src/model/limits.ts';
import { Metrics } from '../../src/server/metrics.ts';
import { StorePushService } from '../../src/server/push-service.ts';
import type { StoreDamage } from '../../src/store/segments/damage.ts';
import { LogStore } from '../../src/store/store.ts';
import type { StoreEvents } from '../../src/store/store-options.ts';
import { runFlushTask } from '../../src/store/write/flush-task.ts';

/** Store and ingest as the server joins them, without HTTP and threads: quick to open hundreds of times. */
export interface OpenedStore {
  readonly store: LogStore;
  readonly damages: readonly StoreDamage[];
  readonly recovered: Parameters<StoreEvents['recovered']>[0];
  /** Pushes a JSON body; resolves when it is acknowledged. */
  push(tenant: string, body: Buffer): Promise<void>;
}

const fail = (error: unknown): void => {
  throw error;
};

export async function openStore(folder: string): Promise<OpenedStore> {
  const limits = { ...DEFAULT_LIMITS, rejectOldSamples: false };
  const damages: StoreDamage[] = [];
  let recovered: OpenedStore['recovered'] | undefined;
  const pushes = new StorePushService({
    limitsFor: () => limits,
    maxBodyBytes: 1 << 24,
    maxDecompressedBytes: 1 << 24,
    metrics: new Metrics(),
    nowNs: () => BigInt(Date.now()) * 1_000_000n,
    tails: { tap: (_tenant, sink) => sink },
  });
  const store = await LogStore.open({
    disk: nodeDisk,
    dataFolder: folder,
    head: { headBytes: 256 << 20, generationBytes: 128 << 20, maxAgeMs: 3.6e6, idleMs: 3.6e6 },
    cacheBytes: 16 << 20,
    directoryBytes: 1 << 20,
    walSync: 'always',
    walSyncIntervalMs: 1000,
    runFlush: (task) => runFlushTask(task, nodeDisk),
    applyLogged: (record, sink) => pushes.replay(record, sink),
    now: () => Date.now(),
    events: {
      damage: (damage) => damages.push(damage),
      recovered: (counts) => {
        recovered = counts;
      },
      flushed: () => undefined,
      flushFailed: fail,
      walFailed: fail,
    },
  });
  pushes.attach(store);
  const push = async (tenant: string, body: Buffer): Promise<void> => {
    const { status } = await pushes.push({
      tenant,
      kind: 'push',
      contentType: 'application/json',
      contentEncoding: undefined,
      body,
    });
    if (status !== 204) throw new Error(`push answered ${status}`);
  };
  return { store, damages, recovered: recovered!, push };
}

/** A push body of some lines, one nanosecond apart from `firstNs` on. */
export function jsonBody(app: string, firstNs: bigint, lines: readonly string[]): Buffer {
  const values = lines.map((line, i) => [String(firstNs + BigInt(i)), line]);
  return Buffer.from(JSON.stringify({ streams: [{ stream: { app }, values }] }));
}

/** Copies the data folder of a running store, as a kill would leave it: without the lock of its holder. */
export function copyAsKilled(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
  rmSync(join(to, 'LOCK'), { force: true });
}
