/**
 * Values at paths of JSON lines. Twin: src/query/pipeline/parsers/json-paths.ts; rows whose walk it would break off, and values that are more than their bytes, are
 * left to it. What stands beside the paths is passed as it passes it: by counting brackets.
 */
import { expectedKey, fieldOf, findKey, follow, keyLength, UNCLEAR } from './field-keys';
import { beginBlock, beginRow, endRow, LEFT, READ, rowEnd, rowStart, take } from './fields';
import {
  blockEnd,
  CLOSE_BRACE,
  COLON,
  COMMA,
  DONE,
  GIVE_UP,
  hasEscape,
  isFalse,
  isWord4,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipSpace,
  stringEnd,
  tokenEnd,
  UNKNOWN,
} from './json-fields';
import { isDigit } from './word-bytes';

/** From this number on a field is no field but an object on the way to one. */
const FIRST_OBJECT: i32 = 8;
/** Paths are no longer. */
const MAX_DEPTH: i32 = 16;
/** Keys of the objects around the current one. */
const outer = memory.data(<i32>(MAX_DEPTH << 2));

/**
 * Reads the selected rows from number `index` on.
 *
 * @returns `count`, or the row at which an unknown key was met
 */
export function scanJsonPaths(from: usize, index: u32, count: u32): u32 {
  beginBlock(from);
  for (; index < count; index++) {
    beginRow(index);
    const outcome = members(rowStart(index), rowEnd(index));
    if (outcome === UNKNOWN) return index;
    endRow(index, outcome === DONE ? READ : LEFT);
  }
  return count;
}

/** One line. */
export function members(at: usize, end: usize): i32 {
  // Blanks in front are an error.
  if (at >= end || load<u8>(at) !== OPEN_BRACE) return GIVE_UP;
  at++;
  let depth: i32 = 0;
  let parent: u32 = 0;
  let before: u32 = 0;
  /** By field: it was met. The first member of a name counts, whatever it is. */
  let seen: u64 = 0;
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
      let field = fieldOf(key);
      if (field === UNCLEAR) return GIVE_UP;
      at = skipSpace(at, end);
      if (at >= end || load<u8>(at) !== COLON) return GIVE_UP;
      at = skipSpace(at + 1, end);
      if (at >= end) return GIVE_UP;
      if (field >= 0) {
        const bit = <u64>1 << <u64>field;
        if ((seen & bit) !== 0) field = -1;
        seen |= bit;
      }
      c = load<u8>(at);
      if (field >= FIRST_OBJECT && c === OPEN_BRACE) {
        if (depth === MAX_DEPTH) return GIVE_UP;
        store<u32>(outer + (<usize>depth << 2), parent);
        depth++;
        parent = key;
        at++;
        continue;
      }
      const isWanted = field >= 0 && field < FIRST_OBJECT;
      if (c === QUOTE) {
        const close = stringEnd(at + 1, end);
        if (close === 0 || (isWanted && hasEscape())) return GIVE_UP;
        if (isWanted && take(field, at + 1, close)) return DONE;
        at = close + 1;
      } else if (c === OPEN_BRACE || c === OPEN_BRACKET) {
        if (isWanted) return GIVE_UP;
        at = blockEnd(at, end);
        if (at === 0) return GIVE_UP;
      } else {
        const start = at;
        at = tokenEnd(at, end);
        if (at === 0) return GIVE_UP;
        if (isWanted) {
          const isNull = isWord4(start, at, 0x6c6c756e);
          if (!isNull && !isDigit(c) && c !== 0x2d && !isWord4(start, at, 0x65757274) && !isFalse(start, at)) return GIVE_UP;
          if (take(field, start, isNull ? start : at)) return DONE;
        }
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
