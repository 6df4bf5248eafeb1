/** A growing byte buffer for cold encoders (directories, dictionaries); hot columns write into arrays of known size. */
export class ByteWriter {
  #bytes: Buffer;
  length = 0;

  constructor(sizeBytes = 4096) {
    this.#bytes = Buffer.allocUnsafe(sizeBytes);
  }

  #room(count: number): void {
    if (this.length + count <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.length + count));
    this.#bytes.copy(grown, 0, 0, this.length);
    this.#bytes = grown;
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

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Bytes `start .. end` of a buffer. */
  range(bytes: Buffer, start: number, end: number): void {
    this.#room(end - start);
    bytes.copy(this.#bytes, this.length, start, end);
    this.length += end - start;
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
