import { join } from 'node:path';
import type { Disk } from '../../base/disk/disk.ts';
import { LogError } from '../../base/errors.ts';
import { Pause } from '../../base/pause.ts';
import type { LogIndex } from '../../index/index.ts';
import { dayStartNs, NS_PER_MS } from '../../model/time.ts';
import { StoredSegment, segmentFolder } from '../segments/stored-segment.ts';
import type { OpenDirectories } from '../tenant/open-directories.ts';
import type { TenantState } from '../tenant/tenant-state.ts';
import { newMergeControl, stopMerge } from '../write/merge-pace.ts';
import type { MergedSegment, MergeResult, MergeTask, RemovedRows } from '../write/merge-task.ts';
import { bytesOf, FRESH_ZSTD_LEVEL, type MergePlan, type MergeSettings, planMerge } from './merge-plan.ts';
import { expiredSegments, type RetentionRules } from './retention.ts';
import type { Rewritten } from './row-removal.ts';

/** Runs merges somewhere: in a thread of their own in the server, in place in tests. */
export type MergeRunner = (task: MergeTask) => Promise<MergeResult>;

export interface MergerOptions {
  readonly disk: Disk;
  readonly dataFolder: string;
  readonly index: LogIndex;
  readonly directories: OpenDirectories;
  readonly settings: MergeSettings;
  readonly run: MergeRunner;
  readonly writer: string;
  readonly tenants: () => Iterable<TenantState>;
  /** Lets go of segments that no query will see again. */
  readonly drop: (segments: readonly StoredSegment[]) => void;
  /** True while the disk is under pressure: then nothing is begun. */
  readonly isDiskShort: () => boolean;
  /** True while nothing comes in. */
  readonly isQuiet: () => boolean;
  readonly now: () => number;
  readonly onMerged: (info: MergeInfo) => void;
  readonly onFailed: (error: unknown) => void;
}

/** A merge that was done. */
export interface MergeInfo {
  readonly tenant: string;
  readonly day: number;
  readonly kind: MergePlan['kind'];
  readonly level: number;
  readonly sources: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly rows: number;
  readonly repeats: number;
  readonly expiredRows: number;
  readonly removedRows: number;
  readonly copiedBlocks: number;
  readonly decodedBlocks: number;
  readonly durationMs: number;
  readonly workedMs: number;
}

/** Totals since the start, for metrics. */
export interface MergeTotals {
  readonly merges: number;
  readonly failures: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly workedMs: number;
}

/** Room on the disk that a merge leaves, besides what retention keeps free. */
const SPARE_BYTES = 64 * 1024 * 1024;
/** Retention is looked at with rules this much stricter: what it drops so soon is not rewritten. */
const SOON_MS = 60 * 60_000;
const SOON_SHARE = 1.05;
const RETRY_MS = 60_000;

/** Joins segments in the background, one merge at a time. */
export class SegmentMerger {
  readonly #options: MergerOptions;
  readonly #pause = new Pause();
  /** Segments that cannot be read whole: merging them would hide what is left of them. */
  readonly #broken = new WeakSet<StoredSegment>();
  #rules: Omit<RetentionRules, 'freeBytes'> = { periodMs: () => 0, maxBytes: 0, minFreeBytes: 0 };
  #control: SharedArrayBuffer | undefined;
  #running: Promise<void> | undefined;
  #closed = false;
  readonly #totals = { merges: 0, failures: 0, bytesIn: 0, bytesOut: 0, workedMs: 0 };

  constructor(options: MergerOptions) {
    this.#options = options;
  }

  get totals(): MergeTotals {
    return { ...this.#totals };
  }

  /** What retention asks for from now on. */
  set rules(rules: Omit<RetentionRules, 'freeBytes'>) {
    this.#rules = rules;
  }

  /** Begins to merge what is worth it, unless it does so already. @returns resolves when nothing is left */
  start(): Promise<void> {
    if (this.#closed || this.#options.settings.tierSegments === 0) return Promise.resolve();
    this.#running ??= this.#mergeAll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /**
   * Rewrites a segment without some rows, when the merges that run are done.
   *
   * @returns undefined when it is gone meanwhile
   * @throws LogError as runMergeTask, SHUTTING_DOWN when the store is closed
   */
  async rewrite(
    tenant: TenantState,
    segment: StoredSegment,
    removes: readonly RemovedRows[],
  ): Promise<Rewritten | undefined> {
    while (this.#running !== undefined) await this.#running.catch(() => undefined);
    if (this.#closed) throw new LogError('SHUTTING_DOWN', 'the server is stopping');
    const zstdLevel = segment.summary.zstdLevel ?? FRESH_ZSTD_LEVEL;
    let made: Rewritten | undefined;
    const run = async (): Promise<void> => {
      if (!isStillThere(tenant, [segment])) return;
      made = await this.#merge({ tenant, sources: [segment], zstdLevel, kind: 'delete', removes });
    };
    this.#running = run().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
    return made;
  }

  /** Ends the merge that runs; its sources stay as they are. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#pause.end();
    if (this.#control !== undefined) stopMerge(this.#control);
    await this.#running;
  }

  async #mergeAll(): Promise<void> {
    while (!this.#closed) {
      let plan: MergePlan | undefined;
      try {
        plan = await this.#plan();
        if (plan === undefined) return;
        await this.#merge(plan);
      } catch (error) {
        // Left since a flush was due: the next quiet time begins it anew.
        if (this.#closed || (error instanceof LogError && error.code === 'SHUTTING_DOWN')) return;
        this.#totals.failures++;
        this.#options.onFailed(error);
        if (plan !== undefined && error instanceof LogError && error.kind === 'corrupt') this.#noteBroken(plan, error);
        else await this.#pause.wait(RETRY_MS);
      }
    }
  }

  async #plan(): Promise<MergePlan | undefined> {
    const { disk, dataFolder, settings, tenants, now, isDiskShort, isQuiet } = this.#options;
    if (isDiskShort()) return undefined;
    const { freeBytes } = await disk.space(dataFolder);
    const soon = new Set(this.#droppedSoon(freeBytes).map(({ segment }) => segment));
    const mayMerge = (segment: StoredSegment): boolean => !soon.has(segment) && !this.#broken.has(segment);
    const plan = planMerge(tenants(), settings, mayMerge, now(), isQuiet());
    if (plan === undefined) return undefined;
    const { minFreeBytes } = this.#rules;
    return freeBytes - bytesOf(plan.sources) >= minFreeBytes * SOON_SHARE + SPARE_BYTES ? plan : undefined;
  }

  #droppedSoon(freeBytes: number): ReturnType<typeof expiredSegments> {
    const { periodMs, maxBytes, minFreeBytes } = this.#rules;
    const stricter = {
      periodMs,
      maxBytes: Math.floor(maxBytes / SOON_SHARE),
      minFreeBytes: Math.ceil(minFreeBytes * SOON_SHARE),
      freeBytes,
    };
    return expiredSegments(this.#options.tenants(), stricter, this.#options.now() + SOON_MS);
  }

  /** With more than one source it is not said which one is meant but by its path. */
  #noteBroken(plan: MergePlan, error: LogError): void {
    const named = plan.sources.filter((segment) => error.message.includes(segment.path));
    for (const segment of named.length > 0 ? named : plan.sources) this.#broken.add(segment);
  }

  async #merge(plan: MergePlan): Promise<Rewritten | undefined> {
    const { now, index, onMerged, drop } = this.#options;
    const { tenant, sources } = plan;
    const startMs = now();
    for (const segment of sources) segment.pin();
    try {
      const task = this.#task(plan);
      const path = join(task.folder, task.name);
      const result = await this.#run(task);
      const merged = result.segment;
      if (this.#closed || !isStillThere(tenant, sources)) {
        await this.#options.disk.unlink(path);
        return undefined;
      }
      try {
        await index.commit({
          streams: [],
          addSegments: merged === undefined ? [] : [merged],
          removeSegments: sources.map((segment) => segment.summary),
        });
      } catch (error) {
        await this.#options.disk.unlink(path);
        throw error;
      }
      // One step: from here queries see the merged segment, and its sources no longer.
      tenant.removeSegments(sources);
      const segment = merged === undefined ? undefined : this.#add(merged, path, plan);
      drop(sources);
      const info = infoOf(plan, task, result, now() - startMs);
      this.#count(info);
      onMerged(info);
      return { segment, removedRows: result.removedRows, removedBytes: result.removedBytes };
    } finally {
      for (const segment of sources) segment.unpin();
    }
  }

  #add(merged: MergedSegment, path: string, { tenant, sources }: MergePlan): StoredSegment {
    const { directories } = this.#options;
    const segment = new StoredSegment(merged.summary, path, lastAddedMs(sources));
    tenant.addSegment(segment);
    const ids = sources.map((source) => directories.streamIdsOf(source));
    const { origins } = merged;
    const streamIds = new Uint32Array(origins.length / 2);
    for (let stream = 0; stream < streamIds.length; stream++) {
      const id = ids[origins[stream * 2]!]?.[origins[stream * 2 + 1]!];
      // Of a source that is not in memory: then this one need not be, either.
      if (id === undefined) return segment;
      streamIds[stream] = id;
    }
    directories.put(segment, merged.tables, streamIds);
    return segment;
  }

  async #run(task: MergeTask): Promise<MergeResult> {
    this.#control = task.control;
    try {
      return await this.#options.run(task);
    } finally {
      this.#control = undefined;
    }
  }

  #task({ tenant, sources, zstdLevel, kind, removes }: MergePlan): MergeTask {
    const { dataFolder, settings, now, writer, directories } = this.#options;
    const { day, name } = sources[0]!.summary;
    const level = 1 + Math.max(...sources.map((segment) => segment.summary.generation));
    const periodMs = this.#rules.periodMs(tenant.name);
    const expiredNs = periodMs === 0 ? 0 : Number(BigInt(now() - periodMs) * NS_PER_MS - dayStartNs(day));
    return {
      tenant: tenant.name,
      day,
      writer,
      level,
      zstdLevel,
      wantsTables: sources.every((segment) => directories.streamIdsOf(segment) !== undefined),
      folder: segmentFolder(dataFolder, tenant.name, day),
      name: mergedName(name, level),
      sources: sources.map(({ path, summary }) => ({ path, zstdLevel: summary.zstdLevel ?? FRESH_ZSTD_LEVEL })),
      fromNs: Math.max(0, expiredNs),
      removes,
      cpuPercent: settings.cpuPercent,
      inQuiet: kind === 'thin',
      control: newMergeControl(),
    };
  }

  #count(info: MergeInfo): void {
    this.#totals.merges++;
    this.#totals.bytesIn += info.bytesIn;
    this.#totals.bytesOut += info.bytesOut;
    this.#totals.workedMs += info.workedMs;
  }
}

/**
 * Name of a merged segment: that of its first source with the level of the merge, so that names stay in order of arrival.
 * `0mf3k2a1c-00000007-0.seg` becomes `0mf3k2a1c-00000007-0-m01.seg`.
 */
function mergedName(firstSource: string, level: number): string {
  const stem = firstSource.replace(/(-m\d+)?\.seg$/, '');
  return `${stem}-m${String(level).padStart(2, '0')}.seg`;
}

/** False when retention has dropped one of them meanwhile. */
function isStillThere(tenant: TenantState, sources: readonly StoredSegment[]): boolean {
  const present = tenant.segments.get(sources[0]!.summary.day) ?? [];
  return sources.every((segment) => present.includes(segment));
}

function lastAddedMs(sources: readonly StoredSegment[]): number {
  return Math.max(...sources.map((segment) => segment.addedMs));
}

function infoOf(plan: MergePlan, task: MergeTask, result: MergeResult, durationMs: number): MergeInfo {
  return {
    tenant: plan.tenant.name,
    day: task.day,
    kind: plan.kind,
    level: task.level,
    sources: plan.sources.length,
    bytesIn: bytesOf(plan.sources),
    bytesOut: result.segment?.summary.fileBytes ?? 0,
    rows: result.rows,
    repeats: result.repeats,
    expiredRows: result.expiredRows,
    removedRows: result.removedRows,
    copiedBlocks: result.copiedBlocks,
    decodedBlocks: result.decodedBlocks,
    durationMs,
    workedMs: Math.round(result.workedMs),
  };
}
