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
  /** By block: where its skip filter begins and ends in the filter section. Apart, since a search for a rare text looks at nothing else. */
  readonly filterStarts: Uint32Array;
  readonly filterEnds: Uint32Array;
}

/** @param firstBlocks blocks of stream `s` are `firstBlocks[s] .. firstBlocks[s + 1]`, ascending in time */
export function streamColumns({ blocks }: Directory, firstBlocks: Uint32Array): StreamColumns {
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
  const blockCount = blocks.length / BLOCK_FIELDS;
  const filterStarts = new Uint32Array(blockCount);
  const filterEnds = new Uint32Array(blockCount);
  for (let block = 0; block < blockCount; block++) {
    filterStarts[block] = blocks[block * BLOCK_FIELDS + B_FILTER]!;
    filterEnds[block] = filterStarts[block]! + blocks[block * BLOCK_FIELDS + B_FILTER + 1]!;
  }
  return { mins, maxs, rows, lineBytes, metadataBytes, filterStarts, filterEnds };
}
