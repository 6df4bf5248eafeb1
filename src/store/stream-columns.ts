import {
  B_FILTER,
  B_LINE_BYTES,
  B_MAX,
  B_METADATA_BYTES,
  B_MIN,
  B_ROWS,
  BLOCK_FIELDS,
  type Directory,
} from '../chunk/directory.ts';
import { LEVEL_NONE, LEVELS } from '../model/level.ts';

/**
 * Sums over the blocks of each stream of a segment, by the segment's own stream numbers: what answers without a look at blocks. The
 * numbers of a block lie 200 bytes apart, columns follow each other.
 */
export interface StreamColumns {
  /** First and last time, nanoseconds from the start of the day; of a stream without blocks, 0 and -1. */
  readonly mins: Float64Array;
  readonly maxs: Float64Array;
  readonly rows: Float64Array;
  readonly lineBytes: Float64Array;
  readonly metadataBytes: Float64Array;
  /** Over all streams. */
  readonly totalRows: number;
  readonly totalLineBytes: number;
  /** Levels of the rows of each stream: bits `LEVEL_BIT` of them, and `UNTOLD`. */
  readonly levels: Uint16Array;
  /** By block: where its skip filter begins and ends in the filter section. Apart, since a search for a rare text looks at nothing else. */
  readonly filterStarts: Uint32Array;
  readonly filterEnds: Uint32Array;
}

/** Bit of a level code; of rows without any, and of rows whose level is a text of their own or is not tallied. */
export const NO_LEVEL_BIT: number = LEVELS.length;
export const UNTOLD: number = 1 << (NO_LEVEL_BIT + 1);

/** Which levels tallies tell for each stream. */
function levelBits({ starts, levels }: Directory['tally'], firstBlocks: Uint32Array): Uint16Array {
  const bitOf = new Uint16Array(256).fill(UNTOLD);
  for (let level = 0; level < LEVELS.length; level++) bitOf[level] = 1 << level;
  bitOf[LEVEL_NONE] = 1 << NO_LEVEL_BIT;
  const bits = new Uint16Array(firstBlocks.length - 1);
  for (let s = 0; s < bits.length; s++) {
    let found = 0;
    for (let block = firstBlocks[s]!; block < firstBlocks[s + 1]!; block++) {
      const end = starts[block + 1]!;
      if (starts[block] === end) found |= UNTOLD;
      for (let at = starts[block]!; at < end; at++) found |= bitOf[levels[at]!]!;
    }
    bits[s] = found;
  }
  return bits;
}

/** @param firstBlocks blocks of stream `s` are `firstBlocks[s] .. firstBlocks[s + 1]`, ascending in time */
export function streamColumns({ blocks, tally }: Directory, firstBlocks: Uint32Array): StreamColumns {
  const count = firstBlocks.length - 1;
  const mins = new Float64Array(count);
  const maxs = new Float64Array(count).fill(-1);
  const rows = new Float64Array(count);
  const lineBytes = new Float64Array(count);
  const metadataBytes = new Float64Array(count);
  for (let s = 0; s < count; s++) {
    const first = firstBlocks[s]! * BLOCK_FIELDS;
    const end = firstBlocks[s + 1]! * BLOCK_FIELDS;
    if (first === end) continue;
    mins[s] = blocks[first + B_MIN]!;
    maxs[s] = blocks[end - BLOCK_FIELDS + B_MAX]!;
    for (let at = first; at < end; at += BLOCK_FIELDS) {
      rows[s]! += blocks[at + B_ROWS]!;
      lineBytes[s]! += blocks[at + B_LINE_BYTES]!;
      metadataBytes[s]! += blocks[at + B_METADATA_BYTES]!;
    }
  }
  let totalRows = 0;
  let totalLineBytes = 0;
  for (let s = 0; s < count; s++) {
    totalRows += rows[s]!;
    totalLineBytes += lineBytes[s]!;
  }
  const blockCount = blocks.length / BLOCK_FIELDS;
  const filterStarts = new Uint32Array(blockCount);
  const filterEnds = new Uint32Array(blockCount);
  for (let block = 0; block < blockCount; block++) {
    filterStarts[block] = blocks[block * BLOCK_FIELDS + B_FILTER]!;
    filterEnds[block] = filterStarts[block]! + blocks[block * BLOCK_FIELDS + B_FILTER + 1]!;
  }
  const levels = levelBits(tally, firstBlocks);
  const sums = { mins, maxs, rows, lineBytes, metadataBytes, totalRows, totalLineBytes };
  return { ...sums, levels, filterStarts, filterEnds };
}
