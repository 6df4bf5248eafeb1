import { crc32c } from '../base/crc32c.ts';
import { LogError } from '../base/errors.ts';
import { SyncFileCache } from '../base/sync-file.ts';
import { C_CODEC, C_COMPRESSED, C_CRC, C_FRAME_OFFSET, C_RAW } from './block-ref.ts';
import { CODEC_ZSTD, decompressFrame } from './compress.ts';
import { createZstdDecoder, type ZstdDecoder } from './zstd-decoder.ts';

/** Largest frame that is read: a bound for allocation, above the largest line that the limits allow. */
const MAX_FRAME_BYTES = 256 * 1024 * 1024;
/** Checksums verified once in this thread are remembered for so many frames. */
const MAX_VERIFIED = 200_000;

interface CachedFrame {
  readonly path: string;
  readonly offset: number;
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
  readonly #verified = new Set<string>();
  readonly #decoder: ZstdDecoder = createZstdDecoder();
  readonly #memory: readonly Buffer[];
  /** For frames that do not fit in their slot's memory. */
  readonly #large: (Buffer | undefined)[] = [];
  readonly #reuse: boolean;
  /** Bytes read from files and bytes they decompressed to, since the start. */
  compressedBytes = 0;
  decompressedBytes = 0;

  /**
   * @param memory where frames of a kind are decompressed to, by slot; a frame that is larger gets memory of its own. Without it,
   *   every frame gets fresh memory
   */
  constructor(memory: readonly Buffer[] | undefined) {
    this.#reuse = memory !== undefined;
    this.#memory = memory ?? [];
  }

  /**
   * @param slot which of the kept frames to look at and to replace (one for each column kind)
   * @param column the column's numbers in a block reference (block-ref.ts), from `at`
   * @throws LogError CHUNK_CORRUPT naming file and offset
   */
  frame(slot: number, path: string, refs: Float64Array, at: number): Buffer {
    const offset = refs[at + C_FRAME_OFFSET]!;
    const last = this.#last[slot];
    if (last !== undefined && last.offset === offset && last.path === path) return last.bytes;
    this.#last[slot] = undefined;
    const bytes = this.#read(slot, path, refs, at, offset);
    this.#last[slot] = { path, offset, bytes };
    return bytes;
  }

  #read(slot: number, path: string, refs: Float64Array, at: number, offset: number): Buffer {
    const length = refs[at + C_COMPRESSED]!;
    const rawLength = refs[at + C_RAW]!;
    const where = `${path} at ${offset}`;
    if (length > MAX_FRAME_BYTES || rawLength > MAX_FRAME_BYTES)
      throw new LogError('CHUNK_CORRUPT', `${where}: frame of ${length} bytes for ${rawLength}`);
    if (this.#compressed.length < length) this.#compressed = Buffer.allocUnsafeSlow(length * 2);
    const found = this.#files.get(path).read(this.#compressed, length, offset);
    if (found !== length) throw new LogError('CHUNK_CORRUPT', `${where}: file ends after ${found} of ${length} bytes`);
    const compressed = this.#compressed.subarray(0, length);
    this.#verify(compressed, refs[at + C_CRC]!, where);
    this.compressedBytes += length;
    this.decompressedBytes += rawLength;
    const codec = refs[at + C_CODEC]!;
    if (this.#reuse && codec === CODEC_ZSTD) return this.#decodeInto(slot, compressed, rawLength, where);
    const raw = decompressFrame(codec, compressed, rawLength, where);
    // A stored frame is a view of the read buffer, which the next read overwrites.
    if (raw.buffer === this.#compressed.buffer) return Buffer.from(raw);
    return Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  }

  #decodeInto(slot: number, compressed: Buffer, rawLength: number, where: string): Buffer {
    let memory = this.#memory[slot]!;
    if (memory.length < rawLength) {
      memory = this.#large[slot] ?? memory;
      if (memory.length < rawLength) memory = Buffer.allocUnsafeSlow(rawLength);
      this.#large[slot] = memory;
    }
    const into = memory.subarray(0, rawLength);
    const count = this.#decoder.decode(compressed, into);
    if (count !== rawLength)
      throw new LogError('CHUNK_CORRUPT', `${where}: frame does not decompress to ${rawLength} bytes`);
    return into;
  }

  #verify(compressed: Buffer, expected: number, where: string): void {
    if (this.#verified.has(where)) return;
    const sum = crc32c(compressed);
    if (sum !== expected) throw new LogError('CHUNK_CORRUPT', `${where}: checksum ${sum}, expected ${expected}`);
    if (this.#verified.size >= MAX_VERIFIED) this.#verified.clear();
    this.#verified.add(where);
  }

  close(): void {
    this.#files.close();
    this.#last.length = 0;
  }
}
