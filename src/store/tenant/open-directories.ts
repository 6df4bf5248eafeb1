import type { LogIndex } from '../../index/index.ts';
import type { StoreDamage } from '../segments/damage.ts';
import { KeptTallies } from '../segments/kept-tallies.ts';
import { loadDirectory, loadTally } from '../segments/load-directory.ts';
import { joinDirectory, OpenDirectory, type SegmentTables } from '../segments/open-directory.ts';
import type { StoredSegment } from '../segments/stored-segment.ts';
import type { TenantState } from './tenant-state.ts';

/** Somebody has asked within this time: then new segments will be asked for, too. */
const IN_USE_MS = 10 * 60_000;
const TALLY_SHARE = 1 / 4;
/** Share of the memory for the newest segments while nobody asks: what is asked first is what was written last. */
const UNASKED_SHARE = 1 / 4;
const NONE: ReadonlySet<StoredSegment> = new Set();

/** Directory of a segment, as a query asks for it; of one that is damaged, an empty one. */
export type DirectoryOf = (segment: StoredSegment) => OpenDirectory;

/**
 * Directories of segments in memory. To read one takes 2 ms, and 30 with 5,000 streams; a query holds all that it reads until it ends. As with
 * filters, a query never pushes out what it has used itself: of a range whose directories do not fit, part of them stays.
 */
export class OpenDirectories {
  readonly #index: LogIndex;
  readonly #maxBytes: number;
  readonly #onDamage: (damage: StoreDamage) => void;
  /** Least recently used first. */
  readonly #open = new Map<StoredSegment, OpenDirectory>();
  #bytes = 0;
  #askedMs = Number.NEGATIVE_INFINITY;
  /** In what directories leave, and a part in any case. */
  readonly #tallies = new KeptTallies(() =>
    Math.max(this.#newBytes * TALLY_SHARE, Math.min(this.#newBytes, this.#maxBytes - this.#bytes)),
  );

  constructor(index: LogIndex, maxBytes: number, onDamage: (damage: StoreDamage) => void) {
    this.#index = index;
    this.#maxBytes = maxBytes;
    this.#onDamage = onDamage;
  }

  /** Whether there is room for one more of the size that they have so far. */
  get hasRoom(): boolean {
    return this.#bytes + this.#bytes / Math.max(1, this.#open.size) <= this.#maxBytes;
  }

  /** What new segments may fill. */
  get #newBytes(): number {
    const isInUse = performance.now() - this.#askedMs < IN_USE_MS;
    return isInUse ? this.#maxBytes : this.#maxBytes * UNASKED_SHARE;
  }

  /** From here on nobody has asked yet. */
  forgetAskers(): void {
    this.#askedMs = Number.NEGATIVE_INFINITY;
  }

  /** Directories as one query asks for them. */
  forQuery(tenant: TenantState): DirectoryOf {
    this.#askedMs = performance.now();
    this.#tallies.beginQuery();
    const used = new Set<StoredSegment>();
    return (segment) => {
      used.add(segment);
      return this.#of(tenant, segment, used);
    };
  }

  /** Opens a segment ahead of anybody who asks. */
  open(tenant: TenantState, segment: StoredSegment): void {
    this.#of(tenant, segment, NONE);
  }

  #of(tenant: TenantState, segment: StoredSegment, used: ReadonlySet<StoredSegment>): OpenDirectory {
    const known = this.#open.get(segment);
    if (known !== undefined) {
      this.#open.delete(segment);
      this.#open.set(segment, known);
      return known;
    }
    const directory = loadDirectory(this.#index, segment, this.#onDamage);
    const { tables, streamIds } = joinDirectory(directory, (streams, i) => tenant.streamOf(streams, i).streamId);
    const opened = this.#opened(segment, tables, streamIds);
    this.#keep(segment, opened, used, this.#maxBytes);
    return opened;
  }

  #opened(segment: StoredSegment, tables: SegmentTables, streamIds: Uint32Array): OpenDirectory {
    return new OpenDirectory(tables, streamIds, this.#tallies, (blocks) =>
      loadTally(this.#index, segment, blocks, this.#onDamage),
    );
  }

  #keep(segment: StoredSegment, opened: OpenDirectory, used: ReadonlySet<StoredSegment>, maxBytes: number): void {
    const { bytes } = opened;
    const leaving: StoredSegment[] = [];
    let left = this.#bytes;
    for (const other of this.#open.keys()) {
      if (left + bytes <= maxBytes) break;
      if (used.has(other)) continue;
      leaving.push(other);
      left -= this.#open.get(other)!.bytes;
    }
    if (left + bytes > maxBytes) {
      opened.end();
      return;
    }
    for (const other of leaving) this.forget(other);
    this.#open.set(segment, opened);
    this.#bytes += bytes;
    this.#tallies.trim();
  }

  /**
   * Takes what was written just now.
   *
   * @param tables absent: its sources were not in memory, either
   * @param streamIds by the segment's own stream numbers
   */
  put(segment: StoredSegment, tables: SegmentTables | undefined, streamIds: Uint32Array): void {
    if (tables === undefined) return;
    this.#keep(segment, this.#opened(segment, tables, streamIds), NONE, this.#newBytes);
  }

  /** Stream ids of a segment by its own stream numbers, if it is in memory. */
  streamIdsOf(segment: StoredSegment): Uint32Array | undefined {
    return this.#open.get(segment)?.streamIds;
  }

  forget(segment: StoredSegment): void {
    const known = this.#open.get(segment);
    if (known === undefined) return;
    this.#open.delete(segment);
    this.#bytes -= known.bytes;
    known.end();
  }
}
