import { LogError } from '../base/errors.ts';
import type { Needle } from '../base/regex/byte-search.ts';
import { type BlockKernel, openBlockKernel } from '../kernels/block-kernel.ts';
import type { FieldKernel } from '../kernels/field-kernel.ts';
import type { Labels } from '../model/labels.ts';
import { LEVEL_IN_METADATA, LEVEL_LABEL, LEVEL_NONE, LEVELS } from '../model/level.ts';
import type { RowFinder } from '../model/row-block.ts';
import {
  B_FLAGS,
  B_LINES,
  B_METADATA,
  B_ROWS,
  B_TIMES,
  BLOCK_FIELDS,
  C_FRAME,
  C_LENGTH,
  C_OFFSET,
  F_RAW,
  FLAG_ASCII,
  FLAG_LENGTHS,
  FRAME_FIELDS,
} from './directory.ts';
import { FrameReader } from './frame-reader.ts';
import { KernelFinder } from './kernel-finder.ts';
import { type MetadataColumn, readMetadataColumns } from './metadata/metadata-columns.ts';
import type { StoredBlocks } from './stored-blocks.ts';
import { SomeLines } from './template/some-lines.ts';
import { decodeTimes, RICE_CODE, TIME_UNITS_NS } from './times.ts';

/** Which columns of a block to read. */
export interface BlockColumns {
  readonly lines: boolean;
  /** Lines may be decoded when they are needed, see `StoredRows.someLines`. */
  readonly lazy?: boolean | undefined;
  readonly metadata: boolean;
  /** Names of the columns that are wanted; absent: all. */
  readonly metadataNames?: ReadonlySet<string> | undefined;
}

/** Rows of one stored block. Arrays are the reader's scratch (see `BlockReader`) and may be longer than `rowCount`. */
export interface StoredRows {
  readonly rowCount: number;
  readonly times: Float64Array;
  readonly bytes: Buffer;
  readonly lineStarts: Uint32Array;
  readonly lineEnds: Uint32Array;
  readonly ascii: boolean;
  readonly levels: Uint8Array;
  readonly columns: readonly MetadataColumn[];
  /** Present when the lines lie in the kernel's memory. */
  readonly finder: RowFinder | undefined;
  readonly fields: FieldKernel | undefined;
  /** Present when no line has been decoded: whoever looks at one asks for it here. */
  readonly someLines: SomeLines | undefined;
}

const NO_COLUMNS: readonly MetadataColumn[] = [];
const NO_BYTES: Buffer = Buffer.alloc(0);
const NO_NUMBERS: Uint32Array = new Uint32Array(0);
/** Room for the lines of a frame of small blocks, and for most of one block; and at first for its times, and its metadata. */
const LINES_SLOT_BYTES = 512 * 1024;
const SLOT_BYTES = 128 * 1024;
const SLOT_TIMES = 0;
const SLOT_LINES = 1;
const SLOT_METADATA = 2;

/** Decodes blocks for one thread. With `reuse` the arrays of the block before are overwritten. */
export class BlockReader {
  readonly frames: FrameReader;
  readonly #reuse: boolean;
  /** Where columns are decoded when memory is reused and kernels are there. */
  readonly #kernel: BlockKernel | undefined;
  #times: Float64Array = new Float64Array(0);
  #levels: Uint8Array = new Uint8Array(0);
  #starts: Uint32Array = new Uint32Array(0);
  #ends: Uint32Array = new Uint32Array(0);
  readonly #finder: KernelFinder | undefined;
  readonly #someLines: SomeLines | undefined;

  /**
   * @param onDamage told of blocks that were left out when their lines were asked for
   * @param plain columns are decoded without a kernel of its own, which takes some megabytes: for readers that come in numbers
   */
  constructor(reuse: boolean, onDamage: (error: unknown) => void = () => undefined, plain = false) {
    this.#reuse = reuse;
    this.#kernel = reuse && !plain ? openBlockKernel() : undefined;
    this.#finder = this.#kernel === undefined ? undefined : new KernelFinder(this.#kernel);
    this.#someLines =
      this.#kernel === undefined
        ? undefined
        : new SomeLines(
            this.#kernel,
            (bytes) => {
              this.frames.counts.decompressedBytes += bytes;
            },
            onDamage,
          );
    this.frames = new FrameReader(reuse ? slotMemory(this.#kernel) : undefined, this.#kernel);
  }

  /** Raw bytes of the lines column: joined lines behind the lengths, if there are any. */
  #lineColumn(segment: StoredBlocks, block: number): Buffer {
    const { blocks } = segment;
    const at = block * BLOCK_FIELDS + B_LINES;
    const length = blocks[at + C_LENGTH]!;
    if (length === 0) return NO_BYTES;
    const frame = this.frames.frame(SLOT_LINES, segment, blocks[at + C_FRAME]!);
    const offset = blocks[at + C_OFFSET]!;
    return frame.subarray(offset, offset + length);
  }

  /**
   * Whether a needle is somewhere in the lines of a block; true when it cannot be told. For a look before the rest is read.
   *
   * @throws LogError CHUNK_CORRUPT
   */
  mayHold(segment: StoredBlocks, block: number, needle: Needle): boolean {
    const kernel = this.#kernel;
    if (kernel?.searches(needle) === true) {
      const firstLine = this.#firstLine(segment, block);
      if (firstLine >= 0)
        return kernel.templates.mayHold(needle, firstLine, segment.blocks[block * BLOCK_FIELDS + B_ROWS]!);
    }
    const bytes = this.#lineColumn(segment, block);
    if (kernel?.owns(bytes) === true && kernel.searches(needle))
      return this.#finder!.find(segment, block, bytes, needle);
    return needle.ignoreCase || bytes.indexOf(needle.bytes) >= 0;
  }

  /**
   * Whether all texts are somewhere in the metadata of a block. For a look before the rest is read.
   *
   * @throws LogError CHUNK_CORRUPT
   */
  metadataHolds(segment: StoredBlocks, block: number, texts: readonly Uint8Array[]): boolean {
    const { blocks } = segment;
    const at = block * BLOCK_FIELDS + B_METADATA;
    const length = blocks[at + C_LENGTH]!;
    if (length === 0 || segment.withoutMetadata === true) return false;
    const start = blocks[at + C_OFFSET]!;
    const bytes = this.frames.frame(SLOT_METADATA, segment, blocks[at + C_FRAME]!).subarray(start, start + length);
    return texts.every((text) => bytes.indexOf(text) >= 0);
  }

  /** @throws LogError CHUNK_CORRUPT */
  read(segment: StoredBlocks, block: number, columns: BlockColumns): StoredRows {
    const at = block * BLOCK_FIELDS;
    const rowCount = segment.blocks[at + B_ROWS]!;
    const flags = segment.blocks[at + B_FLAGS]!;
    this.#room(rowCount);
    this.#readTimes(segment, block, rowCount);
    const someLines = columns.lines && columns.lazy === true ? this.#beginLines(segment, block, rowCount) : undefined;
    const bytes = someLines?.bytes ?? (columns.lines ? this.#readLines(segment, block, rowCount, flags) : NO_BYTES);
    const kernel = this.#searchable(bytes);
    if (kernel !== undefined) {
      kernel.fields.from = bytes.byteOffset - kernel.lines.byteOffset;
      if (someLines === undefined) this.#finder!.begin(segment, block, bytes);
    }
    return {
      rowCount,
      times: this.#times,
      levels: this.#levels,
      bytes,
      lineStarts: columns.lines ? this.#starts : NO_NUMBERS,
      lineEnds: columns.lines ? this.#ends : NO_NUMBERS,
      ascii: (flags & FLAG_ASCII) !== 0,
      columns: columns.metadata ? this.readMetadata(segment, block, columns.metadataNames) : NO_COLUMNS,
      finder: kernel === undefined ? undefined : (someLines ?? this.#finder),
      fields: kernel?.fields,
      someLines: kernel === undefined ? undefined : someLines,
    };
  }

  /**
   * Opens the template frame of a block's lines in the kernel. @returns which of its lines is row 0; -1 when it is none, or one whose lines
   * are not the rows
   */
  #firstLine(segment: StoredBlocks, block: number): number {
    const { blocks, frames } = segment;
    const at = block * BLOCK_FIELDS + B_LINES;
    const length = blocks[at + C_LENGTH]!;
    if (length === 0) return -1;
    const frame = blocks[at + C_FRAME]!;
    const kernel = this.frames.openTemplates(segment, frame);
    if (kernel === undefined) return -1;
    const start = blocks[at + C_OFFSET]!;
    const end = start + length;
    const firstLine = kernel.markedLine(start);
    const endLine = end === frames[frame * FRAME_FIELDS + F_RAW]! ? kernel.lines : kernel.markedLine(end + 1);
    // Lines that are no rows, or fewer or more: what is wrong, or how they are split, is seen when all are decoded.
    return endLine - firstLine === blocks[block * BLOCK_FIELDS + B_ROWS]! ? firstLine : -1;
  }

  /** Leaves the lines of a block in their template frame; undefined when they are in none. */
  #beginLines(segment: StoredBlocks, block: number, rowCount: number): SomeLines | undefined {
    if (this.#ends !== this.#kernel?.ends) return undefined;
    const firstLine = this.#firstLine(segment, block);
    if (firstLine < 0) return undefined;
    this.#someLines!.begin(segment.path, firstLine, rowCount);
    return this.#someLines;
  }

  /** The kernel, when rows and bytes are in its memory. */
  #searchable(bytes: Buffer): BlockKernel | undefined {
    const kernel = this.#kernel;
    return kernel !== undefined && this.#ends === kernel.ends && kernel.owns(bytes) ? kernel : undefined;
  }

  #room(rowCount: number): void {
    const kernel = this.#kernel;
    if (kernel !== undefined && rowCount <= kernel.rowCapacity) {
      this.#times = kernel.offsets;
      this.#starts = kernel.starts;
      this.#ends = kernel.ends;
      if (this.#levels.length < rowCount) this.#levels = new Uint8Array(kernel.rowCapacity);
      return;
    }
    if (this.#reuse && this.#times.length >= rowCount) return;
    const size = this.#reuse ? Math.max(4096, rowCount * 2) : rowCount;
    this.#times = new Float64Array(size);
    this.#levels = new Uint8Array(size);
    this.#starts = new Uint32Array(size);
    this.#ends = new Uint32Array(size);
  }

  #readTimes(segment: StoredBlocks, block: number, rowCount: number): void {
    const { path, blocks } = segment;
    const at = block * BLOCK_FIELDS + B_TIMES;
    const frame = this.frames.frame(SLOT_TIMES, segment, blocks[at + C_FRAME]!);
    const start = blocks[at + C_OFFSET]!;
    const end = start + blocks[at + C_LENGTH]!;
    let next = this.#decodeTimes(frame, start, end, rowCount);
    if (next < 0 || next + 2 > end)
      throw new LogError('CHUNK_CORRUPT', `${path}: times end too early in block of ${rowCount} rows`);
    const same = frame[next++] === 0;
    if (same) this.#levels.fill(frame[next]!, 0, rowCount);
    else if (next + rowCount <= end) frame.copy(this.#levels, 0, next, next + rowCount);
    else throw new LogError('CHUNK_CORRUPT', `${path}: levels end too early in block of ${rowCount} rows`);
  }

  #decodeTimes(frame: Buffer, start: number, end: number, rowCount: number): number {
    const kernel = this.#kernel;
    const code = start < end ? frame[start]! : -1;
    const unitNs = TIME_UNITS_NS[code < RICE_CODE ? code : code - RICE_CODE];
    if (kernel === undefined || unitNs === undefined || this.#times !== kernel.offsets || !kernel.owns(frame)) {
      return decodeTimes(frame, start, end, rowCount, this.#times);
    }
    if (code >= RICE_CODE) return kernel.decodeRice(frame, start + 1, end, rowCount, unitNs);
    return kernel.decodeTimes(frame, start + 1, end, rowCount, unitNs);
  }

  #readLines(segment: StoredBlocks, block: number, rowCount: number, flags: number): Buffer {
    const bytes = this.#lineColumn(segment, block);
    const good =
      (flags & FLAG_LENGTHS) !== 0 ? this.#splitByLengths(bytes, rowCount) : this.#splitByNewlines(bytes, rowCount);
    if (!good) throw new LogError('CHUNK_CORRUPT', `${segment.path}: lines do not add up in block of ${rowCount} rows`);
    return bytes;
  }

  #splitByNewlines(bytes: Buffer, rowCount: number): boolean {
    const kernel = this.#kernel;
    if (kernel !== undefined && this.#ends === kernel.ends && kernel.owns(bytes))
      return kernel.splitLines(bytes, rowCount);
    let start = 0;
    for (let row = 0; row < rowCount; row++) {
      let end = bytes.indexOf(10, start);
      if (end < 0) end = bytes.length;
      this.#starts[row] = start;
      this.#ends[row] = end;
      start = end + 1;
    }
    return start === bytes.length + 1;
  }

  #splitByLengths(bytes: Buffer, rowCount: number): boolean {
    let at = 0;
    for (let row = 0; row < rowCount; row++) {
      let length = 0;
      let scale = 1;
      let byte = 128;
      while (byte >= 128 && at < bytes.length) {
        byte = bytes[at++]!;
        length += (byte & 127) * scale;
        scale *= 128;
      }
      this.#ends[row] = length;
    }
    for (let row = 0; row < rowCount; row++) {
      this.#starts[row] = at;
      at += this.#ends[row]!;
      this.#ends[row] = at;
      at++;
    }
    return at === bytes.length + 1;
  }

  /**
   * Metadata of a block, for readers that did not ask for it at once. Valid until the next block is read.
   *
   * @throws LogError CHUNK_CORRUPT
   */
  readMetadata(
    segment: StoredBlocks,
    block: number,
    names: ReadonlySet<string> | undefined,
  ): readonly MetadataColumn[] {
    const { path, blocks } = segment;
    const at = block * BLOCK_FIELDS + B_METADATA;
    const length = blocks[at + C_LENGTH]!;
    if (length === 0 || segment.withoutMetadata === true || names?.size === 0) return NO_COLUMNS;
    const frame = this.frames.frame(SLOT_METADATA, segment, blocks[at + C_FRAME]!);
    const start = blocks[at + C_OFFSET]!;
    const rowCount = blocks[block * BLOCK_FIELDS + B_ROWS]!;
    return readMetadataColumns(frame, start, start + length, rowCount, path, names);
  }
}

/** Memory for frames of times, lines and metadata; the first two are the kernel's own. */
function slotMemory(kernel: BlockKernel | undefined): readonly Buffer[] {
  const memory = (): Buffer => Buffer.allocUnsafeSlow(SLOT_BYTES);
  return kernel === undefined
    ? [memory(), Buffer.allocUnsafeSlow(LINES_SLOT_BYTES), memory()]
    : [kernel.times, kernel.lines, memory()];
}

/** Where the detected level goes in a set that is sorted by name. */
export function withLevel(metadata: Labels, level: number): Labels {
  if (level === LEVEL_NONE || level === LEVEL_IN_METADATA) return metadata;
  const text = LEVELS[level] ?? LEVELS[0];
  let at = 0;
  while (at < metadata.length && metadata[at]! < LEVEL_LABEL) at += 2;
  return [...metadata.slice(0, at), LEVEL_LABEL, text, ...metadata.slice(at)];
}
