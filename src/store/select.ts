import type { Labels } from '../model/labels.ts';
import type { CompiledMatcher } from '../model/matcher.ts';
import type { TimeRange } from '../model/time.ts';

/**
 * What a query sees of the store: a snapshot of parts, pinned until released. A part is all stored rows of one stream in
 * one stretch of one UTC day, from closed segments and from the head; parts of one stream never overlap in time, and a row
 * is in exactly one part, also while the head is being flushed. Parts are plain data (typed arrays and shared memory
 * included) and cross to a worker, where `store/load-part.ts` turns them into row blocks.
 */
export interface PartRef {
  readonly streamId: number;
  readonly streamLabels: Labels;
  readonly day: number;
  /** Smallest and largest row time, nanoseconds from the start of the day. */
  readonly minOffsetNs: number;
  readonly maxOffsetNs: number;
  /** Rows and line bytes in all sources, before any time filter; what tasks are sized by. */
  readonly rowCount: number;
  readonly lineBytes: number;
  /** Bytes of structured metadata as pushed (names and values), where the source knows them; they count in volumes. */
  readonly metadataBytes?: number;
  /** Order on disk: parts of neighbouring places share compressed frames, so reading in this order reads each frame once. */
  readonly place: number;
  /** Where the rows are; understood by the store only. More than one when sources overlap in time: then merged and deduplicated. */
  readonly sources: readonly unknown[];
}

export interface Selection {
  readonly parts: readonly PartRef[];
  /** Chunks and bytes behind the parts, for `stats`. */
  readonly chunkCount: number;
  readonly compressedBytes: number;
  /** Blocks and their line bytes that skip filters left out. */
  readonly skippedBlocks?: number;
  readonly skippedBytes?: number;
  /** Lets the store delete what it has replaced meanwhile. Must be called exactly once. */
  release(): void;
}

/** Rows per minute and level of a part (chunk/tally.ts): entries `from .. to` of the arrays, which belong to a whole segment. */
export interface PartTally {
  readonly minutes: Uint16Array;
  readonly levels: Uint8Array;
  readonly counts: Uint32Array;
  readonly from: number;
  readonly to: number;
  /** Names of the structured metadata that rows of the part may have, besides the detected level. */
  readonly metadataNames: readonly string[];
}

/** The store as queries see it (main thread). Ranges here include both ends. */
export interface QueryStore {
  /** Counts that answer for all rows of a part, if the store has them. Valid while its selection is held. */
  tallyOf?(part: PartRef): PartTally | undefined;
  /**
   * @param texts texts that every wanted line holds, in lower or mixed case; blocks that cannot hold one of them, in whatever case,
   *   are left out where the store knows
   */
  select(
    tenant: string,
    matchers: readonly CompiledMatcher[],
    range: TimeRange,
    texts?: readonly Uint8Array[],
  ): Selection;
  /** Label sets of streams with rows in the range (as exact as chunk bounds), sorted by labels. */
  streams(tenant: string, matchers: readonly CompiledMatcher[], range: TimeRange): readonly Labels[];
}

/** What a scan needs of a part; loaders leave out the columns nobody asks for. */
export interface LoadOptions {
  /** Bounds as nanoseconds from the start of the part's day; both included. */
  readonly fromOffsetNs: number;
  readonly toOffsetNs: number;
  readonly lines: boolean;
  readonly metadata: boolean;
  /** Names of the structured metadata that matter, besides the detected level; absent: all. Others may be left out. */
  readonly metadataNames?: ReadonlySet<string> | undefined;
  /** Blocks in descending time order (rows inside a block stay ascending). */
  readonly reverse: boolean;
  /**
   * Texts that every wanted line contains (bytes, exact case): blocks whose skip filter rules one out are left out, and so may be
   * blocks in which a search does not find one.
   */
  readonly needles: readonly Uint8Array[];
}

/** Counts of a load, added up over parts; they fill `stats` and `explain`. */
export interface LoadCounts {
  blocksSkippedByTime: number;
  blocksSkippedByFilter: number;
  blocksRead: number;
  compressedBytes: number;
  decompressedBytes: number;
  rows: number;
  headRows: number;
  headBytes: number;
  duplicates: number;
}
