import type { Stage } from '../../grammar/ast.ts';
import type { RowBlock } from './row-block.ts';

/** Rows of one stream and day that nobody is to see; plain data that crosses to threads. */
export interface HiddenRows {
  /** First and last time, nanoseconds from the start of the day; both included. */
  readonly fromOffsetNs: number;
  readonly toOffsetNs: number;
  /** Those that these stages let through; none: all. */
  readonly stages: readonly Stage[];
  /** Equal for equal stages. */
  readonly text: string;
}

/** Rows and columns of a block that are looked at; times need not ascend. */
export type HideableRows = Pick<
  RowBlock,
  | 'rowCount'
  | 'times'
  | 'bytes'
  | 'lineStarts'
  | 'lineEnds'
  | 'ascii'
  | 'streamLabels'
  | 'dayStartNs'
  | 'metadataId'
  | 'metadata'
>;

/**
 * Tells which rows of a block are hidden; the lines of all of them are there. Given by whoever knows stages, since the store does not.
 *
 * @returns 1 for each row that is hidden; undefined: none is
 */
export type RowHider = (rows: HideableRows, hidden: readonly HiddenRows[]) => Uint8Array | undefined;
