import type { Labels } from '../../model/labels.ts';
import type { CompiledMatcher } from '../../model/matcher.ts';
import type { TimeRange } from '../../model/time.ts';
import type { SelectedRuns } from './segment-runs.ts';
import type { Stretches } from './stretches.ts';

/**
 * What a query sees of the store: a snapshot, pinned until released. A row is in exactly one stretch, also while the head is being flushed.
 */
export interface Selection {
  /** All that is stored of the streams in the range, as it lies: what overlaps in time may hold the same row twice. For statistics. */
  readonly stored: Stretches;
  /** The same with every row in exactly one stretch: what to scan. */
  readonly stretches: Stretches;
  /** `stored` and `stretches` with whole segments apart, where the store can tell them: for statistics over very many streams. */
  readonly storedRuns?: SelectedRuns | undefined;
  readonly runs?: SelectedRuns | undefined;
  /** Chunks (streams by segment) and bytes behind them, for `stats`. */
  readonly chunkCount: number;
  readonly compressedBytes: number;
  /** Blocks and their line bytes that `leaveOut` took away. */
  readonly skippedBlocks?: number;
  readonly skippedBytes?: number;
  /**
   * Leaves out blocks that cannot hold a wanted row, where the store knows. May read from disk; call before `stretches` is looked at.
   */
  leaveOut?(wanted: WantedRows): Promise<void>;
  /** Lets the store delete what it has replaced meanwhile. Must be called exactly once. */
  release(): void;
}

/** What is known of every row that a query wants. */
export interface WantedRows {
  /** Texts that the line holds, in lower or mixed case; any case is taken for them. */
  readonly texts: readonly Uint8Array[];
  readonly labels: readonly LabelText[];
  /** Levels, as bits of `StreamColumns.levels`, where the stream has no label of that name; absent: any. */
  readonly levels?: number | undefined;
}

/**
 * A label with a certain value, or one of some. Where neither the stream nor the metadata of a segment has the name, the value is taken out of the line,
 * so its texts are in the line:
 *
 * - `none`: no parser stands before the filter; then no row has the label at all
 * - `part`: the value is a part of the line
 * - `escaped`: the value may have been written with escapes; the texts hold no character that has a short one
 */
export interface LabelText {
  readonly name: string;
  readonly origin: 'none' | 'part' | 'escaped';
  readonly texts: readonly Uint8Array[];
  /** One of these is in it as well; absent: nothing is known. */
  readonly anyOf?: readonly Uint8Array[] | undefined;
  /** The value as bytes; absent: other bytes are shown as it too. */
  readonly value?: Uint8Array | undefined;
}

/** Names and values of the labels of some streams, sorted. To be asked at once: they may change with the next push. */
export interface LabelsInUse {
  names(): readonly string[];
  values(name: string): readonly string[];
}

/** The store as queries see it (main thread). Ranges here include both ends. */
export interface QueryStore {
  select(tenant: string, matchers: readonly CompiledMatcher[], range: TimeRange): Selection;
  /** Label sets of streams with rows in the range (as exact as chunk bounds), sorted by labels. */
  streams(tenant: string, matchers: readonly CompiledMatcher[], range: TimeRange): readonly Labels[];
  /** Labels of these streams; absent: to be gathered from `streams`. */
  labels?(tenant: string, matchers: readonly CompiledMatcher[], range: TimeRange): LabelsInUse;
}

/** What to scan, with whole segments apart where the store can tell them. */
export function runsOf(selection: Selection): SelectedRuns {
  return selection.runs ?? { runs: [], others: selection.stretches };
}

/** The same of what is stored, as it lies. */
export function storedRunsOf(selection: Selection): SelectedRuns {
  return selection.storedRuns ?? { runs: [], others: selection.stored };
}
