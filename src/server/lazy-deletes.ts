import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { nodeDisk } from '../base/disk/node-disk.ts';
import type { Deletes } from '../deletes/deletes.ts';
import type { LogStore } from '../store/store.ts';
import type { EngineOptions } from './engine.ts';

/** As in `deletes/delete-files.ts`, whose code is not loaded for a look at it. */
const DELETES_FOLDER = 'deletes';

/** The code of deletes, loaded when there are requests or when somebody asks: most servers have none. */
export class LazyDeletes {
  readonly #options: EngineOptions & { readonly store: LogStore };
  #loaded: Promise<Deletes> | undefined;
  #pending: () => { readonly count: number; readonly oldestSeconds: number } = () => ({ count: 0, oldestSeconds: 0 });

  constructor(options: EngineOptions & { readonly store: LogStore }) {
    this.#options = options;
    options.metrics.watch([
      {
        name: 'loki_compactor_pending_delete_requests_count',
        help: 'delete requests whose rows are hidden and not yet removed',
        kind: 'gauge',
        read: () => this.#pending().count,
      },
      {
        name: 'loki_compactor_oldest_pending_delete_request_age_seconds',
        help: 'age of the oldest of them',
        kind: 'gauge',
        read: () => this.#pending().oldestSeconds,
      },
    ]);
  }

  /** Hides what the data folder says is deleted; to be awaited before the first query. */
  async startIfAny(): Promise<void> {
    if (existsSync(join(this.#options.settings.dataDir, DELETES_FOLDER))) await this.load();
  }

  load(): Promise<Deletes> {
    this.#loaded ??= this.#start();
    return this.#loaded;
  }

  async #start(): Promise<Deletes> {
    const { Deletes } = await import('../deletes/deletes.ts');
    const { settings, limitsFor, logger, store } = this.#options;
    const deletes = new Deletes({
      disk: nodeDisk,
      dataFolder: settings.dataDir,
      store,
      cancelPeriodMs: settings.deleteCancelPeriodMs,
      modeOf: (tenant) => limitsFor(tenant).deletionMode,
      nowMs: Date.now,
      log: logger,
    });
    await deletes.start();
    this.#pending = () => deletes.pending();
    return deletes;
  }

  async close(): Promise<void> {
    const loaded = await this.#loaded?.catch(() => undefined);
    await loaded?.close();
  }
}
