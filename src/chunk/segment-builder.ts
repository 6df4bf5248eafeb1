import { crc32c } from '../base/crc32c.ts';
import type { Labels } from '../model/labels.ts';
import { LEVEL_IN_METADATA, LEVELS } from '../model/level.ts';
import { levelPairBytes } from '../model/metadata-bytes.ts';
import { BuilderMemory } from './builder-memory.ts';
import {
  B_FILTER,
  B_FLAGS,
  B_LINE_BYTES,
  B_LINES,
  B_MAX,
  B_METADATA,
  B_METADATA_BYTES,
  B_MIN,
  B_ROWS,
  B_STREAM,
  B_TIMES,
  BLOCK_FIELDS,
  FLAG_ASCII,
  FLAG_LENGTHS,
  FLAG_LITERAL,
  FLAG_METADATA_FILTER,
  LEVEL_COUNTERS,
  type NewDirectory,
  type SegmentIdentity,
  setBlockTime,
} from './directory.ts';
import type { FilterBuilder } from './filter/filter-builder.ts';
import { type FramePlace, FrameWriter, OpenLines } from './frame-writer.ts';
import { writeLabelSet } from './label-sets.ts';
import { LineCompressor } from './line-compressor.ts';
import { buildMetadataFilter } from './metadata/metadata-filter.ts';
import { encodeTimes, maxTimesBytes } from './times.ts';

/**
 * Builds the bytes of a segment: streams in, frames out, the directory at the end. Rows come in time order, streams in label
 * order. A block holds rows of one stream; a frame is what is compressed as one, and small blocks of neighbouring streams
 * share frames, so that thousands of quiet streams stay cheap.
 */

/** 256 KiB raw: where zstd level 1 stops gaining while a block is still small enough to skip by (docs/decisions/0003-block-size.md). */
export const BLOCK_LINE_BYTES: number = 256 * 1024;
export const BLOCK_ROWS = 65_536;
/** A block of at least this many bytes gets a frame of its own. */
const OWN_FRAME_BYTES = 128 * 1024;
const TIMES_FRAME_BYTES = 64 * 1024;
const METADATA_FRAME_BYTES = 128 * 1024;

/** Rows of one stream in time order, as columns; arrays may be longer than `rowCount`. */
export interface StreamRows {
  readonly rowCount: number;
  readonly times: Float64Array;
  readonly bytes: Buffer;
  readonly lineStarts: Uint32Array;
  readonly lineEnds: Uint32Array;
  readonly levels: Uint8Array;
  readonly metadataBytes: Buffer;
  /** Range of a row's metadata in `metadataBytes`; start equals end when it has none. */
  readonly metadataStarts: Uint32Array;
  readonly metadataEnds: Uint32Array;
}

/** Lines of a block as another segment has them, in a frame of their own. */
export interface StoredLines {
  /** Compressed bytes; kept until they are written. */
  readonly frame: Uint8Array;
  readonly codec: number;
  readonly crc: number;
  /** Bytes of the column when decompressed, and those of its lines alone. */
  readonly rawBytes: number;
  readonly lineBytes: number;
  readonly flags: number;
  readonly filter: Uint8Array;
}

/** Of a column that is not there. */
const NOWHERE: FramePlace = [0, 0, 0];

export class SegmentBuilder {
  readonly #frames: FrameWriter;
  readonly #memory: BuilderMemory;
  streamCount = 0;
  #blockCount = 0;
  readonly #metadataNames = new Set<string>();
  readonly #filterBuilder: FilterBuilder;
  rowCount = 0;
  lineBytes = 0;
  minOffsetNs: number = Number.POSITIVE_INFINITY;
  maxOffsetNs = 0;

  /**
   * @param emit takes the bytes of the file in order, the first of them at `startOffset`; they stay as they are, unless the owner of
   *   `memory` takes them back
   * @param level zstd level
   * @param filters makes the skip filters; one for a thread
   * @param memory what is built in, and where frames are until they are written
   */
  constructor(
    emit: (bytes: Uint8Array) => void,
    startOffset: number,
    level: number,
    filters: FilterBuilder,
    memory: BuilderMemory = new BuilderMemory(),
  ) {
    memory.begin();
    this.#memory = memory;
    this.#filterBuilder = filters;
    const lines = new LineCompressor(level, filters.templates);
    this.#frames = new FrameWriter({ emit, startOffset, level, memory: memory.frames, lines });
  }

  /** Streams must come in ascending label order, each once. */
  beginStream(labels: Labels): void {
    writeLabelSet(labels, this.#memory.labels);
    this.streamCount++;
  }

  /** The same for labels that are encoded already, as `writeLabelSet` does. */
  beginEncodedStream(labels: Buffer, start: number, end: number): void {
    this.#memory.labels.range(labels, start, end);
    this.streamCount++;
  }

  /** Rows of the stream begun last; later calls bring later rows. */
  addRows(rows: StreamRows): void {
    const stream = this.streamCount - 1;
    let from = 0;
    while (from < rows.rowCount) {
      let to = from;
      let size = 0;
      while (to < rows.rowCount && to - from < BLOCK_ROWS) {
        const next = rows.lineEnds[to]! - rows.lineStarts[to]! + 1;
        if (to > from && size + next > BLOCK_LINE_BYTES) break;
        size += next;
        to++;
      }
      this.#addBlock(stream, rows, from, to, size - 1);
      from = to;
    }
  }

  /** One block of the stream begun last, with lines that are taken over as they are; `rows` needs none. */
  addStoredBlock(rows: StreamRows, lines: StoredLines): void {
    const joinedBytes = lines.lineBytes + rows.rowCount - 1;
    this.#addBlock(this.streamCount - 1, rows, 0, rows.rowCount, joinedBytes, lines);
  }

  #addBlock(
    stream: number,
    rows: StreamRows,
    from: number,
    to: number,
    joinedBytes: number,
    stored?: StoredLines,
  ): void {
    const count = to - from;
    this.#memory.tally.addBlock(rows.times, rows.levels, from, to);
    const at = this.#addRecord();
    const times = this.#addTimes(rows, from, to);
    const filterAt = this.#memory.filters.length;
    const [lines, flags] =
      stored === undefined ? this.#addLines(rows, from, to, joinedBytes) : this.#addStoredLines(stored);
    const filterBytes = this.#memory.filters.length - filterAt;
    const [metadata, metadataBytes] = this.#addMetadata(rows, from, to);
    const min = rows.times[from]!;
    const max = rows.times[to - 1]!;
    const lineBytes = joinedBytes - (count - 1);
    const block = this.#memory.blocks;
    block[at + B_STREAM] = stream;
    block[at + B_ROWS] = count;
    setBlockTime(block, at + B_MIN, min);
    setBlockTime(block, at + B_MAX, max);
    block[at + B_LINE_BYTES] = lineBytes;
    block[at + B_FLAGS] = flags | (metadata === NOWHERE ? 0 : FLAG_METADATA_FILTER);
    block.set(times, at + B_TIMES);
    block.set(lines, at + B_LINES);
    block.set(metadata, at + B_METADATA);
    block[at + B_FILTER] = filterAt;
    block[at + B_FILTER + 1] = filterBytes;
    block[at + B_METADATA_BYTES] = metadataBytes;
    this.rowCount += count;
    this.lineBytes += lineBytes;
    this.minOffsetNs = Math.min(this.minOffsetNs, min);
    this.maxOffsetNs = Math.max(this.maxOffsetNs, max);
  }

  /** Room for the numbers of one more block; returns where they begin. */
  #addRecord(): number {
    const at = this.#blockCount++ * BLOCK_FIELDS;
    if (at === this.#memory.blocks.length) this.#memory.growBlocks();
    return at;
  }

  /** Times, then levels: one code for all rows, or a code a row. Rows of each level are counted for the block begun last. */
  #addTimes(rows: StreamRows, from: number, to: number): FramePlace {
    const count = to - from;
    const need = maxTimesBytes(count) + 2 + count;
    const memory = this.#memory;
    if (memory.scratch.length < need) memory.scratch = Buffer.allocUnsafe(need * 2);
    const { scratch, levelCounts } = memory;
    const countsAt = (this.#blockCount - 1) * LEVEL_COUNTERS;
    levelCounts.fill(0, countsAt, countsAt + LEVEL_COUNTERS);
    let at = encodeTimes(rows.times, count, scratch, 0, from);
    const first = rows.levels[from]!;
    let same = true;
    for (let row = from; row < to; row++) {
      const code = rows.levels[row]!;
      same &&= code === first;
      levelCounts[countsAt + (code < LEVELS.length ? code : LEVEL_COUNTERS - 1)]!++;
    }
    scratch[at++] = same ? 0 : 1;
    if (same) scratch[at++] = first;
    else {
      scratch.set(rows.levels.subarray(from, to), at);
      at += count;
    }
    const start = this.#frames.begin(memory.times);
    memory.times.bytes.range(scratch, 0, at);
    return this.#frames.end(memory.times, start, TIMES_FRAME_BYTES);
  }

  /** Lines joined by newlines; where a line holds one itself, all line lengths stand before them. */
  #addLines(rows: StreamRows, from: number, to: number, joinedBytes: number): [FramePlace, number] {
    const joined = joinLines(rows, from, to, joinedBytes);
    const own = joinedBytes >= OWN_FRAME_BYTES;
    const whole = own ? this.#filterBuilder.summarizeWithTemplates(joined) : undefined;
    const { filter, newlines, ascii, mayEscape } = whole ?? this.#filterBuilder.summarize(joined);
    this.#memory.filters.raw(filter);
    const embedded = newlines !== to - from - 1;
    const literal = !mayEscape || joined.indexOf(UNICODE_ESCAPE) < 0;
    const flags = (ascii ? FLAG_ASCII : 0) | (embedded ? FLAG_LENGTHS : 0) | (literal ? FLAG_LITERAL : 0);
    if (own && !embedded) return [this.#frames.wholeLines(joined, whole?.sections), flags];
    const frame = own ? new OpenLines() : this.#memory.lines;
    const start = this.#frames.beginLines(frame);
    frame.isMixed ||= embedded;
    if (embedded) for (let row = from; row < to; row++) frame.bytes.varint(rows.lineEnds[row]! - rows.lineStarts[row]!);
    frame.bytes.raw(joined);
    return [this.#frames.end(frame, start, own ? 0 : BLOCK_LINE_BYTES), flags];
  }

  #addStoredLines({ frame, codec, crc, rawBytes, flags, filter }: StoredLines): [FramePlace, number] {
    this.#memory.filters.raw(filter);
    return [this.#frames.stored(frame, rawBytes, codec, crc), flags];
  }

  #addMetadata(rows: StreamRows, from: number, to: number): [FramePlace, number] {
    if (!hasMetadata(rows, from, to)) return [NOWHERE, 0];
    const { metadata, metadataColumns: columns } = this.#memory;
    columns.begin(to - from);
    let bytes = 0;
    for (let row = from; row < to; row++) {
      const start = rows.metadataStarts[row]!;
      const end = rows.metadataEnds[row]!;
      if (end > start) columns.add(row - from, rows.metadataBytes, start, end);
      bytes += end - start;
      if (rows.levels[row] === LEVEL_IN_METADATA) bytes -= levelPairBytes(rows.metadataBytes, start, end);
    }
    columns.addNames(this.#metadataNames);
    // Right behind the filter of the block's lines.
    this.#memory.filters.raw(buildMetadataFilter(columns.keys()));
    const start = this.#frames.begin(metadata);
    columns.write(metadata.bytes);
    return [this.#frames.end(metadata, start, METADATA_FRAME_BYTES), bytes];
  }

  /** Closes the open frames and returns the directory, which is to be encoded before the memory is used again; `emit` has had every frame. */
  finish(identity: SegmentIdentity): NewDirectory {
    const memory = this.#memory;
    for (const frame of [memory.times, memory.lines, memory.metadata]) this.#frames.close(frame);
    const filters = memory.filters.view();
    const filterSection = { offset: this.#frames.offset, length: filters.length, crc: crc32c(filters) };
    this.#frames.emit(filters);
    return {
      ...identity,
      streams: { count: this.streamCount, bytes: memory.labels.view() },
      blocks: memory.blocks.subarray(0, this.#blockCount * BLOCK_FIELDS),
      levelCounts: memory.levelCounts.subarray(0, this.#blockCount * LEVEL_COUNTERS),
      frames: this.#frames.finish(),
      metadataNames: [...this.#metadataNames],
      tally: memory.tally.finish(),
      filterSection,
    };
  }

  get fileOffset(): number {
    return this.#frames.offset;
  }
}

/** Begins the only escape by which JSON and logfmt can hide letters. */
const UNICODE_ESCAPE: Buffer = Buffer.from('\\u');

let joinScratch: Buffer = Buffer.allocUnsafeSlow(BLOCK_LINE_BYTES + 1024);

/** Lines `from..to` joined by newlines: one copy when they already stand so, else line by line. The result is reused. */
function joinLines(rows: StreamRows, from: number, to: number, joinedBytes: number): Buffer {
  if (rows.lineEnds[to - 1]! - rows.lineStarts[from]! === joinedBytes && contiguous(rows, from, to)) {
    return rows.bytes.subarray(rows.lineStarts[from]!, rows.lineEnds[to - 1]!);
  }
  if (joinScratch.length < joinedBytes) joinScratch = Buffer.allocUnsafeSlow(joinedBytes);
  let at = 0;
  for (let row = from; row < to; row++) {
    if (row > from) joinScratch[at++] = 10;
    at += rows.bytes.copy(joinScratch, at, rows.lineStarts[row]!, rows.lineEnds[row]!);
  }
  return joinScratch.subarray(0, joinedBytes);
}

function contiguous(rows: StreamRows, from: number, to: number): boolean {
  for (let row = from + 1; row < to; row++) if (rows.lineStarts[row] !== rows.lineEnds[row - 1]! + 1) return false;
  return true;
}

function hasMetadata(rows: StreamRows, from: number, to: number): boolean {
  for (let row = from; row < to; row++) if (rows.metadataEnds[row]! > rows.metadataStarts[row]!) return true;
  return false;
}
