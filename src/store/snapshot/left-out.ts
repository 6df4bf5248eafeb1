import { B_LINE_BYTES, BLOCK_FIELDS } from '../../chunk/directory.ts';
import { addRun, type SegmentRun } from './segment-runs.ts';
import type { Stretches } from './stretches.ts';

/** What was left out so far. */
export interface SkipCounts {
  blocks: number;
  lineBytes: number;
}

/** Stretches of blocks that may hold wanted rows, and what was left out. */
export interface LeftOut extends Readonly<SkipCounts> {
  readonly left: Stretches;
}

/** Some stretches that follow each other: all of one segment, or all of none. */
export interface StretchRange {
  readonly first: number;
  readonly end: number;
}

/** Streams of one segment, or a range of the stretches beside it. */
export type Piece = SegmentRun | StretchRange;

/** A selection in the order of arrival; ranges are of `stretches`. */
export interface SelectedPieces {
  readonly pieces: readonly Piece[];
  readonly stretches: Stretches;
}

/** Stretches as they lie, in pieces of one segment. */
export function piecesOf(stretches: Stretches): SelectedPieces {
  const { sources, count } = stretches;
  const pieces: StretchRange[] = [];
  for (let first = 0, end = 0; first < count; first = end) {
    while (end < count && (sources[end] === sources[first] || (sources[first]! < 0 && sources[end]! < 0))) end++;
    pieces.push({ first, end });
  }
  return { pieces, stretches };
}

/** Adds all of a piece. */
export function addPiece(to: Stretches, piece: Piece, stretches: Stretches): void {
  if ('segment' in piece) addRun(to, piece);
  else for (let i = piece.first; i < piece.end; i++) to.addFrom(stretches, i);
}

/** Adds the blocks of a stretch that are marked. */
export function addMarked(stored: Stretches, i: number, marks: Uint8Array, left: Stretches, counts: SkipCounts): void {
  const source = stored.sources[i]!;
  const streamId = stored.streamIds[i]!;
  const { blocks } = stored.segments[source]!.directory;
  const first = stored.firsts[i]!;
  const end = stored.ends[i]!;
  let begin = first;
  for (let block = first; block < end; block++) {
    if (marks[block] === 1) continue;
    counts.blocks++;
    counts.lineBytes += blocks[block * BLOCK_FIELDS + B_LINE_BYTES]!;
    if (begin < block) left.addBlocks(streamId, source, begin, block);
    begin = block + 1;
  }
  if (begin === first) left.addFrom(stored, i);
  else if (begin < end) left.addBlocks(streamId, source, begin, end);
}
