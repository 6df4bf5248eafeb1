import { wider } from '../../base/grow.ts';
import {
  B_LINE_BYTES,
  B_MAX,
  B_METADATA_BYTES,
  B_MIN,
  B_ROWS,
  BLOCK_FIELDS,
  blockTime,
  type DirectoryTables,
} from '../../chunk/directory.ts';
import type { HeadPart } from '../../head/part.ts';
import type { Labels } from '../../model/labels.ts';
import { LabelTable } from '../segments/shared-labels.ts';
import type { StreamColumns } from '../segments/stream-columns.ts';
import type { HeadPages, HeadSource, PartSource } from './part-source.ts';
import type { PartRef } from './select.ts';

/** More blocks than a segment has: makes one number of segment and block. */
export const BLOCKS_PER_SEGMENT: number = 2 ** 24;
const FIRST_CAPACITY = 256;
/** Five columns of each kind. */
const BYTES_EACH = 5 * (Float64Array.BYTES_PER_ELEMENT + Int32Array.BYTES_PER_ELEMENT);
const NO_INTS = new Int32Array(0);
const NO_FLOATS = new Float64Array(0);
/** Place of what lies in the head: behind all blocks. */
export const HEAD_PLACE: number = Number.MAX_SAFE_INTEGER;

/** A segment as a selection sees it. */
export interface SelectedSegment {
  readonly path: string;
  readonly day: number;
  readonly directory: DirectoryTables;
  /** Sums by stream of the segment. */
  readonly columns: StreamColumns;
  /** Ids by the segment's own stream numbers; blocks of stream `s` are `firstBlocks[s] .. firstBlocks[s + 1]`. */
  readonly streamIds: Uint32Array;
  readonly firstBlocks: Uint32Array;
  /** Of the stream ids; 0 for none. */
  readonly largestId: number;
  /** Order among all segments of the selection. */
  readonly ordinal: number;
}

/**
 * Stretches of stored streams in columns, by number: each is a run of blocks of one stream in one segment, the pages of one in the head, or
 * a part that stands for itself (sources to be merged). Columns, because a selection of a day may have a hundred thousand of them, of which
 * statistics answer for most: a part as an object is made only for what is scanned.
 */
export class Stretches {
  count = 0;
  streamIds: Int32Array = NO_INTS;
  days: Int32Array = NO_INTS;
  /** Number in `segments`, or `-1 - number` in `loose`. */
  sources: Int32Array = NO_INTS;
  /** Blocks `firsts .. ends` of the segment, or pages of the head; 0 for parts that stand for themselves. */
  firsts: Int32Array = NO_INTS;
  ends: Int32Array = NO_INTS;
  /** First and last time, nanoseconds from the start of the day. */
  mins: Float64Array = NO_FLOATS;
  maxs: Float64Array = NO_FLOATS;
  rows: Float64Array = NO_FLOATS;
  lineBytes: Float64Array = NO_FLOATS;
  metadataBytes: Float64Array = NO_FLOATS;
  readonly segments: SelectedSegment[];
  /** What is in no segment: pages of the head, of many stretches each, and parts that stand for themselves. */
  readonly loose: (PartRef | HeadPages)[];
  readonly labelTable: LabelTable;

  constructor(labelTable: LabelTable, segments: SelectedSegment[] = [], loose: (PartRef | HeadPages)[] = []) {
    this.labelTable = labelTable;
    this.segments = segments;
    this.loose = loose;
  }

  /** Stretches of parts that stand for themselves. */
  static ofParts(parts: readonly PartRef[]): Stretches {
    const labels = new Map(parts.map((part) => [part.streamId, part.streamLabels]));
    const stretches = new Stretches(new LabelTable((streamId) => labels.get(streamId)!));
    for (const part of parts) stretches.addLoose(part);
    return stretches;
  }

  /** None yet, of the same segments and parts. */
  sibling(): Stretches {
    return new Stretches(this.labelTable, this.segments, this.loose);
  }

  /** The same, to which others can be added. */
  copy(): Stretches {
    const copy = this.sibling();
    copy.reserve(this.count);
    for (let i = 0; i < this.count; i++) copy.addFrom(this, i);
    return copy;
  }

  labels(streamId: number): Labels {
    return this.labelTable.labels(streamId);
  }

  addLoose(part: PartRef): void {
    this.loose.push(part);
    this.#addPart(part, -this.loose.length);
  }

  #addPart(part: PartRef | HeadPart, source: number): number {
    const at = this.#next(part.streamId, part.day, source);
    this.mins[at] = part.minOffsetNs;
    this.maxs[at] = part.maxOffsetNs;
    this.rows[at] = part.rowCount;
    this.lineBytes[at] = part.lineBytes;
    this.metadataBytes[at] = part.metadataBytes ?? 0;
    return at;
  }

  /** Takes pages of the head, to which `addOpen` then adds stretches. @returns their source */
  addPages(pages: HeadPages): number {
    this.loose.push(pages);
    return -this.loose.length;
  }

  /** Adds an open part of the head, whose pages begin at page `first` of a source. */
  addOpen(source: number, part: HeadPart, first: number): void {
    const at = this.#addPart(part, source);
    this.firsts[at] = first;
    this.ends[at] = first + part.pageCount;
  }

  /** Adds blocks `first .. end`, all of them of one stream. */
  addBlocks(streamId: number, source: number, first: number, end: number): void {
    const { day, directory } = this.segments[source]!;
    const { blocks } = directory;
    const at = this.#next(streamId, day, source);
    this.firsts[at] = first;
    this.ends[at] = end;
    this.mins[at] = blockTime(blocks, first * BLOCK_FIELDS + B_MIN);
    this.maxs[at] = blockTime(blocks, (end - 1) * BLOCK_FIELDS + B_MAX);
    let rows = 0;
    let lineBytes = 0;
    let metadataBytes = 0;
    for (let from = first * BLOCK_FIELDS; from < end * BLOCK_FIELDS; from += BLOCK_FIELDS) {
      rows += blocks[from + B_ROWS]!;
      lineBytes += blocks[from + B_LINE_BYTES]!;
      metadataBytes += blocks[from + B_METADATA_BYTES]!;
    }
    this.rows[at] = rows;
    this.lineBytes[at] = lineBytes;
    this.metadataBytes[at] = metadataBytes;
  }

  /** Adds all blocks of stream number `stream` of a segment, without a look at any. */
  addStream(streamId: number, source: number, stream: number, first: number, end: number): void {
    const { day, columns } = this.segments[source]!;
    const at = this.#next(streamId, day, source);
    this.firsts[at] = first;
    this.ends[at] = end;
    this.mins[at] = columns.mins[stream]!;
    this.maxs[at] = columns.maxs[stream]!;
    this.rows[at] = columns.rows[stream]!;
    this.lineBytes[at] = columns.lineBytes[stream]!;
    this.metadataBytes[at] = columns.metadataBytes[stream]!;
  }

  /** Adds the blocks of stream number `stream` of a segment that overlap a range, nanoseconds from the start of the day. */
  addStreamWithin(source: number, stream: number, from: number, to: number): void {
    const { columns, streamIds, firstBlocks } = this.segments[source]!;
    const min = columns.mins[stream]!;
    const max = columns.maxs[stream]!;
    if (max < from || min > to || max < min) return;
    const [streamId, first, end] = [streamIds[stream]!, firstBlocks[stream]!, firstBlocks[stream + 1]!];
    if (min >= from && max <= to) this.addStream(streamId, source, stream, first, end);
    else this.addBlocksWithin(streamId, source, first, end, from, to);
  }

  /** Adds those of blocks `first .. end`, all of them of one stream, that overlap a range: they follow each other in time. */
  addBlocksWithin(streamId: number, source: number, first: number, end: number, from: number, to: number): void {
    const { blocks } = this.segments[source]!.directory;
    let start = first;
    let stop = end;
    while (start < stop && blockTime(blocks, start * BLOCK_FIELDS + B_MAX) < from) start++;
    while (stop > start && blockTime(blocks, (stop - 1) * BLOCK_FIELDS + B_MIN) > to) stop--;
    if (start < stop) this.addBlocks(streamId, source, start, stop);
  }

  /** Adds stretch `i` of a sibling. */
  addFrom(other: Stretches, i: number): void {
    const at = this.#next(other.streamIds[i]!, other.days[i]!, other.sources[i]!);
    this.firsts[at] = other.firsts[i]!;
    this.ends[at] = other.ends[i]!;
    this.mins[at] = other.mins[i]!;
    this.maxs[at] = other.maxs[i]!;
    this.rows[at] = other.rows[i]!;
    this.lineBytes[at] = other.lineBytes[i]!;
    this.metadataBytes[at] = other.metadataBytes[i]!;
  }

  #next(streamId: number, day: number, source: number): number {
    const at = this.count++;
    if (at === this.streamIds.length) this.#grow(Math.max(FIRST_CAPACITY, at * 2));
    this.streamIds[at] = streamId;
    this.days[at] = day;
    this.sources[at] = source;
    return at;
  }

  /** Makes room for as many more at once. */
  reserve(more: number): void {
    if (this.count + more > this.streamIds.length) this.#grow(this.count + more);
  }

  /** All columns in one piece of memory: ten would take longer to get than to fill. */
  #grow(capacity: number): void {
    const memory = new ArrayBuffer(capacity * BYTES_EACH);
    let used = 0;
    const floats = (): Float64Array => {
      used += capacity * Float64Array.BYTES_PER_ELEMENT;
      return new Float64Array(memory, used - capacity * Float64Array.BYTES_PER_ELEMENT, capacity);
    };
    const ints = (): Int32Array => {
      used += capacity * Int32Array.BYTES_PER_ELEMENT;
      return new Int32Array(memory, used - capacity * Int32Array.BYTES_PER_ELEMENT, capacity);
    };
    this.mins = wider(this.mins, floats());
    this.maxs = wider(this.maxs, floats());
    this.rows = wider(this.rows, floats());
    this.lineBytes = wider(this.lineBytes, floats());
    this.metadataBytes = wider(this.metadataBytes, floats());
    this.streamIds = wider(this.streamIds, ints());
    this.days = wider(this.days, ints());
    this.sources = wider(this.sources, ints());
    this.firsts = wider(this.firsts, ints());
    this.ends = wider(this.ends, ints());
  }

  /** Pages of which a stretch of the head has `firsts .. ends`; undefined for all others. */
  headPages(i: number): HeadPages | undefined {
    const source = this.sources[i]!;
    const loose = source < 0 ? this.loose[-1 - source]! : undefined;
    return loose !== undefined && 'pages' in loose ? loose : undefined;
  }

  /** Directory of the segment of a stretch, undefined for what is in none. */
  directory(i: number): DirectoryTables | undefined {
    const source = this.sources[i]!;
    return source < 0 ? undefined : this.segments[source]!.directory;
  }

  /** Order on disk of a block of a stretch. */
  place(i: number, block: number = this.firsts[i]!): number {
    const source = this.sources[i]!;
    if (source >= 0) return this.segments[source]!.ordinal * BLOCKS_PER_SEGMENT + block;
    const loose = this.loose[-1 - source]!;
    return 'pages' in loose ? HEAD_PLACE : loose.place;
  }

  /**
   * Stretch `i`, or its blocks `first .. end`, as a part by itself. Tasks of queries have columns instead (query/plan/planned-task.ts): thousands of objects cost more than
   * what they stand for.
   */
  part(i: number, first: number = this.firsts[i]!, end: number = this.ends[i]!): PartRef {
    const source = this.sources[i]!;
    if (source < 0) {
      const loose = this.loose[-1 - source]!;
      return 'pages' in loose ? this.#openPart(i, loose) : loose;
    }
    const { path, directory, day } = this.segments[source]!;
    const { blocks } = directory;
    let rowCount = 0;
    let lineBytes = 0;
    let metadataBytes = 0;
    for (let block = first; block < end; block++) {
      const at = block * BLOCK_FIELDS;
      rowCount += blocks[at + B_ROWS]!;
      lineBytes += blocks[at + B_LINE_BYTES]!;
      metadataBytes += blocks[at + B_METADATA_BYTES]!;
    }
    const segment = { path, blocks, frames: directory.frames };
    const sources: readonly PartSource[] = [{ kind: 'segment', segment, first, end }];
    const streamId = this.streamIds[i]!;
    return {
      streamId,
      streamLabels: this.labels(streamId),
      day,
      place: this.place(i, first),
      minOffsetNs: blockTime(blocks, first * BLOCK_FIELDS + B_MIN),
      maxOffsetNs: blockTime(blocks, (end - 1) * BLOCK_FIELDS + B_MAX),
      rowCount,
      lineBytes,
      metadataBytes,
      sources,
    };
  }

  #openPart(i: number, pages: HeadPages): PartRef {
    const source: HeadSource = { ...pages, kind: 'head', first: this.firsts[i]!, end: this.ends[i]! };
    const streamId = this.streamIds[i]!;
    return {
      streamId,
      streamLabels: this.labels(streamId),
      day: this.days[i]!,
      place: HEAD_PLACE,
      minOffsetNs: this.mins[i]!,
      maxOffsetNs: this.maxs[i]!,
      rowCount: this.rows[i]!,
      lineBytes: this.lineBytes[i]!,
      metadataBytes: this.metadataBytes[i]!,
      sources: [source],
    };
  }

  /** All stretches as parts, by day, stream and time. */
  parts(): PartRef[] {
    const parts = Array.from({ length: this.count }, (_, i) => this.part(i));
    return parts.sort((a, b) => a.day - b.day || a.streamId - b.streamId || a.minOffsetNs - b.minOffsetNs);
  }

  /** Largest stream id; 0 when there is none. */
  largestId(): number {
    let largest = 0;
    for (let i = 0; i < this.count; i++) largest = Math.max(largest, this.streamIds[i]!);
    return largest;
  }

  /** Number of different streams. */
  streamCount(): number {
    const seen = new Uint8Array(this.largestId() + 1);
    let count = 0;
    for (let i = 0; i < this.count; i++) {
      const id = this.streamIds[i]!;
      count += 1 - seen[id]!;
      seen[id] = 1;
    }
    return count;
  }
}
