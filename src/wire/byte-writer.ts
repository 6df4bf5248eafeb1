const INITIAL_BYTES = 64 * 1024;
// What one writer may keep between requests; a larger body gives its memory back.
const RETAINED_BYTES = 32 * 1024 * 1024;

/** A growing byte buffer that is reused from request to request. `bytes[0, length)` is what has been written. */
export class ByteWriter {
  bytes: Buffer;
  length = 0;
  readonly #home: Buffer | undefined;

  /** @param home memory to write to as long as it is large enough; without it the writer has memory of its own */
  constructor(home?: Buffer) {
    this.#home = home;
    this.bytes = home ?? Buffer.allocUnsafeSlow(INITIAL_BYTES);
  }

  /** Whether what was written outgrew the memory that was given, and lies elsewhere. */
  get isAway(): boolean {
    return this.bytes !== this.#home;
  }

  reset(): void {
    this.length = 0;
    if (this.#home !== undefined) this.bytes = this.#home;
    else if (this.bytes.length > RETAINED_BYTES) this.bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  }

  /** Makes room for `count` more bytes; may replace `bytes`. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  writeByte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  writeBytes(source: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.reserve(count);
    const to = this.bytes;
    let at = this.length;
    // A plain loop beats a subarray and set() for the short ranges that names and values are.
    if (count <= 48) for (let i = start; i < end; i++) to[at++] = source[i]!;
    else to.set(source.subarray(start, end), at);
    this.length += count;
  }

  /** Writes text as UTF-8. */
  writeText(text: string): void {
    this.reserve(text.length * 3);
    this.length += this.bytes.write(text, this.length, 'utf8');
  }

  /** Writes a protobuf varint of a whole number from 0 to 2^53. */
  writeVarint(value: number): void {
    this.reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.length++] = rest;
  }
}

/** Number of bytes that `writeVarint` uses for a value. */
export function varintBytes(value: number): number {
  let count = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) count++;
  return count;
}
