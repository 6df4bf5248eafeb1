/** Key words in a line without a level field: codes of model/level.ts, words as little-endian numbers. */

const UNKNOWN: i32 = 0;
const DEBUG: i32 = 2;
const INFO: i32 = 3;
const WARN: i32 = 4;
const ERROR: i32 = 5;
const CRITICAL: i32 = 6;

const UPPER_2: u16 = 0x2020;
const UPPER_4: u32 = 0x20202020;
const UPPER_8: u64 = 0x2020202020202020;
const WORD_INFO: u32 = 0x6f666e69;
const WORD_DEBU: u32 = 0x75626564;
const WORD_WARN: u32 = 0x6e726177;
const WORD_CRITICAL: u64 = 0x6c61636974697263;
const PART_IN: u16 = 0x6e69;
const PART_ER: u16 = 0x7265;
const PART_OR: u16 = 0x726f;
const BRACKET_ERR: u32 = 0x7272655b;
const BRACKET_ERR_UPPER: u32 = 0x5252455b;

/**
 * Each word is recognized at one of its bytes, f F g G or the sign behind it, : ]. The byte before that one is n, u, r or
 * l in either case. Bits of the tables tell by the two halves of a byte whether it is one of these.
 */
// @ts-ignore: decorator
@inline
function isPivot(bytes: v128): v128 {
  const byLow = i8x16(0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 2, 0, 0, 4, 0, 0);
  const byHigh = i8x16(0, 0, 0, 2, 1, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  return classify(bytes, byLow, byHigh);
}

// @ts-ignore: decorator
@inline
function isBeforePivot(bytes: v128): v128 {
  const byLow = i8x16(0, 0, 2, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0);
  const byHigh = i8x16(0, 0, 0, 0, 1, 2, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0);
  return classify(bytes, byLow, byHigh);
}

// @ts-ignore: decorator
@inline
function classify(bytes: v128, byLow: v128, byHigh: v128): v128 {
  const low = i8x16.swizzle(byLow, v128.and(bytes, i8x16.splat(0x0f)));
  const high = i8x16.swizzle(byHigh, i8x16.shr_u(bytes, 4));
  return i8x16.ne(v128.and(low, high), i8x16.splat(0));
}

/** The group that comes first in the order info, error, warn, critical, debug, wherever its word stands. */
export function keywordLevel(start: usize, end: usize): i32 {
  let best = UNKNOWN;
  for (let at = start; at < end; at += 16) {
    // The byte before the line may be read too; words are checked against the start.
    let mask = i8x16.bitmask(v128.and(isPivot(v128.load(at)), isBeforePivot(v128.load(at - 1))));
    if (end - at < 16) mask &= (1 << <i32>(end - at)) - 1;
    while (mask != 0) {
      const level = wordAt(start, end, at + <usize>ctz(mask));
      if (level == INFO) return INFO;
      if (order(level) < order(best)) best = level;
      mask &= mask - 1;
    }
  }
  return best;
}

function order(level: i32): i32 {
  if (level == ERROR) return 1;
  if (level == WARN) return 2;
  if (level == CRITICAL) return 3;
  return level == DEBUG ? 4 : 9;
}

function wordAt(start: usize, end: usize, at: usize): i32 {
  const room = at - start;
  const byte = load<u8>(at);
  if ((byte | 0x20) == 0x66) {
    if (room < 2 || at + 1 >= end) return UNKNOWN;
    const word = load<u32>(at - 2);
    return word == WORD_INFO || word == (WORD_INFO ^ UPPER_4) ? INFO : UNKNOWN;
  }
  if (byte == 0x67) return endsInG(room, at, 0, 0);
  if (byte == 0x47) return endsInG(room, at, UPPER_4, UPPER_2);
  return byte == 0x3a ? beforeColon(room, at) : beforeBracket(room, at);
}

/** `warning` or `debug`; the masks turn the words into upper case. */
function endsInG(room: usize, at: usize, mask4: u32, mask2: u16): i32 {
  if (room >= 6 && load<u32>(at - 6) == (WORD_WARN ^ mask4) && load<u16>(at - 2) == (PART_IN ^ mask2)) return WARN;
  return room >= 4 && load<u32>(at - 4) == (WORD_DEBU ^ mask4) ? DEBUG : UNKNOWN;
}

function beforeColon(room: usize, at: usize): i32 {
  if (room < 3) return UNKNOWN;
  const pair = load<u16>(at - 3);
  const last = load<u8>(at - 1);
  if ((pair == PART_ER && last == 0x72) || (pair == (PART_ER ^ UPPER_2) && last == 0x52)) return ERROR;
  if (room >= 4 && isEitherCase4(load<u32>(at - 4), WORD_WARN)) return WARN;
  return room >= 8 && isEitherCase8(load<u64>(at - 8)) ? CRITICAL : UNKNOWN;
}

function beforeBracket(room: usize, at: usize): i32 {
  if (room < 4) return UNKNOWN;
  const four = load<u32>(at - 4);
  if (four == BRACKET_ERR || four == BRACKET_ERR_UPPER) return ERROR;
  if (room >= 6) {
    const six = load<u32>(at - 6);
    const tail = load<u16>(at - 2);
    if (six == BRACKET_ERR && tail == PART_OR) return ERROR;
    if (six == BRACKET_ERR_UPPER && tail == (PART_OR ^ UPPER_2)) return ERROR;
  }
  if (room >= 5 && load<u8>(at - 5) == 0x5b && isEitherCase4(four, WORD_WARN)) return WARN;
  return room >= 9 && load<u8>(at - 9) == 0x5b && isEitherCase8(load<u64>(at - 8)) ? CRITICAL : UNKNOWN;
}

// @ts-ignore: decorator
@inline
function isEitherCase4(word: u32, wanted: u32): bool {
  return word == wanted || word == (wanted ^ UPPER_4);
}

// @ts-ignore: decorator
@inline
function isEitherCase8(word: u64): bool {
  return word == WORD_CRITICAL || word == (WORD_CRITICAL ^ UPPER_8);
}
