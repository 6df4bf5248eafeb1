import { grownLength } from '../../base/grow.ts';

/** Up to so many bytes a loop is quicker than a call. */
const MAX_LOOP_BYTES = 32;

/** A growing byte buffer for cold encoders (directories, dictionaries); hot columns write into arrays of known size. */
export class ByteWriter {
  #bytes: Buffer;
  length = 0;

  constructor(sizeBytes = 4096) {
    this.#bytes = Buffer.allocUnsafe(sizeBytes);
  }

  /** Bytes that it has memory for. */
  get capacity(): number {
    return this.#bytes.length;
  }

  #room(count: number): void {
    if (this.length + count <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(grownLength(this.#bytes.length, 1), this.length + count));
    this.#bytes.copy(grown, 0, 0, this.length);
    this.#bytes = grown;
  }

  /** Makes room for about so many bytes, so that they do not make it grow step by step. */
  reserve(count: number): void {
    this.#room(count);
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.length++] = value;
  }

  /** Unsigned varint of an integer below 2^53. */
  varint(value: number): void {
    this.#room(8);
    const bytes = this.#bytes;
    if (value < 128) {
      bytes[this.length++] = value;
      return;
    }
    let rest = value;
    while (rest > 127) {
      bytes[this.length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    bytes[this.length++] = rest;
  }

  /** Unsigned varints of every `step`th number from `start` on, to the end. */
  varints(numbers: Float64Array | Uint32Array | Uint8Array, start: number, step: number): void {
    // In one go where all are small, as most columns are: without a call for each.
    this.#room(Math.ceil((numbers.length - start) / step) + 8);
    const bytes = this.#bytes;
    let to = this.length;
    let at = start;
    for (; at < numbers.length; at += step) {
      const value = numbers[at]!;
      if (value >= 128) break;
      bytes[to++] = value;
    }
    this.length = to;
    for (; at < numbers.length; at += step) this.varint(numbers[at]!);
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Bytes `start .. end` of a buffer. */
  range(bytes: Buffer, start: number, end: number): void {
    const count = end - start;
    this.#room(count);
    const to = this.length;
    this.length += count;
    if (count > MAX_LOOP_BYTES) {
      bytes.copy(this.#bytes, to, start, end);
      return;
    }
    const out = this.#bytes;
    for (let i = 0; i < count; i++) out[to + i] = bytes[start + i]!;
  }

  /** Length as varint, then the UTF-8 bytes. */
  text(value: string): void {
    const size = Buffer.byteLength(value);
    this.varint(size);
    this.#room(size);
    this.#bytes.write(value, this.length, 'utf8');
    this.length += size;
  }

  /** A view, valid until the next write. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  reset(): void {
    this.length = 0;
  }
}
