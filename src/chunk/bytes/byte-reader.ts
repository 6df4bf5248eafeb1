import { LogError } from '../../base/errors.ts';

const MAX_32 = 2 ** 32 - 1;

/** Reads what `ByteWriter` wrote; every length is checked against the end before it is used. */
export class ByteReader {
  readonly bytes: Buffer;
  readonly #where: string;
  readonly end: number;
  /** Of the next byte to read. */
  at: number;

  constructor(bytes: Uint8Array, where: string, start = 0, end: number = bytes.length) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#where = where;
    this.at = start;
    this.end = end;
  }

  #fail(what: string): never {
    throw new LogError('CHUNK_CORRUPT', `${this.#where}: ${what} at byte ${this.at} of ${this.end}`);
  }

  /** Another one over the same bytes. */
  copy(): ByteReader {
    return new ByteReader(this.bytes, this.#where, this.at, this.end);
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  byte(): number {
    if (this.at >= this.end) this.#fail('unexpected end');
    return this.bytes[this.at++]!;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    return this.#fail('varint too long');
  }

  /** Reads `count` varints to every `step`th place of `into` from `first` on. A number that does not fit there is damage. */
  varints(into: Float64Array | Uint32Array, first: number, step: number, count: number): void {
    const { bytes, end } = this;
    const most = into instanceof Uint32Array ? MAX_32 : Number.POSITIVE_INFINITY;
    let at = this.at;
    let to = first;
    for (let i = 0; i < count; i++, to += step) {
      // Most are small: without a call for each.
      if (at < end && bytes[at]! < 128) into[to] = bytes[at++]!;
      else {
        this.at = at;
        const value = this.varint();
        if (value > most) this.#fail(`number ${value} is too large`);
        into[to] = value;
        at = this.at;
      }
    }
    this.at = at;
  }

  /** Moves over so many varints. */
  skipVarints(count: number): void {
    const { bytes, end } = this;
    let at = this.at;
    for (let i = 0; i < count; i++) {
      while (at < end && bytes[at]! >= 128) at++;
      at++;
    }
    if (at > end) this.#fail(`${count} numbers do not fit`);
    this.at = at;
  }

  /** A count that is followed by at least `bytesEach` bytes for each item: bounds allocation by what is there. */
  count(bytesEach: number): number {
    const count = this.varint();
    if (count * bytesEach > this.end - this.at) this.#fail(`count ${count} does not fit`);
    return count;
  }

  /** Moves over `count` bytes and returns where they start. */
  skip(count: number): number {
    if (count > this.end - this.at) this.#fail(`${count} bytes do not fit`);
    const start = this.at;
    this.at += count;
    return start;
  }

  raw(count: number): Buffer {
    const start = this.skip(count);
    return this.bytes.subarray(start, start + count);
  }

  text(): string {
    return this.raw(this.varint()).utf8Slice();
  }

  latin1(): string {
    return this.raw(this.varint()).latin1Slice();
  }
}
