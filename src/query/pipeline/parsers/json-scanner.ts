import { cleanText, sliceCleanText, sliceText } from '../text/byte-text.ts';

/** Byte positions in JSON text, without building values. Lenient where the parsers of LogQL are. */

/** Texts of `__error_details__` of broken JSON. */
export const JSON_ERRORS = {
  object: "Value looks like object, but can't find closing '}' symbol",
  array: "Value is array, but can't find closing ']' symbol",
  string: "Value is string, but can't find closing '\"' symbol",
  malformed: 'Malformed JSON error',
  literal: 'Unknown value type',
  escape: 'Encountered an invalid escape sequence in a string',
} as const;
export type JsonError = (typeof JSON_ERRORS)[keyof typeof JSON_ERRORS];

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACKET = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;

/** First position at or after `at` that is not JSON white space. */
export function skipJsonSpace(bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const c = bytes[at]!;
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) break;
    at++;
  }
  return at;
}

/** Position of the quote that ends the string whose contents start at `at`, or -1. */
export function jsonStringEnd(bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const c = bytes[at]!;
    if (c === QUOTE) return at;
    at += c === BACKSLASH ? 2 : 1;
  }
  return -1;
}

/** Position after the bracket that closes the one at `at`, or -1. Brackets of the other kind are not looked at. */
export function jsonBlockEnd(bytes: Uint8Array, at: number, end: number): number {
  const open = bytes[at]!;
  const close = open === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
  let depth = 0;
  while (at < end) {
    const c = bytes[at]!;
    if (c === QUOTE) {
      at = jsonStringEnd(bytes, at + 1, end);
      if (at < 0) return -1;
    } else if (c === open) {
      depth++;
    } else if (c === close) {
      depth--;
      if (depth === 0) return at + 1;
    }
    at++;
  }
  return -1;
}

/** End of the bare token (number, `true`, ...) at `at`. */
export function jsonTokenEnd(bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const c = bytes[at]!;
    if (c === COMMA || c === CLOSE_BRACE || c === CLOSE_BRACKET) break;
    if (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) break;
    at++;
  }
  return at;
}

export type TokenKind = 'null' | 'scalar' | 'bad';

/** What the bare token `bytes[start, end)` is. Anything that begins like a number passes for one. */
export function jsonTokenKind(bytes: Uint8Array, start: number, end: number): TokenKind {
  const c = bytes[start]!;
  if ((c >= 0x30 && c <= 0x39) || c === 0x2d) return 'scalar';
  if (c === 0x74) return isWord(bytes, start, end, 'true') ? 'scalar' : 'bad';
  if (c === 0x66) return isWord(bytes, start, end, 'false') ? 'scalar' : 'bad';
  if (c === 0x6e) return isWord(bytes, start, end, 'null') ? 'null' : 'bad';
  return 'bad';
}

function isWord(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false;
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word.charCodeAt(i)) return false;
  return true;
}

/** Text of the string contents `bytes[start, end)`; undefined when an escape is invalid. U+FFFD becomes a space. */
export function jsonString(bytes: Uint8Array, start: number, end: number): string | undefined {
  for (let i = start; i < end; i++) {
    if (bytes[i] !== BACKSLASH) continue;
    const text = unescapeJson(sliceText(bytes, start, end));
    return text === undefined ? undefined : cleanText(text);
  }
  return sliceCleanText(bytes, start, end);
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * Resolves the escapes of JSON string contents.
 *
 * @param extra further letters that stand for themselves after a backslash
 * @returns undefined when an escape is unknown or incomplete, or a surrogate stands alone
 */
export function unescapeJson(text: string, extra = ''): string | undefined {
  let at = text.indexOf('\\');
  if (at < 0) return text;
  let out = '';
  let from = 0;
  while (at >= 0) {
    out += text.slice(from, at);
    const letter = text[at + 1];
    if (letter === undefined) return undefined;
    const simple = extra.includes(letter) ? letter : SIMPLE_ESCAPES[letter];
    if (simple !== undefined) {
      out += simple;
      from = at + 2;
    } else {
      const unit = letter === 'u' ? hexUnit(text, at + 2) : -1;
      if (unit < 0) return undefined;
      from = at + 6;
      if (unit < 0xd800 || unit > 0xdfff) {
        out += String.fromCharCode(unit);
      } else {
        const low = text[from] === '\\' && text[from + 1] === 'u' ? hexUnit(text, from + 2) : -1;
        if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff) return undefined;
        out += String.fromCharCode(unit, low);
        from += 6;
      }
    }
    at = text.indexOf('\\', from);
  }
  return out + text.slice(from);
}

function hexUnit(text: string, at: number): number {
  if (at + 4 > text.length) return -1;
  let unit = 0;
  for (let i = at; i < at + 4; i++) {
    const digit = hexDigit(text.charCodeAt(i));
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
