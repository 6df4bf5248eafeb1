/** Decodes lines of the template frame that is open, all or those that are wanted. */
import {
  ENDS,
  ENTRIES,
  LINE_RANKS,
  LINE_TEMPLATES,
  LINES,
  MARKED_LINES,
  SOME_LINES_AT,
  SOME_LINES_CAPACITY,
  STARTS,
  TEMPLATE_RECORD,
  TEMPLATES,
  VARIABLE_RECORD,
  VARIABLES,
  WANTED,
  WANTED_ROWS,
} from './block-areas';
import { copyWithSlack } from './copy';
import { putTwo } from './digits';
import {
  bitsAt,
  DICTIONARY,
  frameLines,
  HEX,
  markCount,
  NUMBER,
  NUMBER_LIMIT,
  T_COUNT,
  T_FIRST,
  T_PIECE,
  T_PIECE_BYTES,
  V_BASE,
  V_BITS,
  V_DATA,
  V_DIGITS,
  V_KIND,
  V_PIECE,
  V_PIECE_BYTES,
  V_PLACE,
  V_RANK,
  V_SIZE,
  V_WIDTH,
} from './template-frame';

/** A line that has been decoded since the block was begun. */
const DECODED: u8 = 2;
export const WISHED: u8 = 1;

/** Where decoded lines have to end; a number or a vector may be written past it. */
let limit: usize = 0;

// @ts-ignore: decorator
@inline
function putFour(to: usize, value: u32): void {
  const high = value / 100;
  putTwo(to, high);
  putTwo(to + 2, value - high * 100);
}

/** Digits of a number below 10^8. @returns their end */
function putSmall(to: usize, value: u32): usize {
  if (value < 100) {
    if (value < 10) {
      store<u8>(to, <u8>(0x30 + value));
      return to + 1;
    }
    putTwo(to, value);
    return to + 2;
  }
  if (value < 10000) {
    const high = value / 100;
    const next = value < 1000 ? to + 1 : to + 2;
    if (value < 1000) store<u8>(to, <u8>(0x30 + high));
    else putTwo(to, high);
    putTwo(next, value - high * 100);
    return next + 2;
  }
  const high = value / 10000;
  const next = putSmall(to, high);
  putFour(next, value - high * 10000);
  return next + 4;
}

function putNumber(to: usize, value: u64): usize {
  if (value < 100000000) return putSmall(to, <u32>value);
  const high = value / 100000000;
  const low = <u32>(value - high * 100000000);
  const next = putSmall(to, <u32>high);
  const middle = low / 10000;
  putFour(next, middle);
  putFour(next + 4, low - middle * 10000);
  return next + 8;
}

/** Digits of a number, with zeros before them where they are fewer. */
function putPadded(to: usize, value: u64, digits: u32): usize {
  if (digits === 2 && value < 100) {
    putTwo(to, <u32>value);
    return to + 2;
  }
  let left = value;
  let place = to + <usize>digits;
  while (place > to) {
    const next = left / 10;
    store<u8>(--place, <u8>(0x30 + <u32>(left - next * 10)));
    left = next;
  }
  return left > 0 ? putNumber(to, value) : to + <usize>digits;
}

function putHex(to: usize, column: usize, rank: u32, characters: u32, upper: bool): usize {
  const letters = upper ? 7 : 39;
  const nibble = <u64>rank * <u64>characters;
  if ((characters & 1) !== 0) {
    for (let i: u32 = 0; i < characters; i++) {
      const digit = <u32>bitsAt(column, (nibble + <u64>i) << 2, 4);
      store<u8>(to + <usize>i, <u8>(0x30 + digit + (digit > 9 ? letters : 0)));
    }
    return to + <usize>characters;
  }
  const from = column + <usize>(nibble >> 1);
  const nine = i8x16.splat(9);
  for (let i: usize = 0; i < <usize>characters; i += 16) {
    const bytes = v128.load64_zero(from + (i >> 1));
    const low = v128.and(bytes, i8x16.splat(15));
    const high = i8x16.shr_u(bytes, 4);
    const digits = i8x16.shuffle(low, high, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const above = v128.and(i8x16.gt_u(digits, nine), i8x16.splat(<i8>letters));
    v128.store(to + i, i8x16.add(i8x16.add(digits, i8x16.splat(0x30)), above));
  }
  return to + <usize>characters;
}

/** Copies a piece or a value; 0 when there is no room. */
// @ts-ignore: decorator
@inline
export function putBytes(to: usize, from: usize, count: usize): usize {
  if (to + count > limit) return 0;
  copyWithSlack(to, from, count);
  return to + count;
}

/** Length of the text that was looked for last. */
export let textBytes: usize = 0;

/** Where a value of a text column begins. */
export function textAt(record: usize, rank: u32): usize {
  const column = <usize>load<u32>(record + V_BITS);
  const width = load<u32>(record + V_WIDTH);
  const shortest = load<u32>(record + V_SIZE);
  let next = load<u32>(record + V_RANK);
  let place = load<u32>(record + V_PLACE);
  if (next > rank) {
    next = 0;
    place = load<u32>(record + V_DATA);
  }
  for (; next < rank; next++) place += shortest + <u32>bitsAt(column, <u64>next * <u64>width, width);
  const count = shortest + <u32>bitsAt(column, <u64>rank * <u64>width, width);
  store<u32>(record + V_RANK, rank + 1);
  store<u32>(record + V_PLACE, place + count);
  textBytes = <usize>count;
  return <usize>place;
}

function putText(to: usize, record: usize, rank: u32): usize {
  const place = textAt(record, rank);
  return putBytes(to, place, textBytes);
}

/** Sets where decoded bytes have to end. */
export function setLimit(end: usize): void {
  limit = end;
}

/** Writes a value of a variable. @returns its end, 0 when it is damaged or there is no room */
export function putValue(to: usize, record: usize, rank: u32): usize {
  const kind = load<u32>(record + V_KIND);
  const column = <usize>load<u32>(record + V_BITS);
  if (kind === NUMBER) {
    if (to + 16 > limit) return 0;
    const width = load<u32>(record + V_WIDTH);
    const value = load<u64>(record + V_BASE) + bitsAt(column, <u64>rank * <u64>width, width);
    if (value >= NUMBER_LIMIT) return 0;
    const digits = load<u32>(record + V_DIGITS);
    return digits === 0 ? putNumber(to, value) : putPadded(to, value, digits);
  }
  if (kind === DICTIONARY) {
    const width = load<u32>(record + V_WIDTH);
    const number = <u32>bitsAt(column, <u64>rank * <u64>width, width);
    if (number >= load<u32>(record + V_SIZE)) return 0;
    const entry = ENTRIES + ((<usize>(load<u32>(record + V_DATA) + number)) << 3);
    return putBytes(to, <usize>load<u32>(entry), <usize>load<u32>(entry + 4));
  }
  if (kind === HEX) {
    const characters = load<u32>(record + V_SIZE);
    if (to + <usize>characters > limit) return 0;
    return putHex(to, column, rank, characters, load<u32>(record + V_DIGITS) === 1);
  }
  return putText(to, record, rank);
}

/** Decodes a line. @returns its end, 0 when it is damaged or there is no room */
export function putLine(to: usize, line: u32): usize {
  const template = <usize>load<u16>(LINE_TEMPLATES + ((<usize>line) << 1));
  const rank = load<u32>(LINE_RANKS + ((<usize>line) << 2));
  const record = TEMPLATES + template * TEMPLATE_RECORD;
  let out = putBytes(to, <usize>load<u32>(record + T_PIECE), <usize>load<u32>(record + T_PIECE_BYTES));
  let variable = VARIABLES + (<usize>load<u32>(record + T_FIRST)) * VARIABLE_RECORD;
  const end = variable + (<usize>load<u32>(record + T_COUNT)) * VARIABLE_RECORD;
  for (; variable < end; variable += VARIABLE_RECORD) {
    if (out === 0) return 0;
    out = putValue(out, variable, rank);
    if (out === 0) return 0;
    out = putBytes(out, <usize>load<u32>(variable + V_PIECE), <usize>load<u32>(variable + V_PIECE_BYTES));
  }
  return out;
}

/** Decodes all lines to LINES, joined by newlines. @returns their bytes, -1 when the frame is damaged */
export function decodeLines(): i32 {
  // Numbers are written before their length is known.
  limit = LINES + SOME_LINES_AT - 64;
  let out: usize = LINES;
  let mark = MARKED_LINES;
  const marksEnd = mark + ((<usize>markCount) << 3);
  for (let line: u32 = 0; line < frameLines; line++) {
    if (line > 0) store<u8>(out++, 10);
    for (; mark < marksEnd && load<u32>(mark) === line; mark += 8)
      if (<usize>load<u32>(mark + 4) !== out - LINES) return -1;
    out = putLine(out, line);
    if (out === 0) return -1;
  }
  return <i32>(out - LINES);
}

/** Begins a block of lines `[first, first + count)`: none is decoded, and all are empty. */
export function beginLines(count: u32): void {
  memory.fill(WANTED, 0, <usize>count);
  memory.fill(STARTS, 0, (<usize>count) << 2);
  memory.fill(ENDS, 0, (<usize>count) << 2);
}

export function wantedRowsAt(): usize {
  return WANTED_ROWS;
}

/** Wants the rows of the block that stand at `wantedRowsAt()`. */
export function wantRows(count: u32): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const wanted = WANTED + <usize>load<u32>(WANTED_ROWS + (i << 2));
    store<u8>(wanted, load<u8>(wanted) | WISHED);
  }
}

/** Lists at `wantedRowsAt()` those of rows `[first, end)` of the block that are wanted and have not been decoded. @returns how many */
export function listWanted(first: u32, end: u32): u32 {
  let count: usize = 0;
  for (let row = first; row < end; row++) {
    store<u32>(WANTED_ROWS + (count << 2), row);
    count += <usize>(load<u8>(WANTED + <usize>row) === WISHED);
  }
  return <u32>count;
}

/**
 * Decodes the rows of a block that are wanted and have not been decoded, to LINES behind SOME_LINES_AT: starts and ends are relative to it, and
 * newlines stand between.
 *
 * @param first line of the frame that is row 0
 * @param used bytes that earlier rows take there; 0: rows get starts and ends in ascending order, also those that are not decoded
 * @returns bytes in use then, -1 when the frame is damaged or there is no room
 */
export function decodeWanted(first: u32, count: u32, used: usize): i32 {
  const base = LINES + SOME_LINES_AT;
  limit = base + SOME_LINES_CAPACITY - 64;
  let out = base + used;
  const inOrder = used === 0;
  for (let row: u32 = 0; row < count; row++) {
    const wanted = WANTED + <usize>row;
    const slot = (<usize>row) << 2;
    if (load<u8>(wanted) === WISHED) {
      store<u32>(STARTS + slot, <u32>(out - base));
      out = putLine(out, first + row);
      if (out === 0) return -1;
      store<u32>(ENDS + slot, <u32>(out - base));
      store<u8>(out++, 10);
      store<u8>(wanted, DECODED);
    } else if (inOrder) {
      store<u32>(STARTS + slot, <u32>(out - base));
      store<u32>(ENDS + slot, <u32>(out - base));
    }
  }
  return <i32>(out - base);
}

/** Decodes one row, if it has not been. @returns bytes in use then, -1 when the frame is damaged or there is no room */
export function decodeRow(first: u32, row: u32, used: usize): i32 {
  const wanted = WANTED + <usize>row;
  if (load<u8>(wanted) === DECODED) return <i32>used;
  const base = LINES + SOME_LINES_AT;
  limit = base + SOME_LINES_CAPACITY - 64;
  const end = putLine(base + used, first + row);
  if (end === 0) return -1;
  const slot = (<usize>row) << 2;
  store<u32>(STARTS + slot, <u32>used);
  store<u32>(ENDS + slot, <u32>(end - base));
  store<u8>(end, 10);
  store<u8>(wanted, DECODED);
  return <i32>(end + 1 - base);
}
