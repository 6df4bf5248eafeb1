import { crc32c } from '../base/crc32c.ts';
import { LogError } from '../base/errors.ts';
import { ByteReader } from './bytes/byte-reader.ts';
import { ByteWriter } from './bytes/byte-writer.ts';
import { compressFrame, decompressFrame } from './bytes/compress.ts';
import { type EncodedLabelSets, LabelSets } from './label-sets.ts';
import { emptyTally, readTally, skipTally, type Tally, writeTally } from './tally.ts';
import { DIRECTORY_LEVEL } from './zstd/zstd-encoder.ts';

/**
 * The directory of a segment: which streams, which blocks, where their bytes are, and statistics that answer without
 * reading rows. It stands at the end of the segment file and, the same bytes, in the index.
 * Format: docs/format/segment.md, section Directory.
 */

/**
 * Numbers of one block in `Directory.blocks`, by position: as the format has them, but for the high halves of the two times, and numbers of
 * levels, which stay in the file. With thousands of streams, blocks are most of a directory: hence 80 bytes each.
 */
export const B_STREAM = 0;
export const B_ROWS = 1;
/** Nanoseconds from the start of the day, see `blockTime`. */
export const B_MIN = 2;
export const B_MAX = 3;
/** Sum of line lengths, separators not counted. */
export const B_LINE_BYTES = 4;
export const B_FLAGS = 5;
/** Of the three columns: where the number of the frame is, see `C_FRAME`. */
export const B_TIMES = 6;
export const B_LINES = 9;
export const B_METADATA = 12;
/** Offset in the filter section and length of the skip filter. */
export const B_FILTER = 15;
export const B_METADATA_BYTES = 17;
const STORED_NUMBERS = 18;
/** Behind the low half of a time. */
const HIGH_HALF = 16;
export const BLOCK_FIELDS = 20;

/** Numbers of a block in a file that memory has apart: rows for each code of model/level.ts, then rows with any other or no level. */
export const LEVELS_AT: number = STORED_NUMBERS;
export const LEVEL_COUNTERS = 9;

/** Within a column of a block: number of the frame, offset and length in it. */
export const C_FRAME = 0;
export const C_OFFSET = 1;
export const C_LENGTH = 2;

const HALF = 2 ** 32;

/** One of the two times of a block. @param at where its low half stands: that of the block, and B_MIN or B_MAX */
export function blockTime(blocks: Uint32Array, at: number): number {
  return blocks[at + HIGH_HALF]! * HALF + blocks[at]!;
}

export function setBlockTime(blocks: Uint32Array, at: number, ns: number): void {
  blocks[at] = ns;
  blocks[at + HIGH_HALF] = ns / HALF;
}

export const FLAG_ASCII = 1;
export const FLAG_LENGTHS = 2;
/** No line holds `\u`: texts that a parser takes out of a line stand in it as they are, but for short escapes. */
export const FLAG_LITERAL = 4;
/** A filter of the metadata stands between the block's filter and that of the next one. */
export const FLAG_METADATA_FILTER = 8;

/** Numbers of one frame in `Directory.frames`. */
export const F_OFFSET = 0;
export const F_COMPRESSED = 1;
export const F_RAW = 2;
export const F_CODEC = 3;
export const F_CRC = 4;
export const FRAME_FIELDS = 5;

/** Version that is written; older ones, down to `OLDEST_SEGMENT_VERSION`, are read. */
export const SEGMENT_VERSION = 3;
export const OLDEST_SEGMENT_VERSION = 1;
/** First version that tells of merges. */
const MERGE_VERSION = 2;
/** First version whose skip filters have the keys that searches look for; older ones are left aside. */
const FILTER_VERSION = 3;

export interface SegmentIdentity {
  readonly tenant: string;
  readonly day: number;
  /** The head generation whose rows these are; all `parts` of it together make it complete. */
  readonly generation: number;
  readonly part: number;
  readonly parts: number;
  /** Last WAL segment whose records are all in this generation or an earlier one. */
  readonly walSeq: number;
  /** Who wrote it: the start of the process that did, so that two writers never meet in one name. */
  readonly writer: string;
  /** Absent in a segment that was cut from the head. */
  readonly merge?: MergeRecord;
}

/** What a merge leaves behind, so that a start without an index never counts a row twice. */
export interface MergeRecord {
  /** One more than the highest of its sources; 1 for a merge of fresh segments. */
  readonly level: number;
  /** zstd level that its frames have at least. */
  readonly zstdLevel: number;
  /** Names of all segments of its folder whose rows it holds, directly or by way of earlier merges. */
  readonly replaces: readonly string[];
}

/** Where the blocks of a segment are. */
export interface BlockTable {
  /** `BLOCK_FIELDS` numbers a block. */
  readonly blocks: Uint32Array;
  /** `FRAME_FIELDS` numbers a frame. */
  readonly frames: Float64Array;
}

/** A directory but for the labels of its streams. */
export interface DirectoryTables extends SegmentIdentity, BlockTable {
  /** Names of all structured metadata in the segment: a name that is not here, no row of it has. */
  readonly metadataNames: readonly string[];
  readonly tally: Tally;
  /** Skip filters of all blocks, one behind the other; blocks say where theirs is in it. */
  readonly filterSection: { readonly offset: number; readonly length: number; readonly crc: number };
}

export interface Directory extends DirectoryTables {
  readonly streams: LabelSets;
  /** `LEVEL_COUNTERS` numbers a block; present when they were asked for. */
  readonly levelCounts?: Uint32Array;
}

/** A directory to be written: its streams are encoded already. */
export interface NewDirectory extends DirectoryTables {
  readonly streams: EncodedLabelSets;
  /** `LEVEL_COUNTERS` numbers a block. */
  readonly levelCounts: Uint32Array;
}

/** About the bytes of a block's numbers, and of an entry of its tally. */
const BLOCK_BYTES = 64;
const TALLY_BYTES = 3;

/**
 * Packs a directory: version, raw length, then one compressed frame.
 *
 * @param body what it is put together in; kept by whoever packs many, since of thousands of streams it is megabytes
 */
export function encodeDirectory(directory: NewDirectory, body: ByteWriter = new ByteWriter()): Uint8Array {
  const { streams, blocks, tally } = directory;
  body.reset();
  // About as much as it takes: to grow would copy it several times.
  body.reserve(
    streams.bytes.length + (blocks.length / BLOCK_FIELDS) * BLOCK_BYTES + tally.minutes.length * TALLY_BYTES,
  );
  body.text(directory.tenant);
  body.varint(directory.day >= 0 ? directory.day * 2 : -directory.day * 2 - 1);
  body.varint(directory.generation);
  body.varint(directory.part);
  body.varint(directory.parts);
  body.varint(directory.walSeq);
  body.text(directory.writer);
  body.varint(streams.count);
  body.raw(streams.bytes);
  writeFrames(directory.frames, body);
  writeBlocks(blocks, directory.levelCounts, body);
  body.varint(directory.metadataNames.length);
  for (const name of directory.metadataNames) body.text(name);
  writeTally(directory.tally, body);
  for (const value of [directory.filterSection.offset, directory.filterSection.length, directory.filterSection.crc])
    body.varint(value);
  writeMerge(directory.merge, body);
  const frame = compressFrame(body.view(), DIRECTORY_LEVEL);
  const head = new ByteWriter(16);
  head.varint(SEGMENT_VERSION);
  head.byte(frame.codec);
  head.varint(body.length);
  const packed = new Uint8Array(head.length + frame.bytes.length);
  packed.set(head.view());
  packed.set(frame.bytes, head.length);
  return packed;
}

function writeMerge(merge: MergeRecord | undefined, out: ByteWriter): void {
  out.varint(merge?.level ?? 0);
  if (merge === undefined) return;
  out.varint(merge.zstdLevel);
  out.varint(merge.replaces.length);
  for (const name of merge.replaces) out.text(name);
}

function readMerge(reader: ByteReader): MergeRecord | undefined {
  const level = reader.varint();
  if (level === 0) return undefined;
  const zstdLevel = reader.varint();
  const replaces: string[] = [];
  const count = reader.count(1);
  for (let i = 0; i < count; i++) replaces.push(reader.text());
  return { level, zstdLevel, replaces };
}

/** Field by field rather than frame by frame: equal neighbours compress away. */
function writeFrames(frames: Float64Array, out: ByteWriter): void {
  out.varint(frames.length / FRAME_FIELDS);
  for (let field = 0; field < FRAME_FIELDS; field++) out.varints(frames, field, FRAME_FIELDS);
}

function readFrames(reader: ByteReader): Float64Array {
  const count = reader.count(FRAME_FIELDS);
  const frames = new Float64Array(new SharedArrayBuffer(count * FRAME_FIELDS * Float64Array.BYTES_PER_ELEMENT));
  for (let field = 0; field < FRAME_FIELDS; field++) reader.varints(frames, field, FRAME_FIELDS, count);
  return frames;
}

function isTime(field: number): boolean {
  return field === B_MIN || field === B_MAX;
}

/** The same for blocks. */
function writeBlocks(blocks: Uint32Array, levelCounts: Uint32Array, out: ByteWriter): void {
  out.varint(blocks.length / BLOCK_FIELDS);
  for (let field = 0; field < STORED_NUMBERS; field++)
    if (!isTime(field)) out.varints(blocks, field, BLOCK_FIELDS);
    else for (let at = field; at < blocks.length; at += BLOCK_FIELDS) out.varint(blockTime(blocks, at));
  for (let level = 0; level < LEVEL_COUNTERS; level++) out.varints(levelCounts, level, LEVEL_COUNTERS);
}

function readBlocks(reader: ByteReader, withLevels: boolean): Pick<Directory, 'blocks' | 'levelCounts'> {
  const count = reader.count(STORED_NUMBERS + LEVEL_COUNTERS);
  const blocks = new Uint32Array(new SharedArrayBuffer(count * BLOCK_FIELDS * Uint32Array.BYTES_PER_ELEMENT));
  for (let field = 0; field < STORED_NUMBERS; field++)
    if (!isTime(field)) reader.varints(blocks, field, BLOCK_FIELDS, count);
    else for (let at = field; at < blocks.length; at += BLOCK_FIELDS) setBlockTime(blocks, at, reader.varint());
  if (!withLevels) {
    reader.skipVarints(count * LEVEL_COUNTERS);
    return { blocks };
  }
  const levelCounts = new Uint32Array(count * LEVEL_COUNTERS);
  for (let level = 0; level < LEVEL_COUNTERS; level++) reader.varints(levelCounts, level, LEVEL_COUNTERS, count);
  return { blocks, levelCounts };
}

/** Largest directory that is taken: a bound for allocation, far above what a segment of 100,000 streams needs. */
const MAX_DIRECTORY_BYTES = 1 << 30;

/** What is wanted of a directory: both are most of one with thousands of streams. */
export interface DirectoryParts {
  /** Absent: yes. */
  readonly tally?: boolean;
  /** Absent: no. */
  readonly levelCounts?: boolean;
}

/** @throws LogError CHUNK_CORRUPT or FORMAT_UNKNOWN */
export function decodeDirectory(bytes: Uint8Array, where: string, parts: DirectoryParts = {}): Directory {
  const head = new ByteReader(bytes, where);
  const version = head.varint();
  if (version < OLDEST_SEGMENT_VERSION || version > SEGMENT_VERSION)
    throw new LogError(
      'FORMAT_UNKNOWN',
      `${where}: segment version ${version}, this program knows ${OLDEST_SEGMENT_VERSION} to ${SEGMENT_VERSION}`,
    );
  const codec = head.byte();
  const rawLength = head.varint();
  if (rawLength > MAX_DIRECTORY_BYTES) throw new LogError('CHUNK_CORRUPT', `${where}: directory of ${rawLength} bytes`);
  const raw = decompressFrame(codec, bytes.subarray(head.at), rawLength, where);
  const reader = new ByteReader(raw, where);
  const tenant = reader.text();
  const zigzagDay = reader.varint();
  const day = zigzagDay % 2 === 0 ? zigzagDay / 2 : -(zigzagDay + 1) / 2;
  const generation = reader.varint();
  const part = reader.varint();
  const partCount = reader.varint();
  const walSeq = reader.varint();
  const writer = reader.text();
  const streams = LabelSets.read(reader, reader.count(1));
  const frames = readFrames(reader);
  const { blocks, levelCounts } = readBlocks(reader, parts.levelCounts === true);
  const metadataNames: string[] = [];
  const nameCount = reader.count(1);
  for (let i = 0; i < nameCount; i++) metadataNames.push(reader.text());
  const tally = parts.tally === false ? emptyTally(skipTally(reader)) : readTally(reader);
  if (tally.starts.length !== blocks.length / BLOCK_FIELDS + 1)
    throw new LogError('CHUNK_CORRUPT', `${where}: tally of ${tally.starts.length - 1} blocks`);
  let filterSection = { offset: reader.varint(), length: reader.varint(), crc: reader.varint() };
  const merge = version >= MERGE_VERSION ? readMerge(reader) : undefined;
  checkReferences(streams.count, frames, blocks, filterSection.length, where);
  if (version < FILTER_VERSION) {
    filterSection = { offset: filterSection.offset, length: 0, crc: crc32c(new Uint8Array(0)) };
    for (let at = B_FILTER; at < blocks.length; at += BLOCK_FIELDS) blocks.fill(0, at, at + 2);
  }
  return {
    tenant,
    day,
    generation,
    part,
    parts: partCount,
    walSeq,
    writer,
    ...(merge === undefined ? {} : { merge }),
    streams,
    frames,
    blocks,
    ...(levelCounts === undefined ? {} : { levelCounts }),
    metadataNames,
    tally,
    filterSection,
  };
}

function checkReferences(
  streamCount: number,
  frames: Float64Array,
  blocks: Uint32Array,
  filterBytes: number,
  where: string,
): void {
  const frameCount = frames.length / FRAME_FIELDS;
  for (let at = 0; at < blocks.length; at += BLOCK_FIELDS) {
    let good =
      blocks[at + B_STREAM]! < streamCount && blocks[at + B_FILTER]! + blocks[at + B_FILTER + 1]! <= filterBytes;
    for (const column of [B_TIMES, B_LINES, B_METADATA]) {
      const length = blocks[at + column + 2]!;
      if (length === 0 && column === B_METADATA) continue;
      const frame = blocks[at + column]!;
      good &&= frame < frameCount && blocks[at + column + 1]! + length <= frames[frame * FRAME_FIELDS + F_RAW]!;
    }
    if (!good) throw new LogError('CHUNK_CORRUPT', `${where}: block ${at / BLOCK_FIELDS} points outside its frames`);
  }
}
