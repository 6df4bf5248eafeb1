// Over 350 lines: the door of the store, a short method for each thing that is asked of it.
import { join } from 'node:path';
import { checkFolderFormat } from '../base/disk/folder-format.ts';
import { type FolderLock, lockFolder } from '../base/disk/folder-lock.ts';
import { LogError } from '../base/errors.ts';
import type { IndexState, LogIndex } from '../index/index.ts';
import type { Labels } from '../model/labels.ts';
import type { CompiledMatcher } from '../model/matcher.ts';
import type { RowSink } from '../model/row-sink.ts';
import type { TimeRange } from '../model/time.ts';
import { replayWal, type WalDamage } from '../wal/replay.ts';
import { WalWriter } from '../wal/writer.ts';
import { DamageReport } from './lifecycle/damage-report.ts';
import { DiskReserve } from './lifecycle/disk-reserve.ts';
import { FlushLoop } from './lifecycle/flush-loop.ts';
import { openIndex } from './lifecycle/open-index.ts';
import { restoreIndex } from './lifecycle/recover.ts';
import type { RetentionRules } from './lifecycle/retention.ts';
import type { RemovalProgress } from './lifecycle/row-removal.ts';
import { SegmentUpkeep } from './lifecycle/segment-upkeep.ts';
import type { DamagedBlocks } from './segments/damage.ts';
import type { DamageLedger } from './segments/damage-ledger.ts';
import { FilterCache } from './segments/filter-cache.ts';
import { newestSegment, type SegmentExtent, writerName } from './segments/stored-segment.ts';
import type { LabelsInUse, QueryStore, Selection } from './snapshot/query-store.ts';
import { type StoreView, selectLabels, selectStored, selectStreams } from './snapshot/selection.ts';
import type { StoreOptions } from './store-options.ts';
import { type StoreStats, storeStats } from './store-stats.ts';
import { HeadState } from './tenant/head-state.ts';
import { OpenDirectories } from './tenant/open-directories.ts';
import { openRecent } from './tenant/open-recent.ts';
import { TenantSink } from './tenant/tenant-sink.ts';
import { TenantState } from './tenant/tenant-state.ts';
import type { Tombstone } from './tenant/tombstones.ts';

/** How often the age and idleness of the head are looked at. */
const TICK_MS = 1000;
/** Ticks between looks for segments to merge, besides those after each flush: days become cold by themselves. */
const MERGE_TICKS = 60;
/** Nothing came in for so long, and all of it is in segments: time for merges that would be in the way else. */
const QUIET_MS = 2000;
/** How long a push waits for a full head before it is refused. */
const ADMIT_WAIT_MS = 5000;

/**
 * Joins WAL, head, chunks and index: rows in, parts out. All of it runs on the main thread but reading and writing of blocks.
 */
export class LogStore implements QueryStore {
  readonly #options: StoreOptions;
  readonly #lock: FolderLock;
  readonly #index: LogIndex;
  readonly #head: HeadState;
  readonly #tenants = new Map<string, TenantState>();
  readonly #sinks = new Map<string, TenantSink>();
  #writer = '';
  readonly #reserve: DiskReserve;
  readonly #damage: DamageReport;
  readonly #filters: FilterCache;
  readonly #directories: OpenDirectories;
  #wal!: WalWriter;
  #flushes!: FlushLoop;
  #upkeep!: SegmentUpkeep;
  #ticks = 0;
  #wasQuiet = false;
  #ticker: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(
    options: StoreOptions,
    lock: FolderLock,
    index: LogIndex,
    reserve: DiskReserve,
    damage: DamageReport,
  ) {
    this.#damage = damage;
    this.#reserve = reserve;
    this.#options = options;
    this.#lock = lock;
    this.#index = index;
    this.#head = new HeadState(options.head, options.now);
    this.#directories = new OpenDirectories(index, options.directoryBytes, this.#damage.tell);
    this.#filters = new FilterCache(options.cacheBytes, options.disk, damage.filtersDamaged);
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
        const { now, events } = options;
        const damage = await DamageReport.open({ disk, dataFolder, now, onDamage: (found) => events.damage(found) });
        const { index, state } = await openIndex({ disk, dataFolder, onDamage: damage.tell });
        const store = new LogStore(options, lock, index, reserve, damage);
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
    const { counts, checkpointSeq } = await restoreIndex({
      disk,
      dataFolder,
      index: this.#index,
      state,
      onDamage: this.#damage.tell,
      tenant: (name, next) => this.#tenant(name, next),
      nowMs: this.#options.now(),
    });
    this.#writer = writerName(this.#options.now(), this.#tenants.values());
    const walFolder = join(dataFolder, 'wal');
    const walDamages: WalDamage[] = [];
    const replay = await replayWal({
      disk,
      dir: walFolder,
      quarantineDir: join(dataFolder, 'quarantine'),
      afterSeq: checkpointSeq,
      apply: (record) => this.#options.applyLogged(record, this.sink(record.tenant)),
      onDamage: (damage) => walDamages.push(damage),
    });
    for (const damage of walDamages) await this.#damage.walDamaged(damage);
    this.#wal = await WalWriter.open({
      disk,
      dir: walFolder,
      nextSeq: replay.lastSeq + 1,
      sync: this.#options.walSync,
      syncIntervalMs: this.#options.walSyncIntervalMs,
      onFailure: (error) => events.walFailed(error),
    });
    this.#upkeep = this.#makeUpkeep();
    this.#flushes = new FlushLoop({
      disk,
      dataFolder,
      index: this.#index,
      directories: this.#directories,
      run: this.#options.runFlush,
      writer: this.#writer,
      tenant: (name) => this.#tenant(name),
      head: this.#head,
      wal: this.#wal,
      now: this.#options.now,
      onFlushed: (info) => {
        events.flushed(info);
        void this.#upkeep.merge();
      },
      onFailed: (error, retryMs) => events.flushFailed(error, retryMs),
    });
    await this.#wal.deleteThrough(checkpointSeq);
    events.recovered({ ...counts, records: replay.records, tornBytes: replay.tornBytes });
    this.#ticker = setInterval(() => {
      this.#cutIfDue();
      const isQuiet = this.#head.isEmptyFor(QUIET_MS);
      if (this.#ticks++ % MERGE_TICKS === 0 || (isQuiet && !this.#wasQuiet)) void this.#upkeep.merge();
      this.#wasQuiet = isQuiet;
      void this.#reserve.check();
    }, TICK_MS);
    this.#ticker.unref();
    this.#cutIfDue();
  }

  /** What damage is known. */
  get damage(): DamageLedger {
    return this.#damage.ledger;
  }

  /** Takes in what a scan could not read. To be called before the answer is given, which shall say so. */
  blocksDamaged(damaged: DamagedBlocks): void {
    this.#damage.blocksDamaged(this.#tenants.values(), this.#directories, damaged);
  }

  #makeUpkeep(): SegmentUpkeep {
    const { disk, dataFolder, merge, now, events, onSegmentGone } = this.#options;
    return new SegmentUpkeep({
      disk,
      dataFolder,
      index: this.#index,
      directories: this.#directories,
      tenants: () => this.#tenants.values(),
      merge,
      writer: this.#writer,
      isQuiet: () => this.#head.isEmptyFor(QUIET_MS),
      isDiskShort: () => this.#reserve.isMissing || this.#flushes.lastError !== undefined,
      now,
      onGone: (segment) => {
        this.#directories.forget(segment);
        this.#filters.forget(segment.path);
        this.#damage.ledger.forget(segment.path);
        onSegmentGone?.(segment.path);
      },
      onMerged: (info) => events.merged?.(info),
      onMergeFailed: (error) => events.mergeFailed?.(error),
      onUnlinkFailed: (error) => events.flushFailed(error, 0),
    });
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
    const paceMs = this.#flushes.paceMs();
    if (paceMs >= 1) await this.#flushes.memoryBack(paceMs);
    if (!this.#head.isFull) return;
    this.#cutIfDue();
    const untilMs = performance.now() + ADMIT_WAIT_MS;
    while (this.#head.isFull && this.#flushes.running !== undefined && this.#flushes.lastError === undefined) {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) break;
      await this.#flushes.memoryBack(leftMs);
    }
    if (!this.#head.isFull) return;
    if (this.#flushes.lastError !== undefined)
      throw new LogError('DISK_FULL', 'the head is full and cannot be written to disk', {
        cause: this.#flushes.lastError,
      });
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
    if (this.#head.sealedCount > 0) this.#flushes.start();
  }

  #seal(): void {
    this.#head.seal(this.#wal.rotate());
  }

  /** Cuts the head and writes it; resolves when all that was there before the call is in segments. */
  async flush(): Promise<void> {
    if (!this.#head.open.empty) this.#seal();
    if (this.#head.sealedCount > 0) this.#flushes.start();
    await this.#flushes.done();
    if (this.#flushes.lastError !== undefined) throw this.#flushes.lastError;
  }

  #view(tenant: string): StoreView {
    return {
      tenant: this.#tenant(tenant),
      generations: this.#head.all(),
      open: this.#directories.forQuery(this.#tenant(tenant)),
      filters: this.#filters,
    };
  }

  /** Opens the newest segments ahead of the first queries. */
  openRecent(): Promise<void> {
    return openRecent([...this.#tenants.values()], this.#directories, () => this.#closed);
  }

  /** Whoever asked so far was not somebody who will ask again: what is written next need not be kept for them. */
  forgetAskers(): void {
    this.#directories.forgetAskers();
  }

  /** The segment with the newest rows, undefined when there is none. */
  newestSegment(): SegmentExtent | undefined {
    return newestSegment(this.#tenants.values());
  }

  select(tenant: string, matchers: readonly CompiledMatcher[], range: TimeRange): Selection {
    return selectStored(this.#view(tenant), matchers, range);
  }

  streams(tenant: string, matchers: readonly CompiledMatcher[], range: TimeRange): readonly Labels[] {
    return selectStreams(this.#view(tenant), matchers, range);
  }

  labels(tenant: string, matchers: readonly CompiledMatcher[], range: TimeRange): LabelsInUse {
    return selectLabels(this.#view(tenant), matchers, range);
  }

  /** What nobody is to see of a tenant from now on, in place of what was hidden before. */
  hide(tenant: string, tombstones: readonly Tombstone[]): void {
    this.#tenant(tenant).tombstones = tombstones;
  }

  /**
   * Removes the rows of a tombstone from all segments, also those that are in the head now; rows that come later stay.
   *
   * @throws LogError when a segment cannot be rewritten; then others may have been
   */
  async removeRows(
    tenant: string,
    tombstone: Tombstone,
    onProgress: (progress: RemovalProgress) => void,
  ): Promise<void> {
    await this.flush();
    await this.#upkeep.removeRows(this.#tenant(tenant), tombstone, onProgress);
  }

  /** Drops segments that nothing asks to keep. @returns how many */
  applyRetention(rules: Omit<RetentionRules, 'freeBytes'>): Promise<number> {
    return this.#upkeep.applyRetention(rules);
  }

  /** Joins segments until nothing is left that is worth it. */
  merge(): Promise<void> {
    return this.#upkeep.merge();
  }

  /** Numbers for metrics. */
  stats(): StoreStats {
    return storeStats(this.#tenants, this.#head, this.#wal, this.#flushes.lastError, this.#upkeep.mergeTotals);
  }

  /** Writes the head (one last attempt if that failed so far), so that the next start has nothing to replay, and frees the folder. */
  async close(): Promise<void> {
    if (this.#closed) return;
    clearInterval(this.#ticker);
    if (!this.#head.open.empty) this.#seal();
    if (this.#head.sealedCount > 0) this.#flushes.start();
    this.#closed = true;
    this.#flushes.close();
    await Promise.all([this.#flushes.running, this.#reserve.settle(), this.#upkeep.close()]);
    await this.#wal.close();
    await this.#index.close();
    this.#lock.release();
  }
}
