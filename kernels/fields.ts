/**
 * Reads wanted fields of the selected rows of a block: rows are listed at `rowsAt()`, field ranges go to `RANGES`. A row is only
 * called read (status 0) when the twin would have come to the same fields without an error; all others (status 1) are left to
 * it. Twins: src/query/pipeline/{json,logfmt,pattern}-parser.ts, json-paths.ts.
 */
import { ENDS, LINES, PATTERN, RANGES, ROWS, STARTS, STATUS, VALUES } from './block-areas';

export const READ: u8 = 0;
export const LEFT: u8 = 1;
export const ABSENT: u32 = 0xffffffff;
export const ABSENT_VALUE: usize = 0;

/** Fields that are wanted, and how many are enough to leave a line; a line is read to its end when so many are not found. */
export let fieldCount: usize = 0;
let enoughFields: u32 = 0;
/** Where fields begin and end that a row does not have: ABSENT, or 0 for those that are empty then. */
let missing: u64 = 0;
/** Address of the ranges of the row at work, and fields found in it. */
export let ranges: usize = 0;
let found: u32 = 0;
/** What ranges are counted from. */
export let base: usize = 0;

export function statusAt(): usize {
  return STATUS;
}
export function rangesAt(): usize {
  return RANGES;
}
export function valuesAt(): usize {
  return VALUES;
}
export function patternAt(): usize {
  return PATTERN;
}

export function useFields(count: usize, enough: u32, missingAt: u32): void {
  fieldCount = count;
  enoughFields = enough;
  missing = (<u64>missingAt << 32) | <u64>missingAt;
}

// @ts-ignore: decorator
@inline
export function rowStart(index: u32): usize {
  return base + <usize>load<u32>(STARTS + ((<usize>load<u32>(ROWS + ((<usize>index) << 2))) << 2));
}

// @ts-ignore: decorator
@inline
export function rowEnd(index: u32): usize {
  return base + <usize>load<u32>(ENDS + ((<usize>load<u32>(ROWS + ((<usize>index) << 2))) << 2));
}

/** The lines to read begin here. */
// @ts-ignore: decorator
@inline
export function beginBlock(from: usize): void {
  base = LINES + from;
}

// @ts-ignore: decorator
@inline
export function beginRow(index: u32): void {
  ranges = RANGES + <usize>index * (fieldCount << 3);
  found = 0;
  for (let field: usize = 0; field < fieldCount; field++) store<u64>(ranges + (field << 3), missing);
}

// @ts-ignore: decorator
@inline
export function endRow(index: u32, status: u8): void {
  store<u8>(STATUS + <usize>index, status);
}

/** True if a field is to be taken: the first value counts. */
// @ts-ignore: decorator
@inline
export function wants(field: i32): bool {
  return field >= 0 && load<u32>(ranges + (<usize>field << 3)) === ABSENT;
}

/** @returns true when no more fields are needed */
// @ts-ignore: decorator
@inline
export function take(field: i32, start: usize, end: usize): bool {
  const at = ranges + (<usize>field << 3);
  store<u32>(at, <u32>(start - base));
  store<u32>(at + 4, <u32>(end - base));
  found++;
  return found === enoughFields;
}

export function statusOf(index: u32): u8 {
  return load<u8>(STATUS + <usize>index);
}

/** Address of a field's first byte, 0 when the row does not have it. */
export function fieldStart(index: u32, field: u32): usize {
  const place = load<u32>(RANGES + <usize>index * (fieldCount << 3) + (<usize>field << 3));
  return place === ABSENT ? ABSENT_VALUE : base + <usize>place;
}

export function fieldEnd(index: u32, field: u32): usize {
  return base + <usize>load<u32>(RANGES + <usize>index * (fieldCount << 3) + (<usize>field << 3) + 4);
}

/**
 * Cuts lines of rows `[index, count)` at the literals of a pattern. At `patternAt()`: length u16 and bytes of the prefix, then for each capture its field i16
 * (-1: not wanted), length u16 and bytes of the literal behind it (0: the rest of the line).
 */
export function scanPattern(from: usize, index: u32, count: u32, captures: u32): void {
  beginBlock(from);
  for (; index < count; index++) {
    beginRow(index);
    endRow(index, READ);
    cut(rowStart(index), rowEnd(index), captures);
  }
}

/** Cuts one line. */
export function cut(start: usize, end: usize, captures: u32): void {
  const prefixBytes = <usize>load<u16>(PATTERN);
  if (start >= end || start + prefixBytes > end || !equal(start, PATTERN + 2, prefixBytes)) return;
  let at = start + prefixBytes;
  let part: usize = PATTERN + 2 + prefixBytes;
  for (let i: u32 = 0; i < captures; i++) {
    const field = <i32>load<i16>(part);
    const length = <usize>load<u16>(part + 2);
    const stop = length === 0 ? end : indexOf(at, end, part + 4, length);
    if (field >= 0) take(field, at, stop);
    if (stop === end) return;
    at = stop + length;
    part += 4 + length;
  }
}

function equal(a: usize, b: usize, length: usize): bool {
  for (let i: usize = 0; i < length; i++) if (load<u8>(a + i) !== load<u8>(b + i)) return false;
  return true;
}

/** First place of a literal in `[at, end)`; `end` when it is not there. */
function indexOf(at: usize, end: usize, literal: usize, length: usize): usize {
  if (at + length > end) return end;
  const last = end - length;
  const first = i8x16.splat(load<i8>(literal));
  for (; at <= last; at += 16) {
    let mask = <u32>i8x16.bitmask(i8x16.eq(v128.load(at), first));
    while (mask !== 0) {
      const place = at + <usize>ctz(mask);
      if (place > last) return end;
      if (equal(place, literal, length)) return place;
      mask &= mask - 1;
    }
  }
  return end;
}
