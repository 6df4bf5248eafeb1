import { crc32c } from '../base/crc32c.ts';
import { SyncFileCache } from '../base/disk/sync-file.ts';
import { LogError } from '../base/errors.ts';
import type { BlockKernel } from '../kernels/block-kernel.ts';
import { CODEC_TEMPLATES, CODEC_ZSTD, decompressFrame } from './bytes/compress.ts';
import { F_CODEC, F_COMPRESSED, F_CRC, F_OFFSET, F_RAW, FRAME_FIELDS } from './directory.ts';
import type { StoredBlocks } from './stored-blocks.ts';
import { readTemplates, TemplateReader } from './template/template-reader.ts';
import { createZstdDecoder, type ZstdDecoder } from './zstd/zstd-decoder.ts';

/** Largest frame that is read: a bound for allocation, above the largest line that the limits allow. */
const MAX_FRAME_BYTES = 256 * 1024 * 1024;
/** Checksums verified once in this thread are remembered for so many frames. */
const MAX_VERIFIED = 200_000;

/** What reading took. */
export interface ReadCounts {
  compressedBytes: number;
  decompressedBytes: number;
}

interface FramePosition {
  readonly path: string;
  readonly frame: number;
}

interface CachedFrame extends FramePosition {
  readonly bytes: Buffer;
}

/**
 * Reads and decompresses frames for one thread. The last frame of each column kind is kept, since small blocks of neighbouring
 * streams share frames and are read one after the other. With `reuse` a frame's memory is overwritten by the next frame of its
 * kind: fresh memory for each would cost more in page faults than the decompression.
 */
export class FrameReader {
  readonly #files: SyncFileCache = new SyncFileCache();
  #compressed: Buffer = Buffer.allocUnsafeSlow(256 * 1024);
  readonly #last: (CachedFrame | undefined)[] = [];
  /** Offsets of frames whose checksums are known to be right, by path. */
  readonly #verified = new Map<string, Set<number>>();
  #verifiedCount = 0;
  readonly #decoder: ZstdDecoder = createZstdDecoder();
  readonly #memory: readonly Buffer[];
  /** For frames that do not fit in their slot's memory. */
  readonly #large: (Buffer | undefined)[] = [];
  readonly #reuse: boolean;
  /** Opens template frames where their lines are wanted; the frame that is open. */
  readonly #templates: TemplateReader | undefined;
  readonly #lines: Buffer | undefined;
  #open: FramePosition | undefined;
  /** Where bytes read from files and bytes they decompressed to are counted. */
  counts: ReadCounts = { compressedBytes: 0, decompressedBytes: 0 };

  /**
   * @param memory where frames of a kind are decompressed to, by slot; a frame that is larger gets memory of its own. Without it,
   *   every frame gets fresh memory
   * @param kernel reads template frames in its own memory
   */
  constructor(memory: readonly Buffer[] | undefined, kernel?: BlockKernel) {
    this.#reuse = memory !== undefined;
    this.#memory = memory ?? [];
    this.#templates = kernel === undefined ? undefined : new TemplateReader(kernel.templates, this.#decoder);
    this.#lines = kernel?.lines;
  }

  /**
   * @param slot which of the kept frames to look at and to replace (one for each column kind)
   * @param frame number of the frame in the segment
   * @throws LogError CHUNK_CORRUPT naming file and offset
   */
  frame(slot: number, segment: StoredBlocks, frame: number): Buffer {
    const { path } = segment;
    const last = this.#last[slot];
    if (last !== undefined && last.frame === frame && last.path === path) return last.bytes;
    this.#last[slot] = undefined;
    const bytes = this.#read(slot, segment, frame);
    this.#last[slot] = { path, frame, bytes };
    return bytes;
  }

  /**
   * Opens a template frame in the kernel, without decoding its lines; undefined when it is none, or none that the kernel reads.
   *
   * @throws LogError CHUNK_CORRUPT
   */
  openTemplates(segment: StoredBlocks, frame: number): TemplateReader['kernel'] | undefined {
    const templates = this.#templates;
    const { path, frames } = segment;
    const at = frame * FRAME_FIELDS;
    if (templates === undefined || frames[at + F_CODEC] !== CODEC_TEMPLATES) return undefined;
    if (this.#open?.frame === frame && this.#open.path === path) return templates.kernel;
    this.#open = undefined;
    if (!templates.open(this.#compressedFrame(segment, frame), frames[at + F_RAW]!)) return undefined;
    this.#open = { path, frame };
    return templates.kernel;
  }

  /** All lines of a template frame, in the kernel's memory. */
  #templateLines(segment: StoredBlocks, frame: number): Buffer | undefined {
    const kernel = this.openTemplates(segment, frame);
    const rawLength = segment.frames[frame * FRAME_FIELDS + F_RAW]!;
    if (kernel === undefined || kernel.decodeAll() !== rawLength) return undefined;
    this.counts.decompressedBytes += rawLength;
    return this.#lines!.subarray(0, rawLength);
  }

  #read(slot: number, segment: StoredBlocks, frame: number): Buffer {
    const { path, frames } = segment;
    const at = frame * FRAME_FIELDS;
    const codec = frames[at + F_CODEC]!;
    if (codec === CODEC_TEMPLATES) {
      const lines = this.#templateLines(segment, frame);
      if (lines !== undefined) return lines;
    }
    const compressed = this.#compressedFrame(segment, frame);
    const offset = frames[at + F_OFFSET]!;
    const rawLength = frames[at + F_RAW]!;
    this.counts.decompressedBytes += rawLength;
    if (this.#reuse && codec === CODEC_ZSTD) {
      const into = this.#decodeInto(slot, compressed, rawLength);
      if (into !== undefined) return into;
      throw new LogError('CHUNK_CORRUPT', `${path} at ${offset}: frame does not decompress to ${rawLength} bytes`);
    }
    const where = `${path} at ${offset}`;
    const raw =
      codec === CODEC_TEMPLATES
        ? readTemplates(compressed, rawLength, where, this.#memory[slot])
        : decompressFrame(codec, compressed, rawLength, where);
    // A stored frame is a view of the read buffer, which the next read overwrites.
    if (raw.buffer === this.#compressed.buffer) return Buffer.from(raw);
    return Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  }

  /** Reads a frame as it stands in its file, and checks it. The result is overwritten by the next call. */
  #compressedFrame({ path, frames }: StoredBlocks, frame: number): Buffer {
    const at = frame * FRAME_FIELDS;
    const offset = frames[at + F_OFFSET]!;
    const length = frames[at + F_COMPRESSED]!;
    const rawLength = frames[at + F_RAW]!;
    if (length > MAX_FRAME_BYTES || rawLength > MAX_FRAME_BYTES)
      throw new LogError('CHUNK_CORRUPT', `${path} at ${offset}: frame of ${length} bytes for ${rawLength}`);
    if (this.#compressed.length < length) this.#compressed = Buffer.allocUnsafeSlow(length * 2);
    const found = this.#files.get(path).read(this.#compressed, length, offset);
    if (found !== length)
      throw new LogError('CHUNK_CORRUPT', `${path} at ${offset}: file ends after ${found} of ${length} bytes`);
    const compressed = this.#compressed.subarray(0, length);
    this.#verify(compressed, frames[at + F_CRC]!, path, offset);
    this.counts.compressedBytes += length;
    return compressed;
  }

  /** @returns undefined when the frame does not decompress to the length that it is said to have */
  #decodeInto(slot: number, compressed: Buffer, rawLength: number): Buffer | undefined {
    let memory = this.#memory[slot]!;
    if (memory.length < rawLength) {
      memory = this.#large[slot] ?? memory;
      if (memory.length < rawLength) memory = Buffer.allocUnsafeSlow(rawLength + (rawLength >> 2));
      this.#large[slot] = memory;
    }
    const into = memory.subarray(0, rawLength);
    return this.#decoder.decode(compressed, into) === rawLength ? into : undefined;
  }

  #verify(compressed: Buffer, expected: number, path: string, offset: number): void {
    let offsets = this.#verified.get(path);
    if (offsets?.has(offset) === true) return;
    const sum = crc32c(compressed);
    if (sum !== expected)
      throw new LogError('CHUNK_CORRUPT', `${path} at ${offset}: checksum ${sum}, expected ${expected}`);
    if (this.#verifiedCount >= MAX_VERIFIED) {
      this.#verified.clear();
      this.#verifiedCount = 0;
      offsets = undefined;
    }
    offsets ??= new Set();
    this.#verified.set(path, offsets.add(offset));
    this.#verifiedCount++;
  }

  close(): void {
    this.#files.close();
    this.#last.length = 0;
    this.#open = undefined;
  }
}
