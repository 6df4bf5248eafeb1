import { decodeLine, jsonText } from './json-text.ts';

const QUOTE = 0x22;
/** Bytes that an ASCII character takes inside a JSON string; 0 where text is not ASCII. */
const JSON_BYTES = new Uint8Array(256);
for (let code = 0; code < 128; code++) JSON_BYTES[code] = JSON.stringify(String.fromCharCode(code)).length - 2;
const ESCAPES: readonly Uint8Array[] = Array.from({ length: 128 }, (_, code) =>
  Buffer.from(JSON.stringify(String.fromCharCode(code)).slice(1, -1)),
);

/** JSON written as bytes into memory that grows: no string is made of a line that is ASCII, as most are. */
export class JsonBytes {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(64 * 1024);
  length = 0;

  /** Appends bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Appends the JSON string of the text `from[start, end)`; the same as `jsonText(decodeLine(...))`. */
  text(from: Uint8Array, start: number, end: number): void {
    let size = 0;
    for (let at = start; at < end; at++) {
      const bytes = JSON_BYTES[from[at]!]!;
      if (bytes === 0) return this.raw(Buffer.from(jsonText(decodeLine(from, start, end))));
      size += bytes;
    }
    this.#reserve(size + 2);
    const to = this.#bytes;
    to[this.length] = QUOTE;
    const at = this.length + 1;
    if (size === end - start) to.set(from.subarray(start, end), at);
    else escape(from, start, end, to, at);
    to[at + size] = QUOTE;
    this.length = at + size + 1;
  }

  /** Appends a number of `width` digits, zeros in front. */
  digits(value: number, width: number): void {
    this.#reserve(width);
    let rest = value;
    for (let at = this.length + width - 1; at >= this.length; at--) {
      const tenth = Math.floor(rest / 10);
      this.#bytes[at] = 0x30 + rest - tenth * 10;
      rest = tenth;
    }
    this.length += width;
  }

  /** What was written, in memory of its own. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.length);
  }

  #reserve(more: number): void {
    if (this.length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + more));
    larger.set(this.#bytes.subarray(0, this.length));
    this.#bytes = larger;
  }
}

function escape(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  let copied = start;
  let target = at;
  for (let i = start; i < end; i++) {
    const code = from[i]!;
    if (JSON_BYTES[code] === 1) continue;
    to.set(from.subarray(copied, i), target);
    target += i - copied;
    to.set(ESCAPES[code]!, target);
    target += ESCAPES[code]!.length;
    copied = i + 1;
  }
  to.set(from.subarray(copied, end), target);
}
