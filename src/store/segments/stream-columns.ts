import {
  B_FILTER,
  B_LINE_BYTES,
  B_MAX,
  B_METADATA_BYTES,
  B_MIN,
  B_ROWS,
  BLOCK_FIELDS,
  blockTime,
  type DirectoryTables,
} from '../../chunk/directory.ts';
import { LEVEL_NONE, LEVELS } from '../../model/level.ts';

/**
 * Sums over the blocks of each stream of a segment, by the segment's own stream numbers: what answers without a look at blocks. The
 * numbers of a block lie 80 bytes apart, columns follow each other.
 */
export interface StreamColumns {
  /** First and last time, nanoseconds from the start of the day; of a stream without blocks, 0 and -1. */
  readonly mins: Float64Array;
  readonly maxs: Float64Array;
  readonly rows: Float64Array;
  readonly lineBytes: Float64Array;
  readonly metadataBytes: Float64Array;
  /** Over all streams; of none, 0 and -1. */
  readonly minNs: number;
  readonly maxNs: number;
  readonly totalRows: number;
  readonly totalLineBytes: number;
  /** Levels of the rows of each stream, as bits. */
  readonly levels: Uint16Array;
  /** Entries of the tally. */
  readonly tallyEntries: number;
  /** By block: where its skip filter begins and ends in the filter section. Apart, since a search for a rare text looks at nothing else. */
  readonly filterStarts: Uint32Array;
  readonly filterEnds: Uint32Array;
}

/** Bits of `levels`: the code of a level is its bit; rows without any level; with a text of their own; blocks that have no tally. */
export const NO_LEVEL_BIT: number = LEVELS.length;
export const OWN_LEVEL: number = 1 << (NO_LEVEL_BIT + 1);
export const UNTALLIED: number = 1 << (NO_LEVEL_BIT + 2);

/** Code of the level that a bit up to NO_LEVEL_BIT stands for. */
export function levelOfBit(bit: number): number {
  return bit < LEVELS.length ? bit : LEVEL_NONE;
}

/** Which levels tallies tell for each stream. */
function levelBits({ starts, levels }: DirectoryTables['tally'], firstBlocks: Uint32Array): Uint16Array {
  const bitOf = new Uint16Array(256).fill(OWN_LEVEL);
  for (let level = 0; level < LEVELS.length; level++) bitOf[level] = 1 << level;
  bitOf[LEVEL_NONE] = 1 << NO_LEVEL_BIT;
  const bits = new Uint16Array(firstBlocks.length - 1);
  for (let s = 0; s < bits.length; s++) {
    let found = 0;
    for (let block = firstBlocks[s]!; block < firstBlocks[s + 1]!; block++) {
      const end = starts[block + 1]!;
      if (starts[block] === end) found |= UNTALLIED;
      for (let at = starts[block]!; at < end; at++) found |= bitOf[levels[at]!]!;
    }
    bits[s] = found;
  }
  return bits;
}

/** @param firstBlocks blocks of stream `s` are `firstBlocks[s] .. firstBlocks[s + 1]`, ascending in time */
export function streamColumns({ blocks, tally }: DirectoryTables, firstBlocks: Uint32Array): StreamColumns {
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
    mins[s] = blockTime(blocks, first + B_MIN);
    maxs[s] = blockTime(blocks, end - BLOCK_FIELDS + B_MAX);
    for (let at = first; at < end; at += BLOCK_FIELDS) {
      rows[s]! += blocks[at + B_ROWS]!;
      lineBytes[s]! += blocks[at + B_LINE_BYTES]!;
      metadataBytes[s]! += blocks[at + B_METADATA_BYTES]!;
    }
  }
  let totalRows = 0;
  let totalLineBytes = 0;
  let minNs = Number.POSITIVE_INFINITY;
  let maxNs = -1;
  for (let s = 0; s < count; s++) {
    if (maxs[s]! < mins[s]!) continue;
    minNs = Math.min(minNs, mins[s]!);
    maxNs = Math.max(maxNs, maxs[s]!);
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
  if (maxNs < 0) minNs = 0;
  const sums = { mins, maxs, rows, lineBytes, metadataBytes, minNs, maxNs, totalRows, totalLineBytes };
  return { ...sums, levels, tallyEntries: tally.counts.length, filterStarts, filterEnds };
}
