import { join } from 'node:path';
import type { Disk } from '../base/disk.ts';
import { LogError } from '../base/errors.ts';
import { checkFolderFormat } from '../base/folder-format.ts';
import { type FolderLock, lockFolder } from '../base/folder-lock.ts';
import { Pause } from '../base/pause.ts';
import type { IndexState, LogIndex } from '../index/index.ts';
import type { Labels } from '../model/labels.ts';
import type { CompiledMatcher } from '../model/matcher.ts';
import type { RowSink } from '../model/row-sink.ts';
import type { TimeRange } from '../model/time.ts';
import { replayWal } from '../wal/replay.ts';
import { WalWriter } from '../wal/writer.ts';
import { keysOfText } from '../chunk/skip-filter.ts';
import { FilterCache } from './filter-cache.ts';
import { DiskReserve } from './disk-reserve.ts';
import { type FlushRunner, writeGeneration } from './flusher.ts';
import { type HeadOptions, HeadState } from './head-state.ts';
import { loadDirectory } from './load-directory.ts';
import { openIndex, type StoreDamage } from './open-index.ts';
import { type RecoverCounts, restoreIndex } from './recover.ts';
import { tallyOf } from './part-tally.ts';
import { expiredSegments, type RetentionRules } from './retention.ts';
import type { PartRef, PartTally, QueryStore, Selection } from './select.ts';
import { type BlockSkipper, selectParts, selectStreams, type StoreView } from './selection.ts';
import type { OpenDirectory, StoredSegment } from './stored-segment.ts';
import { TenantSink } from './tenant-sink.ts';
import { TenantState } from './tenant-state.ts';

/** A record of the log as replay hands it over: what `log` was given. */
export interface LoggedPush {
  readonly kind: number;
  readonly tenant: string;
  readonly arrivalMs: number;
  readonly body: Uint8Array;
}

export interface StoreOptions {
  readonly disk: Disk;
  readonly dataFolder: string;
  readonly head: HeadOptions;
  /** Memory for skip filters of segments. */
  readonly cacheBytes: number;
  readonly walSync: 'always' | 'interval';
  readonly walSyncIntervalMs: number;
  readonly runFlush: FlushRunner;
  /** Decodes a logged push and appends its rows to the sink. */
  readonly applyLogged: (record: LoggedPush, sink: RowSink) => void;
  readonly now: () => number;
  readonly events: StoreEvents;
}

/** What the store has to say; the server logs and counts it. */
export interface StoreEvents {
  damage(damage: StoreDamage): void;
  recovered(counts: RecoverCounts & { readonly records: number; readonly tornBytes: number }): void;
  flushed(info: { readonly rows: number; readonly segments: number; readonly bytes: number; readonly durationMs: number }): void;
  flushFailed(error: unknown, retryMs: number): void;
  walFailed(error: unknown): void;
}

/** How often the age and idleness of the head are looked at. */
const TICK_MS = 1000;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 5000;
/** How long a push waits for a full head before it is refused. */
const ADMIT_WAIT_MS = 5000;

/** Joins WAL, head, chunks and index: rows in, parts out. All of it runs on the main thread but reading and writing of blocks. */
export class LogStore implements QueryStore {
  readonly #options: StoreOptions;
  readonly #lock: FolderLock;
  readonly #index: LogIndex;
  readonly #head: HeadState;
  readonly #tenants = new Map<string, TenantState>();
  readonly #sinks = new Map<string, TenantSink>();
  readonly #writer: string;
  readonly #retryPause = new Pause();
  readonly #reserve: DiskReserve;
  readonly #filters: FilterCache;
  #wal!: WalWriter;
  #flushing: Promise<void> | undefined;
  #ticker: NodeJS.Timeout | undefined;
  #closed = false;
  #lastFlushError: unknown;

  private constructor(options: StoreOptions, lock: FolderLock, index: LogIndex, reserve: DiskReserve) {
    this.#reserve = reserve;
    this.#options = options;
    this.#lock = lock;
    this.#index = index;
    this.#head = new HeadState(options.head, options.now);
    this.#filters = new FilterCache(options.cacheBytes, (cause) => options.events.damage({ file: 'skip filters', reason: String(cause), quarantinedAs: undefined, cause }));
    this.#writer = options.now().toString(36).padStart(9, '0');
  }

  /**
   * Takes the folder, reads the index, replays the WAL.
   *
   * @throws LogError FOLDER_LOCKED, FORMAT_UNKNOWN
   */
  static async open(options: StoreOptions): Promise<LogStore> {
    const { disk, dataFolder } = options;
    await disk.mkdir(dataFolder);
    const reserve = new DiskReserve(disk, dataFolder);
    return reserve.spend(async () => {
      const lock = lockFolder(dataFolder);
      try {
        await checkFolderFormat(disk, dataFolder);
        const { index, state } = await openIndex({ disk, dataFolder, onDamage: options.events.damage });
        const store = new LogStore(options, lock, index, reserve);
        await store.#recover(state).catch(async (error: unknown) => {
          await index.close();
          throw error;
        });
        return store;
      } catch (error) {
        lock.release();
        throw error;
      }
    });
  }

  async #recover(state: IndexState): Promise<void> {
    const { disk, dataFolder, events } = this.#options;
    const { counts, checkpointSeq } = await restoreIndex({ disk, dataFolder, index: this.#index, state, onDamage: events.damage, tenant: (name, next) => this.#tenant(name, next) });
    const walFolder = join(dataFolder, 'wal');
    const replay = await replayWal({
      disk,
      dir: walFolder,
      quarantineDir: join(dataFolder, 'quarantine'),
      afterSeq: checkpointSeq,
      apply: (record) => this.#options.applyLogged(record, this.sink(record.tenant)),
      onDamage: (damage) => events.damage(damage),
    });
    this.#wal = await WalWriter.open({
      disk,
      dir: walFolder,
      nextSeq: replay.lastSeq + 1,
      sync: this.#options.walSync,
      syncIntervalMs: this.#options.walSyncIntervalMs,
      onFailure: (error) => events.walFailed(error),
    });
    await this.#wal.deleteThrough(checkpointSeq);
    events.recovered({ ...counts, records: replay.records, tornBytes: replay.tornBytes });
    this.#ticker = setInterval(() => {
      this.#cutIfDue();
      void this.#reserve.check();
    }, TICK_MS);
    this.#ticker.unref();
    this.#cutIfDue();
  }

  #tenant(name: string, nextStreamId = 1): TenantState {
    let tenant = this.#tenants.get(name);
    if (tenant === undefined) {
      tenant = new TenantState(name, nextStreamId);
      this.#tenants.set(name, tenant);
    }
    return tenant;
  }

  /** Where rows of a tenant go. */
  sink(tenant: string): RowSink {
    let sink = this.#sinks.get(tenant);
    if (sink === undefined) {
      sink = new TenantSink(this.#tenant(tenant), this.#head);
      this.#sinks.set(tenant, sink);
    }
    return sink;
  }

  /**
   * Waits until the head has room. Call before a push is applied.
   *
   * @throws LogError MEMORY_PRESSURE or DISK_FULL when it does not get room in time: to be answered with Retry-After
   */
  async admit(): Promise<void> {
    if (this.#closed) throw new LogError('SHUTTING_DOWN', 'the server is stopping');
    if (this.#reserve.isMissing) throw new LogError('DISK_FULL', 'the disk is full');
    if (!this.#head.isFull) return;
    this.#cutIfDue();
    const flushing = this.#flushing;
    if (flushing !== undefined && this.#lastFlushError === undefined) {
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([flushing, new Promise((resolve) => (timer = setTimeout(resolve, ADMIT_WAIT_MS)))]);
      clearTimeout(timer);
    }
    if (!this.#head.isFull) return;
    if (this.#lastFlushError !== undefined) throw new LogError('DISK_FULL', 'the head is full and cannot be written to disk', { cause: this.#lastFlushError });
    throw new LogError('MEMORY_PRESSURE', 'the head is full, try again later');
  }

  /**
   * Puts a push whose rows were just appended into the WAL. Call in the same turn as the appends.
   *
   * @returns resolves when the record is on the medium (wal.sync: always)
   * @throws LogError WAL_WRITE or DISK_FULL
   */
  async log(tenant: string, kind: number, body: Uint8Array, arrivalMs: number): Promise<void> {
    this.#head.open.lastAppendMs = arrivalMs;
    const written = this.#wal.append({ kind, tenant, arrivalMs, body });
    this.#cutIfDue();
    await written;
  }

  #cutIfDue(): void {
    if (this.#head.isDue) this.#seal();
    if (this.#head.sealedCount > 0) this.#startFlush();
  }

  #seal(): void {
    this.#head.seal(this.#wal.rotate());
  }

  #startFlush(): void {
    if (this.#flushing !== undefined) return;
    this.#flushing = this.#flushAll().finally(() => {
      this.#flushing = undefined;
      if (this.#head.sealedCount > 0 && !this.#closed) this.#startFlush();
    });
  }

  async #flushAll(): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    for (let generation = this.#head.oldestSealed; generation !== undefined; generation = this.#head.oldestSealed) {
      const startMs = this.#options.now();
      try {
        generation.pin();
        const written = await writeGeneration(generation, {
          disk: this.#options.disk,
          dataFolder: this.#options.dataFolder,
          index: this.#index,
          run: this.#options.runFlush,
          writer: this.#writer,
          tenant: (name) => this.#tenant(name),
        });
        // One step: from here queries see the segments, and the head no longer.
        for (const { tenant, segment } of written.segments) tenant.addSegment(segment);
        this.#head.dropOldest();
        this.#lastFlushError = undefined;
        const bytes = written.segments.reduce((sum, { segment }) => sum + segment.summary.fileBytes, 0);
        this.#options.events.flushed({ rows: generation.rowCount, segments: written.segments.length, bytes, durationMs: this.#options.now() - startMs });
        await this.#wal.deleteThrough(generation.walSeq);
        retryMs = FIRST_RETRY_MS;
      } catch (error) {
        this.#lastFlushError = error;
        this.#options.events.flushFailed(error, retryMs);
        if (this.#closed) return;
        await this.#retryPause.wait(retryMs);
        retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
      } finally {
        generation.unpin();
      }
    }
  }

  /** Cuts the head and writes it; resolves when all that was there before the call is in segments. */
  async flush(): Promise<void> {
    if (!this.#head.open.empty) this.#seal();
    if (this.#head.sealedCount > 0) this.#startFlush();
    await this.#flushing;
    if (this.#lastFlushError !== undefined) throw this.#lastFlushError;
  }

  #view(tenant: string): StoreView {
    return { tenant: this.#tenant(tenant), generations: this.#head.all(), open: (segment) => this.#open(this.#tenant(tenant), segment) };
  }

  #open(tenant: TenantState, segment: StoredSegment): OpenDirectory {
    return segment.open(
      () => loadDirectory(this.#index, segment, this.#options.events.damage),
      (labels, key) => tenant.stream(labels, key).streamId,
    );
  }

  select(tenant: string, matchers: readonly CompiledMatcher[], range: TimeRange, texts: readonly Uint8Array[] = []): Selection {
    return selectParts(this.#view(tenant), matchers, range, this.#skipper(texts));
  }

  tallyOf(part: PartRef): PartTally | undefined {
    return tallyOf(part);
  }

  streams(tenant: string, matchers: readonly CompiledMatcher[], range: TimeRange): readonly Labels[] {
    return selectStreams(this.#view(tenant), matchers, range);
  }

  #skipper(texts: readonly Uint8Array[]): BlockSkipper | undefined {
    const keys = texts.flatMap((text) => [...keysOfText(text)]);
    if (keys.length === 0) return undefined;
    return { keys: Uint32Array.from(keys), filters: this.#filters.forQuery(), blocks: 0, lineBytes: 0 };
  }

  /** Drops segments that nothing asks to keep. @returns how many */
  async applyRetention(rules: Omit<RetentionRules, 'freeBytes'>): Promise<number> {
    const { freeBytes } = rules.minFreeBytes > 0 ? await this.#options.disk.space(this.#options.dataFolder) : { freeBytes: 0 };
    const dropped = expiredSegments(this.#tenants.values(), { ...rules, freeBytes }, this.#options.now());
    if (dropped.length === 0) return 0;
    await this.#index.commit({ streams: [], addSegments: [], removeSegments: dropped.map(({ segment }) => segment.summary) });
    for (const { tenant, segment } of dropped) {
      tenant.removeSegment(segment);
      this.#filters.forget(segment.path);
      segment.whenUnused(() => void this.#options.disk.unlink(segment.path).catch((error: unknown) => this.#options.events.flushFailed(error, 0)));
    }
    return dropped.length;
  }

  /** Numbers for metrics. */
  stats(): StoreStats {
    const segments = [...this.#tenants.values()].flatMap((tenant) => [...tenant.segments.values()].flat());
    return {
      headBytes: this.#head.allocatedBytes,
      headRows: this.#head.rowCount,
      sealedGenerations: this.#head.sealedCount,
      segments: segments.length,
      segmentBytes: segments.reduce((sum, segment) => sum + segment.summary.fileBytes, 0),
      storedRows: segments.reduce((sum, segment) => sum + segment.summary.rowCount, 0),
      streamsByTenant: new Map([...this.#tenants].map(([name, tenant]) => [name, tenant.streams.size])),
      wal: { ...this.#wal.stats, queuedBytes: this.#wal.queuedBytes },
      flushError: this.#lastFlushError,
    };
  }

  /** Writes the head (one last attempt if that failed so far), so that the next start has nothing to replay, and frees the folder. */
  async close(): Promise<void> {
    if (this.#closed) return;
    clearInterval(this.#ticker);
    if (!this.#head.open.empty) this.#seal();
    if (this.#head.sealedCount > 0) this.#startFlush();
    this.#closed = true;
    this.#retryPause.end();
    await Promise.all([this.#flushing, this.#reserve.settle()]);
    await this.#wal.close();
    await this.#index.close();
    this.#lock.release();
  }
}

export interface StoreStats {
  readonly headBytes: number;
  readonly headRows: number;
  readonly sealedGenerations: number;
  readonly segments: number;
  readonly segmentBytes: number;
  readonly storedRows: number;
  readonly streamsByTenant: ReadonlyMap<string, number>;
  readonly wal: { readonly records: number; readonly bytes: number; readonly syncs: number; readonly failures: number; readonly queuedBytes: number };
  readonly flushError: unknown;
}
