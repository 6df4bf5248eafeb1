/**
 * Search for a text in the lines of a block, 16 bytes at a time: two bytes of the text, the rarest ones, are compared at their places
 * for 16 positions at once; what fits is compared in full. Twins: base/regex/byte-search.ts and query/scan/row-selection.ts.
 */
import { ENDS, LINES, MARKS, NEEDLE, ROWS, STARTS } from './block-areas';

export let needleBytes: usize = 0;
let firstAt: usize = 0;
let secondAt: usize = 0;
export let folds = false;

export function needleAt(): usize {
  return NEEDLE;
}
export function rowsAt(): usize {
  return ROWS;
}

/**
 * Takes the text that stands at `needleAt()`.
 *
 * @param first @param second places of its two rarest bytes
 * @param ignoreCase ASCII letters of the text, which is lower case, stand for both cases
 */
export function useNeedle(bytes: usize, first: usize, second: usize, ignoreCase: bool): void {
  needleBytes = bytes;
  firstAt = first;
  secondAt = second;
  folds = ignoreCase;
}

// @ts-ignore: decorator
@inline
export function isLower(c: u8): bool {
  return c >= 0x61 && c <= 0x7a;
}

/** What is ORed to text before a byte of the needle is compared with it. */
// @ts-ignore: decorator
@inline
function caseBit(at: usize): u8 {
  return folds && isLower(load<u8>(NEEDLE + at)) ? 0x20 : 0;
}

function isNeedle(at: usize): bool {
  if (folds) {
    for (let i: usize = 0; i < needleBytes; i++) if ((load<u8>(at + i) | caseBit(i)) !== load<u8>(NEEDLE + i)) return false;
  } else {
    for (let i: usize = 0; i < needleBytes; i++) if (load<u8>(at + i) !== load<u8>(NEEDLE + i)) return false;
  }
  return true;
}

/** First address in `[at, last]` where the needle begins; above `last` when there is none. */
export function next(at: usize, last: usize): usize {
  const first = i8x16.splat(load<i8>(NEEDLE + firstAt));
  const second = i8x16.splat(load<i8>(NEEDLE + secondAt));
  const firstCase = i8x16.splat(<i8>caseBit(firstAt));
  const secondCase = i8x16.splat(<i8>caseBit(secondAt));
  const a = firstAt;
  const b = secondAt;
  while (at <= last) {
    // Four vectors without a hit are passed at once.
    while (at + 63 <= last) {
      const v0 = v128.and(
        i8x16.eq(v128.or(v128.load(at + a), firstCase), first),
        i8x16.eq(v128.or(v128.load(at + b), secondCase), second),
      );
      const v1 = v128.and(
        i8x16.eq(v128.or(v128.load(at + a, 16), firstCase), first),
        i8x16.eq(v128.or(v128.load(at + b, 16), secondCase), second),
      );
      const v2 = v128.and(
        i8x16.eq(v128.or(v128.load(at + a, 32), firstCase), first),
        i8x16.eq(v128.or(v128.load(at + b, 32), secondCase), second),
      );
      const v3 = v128.and(
        i8x16.eq(v128.or(v128.load(at + a, 48), firstCase), first),
        i8x16.eq(v128.or(v128.load(at + b, 48), secondCase), second),
      );
      if (v128.any_true(v128.or(v128.or(v0, v1), v128.or(v2, v3)))) break;
      at += 64;
    }
    if (at > last) break;
    let mask = <u32>(
      i8x16.bitmask(
        v128.and(
          i8x16.eq(v128.or(v128.load(at + a), firstCase), first),
          i8x16.eq(v128.or(v128.load(at + b), secondCase), second),
        ),
      )
    );
    while (mask !== 0) {
      const place = at + <usize>ctz(mask);
      if (place > last) return last + 1;
      if (isNeedle(place)) return place;
      mask &= mask - 1;
    }
    at += 16;
  }
  return last + 1;
}

/** Place of the needle in `LINES[from, from + length)`, counted from `from`, at or after `start`; -1 when there is none. */
export function findNeedle(from: usize, length: usize, start: usize): i32 {
  if (start + needleBytes > length) return -1;
  const last = LINES + from + length - needleBytes;
  const place = next(LINES + from + start, last);
  return place > last ? -1 : <i32>(place - LINES - from);
}

/** First row of `[row, end)` whose line does not end before `place`: by steps that double, then by halving. */
function rowEndingAt(row: u32, end: u32, place: u32): u32 {
  if (load<u32>(ENDS + ((<usize>row) << 2)) >= place) return row;
  let low = row;
  let step: u32 = 1;
  while (low + step < end && load<u32>(ENDS + ((<usize>(low + step)) << 2)) < place) {
    low += step;
    step <<= 1;
  }
  let high = min(low + step, end);
  // The line of `low` ends too early, that of `high` does not, or there is none.
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (load<u32>(ENDS + ((<usize>middle) << 2)) < place) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * Finds the rows of `[first, end)` whose lines hold the needle; the lines lie from `from` on and are split.
 *
 * @param start place from `from` on before which no needle is
 * @param marks set the marks of the rows instead of listing them at `rowsAt()`
 * @returns number of rows found
 */
export function matchRows(from: usize, first: u32, end: u32, start: usize, marks: bool): u32 {
  if (first >= end) return 0;
  const base = LINES + from;
  const textEnd = <usize>load<u32>(ENDS + ((<usize>(end - 1)) << 2));
  if (textEnd < needleBytes) return 0;
  const last = base + textEnd - needleBytes;
  let at = base + max(start, <usize>load<u32>(STARTS + ((<usize>first) << 2)));
  let row = first;
  let count: u32 = 0;
  while (at <= last) {
    const hit = next(at, last);
    if (hit > last) break;
    const place = <u32>(hit - base);
    row = rowEndingAt(row, end, place + <u32>needleBytes);
    if (row >= end) break;
    // Between lines or across them: it says nothing about a row.
    if (place < load<u32>(STARTS + ((<usize>row) << 2))) {
      at = hit + 1;
      continue;
    }
    if (marks) store<u8>(MARKS + <usize>row, 1);
    else store<u32>(ROWS + ((<usize>count) << 2), row);
    count++;
    at = base + <usize>load<u32>(ENDS + ((<usize>row) << 2)) + 1;
    row++;
    if (row >= end) break;
  }
  return count;
}

/** Takes the marks from rows `[first, end)`. */
export function clearMarks(first: u32, end: u32): void {
  memory.fill(MARKS + <usize>first, 0, <usize>(end - first));
}

/** Lists the rows of `[first, end)` that have a mark, or those that have none. @returns their number */
export function listRows(first: u32, end: u32, marked: bool): u32 {
  let count: u32 = 0;
  for (let row = first; row < end; row++) {
    store<u32>(ROWS + ((<usize>count) << 2), row);
    count += <u32>((load<u8>(MARKS + <usize>row) !== 0) === marked);
  }
  return count;
}
