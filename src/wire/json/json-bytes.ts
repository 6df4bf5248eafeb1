import { MAX_UNIT_BYTES, writeUtf8 } from '../../base/write-utf8.ts';
import { decodeLine, jsonText } from './json-text.ts';

const QUOTE = 0x22;
/** Bytes that an ASCII character takes inside a JSON string; 0 where text is not ASCII. */
const JSON_BYTES = new Uint8Array(256);
for (let code = 0; code < 128; code++) JSON_BYTES[code] = JSON.stringify(String.fromCharCode(code)).length - 2;
/** What follows the backslash of an escape. */
const ESCAPED = new Uint8Array(128);
for (let code = 0; code < 128; code++) ESCAPED[code] = JSON.stringify(String.fromCharCode(code)).charCodeAt(2);
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const HEX_DIGITS = Buffer.from('0123456789abcdef');
/** Of a control character without a letter of its own: a backslash, `u` and four digits. */
const MAX_ESCAPE_BYTES = 6;

/** To call for a copy takes longer than to copy so many. */
const SHORT_BYTES = 16;
/** Below it, numbers are divided as integers, in a third of the time. */
const INT_LIMIT = 2 ** 31;

const FIRST_BYTES = 64 * 1024;
/** Memory beyond it is not kept for what is written next. */
const MAX_KEPT_BYTES = 4 * 1024 * 1024;

/** JSON written as bytes into memory that grows: no string is made of a line that is ASCII, as most are. */
export class JsonBytes {
  #bytes: Buffer<ArrayBuffer> = Buffer.allocUnsafeSlow(FIRST_BYTES);
  /** Bytes written so far. May be set back, or forward to what was written into `room`. */
  length = 0;

  /** All memory, with room for so many bytes behind those that were written. Valid until more are asked for. */
  room(bytes: number): Uint8Array {
    this.#reserve(bytes);
    return this.#bytes;
  }

  /** Appends a text as UTF-8. */
  string(text: string): void {
    this.#reserve(text.length * MAX_UNIT_BYTES);
    this.length += writeUtf8(this.#bytes, text, this.length);
  }

  /** Appends bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    if (bytes.length > SHORT_BYTES) this.#bytes.set(bytes, this.length);
    else for (let i = 0; i < bytes.length; i++) this.#bytes[this.length + i] = bytes[i]!;
    this.length += bytes.length;
  }

  /** Appends bytes `[start, end)`, without a view of them: to make one costs more than a short copy. */
  range(bytes: Buffer, start: number, end: number): void {
    this.#reserve(end - start);
    bytes.copy(this.#bytes, this.length, start, end);
    this.length += end - start;
  }

  /** Appends the JSON string of the text `from[start, end)`; the same as `jsonText(decodeLine(...))`. */
  text(from: Uint8Array, start: number, end: number): void {
    this.#reserve((end - start) * MAX_ESCAPE_BYTES + 2);
    const to = this.#bytes;
    let at = this.length;
    to[at++] = QUOTE;
    for (let i = start; i < end; i++) {
      const code = from[i]!;
      const bytes = JSON_BYTES[code]!;
      if (bytes === 1) to[at++] = code;
      else if (bytes === 0) {
        this.raw(Buffer.from(jsonText(decodeLine(from, start, end))));
        return;
      } else {
        to[at++] = BACKSLASH;
        to[at++] = ESCAPED[code]!;
        if (bytes === 2) continue;
        to[at++] = ZERO;
        to[at++] = ZERO;
        to[at++] = HEX_DIGITS[code >> 4]!;
        to[at++] = HEX_DIGITS[code & 15]!;
      }
    }
    to[at++] = QUOTE;
    this.length = at;
  }

  /** Appends a number of `width` digits, zeros in front. */
  digits(value: number, width: number): void {
    this.#reserve(width);
    const bytes = this.#bytes;
    let rest = value;
    let at = this.length + width - 1;
    for (; rest >= INT_LIMIT; at--) {
      const tenth = Math.floor(rest / 10);
      bytes[at] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    for (let small = rest | 0; at >= this.length; at--) {
      const tenth = (small / 10) | 0;
      bytes[at] = ZERO + small - tenth * 10;
      small = tenth;
    }
    this.length += width;
  }

  /** A number that is equal for equal bytes from `start` to the end (FNV-1a, 32 bits). */
  hashFrom(start: number): number {
    const bytes = this.#bytes;
    let hash = 0x811c9dc5;
    for (let i = start; i < this.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    return hash >>> 0;
  }

  /** Writes over a byte. */
  replaceByte(at: number, byte: number): void {
    this.#bytes[at] = byte;
  }

  /** What was written; it holds until more is. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  /** False when it has become larger than is worth keeping. */
  get isWorthKeeping(): boolean {
    return this.#bytes.length <= MAX_KEPT_BYTES;
  }

  /** Begins anew in the same memory. */
  reset(): void {
    this.length = 0;
  }

  /** What was written, in memory of its own. The next one begins anew. */
  finish(): Uint8Array<ArrayBuffer> {
    // Not zeros first: all of it is written over.
    const written = Buffer.allocUnsafeSlow(this.length);
    this.finishInto(written);
    return written;
  }

  /** The same in memory that is given, at its beginning. */
  finishInto(to: Uint8Array): void {
    to.set(this.view());
    if (!this.isWorthKeeping) this.#bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
    this.length = 0;
  }

  #reserve(more: number): void {
    if (this.length + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.length + more));
    this.#bytes.copy(larger, 0, 0, this.length);
    this.#bytes = larger;
  }
}
