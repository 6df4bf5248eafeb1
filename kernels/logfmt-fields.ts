/** Lines of `key=value`. Twin: src/query/pipeline/parsers/logfmt-parser.ts; lines with anything broken in them are left to it. */
import { expectedKey, fieldOf, findKey, follow, keyLength, UNCLEAR } from './field-keys';
import { DONE, GIVE_UP, UNKNOWN } from './json-fields';
import { beginBlock, beginRow, endRow, LEFT, READ, rowEnd, rowStart, take, wants } from './fields';

const QUOTE: u8 = 0x22;
const EQUALS: u8 = 0x3d;
const BACKSLASH: u8 = 0x5c;


/**
 * Reads the selected rows from number `index` on.
 *
 * @param keepsEmpty keys without a value are fields as well
 * @param takesLast the last value of a field counts, not the first
 * @returns `count`, or the row at which an unknown key was met
 */
export function scanLogfmt(from: usize, index: u32, count: u32, keepsEmpty: bool, takesLast: bool): u32 {
  beginBlock(from);
  for (; index < count; index++) {
    beginRow(index);
    const outcome = pairs(rowStart(index), rowEnd(index), keepsEmpty, takesLast);
    if (outcome === UNKNOWN) return index;
    endRow(index, outcome === DONE ? READ : LEFT);
  }
  return count;
}

/** One line. */
export function pairs(at: usize, end: usize, keepsEmpty: bool, takesLast: bool): i32 {
  let before: u32 = 0;
  while (true) {
    while (at < end && load<u8>(at) <= 0x20) at++;
    if (at >= end) return DONE;
    const keyStart = at;
    let key = expectedKey(before, 0, at, end, EQUALS);
    if (key !== 0) {
      at += keyLength(key);
    } else {
      at = plainEnd(at, end);
      let high: u8 = 0;
      for (let i = keyStart; i < at; i++) high |= load<u8>(i);
      if (at === keyStart || high > 0x7f || (at < end && load<u8>(at) === QUOTE)) return GIVE_UP;
    }
    const keyEnd = at;
    let valueStart = at;
    let valueEnd = at;
    let escaped = false;
    if (at < end && load<u8>(at) === EQUALS) {
      at++;
      if (at < end && load<u8>(at) === QUOTE) {
        valueStart = ++at;
        while (true) {
          at = quotedStop(at, end);
          if (at >= end) return GIVE_UP;
          if (load<u8>(at) === QUOTE) break;
          escaped = true;
          if (at + 1 >= end || !isSimpleEscape(load<u8>(at + 1))) return GIVE_UP;
          at += 2;
        }
        valueEnd = at++;
      } else {
        valueStart = at;
        at = plainEnd(at, end);
        if (at < end && load<u8>(at) > 0x20) return GIVE_UP;
        valueEnd = at;
      }
    }
    if (valueStart === valueEnd && !keepsEmpty) continue;
    if (key === 0) {
      key = findKey(0, keyStart, keyEnd);
      if (key === 0) return UNKNOWN;
      follow(before, key);
    }
    before = key;
    const field = fieldOf(key);
    if (field === UNCLEAR) return GIVE_UP;
    if (wants(field) || (takesLast && field >= 0)) {
      if (escaped) return GIVE_UP;
      if (take(field, valueStart, valueEnd)) return DONE;
    }
  }
}

/** First byte from `at` on that ends a bare word: white space, `=` or a quote; `end` for none. */
// @ts-ignore: decorator
@inline
function plainEnd(at: usize, end: usize): usize {
  const space = i8x16.splat(0x20);
  const equals = i8x16.splat(<i8>EQUALS);
  const quote = i8x16.splat(<i8>QUOTE);
  for (; at < end; at += 16) {
    const text = v128.load(at);
    const mask = i8x16.bitmask(
      v128.or(v128.or(i8x16.le_u(text, space), i8x16.eq(text, equals)), i8x16.eq(text, quote)),
    );
    if (mask !== 0) return min(at + <usize>ctz(mask), end);
  }
  return end;
}

/** First quote or backslash from `at` on; `end` or more for none. */
// @ts-ignore: decorator
@inline
function quotedStop(at: usize, end: usize): usize {
  const quote = i8x16.splat(<i8>QUOTE);
  const backslash = i8x16.splat(<i8>BACKSLASH);
  for (; at < end; at += 16) {
    const text = v128.load(at);
    const mask = i8x16.bitmask(v128.or(i8x16.eq(text, quote), i8x16.eq(text, backslash)));
    if (mask !== 0) return at + <usize>ctz(mask);
  }
  return end;
}

function isSimpleEscape(c: u8): bool {
  return (
    c === QUOTE || c === BACKSLASH || c === 0x2f || c === 0x27 || // " \\ / '
    c === 0x62 || c === 0x66 || c === 0x6e || c === 0x72 || c === 0x74 // b f n r t
  );
}
