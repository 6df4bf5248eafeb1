/**
 * The entry kernel: log lines as JSON entries, `["1700000000123456789","..."]`. Entry file of its compilation (`npm run build:kernels`). Twin:
 * src/wire/result/entry-json.ts. The caller puts times and lines of some rows here, behind each line what follows it in its entry.
 */

import { eightDigits, putTwo, ZEROS } from './digits';

/** Sizes that src/kernels/entry-kernel.ts knows too. */
const MAX_ROWS: usize = 256;
const LINE_BYTES: usize = 32768;
/** Of a line: a byte may become six. */
const ENTRY_BYTES: usize = 6 * LINE_BYTES + MAX_ROWS * 48;
/** What is read or written beyond an end. */
const SLACK: usize = 64;

const DAYS = memory.data(MAX_ROWS * 4, 16);
const OFFSETS = memory.data(MAX_ROWS * 8, 16);
const LINE_ENDS = memory.data(MAX_ROWS * 4, 16);
const TAIL_ENDS = memory.data(MAX_ROWS * 4, 16);
const LINES = memory.data(LINE_BYTES + SLACK, 16);
const ENTRIES = memory.data(ENTRY_BYTES + SLACK, 16);
const ENTRY_ENDS = memory.data(MAX_ROWS * 4, 16);

const SECONDS_PER_DAY: i64 = 86400;
/** Times with ten digits of seconds, which fit in 32 bits; others are left to the twin. */
const MIN_SECONDS: i64 = 1000000000;
const MAX_SECONDS: i64 = 0xffffffff;
const NS_PER_SECOND: f64 = 1e9;

/** `["` and `","`, whose last byte is overwritten. */
const BEGIN: u16 = 0x225b;
const BETWEEN: u32 = 0x22222c22;
const QUOTE: u8 = 34;
const COMMA: u8 = 44;
const BACKSLASH: u8 = 92;
const SPACE: u8 = 32;
/** `\u00`; two digits follow. */
const UNICODE: u32 = 0x3030755c;

/** By row: day since the epoch, and nanoseconds from its start. */
export function daysAt(): usize {
  return DAYS;
}

export function offsetsAt(): usize {
  return OFFSETS;
}

/** By row: where its line ends, and what follows it, in `linesAt`. Each begins where the one before ends. */
export function lineEndsAt(): usize {
  return LINE_ENDS;
}

export function tailEndsAt(): usize {
  return TAIL_ENDS;
}

export function linesAt(): usize {
  return LINES;
}

export function entriesAt(): usize {
  return ENTRIES;
}

/** By row: where its entry ends. */
export function entryEndsAt(): usize {
  return ENTRY_ENDS;
}

/**
 * Writes the entries of rows `from .. count`, each with a comma behind it.
 *
 * @returns the row that it stopped at: one that is left to the twin, or `count`
 */
export function putEntries(from: usize, count: usize): usize {
  let at = ENTRIES;
  let start = LINES + (from === 0 ? 0 : <usize>load<u32>(TAIL_ENDS + ((from - 1) << 2)));
  let row = from;
  for (; row < count; row++) {
    const lineEnd = LINES + load<u32>(LINE_ENDS + (row << 2));
    const tailEnd = LINES + load<u32>(TAIL_ENDS + (row << 2));
    let to = putTime(at, row);
    if (to === 0) break;
    to = putEscaped(to, start, lineEnd);
    if (to === 0) break;
    store<u8>(to++, QUOTE);
    for (let tail = lineEnd; tail < tailEnd; tail += 16) v128.store(to + (tail - lineEnd), v128.load(tail));
    to += tailEnd - lineEnd;
    store<u8>(to++, COMMA);
    store<u32>(ENTRY_ENDS + (row << 2), <u32>(to - ENTRIES));
    at = to;
    start = tailEnd;
  }
  return row;
}

/** Writes all of an entry before its line. @returns where the line follows, or 0 for a time that is left to the twin */
// @ts-ignore: decorator
@inline
function putTime(at: usize, row: usize): usize {
  const offset = load<f64>(OFFSETS + (row << 3));
  // Exact: a day has so few seconds that a quotient never rounds to the next.
  const second = <i64>(offset / NS_PER_SECOND);
  const nanos = <u32>(offset - <f64>second * NS_PER_SECOND);
  const seconds = <i64>load<i32>(DAYS + (row << 2)) * SECONDS_PER_DAY + second;
  if (seconds < MIN_SECONDS || seconds > MAX_SECONDS) return 0;
  store<u16>(at, BEGIN);
  const high = <u32>seconds / 100;
  store<u64>(at + 2, eightDigits(high) | ZEROS);
  putTwo(at + 10, <u32>seconds - high * 100);
  const first = nanos / 100000000;
  store<u8>(at + 12, <u8>(ZEROS & 0xff) + <u8>first);
  store<u64>(at + 13, eightDigits(nanos - first * 100000000) | ZEROS);
  store<u32>(at + 21, BETWEEN);
  return at + 24;
}

/** Writes bytes as they stand in a JSON string. @returns the end; 0 when one is not ASCII: it may be no character */
// @ts-ignore: decorator
@inline
function putEscaped(begin: usize, start: usize, end: usize): usize {
  let to = begin;
  let from = start;
  while (from < end) {
    const bytes = v128.load(from);
    v128.store(to, bytes);
    // Those above 127 are negative.
    const isControl = i8x16.lt_s(bytes, i8x16.splat(SPACE));
    const isMark = v128.or(i8x16.eq(bytes, i8x16.splat(QUOTE)), i8x16.eq(bytes, i8x16.splat(BACKSLASH)));
    const special = <u32>i8x16.bitmask(v128.or(isControl, isMark)) | 0x10000;
    const plain = <usize>ctz(special);
    if (plain >= end - from) return to + (end - from);
    from += plain;
    to += plain;
    if (plain === 16) continue;
    const byte = load<u8>(from++);
    if (byte > 127) return 0;
    to = putEscape(to, byte);
  }
  return to;
}

function putEscape(to: usize, byte: u8): usize {
  let letter = byte;
  if (byte < SPACE) {
    letter = letterOf(byte);
    if (letter === 0) {
      store<u32>(to, UNICODE);
      store<u8>(to + 4, 0x30 + (byte >> 4));
      const low = byte & 15;
      store<u8>(to + 5, low < 10 ? 0x30 + low : 0x57 + low);
      return to + 6;
    }
  }
  store<u16>(to, <u16>BACKSLASH | (<u16>letter << 8));
  return to + 2;
}

/** Of an escape with a letter of its own; 0: there is none. */
function letterOf(byte: u8): u8 {
  switch (byte) {
    case 8:
      return 98;
    case 9:
      return 116;
    case 10:
      return 110;
    case 12:
      return 102;
    case 13:
      return 114;
    default:
      return 0;
  }
}
