import type { Disk } from '../../base/disk/disk.ts';
import { LogError } from '../../base/errors.ts';
import type { LogIndex } from '../../index/index.ts';
import type { OpenDirectory } from '../segments/open-directory.ts';
import type { StoredSegment } from '../segments/stored-segment.ts';
import type { OpenDirectories } from '../tenant/open-directories.ts';
import type { TenantState } from '../tenant/tenant-state.ts';
import type { Tombstone } from '../tenant/tombstones.ts';
import type { MergeSettings } from './merge-plan.ts';
import { type MergeInfo, type MergeRunner, type MergeTotals, SegmentMerger } from './merger.ts';
import { expiredSegments, type RetentionRules } from './retention.ts';
import { type RemovalProgress, removeRows } from './row-removal.ts';

export interface MergeOptions {
  readonly settings: MergeSettings;
  readonly run: MergeRunner;
}

export interface UpkeepOptions {
  readonly disk: Disk;
  readonly dataFolder: string;
  readonly index: LogIndex;
  readonly directories: OpenDirectories;
  readonly tenants: () => Iterable<TenantState>;
  readonly merge: MergeOptions | undefined;
  readonly writer: string;
  readonly isDiskShort: () => boolean;
  readonly isQuiet: () => boolean;
  readonly now: () => number;
  /** Told of files that no query reads any more, as they are removed. */
  readonly onGone: (segment: StoredSegment) => void;
  readonly onMerged: (info: MergeInfo) => void;
  readonly onMergeFailed: (error: unknown) => void;
  /** Told when a file could not be removed; the next start tries again. */
  readonly onUnlinkFailed: (error: unknown) => void;
}

/** What happens to segments after they are written: merges, retention, and the end of their files. */
export class SegmentUpkeep {
  readonly #options: UpkeepOptions;
  readonly #merger: SegmentMerger | undefined;
  /** Segments that are gone from the index, and whose files wait for their last reader. */
  readonly #leaving = new Set<StoredSegment>();

  constructor(options: UpkeepOptions) {
    this.#options = options;
    if (options.merge !== undefined)
      this.#merger = new SegmentMerger({
        ...options,
        ...options.merge,
        drop: (segments) => this.#drop(segments),
        onFailed: options.onMergeFailed,
      });
  }

  get mergeTotals(): MergeTotals {
    return this.#merger?.totals ?? { merges: 0, failures: 0, bytesIn: 0, bytesOut: 0, workedMs: 0 };
  }

  /** Merges until nothing is left that is worth it, one merge at a time. */
  async merge(): Promise<void> {
    await this.#merger?.start();
  }

  /** Removes the rows of a tombstone from all segments. @throws LogError when one cannot be rewritten */
  async removeRows(
    tenant: TenantState,
    tombstone: Tombstone,
    onProgress: (progress: RemovalProgress) => void,
  ): Promise<void> {
    const merger = this.#merger;
    if (merger === undefined) throw new LogError('INTERNAL', 'a store without merges removes no rows');
    const open = (segment: StoredSegment): OpenDirectory => this.#options.directories.forQuery(tenant)(segment);
    await removeRows(tenant, tombstone, open, (...args) => merger.rewrite(...args), onProgress);
  }

  /** Drops segments that nothing asks to keep. @returns how many */
  async applyRetention(rules: Omit<RetentionRules, 'freeBytes'>): Promise<number> {
    const { disk, dataFolder, tenants, now, index } = this.#options;
    if (this.#merger !== undefined) this.#merger.rules = rules;
    const { freeBytes } = rules.minFreeBytes > 0 ? await disk.space(dataFolder) : { freeBytes: 0 };
    const dropped = expiredSegments(tenants(), { ...rules, freeBytes }, now());
    if (dropped.length === 0) return 0;
    await index.commit({
      streams: [],
      addSegments: [],
      removeSegments: dropped.map(({ segment }) => segment.summary),
    });
    for (const { tenant, segment } of dropped) tenant.removeSegment(segment);
    this.#drop(dropped.map(({ segment }) => segment));
    return dropped.length;
  }

  /** Ends the merge that runs, and removes the files that are left to remove. */
  async close(): Promise<void> {
    await this.#merger?.close();
    await Promise.all([...this.#leaving].map((segment) => this.#remove(segment)));
  }

  #drop(segments: readonly StoredSegment[]): void {
    for (const segment of segments) {
      this.#leaving.add(segment);
      segment.whenUnused(() => void this.#remove(segment));
    }
  }

  async #remove(segment: StoredSegment): Promise<void> {
    if (!this.#leaving.delete(segment)) return;
    this.#options.onGone(segment);
    try {
      await this.#options.disk.unlink(segment.path);
    } catch (error) {
      this.#options.onUnlinkFailed(error);
    }
  }
}
