import { sliceText } from '../pipeline/text/byte-text.ts';
import { VARIABLE } from './pattern-text.ts';

/** More of a line than this is one variable: patterns are for people. */
const MAX_CHARACTERS = 4096;
const MAX_WORDS = 100;
const MAX_BYTES = 3 * MAX_CHARACTERS;

/** Kinds of words. Those with digits are numbers, times, addresses, ids: they tell nothing of the kind of a line. */
export const PLAIN = 0;
export const TELLING = 1;
/** Differs from line to line, as far as is known. */
export const VARYING = 2;

const DIGIT = 1;
/** ASCII characters between words: blanks, quotes, brackets, `= , ; |`. */
const DELIMITER = 2;
/** Stands between words only behind a delimiter: `":` and `",` are one gap, while that of `12:30` or `error:` belongs to its word. */
const COLON = 4;
const NOT_ASCII = 8;
const CLASSES = new Uint8Array(256).fill(NOT_ASCII, 128);
for (const char of '0123456789') CLASSES[char.charCodeAt(0)] = DIGIT;
for (const char of ' \t\r\n="\'(),;[]{}<>|') CLASSES[char.charCodeAt(0)] = DELIMITER;
CLASSES[':'.charCodeAt(0)] = COLON;

/** In a shape, between gaps: a character that is in none. */
const GAP_END = 'w'.charCodeAt(0);
/** Of FNV-1a. */
const HASH_FACTOR = 0x01000193;
const FIRST_EMPTY = 1;
const LAST_EMPTY = 2;

const encoder = new TextEncoder();

/**
 * A line, or a template, as words and what stands between them. Together they are the line; only the first and the last word can be
 * empty. One object for one line after the other: the bytes stay where they are, and only numbers are noted.
 */
export class LineWords {
  bytes: Uint8Array = new Uint8Array(0);
  count = 0;
  readonly starts: Uint32Array = new Uint32Array(MAX_WORDS + 1);
  readonly ends: Uint32Array = new Uint32Array(MAX_WORDS + 1);
  readonly kinds: Uint8Array = new Uint8Array(MAX_WORDS + 1);
  /** The delimiters, and whether text stands before the first and behind the last: a variable there needs some. */
  readonly shape: Uint8Array = new Uint8Array(MAX_CHARACTERS + MAX_WORDS + 1);
  shapeLength = 0;
  shapeHash = 0;
  readonly #own = new Uint8Array(MAX_BYTES);

  /** Reads the words of `bytes[start, end)`, which must not change as long as they are looked at. */
  readLine(bytes: Uint8Array, start: number, end: number): void {
    const limit = Math.min(end, start + MAX_CHARACTERS);
    if ((this.#cut(bytes, start, limit, end > limit) & NOT_ASCII) === 0) return;
    // The limit counts characters, and invalid sequences equal each other as they do in texts.
    const text = sliceText(bytes, start, end);
    const { written } = encoder.encodeInto(text.slice(0, MAX_CHARACTERS), this.#own);
    this.#cut(this.#own, 0, written, text.length > MAX_CHARACTERS);
  }

  /** Reads words and gaps as `tokensOf` gives them. */
  readTokens(tokens: readonly string[]): void {
    const bytes = encoder.encode(tokens.join(''));
    let count = 0;
    let length = 0;
    let hash = 0;
    let at = 0;
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i]!;
      const end = at + Buffer.byteLength(token);
      if (i % 2 === 0) {
        this.starts[count] = at;
        this.ends[count] = end;
        this.kinds[count++] = token === VARIABLE ? VARYING : /[0-9]/.test(token) ? PLAIN : TELLING;
      } else {
        this.shape.set(bytes.subarray(at, end), length);
        this.shape[length + end - at] = GAP_END;
        for (const stop = length + end - at; length <= stop; length++) {
          hash = Math.imul(hash ^ this.shape[length]!, HASH_FACTOR);
        }
      }
      at = end;
    }
    this.#finish(bytes, count, length, hash);
  }

  /** Cuts a text into words; `more`: it goes on. Returns the classes of bytes that were met in words. */
  #cut(bytes: Uint8Array, start: number, end: number, more: boolean): number {
    const { starts, ends, kinds, shape } = this;
    const classes = CLASSES;
    let met = 0;
    let count = 0;
    let length = 0;
    let hash = 0;
    let at = start;
    for (;;) {
      let inWord = 0;
      let c = 0;
      starts[count] = at;
      // Of what is behind the last gap nothing is read.
      if (count < MAX_WORDS) {
        for (; at < end; at++) {
          c = classes[bytes[at]!]!;
          if (c === DELIMITER) break;
          inWord |= c;
        }
      }
      ends[count] = at;
      kinds[count++] = (inWord & DIGIT) === 0 ? TELLING : PLAIN;
      met |= inWord;
      if (at === end || count > MAX_WORDS) break;
      while (at < end) {
        const byte = bytes[at]!;
        if ((classes[byte]! & (DELIMITER | COLON)) === 0) break;
        shape[length++] = byte;
        hash = Math.imul(hash ^ byte, HASH_FACTOR);
        at++;
      }
      shape[length++] = GAP_END;
      hash = Math.imul(hash ^ GAP_END, HASH_FACTOR);
    }
    if (at < end || more) kinds[count - 1] = VARYING;
    this.#finish(bytes, count, length, hash);
    return met;
  }

  #finish(bytes: Uint8Array, count: number, shapeLength: number, hash: number): void {
    this.bytes = bytes;
    this.count = count;
    const flags = (this.#isEmpty(0) ? FIRST_EMPTY : 0) | (this.#isEmpty(count - 1) ? LAST_EMPTY : 0);
    this.shape[shapeLength] = flags;
    this.shapeLength = shapeLength + 1;
    this.shapeHash = Math.imul(hash ^ flags, HASH_FACTOR);
  }

  #isEmpty(i: number): boolean {
    return this.starts[i] === this.ends[i] && this.kinds[i] !== VARYING;
  }
}

/** The parts of `LineWords` that make up its text. */
export type WordsAndGaps = Pick<LineWords, 'bytes' | 'count' | 'starts' | 'ends' | 'kinds'>;

/** Word, delimiters, word, ..., word; the placeholder for words that vary. */
export function tokensOf({ bytes, count, starts, ends, kinds }: WordsAndGaps): string[] {
  const tokens: string[] = [];
  for (let i = 0; i < count; i++) {
    if (i > 0) tokens.push(sliceText(bytes, ends[i - 1]!, starts[i]!));
    tokens.push(kinds[i] === VARYING ? VARIABLE : sliceText(bytes, starts[i]!, ends[i]!));
  }
  return tokens;
}
