import type { Labels } from '../../../model/labels.ts';

/**
 * The contract of a pipeline stage. One `Row` object is reused for every row of a scan; a stage changes it in place and
 * says whether the row lives on. Stages are made once per query and worker, so they may cache, and never share state
 * between threads.
 */
export interface PipelineStage {
  /** @returns false to drop the row */
  process(row: Row): boolean;
}

/** The row that flows through a pipeline: its current line (bytes first, text when a stage made or asked for one) and labels. */
export interface Row {
  /** Current line is `bytes[start, end)`. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** The line as text (invalid UTF-8 as U+FFFD); decoded on first use. */
  lineText(): string;
  /** Replaces the line by text (UTF-8 encoded lazily when bytes are asked for). */
  setLineText(text: string): void;
  /** Points at other bytes. */
  setLine(bytes: Uint8Array, start: number, end: number): void;
  /** Time of the entry, nanoseconds since the epoch. */
  timestampNs(): bigint;
  readonly labels: LabelState;
}

/** Categories of the labels of a result, for `categorize-labels`. */
export interface CategorizedLabels {
  readonly stream: Labels;
  readonly structuredMetadata: Labels;
  readonly parsed: Labels;
}

/**
 * Labels of the current row: base stream labels, an overlay of stream / structured metadata / parsed labels, deletions, and
 * the error slots. Semantics: the label model of LogQL (docs/architecture.md, "Labels of an entry").
 */
export interface LabelState {
  /** Starts a row. `metadata` keys that the stream has get the suffix `_extracted`; `__error__` in it fills the slot. */
  reset(stream: Labels, metadata: Labels): void;
  get(name: string): string | undefined;
  /** Labels of the entry's stream as stored; their identity may key caches. */
  readonly stream: Labels;
  /** True if the name was set as parsed since `reset`, even if it was deleted since: parsers do not extract it again. */
  wasParsed(name: string): boolean;
  /** True if the original stream labels have the name (decides the `_extracted` suffix). */
  isStreamLabel(name: string): boolean;
  setParsed(name: string, value: string): void;
  setStructuredMetadata(name: string, value: string): void;
  delete(name: string): void;
  error: string;
  errorDetails: string;
  /** Nothing was changed since `reset`: the result equals that of any other row with the same stream and metadata. */
  readonly untouched: boolean;
  /** All labels (errors included), sorted by name. */
  result(): Labels;
  categorized(): CategorizedLabels;
  /** Labels of the grouping only, for metric queries (errors are not included). */
  grouped(without: boolean, names: readonly string[]): Labels;
}

/** What the parsers of a metric query have to extract: nothing, some names, or everything (undefined `names`). */
export interface ParserHints {
  /** No label is needed: parsers are skipped altogether. */
  readonly skip: boolean;
  /** Only these names are needed; parsers may stop when all are found. */
  readonly names?: ReadonlySet<string>;
  /** Parser errors are tolerated because the query groups or filters by `__error__`. */
  readonly keepErrors: boolean;
}
