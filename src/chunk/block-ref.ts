import {
  B_FILTER,
  B_FLAGS,
  B_LINE_BYTES,
  B_LINES,
  B_MAX,
  B_METADATA,
  B_MIN,
  B_ROWS,
  B_TIMES,
  BLOCK_FIELDS,
  type BlockTable,
  F_OFFSET,
  FRAME_FIELDS,
} from './directory.ts';

/**
 * A block as a worker needs it: plain numbers in a row of a Float64Array, so that thousands of them cross to a thread as one
 * typed array. Three columns follow each other, each with where its frame is and where it is in the frame.
 */
export const R_ROWS = 0;
export const R_MIN = 1;
export const R_MAX = 2;
export const R_LINE_BYTES = 3;
export const R_FLAGS = 4;
export const R_TIMES = 5;
export const R_LINES = 12;
export const R_METADATA = 19;
const R_FILTER = 26;
export const REF_FIELDS = 28;

/** Within a column: offset, compressed bytes, raw bytes, codec and checksum of the frame; offset and length in it. */
export const C_FRAME_OFFSET = 0;
export const C_COMPRESSED = 1;
export const C_RAW = 2;
export const C_CODEC = 3;
export const C_CRC = 4;
export const C_OFFSET = 5;
export const C_LENGTH = 6;
const COLUMN_FIELDS = 7;

/** Writes the reference of block number `block` to `into[at ..]`. */
export function writeBlockRef(table: BlockTable, block: number, into: Float64Array, at: number): void {
  const from = block * BLOCK_FIELDS;
  const blocks = table.blocks;
  into[at + R_ROWS] = blocks[from + B_ROWS]!;
  into[at + R_MIN] = blocks[from + B_MIN]!;
  into[at + R_MAX] = blocks[from + B_MAX]!;
  into[at + R_LINE_BYTES] = blocks[from + B_LINE_BYTES]!;
  into[at + R_FLAGS] = blocks[from + B_FLAGS]!;
  writeColumn(table, from + B_TIMES, into, at + R_TIMES);
  writeColumn(table, from + B_LINES, into, at + R_LINES);
  writeColumn(table, from + B_METADATA, into, at + R_METADATA);
  into[at + R_FILTER] = blocks[from + B_FILTER]!;
  into[at + R_FILTER + 1] = blocks[from + B_FILTER + 1]!;
}

function writeColumn(table: BlockTable, from: number, into: Float64Array, at: number): void {
  const length = table.blocks[from + 2]!;
  if (length === 0) {
    into.fill(0, at, at + COLUMN_FIELDS);
    return;
  }
  into[at + C_LENGTH] = length;
  const frame = table.blocks[from]! * FRAME_FIELDS;
  for (let i = 0; i < FRAME_FIELDS; i++) into[at + i] = table.frames[frame + F_OFFSET + i]!;
  into[at + C_OFFSET] = table.blocks[from + 1]!;
}
