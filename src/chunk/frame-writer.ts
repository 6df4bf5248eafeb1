import { crc32c } from '../base/crc32c.ts';
import type { TemplateSections } from '../kernels/template-writer-kernel.ts';
import { ByteWriter } from './bytes/byte-writer.ts';
import { type CompressedFrame, compressFrame } from './bytes/compress.ts';
import { F_CODEC, F_COMPRESSED, F_CRC, F_OFFSET, F_RAW, FRAME_FIELDS } from './directory.ts';
import type { LineCompressor } from './line-compressor.ts';

const CHUNK_BYTES = 1024 * 1024;
const NEWLINE: Uint8Array = Uint8Array.of(10);

/**
 * Memory for frames on their way to the file, taken piece by piece from chunks. Whoever has written all that was emitted gives it
 * back by `recycle`; else every chunk is fresh, and what was emitted stays as it is.
 */
export class FrameMemory {
  readonly #chunks: Buffer[] = [];
  #chunk = 0;
  #used = 0;

  copy(bytes: Uint8Array): Uint8Array {
    const size = bytes.length;
    if (size > CHUNK_BYTES) return new Uint8Array(bytes);
    if (this.#chunk < this.#chunks.length && this.#used + size > CHUNK_BYTES) {
      this.#chunk++;
      this.#used = 0;
    }
    let chunk = this.#chunks[this.#chunk];
    if (chunk === undefined) {
      chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      this.#chunks.push(chunk);
    }
    const copy = chunk.subarray(this.#used, this.#used + size);
    copy.set(bytes);
    this.#used += size;
    return copy;
  }

  /** What was copied so far is not needed any more. */
  recycle(): void {
    this.#chunk = 0;
    this.#used = 0;
  }
}

/** A frame that is being filled. */
export class OpenFrame {
  readonly bytes: ByteWriter = new ByteWriter(64 * 1024);
  /** Number in the directory; -1 while nothing is in it. */
  index = -1;

  /** Empties it. */
  reset(): void {
    this.bytes.reset();
    this.index = -1;
  }
}

/** A frame of lines that is being filled. */
export class OpenLines extends OpenFrame {
  /** Where blocks begin. */
  readonly marks: number[] = [];
  /** It holds something else than lines. */
  isMixed = false;

  override reset(): void {
    super.reset();
    this.marks.length = 0;
    this.isMixed = false;
  }
}

/** Frame number, offset in the frame, length: where a column of a block stands. */
export type FramePlace = readonly [frame: number, offset: number, length: number];

/** Writes frames one behind the other and remembers where they are. */
export class FrameWriter {
  readonly #emit: (bytes: Uint8Array) => void;
  readonly #level: number;
  readonly #memory: FrameMemory;
  readonly #lines: LineCompressor;
  #fields: Float64Array = new Float64Array(256 * FRAME_FIELDS);
  #frames = 0;
  /** Where the next bytes go in the file. */
  offset: number;

  constructor(options: {
    readonly emit: (bytes: Uint8Array) => void;
    readonly startOffset: number;
    readonly level: number;
    readonly memory: FrameMemory;
    readonly lines: LineCompressor;
  }) {
    this.#emit = options.emit;
    this.offset = options.startOffset;
    this.#level = options.level;
    this.#memory = options.memory;
    this.#lines = options.lines;
  }

  #reserve(): number {
    if (this.#frames * FRAME_FIELDS === this.#fields.length) {
      const grown = new Float64Array(this.#fields.length * 2);
      grown.set(this.#fields);
      this.#fields = grown;
    }
    return this.#frames++;
  }

  /** Opens the frame if nothing is in it yet; returns where the next column begins. */
  begin(frame: OpenFrame): number {
    if (frame.index < 0) frame.index = this.#reserve();
    return frame.bytes.length;
  }

  /** Ends the column that began at `start`; closes the frame when it has so many bytes. */
  end(frame: OpenFrame, start: number, closeAtBytes: number): FramePlace {
    const place: FramePlace = [frame.index, start, frame.bytes.length - start];
    if (frame.bytes.length >= closeAtBytes) this.close(frame);
    return place;
  }

  /** Opens a frame for the lines of one more block, joined by newlines; returns where they begin. */
  beginLines(frame: OpenLines): number {
    if (frame.index >= 0) frame.bytes.raw(NEWLINE);
    const start = this.begin(frame);
    frame.marks.push(start);
    return start;
  }

  /** Compresses and emits what is in a frame, if anything is. */
  close(frame: OpenFrame): void {
    if (frame.index < 0) return;
    const raw = frame.bytes.view();
    if (frame instanceof OpenLines && !frame.isMixed)
      this.#write(frame.index, raw, this.#lines.compress(raw, frame.marks));
    else this.#write(frame.index, raw, compressFrame(raw, this.#level));
    frame.reset();
  }

  /** Lines of a block, joined by newlines, with a frame of their own. */
  wholeLines(lines: Uint8Array, sections?: TemplateSections): FramePlace {
    const index = this.#reserve();
    this.#write(index, lines, this.#lines.compress(lines, [0], sections));
    return [index, 0, lines.length];
  }

  /** A column in a frame that has been compressed before. `frame` must not change any more. */
  stored(frame: Uint8Array, rawBytes: number, codec: number, crc: number): FramePlace {
    const index = this.#reserve();
    this.#emitFrame(index, frame, rawBytes, codec, crc);
    return [index, 0, rawBytes];
  }

  #write(index: number, raw: Uint8Array, { codec, bytes }: CompressedFrame): void {
    this.#emitFrame(index, this.#memory.copy(bytes), raw.length, codec, crc32c(bytes));
  }

  #emitFrame(index: number, bytes: Uint8Array, rawBytes: number, codec: number, crc: number): void {
    const at = index * FRAME_FIELDS;
    this.#fields[at + F_OFFSET] = this.offset;
    this.#fields[at + F_COMPRESSED] = bytes.length;
    this.#fields[at + F_RAW] = rawBytes;
    this.#fields[at + F_CODEC] = codec;
    this.#fields[at + F_CRC] = crc;
    this.emit(bytes);
  }

  /** Writes bytes that are no frame; they must not change any more. */
  emit(bytes: Uint8Array): void {
    this.#emit(bytes);
    this.offset += bytes.length;
  }

  /** Numbers of all frames, as `Directory.frames` has them. */
  finish(): Float64Array {
    return this.#fields.slice(0, this.#frames * FRAME_FIELDS);
  }
}
