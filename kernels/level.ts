import { TABLE_AT } from './areas';
import { keywordLevel } from './level-words';

/**
 * Level of a line: same rules, same result as `detectLineLevel` in TypeScript, which is the reference. Names and words
 * come from a table that TypeScript writes:
 *
 *   u32 number of names, u32 JSON depth, u32 number of words, u32 offset of the words (16 bytes each: u8 length, u8 level,
 *   u16 0, text), u8[256] which lengths names have, then names (12 bytes each: u32 length, u32 offset of the text, u32 offset
 *   of the text in lower case). Offsets count from TABLE_AT.
 */
const DEPTH_AT: usize = TABLE_AT + 4;
const WORD_COUNT_AT: usize = TABLE_AT + 8;
const WORDS_AT: usize = TABLE_AT + 12;
const LENGTHS_AT: usize = TABLE_AT + 16;
const NAMES_AT: usize = TABLE_AT + 272;
const LONGEST_WORD: usize = 11;

/** Level of the line `[start, end)`, by addresses. */
export function lineLevel(lineStart: usize, lineEnd: usize): i32 {
  let start = lineStart;
  let end = lineEnd;
  while (start < end && isSpace(load<u8>(start))) start++;
  while (end > start && isSpace(load<u8>(end - 1))) end--;
  if (end - start >= 2 && load<u8>(start) == 0x7b && load<u8>(end - 1) == 0x7d) {
    const found = jsonLevel(start, end);
    if (found >= 0) return found;
  } else if (hasByte(start, end, 0x3d)) {
    const found = logfmtLevel(start, end);
    if (found >= 0) return found;
  }
  return keywordLevel(start, end);
}

// @ts-ignore: decorator
@inline
function isSpace(byte: u8): bool {
  return byte == 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function hasByte(start: usize, end: usize, byte: u8): bool {
  const wanted = i8x16.splat(byte);
  for (let at = start; at < end; at += 16) {
    let mask = i8x16.bitmask(i8x16.eq(v128.load(at), wanted));
    if (end - at < 16) mask &= (1 << <i32>(end - at)) - 1;
    if (mask != 0) return true;
  }
  return false;
}

/** Rank of a name among the fields by exact bytes, or in lower case with `textOffset` 8; -1 when it is none of them. */
export function fieldRank(start: usize, end: usize, textOffset: usize): i32 {
  const length = end - start;
  if (load<u8>(LENGTHS_AT + min<usize>(length, 255)) == 0) return -1;
  const count = load<u32>(TABLE_AT);
  let name: usize = NAMES_AT;
  for (let rank: u32 = 0; rank < count; rank++) {
    if (<usize>load<u32>(name) == length) {
      const text = TABLE_AT + <usize>load<u32>(name + textOffset);
      let i: usize = 0;
      if (textOffset == 4) while (i < length && load<u8>(start + i) == load<u8>(text + i)) i++;
      else while (i < length && lower(load<u8>(start + i)) == load<u8>(text + i)) i++;
      if (i == length) return <i32>rank;
    }
    name += 12;
  }
  return -1;
}

// @ts-ignore: decorator
@inline
function lower(byte: u8): u8 {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

/** Level of a value found in a line, -1 when it is no level word. */
function wordLevel(start: usize, end: usize): i32 {
  const length = end - start;
  if (length > LONGEST_WORD) return -1;
  const count = load<u32>(WORD_COUNT_AT);
  let word = TABLE_AT + <usize>load<u32>(WORDS_AT);
  for (let n: u32 = 0; n < count; n++) {
    if (<usize>load<u8>(word) == length) {
      let i: usize = 0;
      while (i < length && lower(load<u8>(start + i)) == load<u8>(word + 4 + i)) i++;
      if (i == length) return load<u8>(word + 1);
    }
    word += 16;
  }
  return -1;
}

/** First string member, in document order, whose key is a field, down to the configured depth; arrays are passed over. */
function jsonLevel(start: usize, end: usize): i32 {
  const maxDepth = load<i32>(DEPTH_AT);
  let depth: i32 = 0;
  // Depth at which an array, or an object deeper than asked for, began: its content does not count.
  let skipDepth: i32 = 0;
  let keyStart: usize = start;
  let keyEnd: usize = start;
  let isValue = false;
  for (let at = start; at < end; at++) {
    const byte = load<u8>(at);
    if (byte == 0x22) {
      const close = closingQuote(at + 1, end);
      if (close == 0) return -1;
      if (skipDepth == 0) {
        if (!isValue) {
          keyStart = at + 1;
          keyEnd = close;
        } else if (fieldRank(keyStart, keyEnd, 4) >= 0) return wordLevel(at + 1, close);
      }
      at = close;
    } else if (byte == 0x3a) isValue = true;
    else if (byte == 0x2c) isValue = false;
    else if (byte == 0x7b || byte == 0x5b) {
      depth++;
      if (skipDepth == 0 && (byte == 0x5b || depth > maxDepth)) skipDepth = depth;
      isValue = false;
    } else if (byte == 0x7d || byte == 0x5d) {
      if (depth == skipDepth) skipDepth = 0;
      depth--;
      if (depth <= 0) return -1;
      isValue = true;
    }
  }
  return -1;
}

/** Position of the quote that ends a string, 0 without one; a backslash hides the byte behind it. */
function closingQuote(start: usize, end: usize): usize {
  const quote = i8x16.splat(0x22);
  const backslash = i8x16.splat(0x5c);
  let at = start;
  while (at < end) {
    const bytes = v128.load(at);
    const mask = i8x16.bitmask(v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, backslash)));
    if (mask == 0) {
      at += 16;
      continue;
    }
    at += <usize>ctz(mask);
    if (at >= end) return 0;
    if (load<u8>(at) == 0x22) return at;
    at += 2;
  }
  return 0;
}

/** Scans pairs up to the first malformed one; the field earliest in the list wins, not the earliest in the line. */
function logfmtLevel(start: usize, end: usize): i32 {
  let bestRank = <i32>load<u32>(TABLE_AT);
  let level: i32 = -1;
  let at = start;
  while (at < end) {
    while (at < end && load<u8>(at) <= 0x20) at++;
    const keyStart = at;
    let byte: u8 = 0;
    while (at < end) {
      byte = load<u8>(at);
      if (byte <= 0x20 || byte == 0x3d) break;
      if (byte == 0x22) return level;
      at++;
    }
    if (at >= end) break;
    if (byte != 0x3d) continue;
    if (at == keyStart) return level;
    const keyEnd = at++;
    let valueStart = at;
    let valueEnd: usize;
    if (at < end && load<u8>(at) == 0x22) {
      valueStart = at + 1;
      valueEnd = closingQuote(valueStart, end);
      if (valueEnd == 0) return level;
      at = valueEnd + 1;
    } else {
      while (at < end) {
        byte = load<u8>(at);
        if (byte <= 0x20) break;
        if (byte == 0x22 || byte == 0x3d) return level;
        at++;
      }
      valueEnd = at;
    }
    const rank = fieldRank(keyStart, keyEnd, 8);
    if (rank < 0 || rank >= bestRank) continue;
    bestRank = rank;
    level = wordLevel(valueStart, valueEnd);
    if (rank == 0) return level;
  }
  return level;
}
