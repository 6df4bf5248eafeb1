import { REF_FIELDS, writeBlockRef } from '../chunk/block-ref.ts';
import {
  B_LINE_BYTES,
  B_MAX,
  B_METADATA_BYTES,
  B_MIN,
  B_ROWS,
  BLOCK_FIELDS,
  type Directory,
} from '../chunk/directory.ts';
import type { HeadPart } from '../head/part.ts';
import type { HeadSource, PartSource } from './part-source.ts';
import { rememberTally } from './part-tally.ts';
import type { PartRef } from './select.ts';

/**
 * Cuts what is stored of one stream and day into parts that do not overlap in time. Nearly always every piece follows the
 * one before, and parts are just stretches of blocks; where late rows made pieces overlap, those become one part that is merged
 * when it is read.
 */

/** Line bytes of one part: about a millisecond of scanning, so that tasks can be balanced and a limit can stop early. */
const PART_LINE_BYTES = 1024 * 1024;
/** More blocks than a segment has: makes one number of segment and block. */
const BLOCKS_PER_SEGMENT = 2 ** 24;

/** A run of blocks of one segment or the pages of one head part; times in nanoseconds from the start of the day. */
export type Piece =
  | {
      readonly kind: 'blocks';
      readonly path: string;
      /** Number of the segment within the selection. */
      readonly segment: number;
      readonly directory: Directory;
      readonly from: number;
      readonly to: number;
      readonly min: number;
      readonly max: number;
    }
  | {
      readonly kind: 'head';
      readonly part: HeadPart;
      readonly slabs: readonly SharedArrayBuffer[];
      readonly min: number;
      readonly max: number;
    };

interface PartFrame {
  readonly streamId: number;
  readonly streamLabels: readonly string[];
  readonly day: number;
}

/** @param pieces in order of arrival (oldest segment first, head last) */
export function clusterPieces(frame: PartFrame, pieces: readonly Piece[], into: PartRef[]): void {
  if (isAscending(pieces)) {
    for (const piece of pieces) cutPiece(frame, piece, into);
    return;
  }
  // Down to single blocks, so that only what really overlaps is merged.
  const small = pieces.flatMap(splitPiece);
  const order = small.map((_, i) => i).sort((a, b) => small[a]!.min - small[b]!.min || a - b);
  let cluster: number[] = [];
  let end = -1;
  for (const i of order) {
    if (cluster.length > 0 && small[i]!.min > end) {
      addCluster(frame, small, cluster, into);
      cluster = [];
    }
    cluster.push(i);
    end = Math.max(end, small[i]!.max);
  }
  if (cluster.length > 0) addCluster(frame, small, cluster, into);
}

function isAscending(pieces: readonly Piece[]): boolean {
  for (let i = 1; i < pieces.length; i++) if (pieces[i]!.min <= pieces[i - 1]!.max) return false;
  return true;
}

function splitPiece(piece: Piece): Piece[] {
  if (piece.kind === 'head') return [piece];
  const out: Piece[] = [];
  for (let block = piece.from; block < piece.to; block++) {
    const at = block * BLOCK_FIELDS;
    out.push({
      ...piece,
      from: block,
      to: block + 1,
      min: piece.directory.blocks[at + B_MIN]!,
      max: piece.directory.blocks[at + B_MAX]!,
    });
  }
  return out;
}

function addCluster(frame: PartFrame, pieces: readonly Piece[], cluster: readonly number[], into: PartRef[]): void {
  if (cluster.length === 1) {
    cutPiece(frame, pieces[cluster[0]!]!, into);
    return;
  }
  // Arrival order decides which of equal rows is first.
  const members = [...cluster].sort((a, b) => a - b).map((i) => pieces[i]!);
  const parts = members.map((piece) => wholePart(frame, piece));
  into.push({
    ...frame,
    place: parts[0]!.place,
    minOffsetNs: Math.min(...parts.map((part) => part.minOffsetNs)),
    maxOffsetNs: Math.max(...parts.map((part) => part.maxOffsetNs)),
    rowCount: parts.reduce((sum, part) => sum + part.rowCount, 0),
    lineBytes: parts.reduce((sum, part) => sum + part.lineBytes, 0),
    metadataBytes: parts.reduce((sum, part) => sum + (part.metadataBytes ?? 0), 0),
    sources: parts.flatMap((part) => part.sources),
  });
}

function wholePart(frame: PartFrame, piece: Piece): PartRef {
  return piece.kind === 'head' ? headPart(frame, piece) : blocksPart(frame, piece, piece.from, piece.to);
}

function cutPiece(frame: PartFrame, piece: Piece, into: PartRef[]): void {
  if (piece.kind === 'head') {
    into.push(headPart(frame, piece));
    return;
  }
  let from = piece.from;
  while (from < piece.to) {
    let to = from;
    let bytes = 0;
    while (to < piece.to && (to === from || bytes < PART_LINE_BYTES))
      bytes += piece.directory.blocks[to++ * BLOCK_FIELDS + B_LINE_BYTES]!;
    into.push(blocksPart(frame, piece, from, to));
    from = to;
  }
}

/** The references are made when somebody reads them: a part that statistics answer for needs none. */
function blocksPart(frame: PartFrame, piece: Piece & { kind: 'blocks' }, from: number, to: number): PartRef {
  const { directory, path } = piece;
  const { blocks } = directory;
  let rowCount = 0;
  let lineBytes = 0;
  let metadataBytes = 0;
  for (let at = from * BLOCK_FIELDS; at < to * BLOCK_FIELDS; at += BLOCK_FIELDS) {
    rowCount += blocks[at + B_ROWS]!;
    lineBytes += blocks[at + B_LINE_BYTES]!;
    metadataBytes += blocks[at + B_METADATA_BYTES]!;
  }
  let sources: readonly PartSource[] | undefined;
  const part: PartRef = {
    ...frame,
    place: piece.segment * BLOCKS_PER_SEGMENT + from,
    minOffsetNs: blocks[from * BLOCK_FIELDS + B_MIN]!,
    maxOffsetNs: blocks[(to - 1) * BLOCK_FIELDS + B_MAX]!,
    rowCount,
    lineBytes,
    metadataBytes,
    // An accessor of the object itself: a clone for another thread reads it as a plain value.
    get sources() {
      sources ??= [{ kind: 'segment', path, refs: blockRefs(directory, from, to) }];
      return sources;
    },
  };
  rememberTally(part, directory, from, to, metadataBytes);
  return part;
}

function blockRefs(directory: Directory, from: number, to: number): Float64Array {
  const refs = new Float64Array((to - from) * REF_FIELDS);
  for (let block = from; block < to; block++) writeBlockRef(directory, block, refs, (block - from) * REF_FIELDS);
  return refs;
}

function headPart(frame: PartFrame, piece: Piece & { kind: 'head' }): PartRef {
  const { part } = piece;
  const source: HeadSource = { kind: 'head', slabs: piece.slabs, pages: part.describe(), sorted: part.sorted };
  return {
    ...frame,
    place: Number.MAX_SAFE_INTEGER,
    minOffsetNs: part.minOffsetNs,
    maxOffsetNs: part.maxOffsetNs,
    rowCount: part.rowCount,
    lineBytes: part.lineBytes,
    metadataBytes: part.metadataBytes,
    sources: [source],
  };
}
