import type { Needle } from '../../base/regex/byte-search.ts';
import type { HiddenRows } from '../../model/hidden-rows.ts';
import type { Labels } from '../../model/labels.ts';

/**
 * What a query sees of the store: a snapshot of parts, pinned until released. A part is all stored rows of one stream in
 * one stretch of one UTC day, from closed segments and from the head; parts of one stream never overlap in time, and a row
 * is in exactly one part, also while the head is being flushed. Parts are plain data (typed arrays and shared memory
 * included) and cross to a worker, where `store/read/load-part.ts` turns them into row blocks.
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
  /** Rows of it that are not to be seen. */
  readonly hidden?: readonly HiddenRows[] | undefined;
}

/** What a scan needs of a part; loaders leave out the columns nobody asks for. */
export interface LoadOptions {
  /** Bounds as nanoseconds from the start of the part's day; both included. */
  readonly fromOffsetNs: number;
  readonly toOffsetNs: number;
  readonly lines: boolean;
  /** The scan asks for lines before it looks at them (`RowBlock.someLines`). */
  readonly lazy?: boolean | undefined;
  readonly metadata: boolean;
  /** With `lazy`: metadata is read when the first row asks for it, since of many blocks no row passes. */
  readonly lazyMetadata?: boolean | undefined;
  /** Names of the structured metadata that matter, besides the detected level; absent: all. Others may be left out. */
  readonly metadataNames?: ReadonlySet<string> | undefined;
  /** Blocks in descending time order (rows inside a block stay ascending). */
  readonly reverse: boolean;
  /**
   * Texts that every wanted line contains: blocks in which a search does not find one of them may be left out.
   */
  readonly needles: readonly Needle[];
  /** What the metadata of every wanted row holds, where its stream has no label of that name. */
  readonly metadataTexts?: readonly MetadataText[] | undefined;
  /** Every wanted line contains at least one of these; absent: no such thing is known. */
  readonly anyOf?: readonly Needle[] | undefined;
}

/** A label with a certain value, which can come from the stream or the metadata only: the value holds these texts. */
export interface MetadataText {
  readonly name: string;
  readonly texts: readonly Uint8Array[];
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
