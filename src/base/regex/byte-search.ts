import { Buffer } from 'node:buffer';

/** Bytes that a text contains. `ignoreCase`: ASCII letters of `bytes` (which are lower case) stand for both cases. */
export interface Needle {
  readonly bytes: Uint8Array;
  readonly ignoreCase: boolean;
}

/** Finds one needle. Both searches are free of allocation. */
export interface ByteSearch {
  readonly needle: Needle;
  /** First occurrence that lies inside `bytes[start, end)`, or -1. */
  indexOf(bytes: Uint8Array, start: number, end: number): number;
  /** First occurrence at or after `from` in a whole block; -1 when there is none. For jumping from hit to hit. */
  findNext(block: Buffer, from: number): number;
}

/** Lines longer than this are searched by Node's native search over a view; below, making the view costs more. */
const NATIVE_SEARCH_MIN_BYTES = 2048;

export function lowerAscii(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

/** Makes a search for a needle (case-sensitive, or ASCII letters in both cases). The empty needle is found everywhere. */
export function createByteSearch(needle: Needle): ByteSearch {
  return needle.ignoreCase ? new FoldedSearch(needle) : new ExactSearch(needle);
}

function skipTable(bytes: Uint8Array, bothCases: boolean): Uint16Array {
  const last = bytes.length - 1;
  const table = new Uint16Array(256).fill(Math.min(bytes.length, 0xffff));
  for (let i = 0; i < last; i++) {
    const skip = Math.min(last - i, 0xffff);
    const byte = bytes[i]!;
    table[byte] = skip;
    if (bothCases && byte >= 0x61 && byte <= 0x7a) table[byte - 0x20] = skip;
  }
  return table;
}

/** Horspool inside a line; the native search for blocks and long lines. */
class ExactSearch implements ByteSearch {
  readonly needle: Needle;
  readonly #bytes: Uint8Array;
  readonly #skip: Uint16Array;

  constructor(needle: Needle) {
    this.needle = needle;
    this.#bytes = needle.bytes;
    this.#skip = skipTable(needle.bytes, false);
  }

  indexOf(bytes: Uint8Array, start: number, end: number): number {
    const wanted = this.#bytes;
    const last = wanted.length - 1;
    if (last < 0) return start;
    if (end - start > NATIVE_SEARCH_MIN_BYTES) {
      const at = Buffer.prototype.indexOf.call(bytes.subarray(start, end), wanted);
      return at < 0 ? -1 : at + start;
    }
    const skip = this.#skip;
    const lastByte = wanted[last]!;
    let at = start + last;
    while (at < end) {
      const byte = bytes[at]!;
      if (byte === lastByte) {
        let i = last - 1;
        let j = at - 1;
        while (i >= 0 && bytes[j] === wanted[i]) {
          i--;
          j--;
        }
        if (i < 0) return at - last;
      }
      at += skip[byte]!;
    }
    return -1;
  }

  findNext(block: Buffer, from: number): number {
    return block.indexOf(this.#bytes, from);
  }
}

/** Horspool over both cases at once. */
class FoldedSearch implements ByteSearch {
  readonly needle: Needle;
  readonly #bytes: Uint8Array;
  readonly #skip: Uint16Array;
  readonly #fold: Uint8Array;

  constructor(needle: Needle) {
    this.needle = needle;
    this.#bytes = needle.bytes;
    this.#skip = skipTable(needle.bytes, true);
    this.#fold = new Uint8Array(256).map((_, byte) => lowerAscii(byte));
  }

  indexOf(bytes: Uint8Array, start: number, end: number): number {
    const wanted = this.#bytes;
    const last = wanted.length - 1;
    if (last < 0) return start;
    const skip = this.#skip;
    const fold = this.#fold;
    const lastByte = wanted[last]!;
    let at = start + last;
    while (at < end) {
      const byte = bytes[at]!;
      if (fold[byte] === lastByte) {
        let i = last - 1;
        let j = at - 1;
        while (i >= 0 && fold[bytes[j]!] === wanted[i]) {
          i--;
          j--;
        }
        if (i < 0) return at - last;
      }
      at += skip[byte]!;
    }
    return -1;
  }

  findNext(block: Buffer, from: number): number {
    return this.indexOf(block, from, block.length);
  }
}
