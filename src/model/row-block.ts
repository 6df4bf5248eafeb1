import type { ByteAutomaton } from '../base/regex/byte-automaton.ts';
import type { Needle } from '../base/regex/byte-search.ts';
import type { FieldKernel, FieldScan, KeyReader } from '../kernels/field-kernel.ts';
import type { Labels } from './labels.ts';

/**
 * Rows of one stream and one UTC day in ascending time (arrival order among equals), decoded and ready to scan: what a
 * chunk block and an open part of the head both become. Row `i` has line `bytes[lineStarts[i], lineEnds[i])`.
 * The arrays may be longer than `rowCount`, and are reused by the loader after the block has been scanned: copy what
 * must live on.
 */
export interface RowBlock {
  readonly streamId: number;
  readonly streamLabels: Labels;
  /** First nanosecond of the day. */
  readonly dayStartNs: bigint;
  readonly rowCount: number;
  /** Nanoseconds from the start of the day, ascending, exact integers below 8.64e13. */
  readonly times: Float64Array;
  /** Empty when the plan said that it needs no lines. */
  readonly bytes: Uint8Array;
  readonly lineStarts: Uint32Array;
  readonly lineEnds: Uint32Array;
  /**
   * Structured metadata of a row (with `detected_level` when the row has one), sorted by name. Equal ids mean equal sets;
   * ids are dense from 0 within the block when the block says so by `metadataIdCount`, which is an upper bound.
   */
  metadataId(row: number): number;
  readonly metadataIdCount: number;
  metadata(id: number): Labels;
  /** Lines hold only ASCII bytes (known from a flag or a test): byte positions are character positions. */
  readonly ascii: boolean;
  /** Lines follow each other with one byte between them. */
  readonly joined?: boolean;
  /**
   * Present when lines are decoded on demand: `bytes`, `lineStarts` and `lineEnds` hold those of rows that were asked for here or found by
   * `finder`, and no others.
   */
  readonly someLines?: LinesOnDemand | undefined;
  /** No line has a unicode escape. Absent: not known. */
  readonly literal?: boolean | undefined;
  /** Names that structured metadata of rows may have, but for the level. Absent: any. */
  readonly metadataNames?: readonly string[] | undefined;
  /** Line bytes of all rows. */
  readonly lineBytes?: number | undefined;
  /** A search over all lines at once; absent where lines have to be searched one by one. */
  readonly finder?: RowFinder | undefined;
  /** Reads fields of many lines at once; absent where lines have to be parsed one by one. */
  readonly fields?: FieldKernel | undefined;
}

/** Decodes lines of the block that was loaded last. */
export interface LinesOnDemand {
  /** Decodes the lines of `rows[from .. from + count]`. @throws LogError CHUNK_CORRUPT */
  need(rows: Uint32Array, count: number, from?: number): void;
  needRow(row: number): void;
  /** Makes starts and ends of rows tell how long their lines are; the lines themselves are not there then. @throws LogError CHUNK_CORRUPT */
  measure(rows: Uint32Array, count: number): void;
  /** @throws LogError CHUNK_CORRUPT */
  needAll(): void;
  /** Equal for blocks that share a compressed frame. */
  readonly frame: number;
  /** Told by whoever leaves the block out since its lines are damaged. */
  damaged(error: unknown): void;
  /** Whether `readFields` has been asked for the same fields of lines beside these: few rows are worth it then. */
  hasPlans(fields: FieldKernel): boolean;
  /** Reads fields of the rows that the kernel has selected, without their lines where that can be; see `FieldKernel.readTemplates`. */
  readFields(fields: FieldKernel, source: FieldScan, reader: KeyReader): void;
}

/** Searches the lines of the block that was loaded last. */
export interface RowFinder {
  /**
   * Rows of `[first, end)` whose lines hold one of the needles, ascending; with `wanted` false those that hold none.
   *
   * @param into has room for all rows of the range
   * @returns number of rows, -1 when it cannot search for one of the needles
   */
  rowsWith(needles: readonly Needle[], wanted: boolean, first: number, end: number, into: Uint32Array): number;
  /** All rows whose lines hold one of the needles, and as many others as come of not decoding lines for it; else as `rowsWith`. */
  rowsThatMay(needles: readonly Needle[], first: number, end: number, into: Uint32Array): number;
  /**
   * Keeps those of some rows whose lines an automaton matches, or with `wanted` false does not, mostly without decoding lines. Absent where lines have
   * to be there anyway.
   *
   * @param test asked for rows that the automaton cannot tell, whose lines are there then
   * @returns how many are kept
   */
  keepMatching?(
    automaton: ByteAutomaton,
    wanted: boolean,
    rows: Uint32Array,
    count: number,
    test: (row: number) => boolean,
  ): number;
}
