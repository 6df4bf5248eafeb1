import type { RangeOp, Stage, Unwrap } from '../../../grammar/ast.ts';
import type { Labels } from '../../model/labels.ts';
import type { RowBlock } from '../../model/row-block.ts';
import type { LoadCounts, LoadOptions, PartRef } from '../../store/snapshot/select.ts';
import type { EntryFormat } from '../../wire/result/entry-json.ts';
import type { ListedStates } from '../aggregate/bucket-states.ts';
import type { SampleColumns } from '../aggregate/range-samples.ts';
import type { PipelineOptions } from '../pipeline/build.ts';
import type { FoundMemory } from './found-columns.ts';
import type { TaskParts } from './task-parts.ts';

/**
 * Scan tasks: the unit of work of a query. A task is plain data that crosses to a worker; its result is plain data with
 * typed arrays that come back by transfer. The main thread cuts queries into tasks and merges results; it never scans.
 */

/** Runs tasks somewhere: in workers in the server, in place in tests. */
export interface TaskRunner {
  /** @throws LogError of the scan, or the signal's reason when it is aborted first */
  run(task: ScanTask, signal: AbortSignal): Promise<ScanResult>;
  /** How many tasks make progress at the same time. */
  readonly parallelism: number;
}

/** Turns a part into row blocks; given by the store. Bounds of the options are kept by whole blocks at least, not by rows. */
export type PartLoader = (part: PartRef, options: LoadOptions, counts: LoadCounts) => Iterable<RowBlock>;

export interface LogScanTask {
  readonly kind: 'logs';
  readonly parts: TaskParts;
  readonly stages: readonly Stage[];
  readonly limit: number;
  readonly backward: boolean;
  readonly categorize: boolean;
  /** How rows are to be written; absent: as they are, for a reader in the server. */
  readonly format?: EntryFormat | undefined;
  /** Memory of a `SharedBound` of all tasks of the query. */
  readonly bound?: SharedArrayBuffer;
}

export interface SampleScanTask {
  readonly kind: 'samples';
  readonly parts: TaskParts;
  readonly scan: SampleScan;
  /** Memory of a `SeriesMemory` of all tasks of the query. */
  readonly memory?: SharedArrayBuffer;
}

/** Fresh rows for live tails. */
export interface TailScanTask {
  readonly kind: 'tail';
  readonly columns: TailColumns;
  readonly queries: readonly TailQuery[];
}

/** What some tails ask alike. */
export interface TailQuery {
  /** Equal texts have equal stages. */
  readonly text: string;
  readonly stages: readonly Stage[];
  readonly format: EntryFormat;
  /** 1 for each stream of the columns that the selector matches. */
  readonly wanted: Uint8Array;
  /** What the tails can take; rows beyond it are filtered and counted. */
  readonly maxRows: number;
  readonly maxBytes: number;
}

/** Rows as they came from ingest, the columns in shared memory and longer than `rowCount`. */
export interface TailColumns {
  readonly rowCount: number;
  readonly streams: readonly Labels[];
  readonly streamIndexes: Uint32Array;
  readonly days: Int32Array;
  readonly offsetsNs: Float64Array;
  readonly lineStarts: Uint32Array;
  readonly lineEnds: Uint32Array;
  /** Metadata in the encoding of model/metadata-bytes.ts. */
  readonly metadataStarts: Uint32Array;
  readonly metadataEnds: Uint32Array;
  readonly levels: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Counts line patterns, per level and step. */
export interface PatternScanTask {
  readonly kind: 'patterns';
  readonly parts: TaskParts;
  /** Of so many neighbouring lines one is looked at, and stands for all. */
  readonly stride: number;
  /** Start of the first bucket, a multiple of the step. */
  readonly baseNs: bigint;
  readonly stepNs: number;
}

export type ScanTask = LogScanTask | SampleScanTask | TailScanTask | PatternScanTask;

/** What a range aggregation asks of the rows, with the grouping of the aggregation around it folded in where that is exact. */
export interface SampleScan {
  readonly op: RangeOp;
  readonly stages: readonly Stage[];
  readonly unwrap: Unwrap | undefined;
  readonly grouping: { readonly without: boolean; readonly labels: readonly string[] };
  readonly options: PipelineOptions;
  readonly grid: GridSpec;
}

/** The points of an evaluation: `count` of them, `stepNs` apart; `baseNs` is the first one, moved back by the offset. */
export interface GridSpec {
  readonly baseNs: bigint;
  readonly count: number;
  readonly stepNs: number;
  readonly rangeNs: number;
}

/** Rows of a log scan, see `FoundColumns`. */
export interface LogScanResult extends FoundMemory {
  readonly kind: 'logs';
  readonly counts: ScanCounts;
}

/**
 * Series of a sample scan. The states of a series are in its column of `buckets` (from `firstBucket` on) or, where that is empty, in `listed`
 * (with `firstBucket` as bucket 0). Operations that keep samples have neither, but `samples`.
 */
export interface SampleScanResult {
  readonly kind: 'samples';
  /** An `orderedKey` for each series. */
  readonly keys: readonly string[];
  readonly firstBucket: number;
  readonly buckets: readonly Float64Array[];
  readonly listed: ListedStates;
  readonly samples: SampleColumns;
  readonly counts: ScanCounts;
  /** What is taken of the memory of the query, to be given back by whoever has merged the result. */
  readonly takenBytes: number;
}

/** An answer for each query of the task. */
export interface TailScanResult {
  readonly kind: 'tail';
  readonly answers: readonly TailAnswer[];
}

/** Rows that passed, in order of arrival. */
export interface TailAnswer {
  /** Entries as they stand in a frame, each with a comma behind it; row `i` ends at `ends[i]`. */
  readonly entries: Uint8Array;
  readonly ends: Uint32Array;
  /** Row numbers of the task's columns. */
  readonly rows: Uint32Array;
  /** Rows that passed and were too many: the first ones, and of each stream how many more and the last of them. */
  readonly droppedRows: Uint32Array;
  readonly droppedCounts: Uint32Array;
  readonly lastDroppedRows: Uint32Array;
}

export interface PatternScanResult {
  readonly kind: 'patterns';
  readonly patterns: readonly PatternCounts[];
  readonly counts: ScanCounts;
}

export interface PatternCounts {
  readonly level: string;
  /** Tokens and the delimiters between them, one after the other; a variable token is the placeholder. */
  readonly tokens: readonly string[];
  /** Buckets with lines, and how many. */
  readonly buckets: Uint32Array;
  readonly lines: Float64Array;
}

export type ScanResult = LogScanResult | SampleScanResult | TailScanResult | PatternScanResult;

/** What a scan did; added up over tasks it fills `stats` and `explain`. */
export interface ScanCounts extends LoadCounts {
  /** Rows inside the time range that were looked at, and their line bytes. */
  rowsScanned: number;
  bytesScanned: number;
  /** Rows that the pipeline let through. */
  rowsMatched: number;
}

export function emptyCounts(): ScanCounts {
  return {
    blocksSkippedByTime: 0,
    blocksSkippedByFilter: 0,
    blocksRead: 0,
    compressedBytes: 0,
    decompressedBytes: 0,
    rows: 0,
    headRows: 0,
    headBytes: 0,
    duplicates: 0,
    rowsScanned: 0,
    bytesScanned: 0,
    rowsMatched: 0,
  };
}

/** Adds `from` to `to`. */
export function addCounts(to: ScanCounts, from: ScanCounts): void {
  for (const key of Object.keys(from) as (keyof ScanCounts)[]) to[key] += from[key];
}
