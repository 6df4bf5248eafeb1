import { B_FILTER, B_LINE_BYTES, B_MAX, B_MIN, BLOCK_FIELDS } from '../chunk/directory.ts';
import { mayHold } from '../chunk/skip-filter.ts';
import type { Generation } from '../head/generation.ts';
import { compareLabels, type Labels } from '../model/labels.ts';
import type { CompiledMatcher } from '../model/matcher.ts';
import { dayOf, dayStartNs, NS_PER_DAY_NUMBER, type TimeRange } from '../model/time.ts';
import { clusterPieces, type Piece } from './cluster.ts';
import type { FilterReader } from './filter-cache.ts';
import type { PartRef, Selection } from './select.ts';
import type { OpenDirectory, StoredSegment } from './stored-segment.ts';
import type { TenantState } from './tenant-state.ts';

/** What a selection reads of the store, taken in one step of the main thread. */
export interface StoreView {
  readonly tenant: TenantState;
  /** Oldest first; the open one last. */
  readonly generations: readonly Generation[];
  open(segment: StoredSegment): OpenDirectory;
}

/** Rules blocks out by their skip filters. */
export interface BlockSkipper {
  readonly keys: Uint32Array;
  readonly filters: FilterReader;
  blocks: number;
  lineBytes: number;
}

/** Pieces of one stream and day, in order of arrival. */
type PiecesByStream = Map<number, Piece[]>;

class PinnedSelection implements Selection {
  readonly parts: readonly PartRef[];
  readonly chunkCount: number;
  readonly compressedBytes: number;
  readonly skippedBlocks: number;
  readonly skippedBytes: number;
  #pinned: readonly (StoredSegment | Generation)[];

  constructor(
    parts: readonly PartRef[],
    chunkCount: number,
    compressedBytes: number,
    pinned: readonly (StoredSegment | Generation)[],
    skipper?: BlockSkipper,
  ) {
    this.skippedBlocks = skipper?.blocks ?? 0;
    this.skippedBytes = skipper?.lineBytes ?? 0;
    this.parts = parts;
    this.chunkCount = chunkCount;
    this.compressedBytes = compressedBytes;
    this.#pinned = pinned;
    for (const one of pinned) one.pin();
  }

  release(): void {
    for (const one of this.#pinned) one.unpin();
    this.#pinned = [];
  }
}

/** Offsets of a range within a day, both ends included, cut to the day. */
function offsetsInDay(day: number, range: TimeRange): { from: number; to: number } {
  const start = dayStartNs(day);
  return {
    from: Math.max(0, Number(range.startNs - start)),
    to: Math.min(NS_PER_DAY_NUMBER - 1, Number(range.endNs - start)),
  };
}

/** Days of a tenant that have rows in a range, ascending. */
function daysOf(view: StoreView, range: TimeRange): number[] {
  const first = dayOf(range.startNs);
  const last = dayOf(range.endNs);
  const days = new Set<number>();
  for (const day of view.tenant.segments.keys()) if (day >= first && day <= last) days.add(day);
  for (const generation of view.generations) {
    for (const part of generation.parts(view.tenant.name))
      if (part.day >= first && part.day <= last) days.add(part.day);
  }
  return [...days].sort((a, b) => a - b);
}

/** True if a block of stream number `s` overlaps the range. */
function hasBlockWithin(open: OpenDirectory, s: number, from: number, to: number): boolean {
  const { blocks } = open.directory;
  for (let block = open.firstBlocks[s]!; block < open.firstBlocks[s + 1]!; block++) {
    const at = block * BLOCK_FIELDS;
    if (blocks[at + B_MAX]! >= from && blocks[at + B_MIN]! <= to) return true;
  }
  return false;
}

export function selectParts(
  view: StoreView,
  matchers: readonly CompiledMatcher[],
  range: TimeRange,
  skipper?: BlockSkipper,
): Selection {
  const parts: PartRef[] = [];
  const pinned = new Set<StoredSegment | Generation>();
  const totals = { chunks: 0, compressedBytes: 0 };
  if (range.endNs < range.startNs) return new PinnedSelection(parts, 0, 0, []);
  const streamIds = view.tenant.postings.select(matchers);
  const wanted = new Set(streamIds);
  let ordinal = 0;
  for (const day of daysOf(view, range)) {
    const { from, to } = offsetsInDay(day, range);
    const pieces: PiecesByStream = new Map();
    for (const segment of view.tenant.segments.get(day) ?? []) {
      if (segment.summary.maxOffsetNs < from || segment.summary.minOffsetNs > to) continue;
      const place = { segment, ordinal: ordinal++ };
      const found = addSegmentPieces(view.open(segment), place, wanted, from, to, pieces, skipper);
      if (found === 0) continue;
      pinned.add(segment);
      totals.chunks += found;
      totals.compressedBytes += segment.summary.fileBytes;
    }
    for (const generation of view.generations) {
      const found = addHeadPieces(generation, view.tenant.name, day, wanted, from, to, pieces);
      if (found === 0) continue;
      pinned.add(generation);
      totals.chunks += found;
    }
    for (const [streamId, list] of pieces) {
      clusterPieces({ streamId, streamLabels: view.tenant.byId.get(streamId)!.labels, day }, list, parts);
    }
  }
  return new PinnedSelection(parts, totals.chunks, totals.compressedBytes, [...pinned], skipper);
}

/** @returns number of chunks (stream runs) added */
function addSegmentPieces(
  open: OpenDirectory,
  { segment, ordinal }: { readonly segment: StoredSegment; readonly ordinal: number },
  wanted: ReadonlySet<number>,
  from: number,
  to: number,
  pieces: PiecesByStream,
  skipper: BlockSkipper | undefined,
): number {
  const { directory, streamIds, firstBlocks } = open;
  const filters = skipper?.filters(segment.path, directory);
  let found = 0;
  const add = (stream: number, streamId: number): void => {
    const blocks = directory.blocks;
    let first = firstBlocks[stream]!;
    let end = firstBlocks[stream + 1]!;
    while (first < end && blocks[first * BLOCK_FIELDS + B_MAX]! < from) first++;
    while (end > first && blocks[(end - 1) * BLOCK_FIELDS + B_MIN]! > to) end--;
    if (first === end) return;
    found++;
    const push = (begin: number, stop: number): void =>
      pushPiece(pieces, streamId, {
        kind: 'blocks',
        path: segment.path,
        segment: ordinal,
        directory,
        from: begin,
        to: stop,
        min: blocks[begin * BLOCK_FIELDS + B_MIN]!,
        max: blocks[(stop - 1) * BLOCK_FIELDS + B_MAX]!,
      });
    if (skipper === undefined || filters === undefined) push(first, end);
    else pushUnskipped(blocks, first, end, filters, skipper, push);
  };
  if (wanted.size < streamIds.length) {
    for (const streamId of wanted) {
      const stream = open.byStreamId.get(streamId);
      if (stream !== undefined) add(stream, streamId);
    }
  } else {
    for (let s = 0; s < streamIds.length; s++) if (wanted.has(streamIds[s]!)) add(s, streamIds[s]!);
  }
  return found;
}

/** Runs of blocks that may hold the texts. */
function pushUnskipped(
  blocks: Float64Array,
  first: number,
  end: number,
  filters: Uint8Array,
  skipper: BlockSkipper,
  push: (begin: number, stop: number) => void,
): void {
  let begin = first;
  for (let block = first; block < end; block++) {
    const at = block * BLOCK_FIELDS;
    const start = blocks[at + B_FILTER]!;
    if (mayHold(filters, start, start + blocks[at + B_FILTER + 1]!, skipper.keys)) continue;
    skipper.blocks++;
    skipper.lineBytes += blocks[at + B_LINE_BYTES]!;
    if (begin < block) push(begin, block);
    begin = block + 1;
  }
  if (begin < end) push(begin, end);
}

function addHeadPieces(
  generation: Generation,
  tenant: string,
  day: number,
  wanted: ReadonlySet<number>,
  from: number,
  to: number,
  pieces: PiecesByStream,
): number {
  const slabs = generation.memories();
  let found = 0;
  for (const part of generation.parts(tenant)) {
    if (part.day !== day || !wanted.has(part.streamId) || part.maxOffsetNs < from || part.minOffsetNs > to) continue;
    found++;
    pushPiece(pieces, part.streamId, { kind: 'head', part, slabs, min: part.minOffsetNs, max: part.maxOffsetNs });
  }
  return found;
}

function pushPiece(pieces: PiecesByStream, streamId: number, piece: Piece): void {
  const list = pieces.get(streamId);
  if (list === undefined) pieces.set(streamId, [piece]);
  else list.push(piece);
}

/** Label sets of the streams that have rows in the range, in order. */
export function selectStreams(
  view: StoreView,
  matchers: readonly CompiledMatcher[],
  range: TimeRange,
): readonly Labels[] {
  const state = view.tenant;
  const wanted = new Set(state.postings.select(matchers));
  const found = new Set<number>();
  for (const day of daysOf(view, range)) {
    const { from, to } = offsetsInDay(day, range);
    for (const segment of state.segments.get(day) ?? []) {
      if (segment.summary.maxOffsetNs < from || segment.summary.minOffsetNs > to) continue;
      const open = view.open(segment);
      const inside = segment.summary.minOffsetNs >= from && segment.summary.maxOffsetNs <= to;
      for (const [s, id] of open.streamIds.entries()) {
        if (wanted.has(id) && !found.has(id) && (inside || hasBlockWithin(open, s, from, to))) found.add(id);
      }
    }
    for (const generation of view.generations) {
      for (const part of generation.parts(state.name)) {
        if (part.day === day && part.maxOffsetNs >= from && part.minOffsetNs <= to && wanted.has(part.streamId))
          found.add(part.streamId);
      }
    }
  }
  return [...found].map((id) => state.byId.get(id)!.labels).sort(compareLabels);
}
