/** JSON lines. Twin: src/query/pipeline/parsers/json-parser.ts; what it takes for an error, and what needs care, is left to it. */
import { expectedKey, fieldOf, findKey, follow, keyLength, UNCLEAR } from './field-keys';
import { beginBlock, beginRow, endRow, LEFT, READ, rowEnd, rowStart, take, wants } from './fields';

export const QUOTE: u8 = 0x22;
export const COMMA: u8 = 0x2c;
export const COLON: u8 = 0x3a;
export const OPEN_BRACKET: u8 = 0x5b;
const BACKSLASH: u8 = 0x5c;
const CLOSE_BRACKET: u8 = 0x5d;
export const OPEN_BRACE: u8 = 0x7b;
export const CLOSE_BRACE: u8 = 0x7d;

/** Outcome of a row: read, left to the twin, or stopped at an unknown key. */
export const DONE: i32 = 0;
export const GIVE_UP: i32 = 1;
export const UNKNOWN: i32 = 2;

const MAX_DEPTH: i32 = 16;
/** Keys of the objects around the current one. */
const outer = memory.data(<i32>(MAX_DEPTH << 2));

/** The string that was passed last holds a backslash. */
let escaped = false;

export function hasEscape(): bool {
  return escaped;
}

// @ts-ignore: decorator
@inline
function isSpace(c: u8): bool {
  return c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09;
}

// @ts-ignore: decorator
@inline
export function skipSpace(at: usize, end: usize): usize {
  if (at < end && load<u8>(at) > 0x20) return at;
  while (at < end && isSpace(load<u8>(at))) at++;
  return at;
}

/** Place of the quote that ends the string whose contents start at `at`; 0 when it does not end. */
export function stringEnd(at: usize, end: usize): usize {
  escaped = false;
  const quote = i8x16.splat(<i8>QUOTE);
  const backslash = i8x16.splat(<i8>BACKSLASH);
  while (at < end) {
    const text = v128.load(at);
    const mask = <u32>i8x16.bitmask(v128.or(i8x16.eq(text, quote), i8x16.eq(text, backslash)));
    if (mask === 0) {
      at += 16;
      continue;
    }
    at += <usize>ctz(mask);
    if (at >= end) return 0;
    if (load<u8>(at) === QUOTE) return at;
    escaped = true;
    at += 2;
  }
  return 0;
}

/** Place after the bracket that closes the one at `at`, 0 when none does; brackets of the other kind are not looked at. */
export function blockEnd(at: usize, end: usize): usize {
  const open = load<u8>(at);
  return open === OPEN_BRACE ? closingEnd(at + 1, end, 1, open, CLOSE_BRACE) : closingEnd(at + 1, end, 1, open, CLOSE_BRACKET);
}

/** Place after the bracket that closes the outermost of `depth` open ones. */
function closingEnd(at: usize, end: usize, depth: u32, open: u8, close: u8): usize {
  const opens = i8x16.splat(<i8>open);
  const closes = i8x16.splat(<i8>close);
  const quotes = i8x16.splat(<i8>QUOTE);
  while (at < end) {
    const text = v128.load(at);
    const mask = <u32>(
      i8x16.bitmask(v128.or(v128.or(i8x16.eq(text, opens), i8x16.eq(text, closes)), i8x16.eq(text, quotes)))
    );
    if (mask === 0) {
      at += 16;
      continue;
    }
    at += <usize>ctz(mask);
    if (at >= end) return 0;
    const c = load<u8>(at);
    if (c === QUOTE) {
      at = stringEnd(at + 1, end);
      if (at === 0) return 0;
    } else if (c === open) {
      depth++;
    } else {
      depth--;
      if (depth === 0) return at + 1;
    }
    at++;
  }
  return 0;
}

// @ts-ignore: decorator
@inline
export function isWord4(at: usize, end: usize, word: u32): bool {
  return end - at === 4 && load<u32>(at) === word;
}

/**
 * Reads the selected rows from number `index` on.
 *
 * @returns `count`, or the row at which an unknown key was met
 */
export function scanJson(from: usize, index: u32, count: u32): u32 {
  beginBlock(from);
  for (; index < count; index++) {
    beginRow(index);
    const outcome = object(rowStart(index), rowEnd(index));
    if (outcome === UNKNOWN) return index;
    endRow(index, outcome === DONE ? READ : LEFT);
  }
  return count;
}

/** One line. */
export function object(at: usize, end: usize): i32 {
  at = skipSpace(at, end);
  if (at >= end || load<u8>(at) !== OPEN_BRACE) return GIVE_UP;
  at++;
  let depth: i32 = 0;
  let parent: u32 = 0;
  let before: u32 = 0;
  /** The outermost nested object at work. */
  let nested: usize = 0;
  /** It was looked at as a whole, and is closed. */
  let isClosed = false;
  while (true) {
    at = skipSpace(at, end);
    if (at >= end) return GIVE_UP;
    let c = load<u8>(at);
    if (c === QUOTE) {
      const keyStart = at + 1;
      let key = expectedKey(before, parent, keyStart, end, QUOTE);
      if (key !== 0) {
        at = keyStart + keyLength(key) + 1;
      } else {
        at = stringEnd(keyStart, end);
        if (at === 0) return GIVE_UP;
        key = findKey(parent, keyStart, at);
        if (key === 0) return UNKNOWN;
        follow(before, key);
        at++;
      }
      before = key;
      const field = fieldOf(key);
      if (field === UNCLEAR) return GIVE_UP;
      if (at >= end) return GIVE_UP;
      if (load<u8>(at) !== COLON) {
        at = skipSpace(at, end);
        if (at >= end || load<u8>(at) !== COLON) return GIVE_UP;
      }
      at = skipSpace(at + 1, end);
      if (at >= end) return GIVE_UP;
      c = load<u8>(at);
      if (c === QUOTE) {
        const close = stringEnd(at + 1, end);
        if (close === 0) return GIVE_UP;
        if (wants(field)) {
          if (escaped) return GIVE_UP;
          if (take(field, at + 1, close)) return closes(close + 1, depth, isClosed, end);
        }
        at = close + 1;
      } else if (c === OPEN_BRACE) {
        if (depth === MAX_DEPTH) return GIVE_UP;
        if (depth === 0) {
          nested = at;
          isClosed = false;
        }
        store<u32>(outer + (<usize>depth << 2), parent);
        depth++;
        parent = key;
        at++;
        continue;
      } else if (c === OPEN_BRACKET) {
        const close = blockEnd(at, end);
        if (close === 0) return GIVE_UP;
        // Braces in an array count when the nested object around it is looked at as a whole.
        if (depth > 0 && !isClosed && hasBrace(at, close)) {
          if (blockEnd(nested, end) === 0) return GIVE_UP;
          isClosed = true;
        }
        at = close;
      } else {
        const start = at;
        at = tokenEnd(at, end);
        if (at === 0) return GIVE_UP;
        const first = c;
        if ((first >= 0x30 && first <= 0x39) || first === 0x2d || isWord4(start, at, 0x65757274) || isFalse(start, at)) {
          if (wants(field) && take(field, start, at)) return closes(at, depth, isClosed, end);
        } else if (!isWord4(start, at, 0x6c6c756e)) return GIVE_UP;
      }
    } else if (c === CLOSE_BRACE) {
      if (depth === 0) return DONE;
      depth--;
      parent = load<u32>(outer + (<usize>depth << 2));
      at++;
    } else return GIVE_UP;
    at = skipSpace(at, end);
    if (at >= end) return GIVE_UP;
    c = load<u8>(at);
    if (c === COMMA) at++;
    else if (c !== CLOSE_BRACE) return GIVE_UP;
  }
}

/**
 * A line is left early: the outermost nested object it is left in must be closed all the same. Until an array with braces in it comes,
 * counting braces from here comes to the same as counting all of them.
 */
function closes(at: usize, depth: i32, isClosed: bool, end: usize): i32 {
  if (depth === 0 || isClosed) return DONE;
  return closingEnd(at, end, <u32>depth, OPEN_BRACE, CLOSE_BRACE) === 0 ? GIVE_UP : DONE;
}

export function isFalse(start: usize, end: usize): bool {
  return end - start === 5 && load<u32>(start) === 0x736c6166 && load<u8>(start + 4) === 0x65;
}

/** End of a bare token; 0 for one that is no plain text or that another reading would end elsewhere. */
export function tokenEnd(at: usize, end: usize): usize {
  // Numbers, mostly.
  while (at < end && load<u8>(at) >= 0x2d && load<u8>(at) <= 0x39) at++;
  while (at < end) {
    const c = load<u8>(at);
    if (c === COMMA || c === CLOSE_BRACE || c === CLOSE_BRACKET || isSpace(c)) break;
    if (c === QUOTE || c === OPEN_BRACE || c === OPEN_BRACKET || c >= 0x80) return 0;
    at++;
  }
  return at;
}

function hasBrace(at: usize, end: usize): bool {
  for (; at < end; at++) {
    const c = load<u8>(at);
    if (c === OPEN_BRACE || c === CLOSE_BRACE) return true;
  }
  return false;
}
