import { LogError } from '../../base/errors.ts';
import type { StoredRows } from '../../chunk/block-reader.ts';
import {
  B_FLAGS,
  B_LINE_BYTES,
  B_LINES,
  B_MAX,
  B_MIN,
  B_ROWS,
  B_STREAM,
  BLOCK_FIELDS,
  C_FRAME,
  C_LENGTH,
  C_OFFSET,
  F_CODEC,
  F_CRC,
  F_RAW,
  FRAME_FIELDS,
} from '../../chunk/directory.ts';
import { BLOCK_LINE_BYTES, type SegmentBuilder } from '../../chunk/segment-builder.ts';
import type { HiddenRows } from '../../model/hidden-rows.ts';
import { compareLabels, type Labels } from '../../model/labels.ts';
import { MergeColumns } from './merge-columns.ts';
import { BlockCursor, type MergeSource } from './merge-source.ts';

export interface MergeCounts {
  rows: number;
  /** Rows left out because another one has the same stream, time and line. */
  repeats: number;
  expiredRows: number;
  /** Rows that a delete request names, and their line bytes. */
  removedRows: number;
  removedBytes: number;
  copiedBlocks: number;
  decodedBlocks: number;
}

/** Tells which rows are to be removed. */
export interface RowRemover {
  /** What goes of a stream. */
  ofStream(labels: Labels): readonly HiddenRows[];
  /** @returns 1 for each row that goes; undefined: none does */
  hide(labels: Labels, rows: StoredRows, hidden: readonly HiddenRows[]): Uint8Array | undefined;
}

/** A block from this size on has a frame of its own, and is worth keeping as it is. */
const COPY_LINE_BYTES = BLOCK_LINE_BYTES / 2;
/** What was gathered before such a block is not worth decoding it for, from this size on. */
const FAIR_LINE_BYTES = BLOCK_LINE_BYTES / 8;
/** Line bytes gathered before blocks are made of them. */
const GATHER_BYTES = 4 * BLOCK_LINE_BYTES;

/**
 * Joins the streams of several segments of one tenant and day into one builder: rows of a stream in time order, those of equal time
 * in the order of the sources, repeats of (time, line) once, as a query over all of them gives them (store/read/merge-rows.ts). Memory
 * holds one block of each source at a time.
 */
export class StreamMerger {
  readonly counts: MergeCounts = {
    rows: 0,
    repeats: 0,
    expiredRows: 0,
    removedRows: 0,
    removedBytes: 0,
    copiedBlocks: 0,
    decodedBlocks: 0,
  };
  /** Of each stream that was begun in the builder: number of a source that has it, and its number there. */
  readonly origins: number[] = [];
  readonly #sources: readonly MergeSource[];
  readonly #builder: SegmentBuilder;
  readonly #fromNs: number;
  readonly #remover: RowRemover | undefined;
  /** Of the stream at work, what is removed; and whether the builder has it already. */
  #labels: Labels = [];
  #origin: readonly [number, number] = [0, 0];
  #hidden: readonly HiddenRows[] = [];
  #begun = false;
  readonly #columns: MergeColumns = new MergeColumns();
  readonly #passing: MergeColumns = new MergeColumns();

  /**
   * @param sources in order of arrival
   * @param fromNs rows before this time of the day have expired and are left out
   * @param remover tells which rows go besides; absent: none
   */
  constructor(sources: readonly MergeSource[], builder: SegmentBuilder, fromNs: number, remover?: RowRemover) {
    this.#sources = sources;
    this.#builder = builder;
    this.#fromNs = fromNs;
    this.#remover = remover;
  }

  /** Does all of it; yields after each piece of work of a millisecond or so. */
  *run(): Iterable<void> {
    const cursors = this.#sources.map((source) => new BlockCursor(source));
    const places = this.#sources.map((source) => new StreamPlaces(source));
    for (;;) {
      const labels = smallestLabels(places);
      if (labels === undefined) return;
      const active: BlockCursor[] = [];
      let origin: readonly [number, number] = [0, 0];
      for (const [i, place] of places.entries()) {
        if (place.labels === undefined || !areEqual(place.labels, labels)) continue;
        cursors[i]!.begin(place.firstBlock, place.endBlock);
        active.push(cursors[i]!);
        origin = [i, place.stream];
        place.next();
      }
      yield* this.#mergeStream(labels, active, origin);
      // Thousands of streams may have less than a block each.
      yield;
    }
  }

  *#mergeStream(labels: Labels, cursors: BlockCursor[], origin: readonly [number, number]): Iterable<void> {
    const columns = this.#columns;
    columns.beginStream();
    this.#labels = labels;
    this.#origin = origin;
    this.#hidden = this.#remover?.ofStream(labels) ?? [];
    this.#begun = false;
    let active = cursors;
    for (;;) {
      active = active.filter((cursor) => this.#skipExpired(cursor));
      if (active.length === 0) break;
      const { first, bound, firstWins } = nextUp(active);
      if (first.rows === undefined && this.#copies(first, bound)) yield;
      else if (this.#take(first, bound, firstWins)) yield;
    }
    this.#emitAll();
  }

  /** Steps over blocks and rows that have expired; false when the cursor has no more rows. */
  #skipExpired(cursor: BlockCursor): boolean {
    while (!cursor.done && cursor.rows === undefined && cursor.time(B_MAX) < this.#fromNs) {
      this.counts.expiredRows += cursor.field(B_ROWS);
      cursor.next();
    }
    if (cursor.done) return false;
    if (cursor.timeNs >= this.#fromNs) return true;
    cursor.rows ??= this.#decode(cursor);
    while (cursor.row < cursor.rows.rowCount && cursor.rows.times[cursor.row]! < this.#fromNs) {
      cursor.row++;
      this.counts.expiredRows++;
    }
    if (cursor.row < cursor.rows.rowCount) return true;
    cursor.next();
    return this.#skipExpired(cursor);
  }

  #decode(cursor: BlockCursor): StoredRows {
    this.counts.decodedBlocks++;
    const rows = cursor.read(true);
    if (this.#hidden.length > 0) cursor.removed = this.#remover!.hide(this.#labels, rows, this.#hidden);
    return rows;
  }

  /**
   * Takes a block over as it is, if it is large, has its time to itself, and what was gathered before it makes a fair block of its
   * own.
   */
  #copies(cursor: BlockCursor, bound: number): boolean {
    const { source } = cursor;
    const columns = this.#columns;
    const frame = cursor.field(B_LINES + C_FRAME);
    const lines = cursor.field(B_LINES + C_LENGTH);
    if (lines === 0 || this.#reaches(cursor)) return false;
    const { frames } = source.blocks;
    const rawBytes = frames[frame * FRAME_FIELDS + F_RAW]!;
    const isWhole = cursor.field(B_LINES + C_OFFSET) === 0 && lines === rawBytes;
    if (!source.mayCopy || !isWhole || cursor.field(B_LINE_BYTES) < COPY_LINE_BYTES) return false;
    if (cursor.time(B_MAX) >= bound || cursor.time(B_MIN) <= columns.newestNs) return false;
    this.#emitWhole();
    if (columns.rowCount > 0 && columns.joinedBytes < FAIR_LINE_BYTES) return false;
    this.#emitAll();
    this.#begin();
    this.#passing.setWithoutLines(cursor.read(false));
    this.#builder.addStoredBlock(this.#passing, {
      frame: source.readFrame(frame),
      codec: frames[frame * FRAME_FIELDS + F_CODEC]!,
      crc: frames[frame * FRAME_FIELDS + F_CRC]!,
      rawBytes,
      lineBytes: cursor.field(B_LINE_BYTES),
      flags: cursor.field(B_FLAGS),
      filter: cursor.filter,
    });
    this.counts.copiedBlocks++;
    this.counts.rows += this.#passing.rowCount;
    columns.passed(cursor.time(B_MAX));
    cursor.next();
    return true;
  }

  /** Takes rows up to the next row of another source. @returns true when blocks were made */
  #take(cursor: BlockCursor, bound: number, wins: boolean): boolean {
    cursor.rows ??= this.#decode(cursor);
    const { times, rowCount } = cursor.rows;
    let to = cursor.row;
    while (to < rowCount && (times[to]! < bound || (wins && times[to] === bound))) to++;
    if (to === cursor.row)
      throw new LogError('CHUNK_CORRUPT', `${cursor.source.path}: a block begins later than its directory says`);
    this.#add(cursor.rows, cursor.row, to, cursor.removed);
    cursor.row = to;
    if (to === rowCount) cursor.next();
    if (this.#columns.joinedBytes < GATHER_BYTES) return false;
    this.#emitWhole();
    return true;
  }

  /** Adds the rows of a range that are not removed. */
  #add(rows: StoredRows, from: number, to: number, removed: Uint8Array | undefined): void {
    for (let first = from; first < to; ) {
      let end = first;
      while (end < to && removed?.[end] !== 1) end++;
      if (end > first) {
        const repeats = this.#columns.add(rows, first, end);
        this.counts.repeats += repeats;
        this.counts.rows += end - first - repeats;
      }
      for (; end < to && removed?.[end] === 1; end++) {
        this.counts.removedRows++;
        this.counts.removedBytes += rows.lineEnds[end]! - rows.lineStarts[end]!;
      }
      first = end;
    }
  }

  /** Whether rows of a block may have to be removed. */
  #reaches(cursor: BlockCursor): boolean {
    if (this.#hidden.length === 0) return false;
    const [min, max] = [cursor.time(B_MIN), cursor.time(B_MAX)];
    return this.#hidden.some(({ fromOffsetNs, toOffsetNs }) => fromOffsetNs <= max && toOffsetNs >= min);
  }

  /** A stream of which nothing is left is not begun at all. */
  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#builder.beginStream(this.#labels);
    this.origins.push(...this.#origin);
  }

  #emitWhole(): void {
    for (let count = this.#columns.wholeBlockRows(); count > 0; count = this.#columns.wholeBlockRows()) {
      this.#begin();
      this.#builder.addRows(this.#columns.head(count));
      this.#columns.drop(count);
    }
  }

  #emitAll(): void {
    if (this.#columns.rowCount > 0) {
      this.#begin();
      this.#builder.addRows(this.#columns.head(this.#columns.rowCount));
    }
    this.#columns.clear();
  }
}

/** Walks through the streams of a directory, which are in the order of their labels. */
class StreamPlaces {
  firstBlock = 0;
  endBlock = 0;
  readonly #source: MergeSource;
  /** Number of the stream in its directory. */
  stream = -1;

  constructor(source: MergeSource) {
    this.#source = source;
    this.next();
  }

  get labels(): Labels | undefined {
    return this.#source.streams[this.stream];
  }

  next(): void {
    const { blocks } = this.#source.directory;
    this.stream++;
    this.firstBlock = this.endBlock;
    while (blocks[this.endBlock * BLOCK_FIELDS + B_STREAM] === this.stream) this.endBlock++;
  }
}

/** Sources mostly share their label sets. */
function areEqual(a: Labels, b: Labels): boolean {
  return a === b || compareLabels(a, b) === 0;
}

function smallestLabels(places: readonly StreamPlaces[]): Labels | undefined {
  let smallest: Labels | undefined;
  for (const { labels } of places)
    if (labels !== undefined && labels !== smallest && (smallest === undefined || compareLabels(labels, smallest) < 0))
      smallest = labels;
  return smallest;
}

/** The cursor whose row is next, and the time of the next row of any other: rows of that time come first if `firstWins`. */
function nextUp(cursors: readonly BlockCursor[]): { first: BlockCursor; bound: number; firstWins: boolean } {
  let at = 0;
  for (let i = 1; i < cursors.length; i++) if (cursors[i]!.timeNs < cursors[at]!.timeNs) at = i;
  let bound = Number.POSITIVE_INFINITY;
  let boundAt = 0;
  for (let i = 0; i < cursors.length; i++) {
    if (i === at || cursors[i]!.timeNs >= bound) continue;
    bound = cursors[i]!.timeNs;
    boundAt = i;
  }
  return { first: cursors[at]!, bound, firstWins: at < boundAt };
}
