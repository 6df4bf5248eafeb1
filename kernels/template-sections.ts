/** The three sections of a template frame while it is made: header, texts, packed bits. */
import { HEADER, PACKED, PIECE, SECTION_CAPACITY, TEMPLATE_TEXT, TEXTS } from './segment-areas';

export let headerAt: usize = HEADER;
export let textsAt: usize = TEXTS;
let packedAt: usize = PACKED;
let pieceAt: usize = PIECE;
/** Bits that are not a whole byte yet. */
let bits: u64 = 0;
let bitCount: u64 = 0;
/** Something did not fit: the frame is given up. */
export let full: bool = false;

export function openSections(): void {
  headerAt = HEADER;
  textsAt = TEXTS;
  packedAt = PACKED;
  pieceAt = PIECE;
  bits = 0;
  bitCount = 0;
  full = false;
}

export function headerBytes(): usize {
  return headerAt - HEADER;
}
export function textBytes(): usize {
  return textsAt - TEXTS;
}
export function packedBytes(): usize {
  return packedAt - PACKED;
}

/** How many bits a number has. */
// @ts-ignore: decorator
@inline
export function widthOf(value: u64): u32 {
  return 64 - <u32>clz(value);
}

// @ts-ignore: decorator
@inline
export function putByte(value: u32): void {
  store<u8>(headerAt, <u8>value);
  headerAt++;
}

/** Every number of the header; makes sure of room for a few more bytes. */
export function putVarint(value: u64): void {
  let left = value;
  if (headerAt > HEADER + SECTION_CAPACITY - 32) {
    full = true;
    return;
  }
  while (left >= 128) {
    store<u8>(headerAt++, <u8>(left | 128));
    left >>= 7;
  }
  store<u8>(headerAt++, <u8>left);
}

/** A length and so many bytes. */
export function putText(at: usize, count: usize): void {
  if (headerAt + count > HEADER + SECTION_CAPACITY - 64) {
    full = true;
    return;
  }
  putVarint(count);
  memory.copy(headerAt, at, count);
  headerAt += count;
}

/** Adds to the piece that comes before the next variable. */
export function addToPiece(at: usize, count: usize): void {
  if (pieceAt + count > PIECE + TEMPLATE_TEXT) {
    full = true;
    return;
  }
  memory.copy(pieceAt, at, count);
  pieceAt += count;
}

/** Ends the piece: it goes to the header. */
export function endPiece(): void {
  putText(PIECE, pieceAt - PIECE);
  pieceAt = PIECE;
}

/** Adds to the texts. */
// @ts-ignore: decorator
@inline
export function addToTexts(at: usize, count: usize): void {
  if (textsAt + count > TEXTS + SECTION_CAPACITY) {
    full = true;
    return;
  }
  memory.copy(textsAt, at, count);
  textsAt += count;
}

/** Packs a number of up to 50 bits. */
// @ts-ignore: decorator
@inline
export function putBits(value: u64, width: u32): void {
  const all = bits | (value << bitCount);
  const count = bitCount + <u64>width;
  store<u64>(packedAt, all);
  packedAt += <usize>(count >> 3);
  bits = all >> (count & ~7);
  bitCount = count & 7;
}

/**
 * Packs the numbers of a column less what they have in common, from `at` to `end`.
 *
 * @param wide they have 64 bits, else 16
 */
// @ts-ignore: decorator
@inline
export function putColumn(at: usize, end: usize, base: u64, width: u32, wide: bool): void {
  // Locals: globals of a module are memory.
  let waiting = bits;
  let count = bitCount;
  let out = packedAt;
  for (let from = at; from < end; from += wide ? 8 : 2) {
    const value = wide ? load<u64>(from) - base : <u64>load<u16>(from);
    waiting |= value << count;
    count += <u64>width;
    store<u64>(out, waiting);
    out += <usize>(count >> 3);
    waiting >>= count & ~7;
    count &= 7;
  }
  bits = waiting;
  bitCount = count;
  packedAt = out;
}

/** Goes on at the next byte. A column needs room for its values: `count` times `width` bits. */
export function beginColumn(count: u32, width: u32): void {
  if (bitCount > 0) {
    store<u8>(packedAt++, <u8>bits);
    bits = 0;
    bitCount = 0;
  }
  if (packedAt + <usize>((<u64>count * <u64>width) >> 3) + 32 > PACKED + SECTION_CAPACITY) {
    full = true;
    packedAt = PACKED;
  }
}

/** Packs the hexadecimal digits of an even number of characters as bytes. */
export function putHex(at: usize, characters: usize): void {
  for (let i: usize = 0; i < characters; i += 16) {
    const text = v128.load(at + i);
    // A letter has 0x40 set: its low four bits are nine less than the digit.
    const letters = i8x16.shr_u(text, 6);
    const nine = v128.and(i8x16.ne(letters, i8x16.splat(0)), i8x16.splat(9));
    const digits = i8x16.add(v128.and(text, i8x16.splat(15)), nine);
    // The second of each two goes above the first.
    const pairs = v128.or(digits, i16x8.shr_u(digits, 4));
    const bytes = i8x16.shuffle(pairs, pairs, 0, 2, 4, 6, 8, 10, 12, 14, 0, 2, 4, 6, 8, 10, 12, 14);
    store<u64>(packedAt + (i >> 1), i64x2.extract_lane(bytes, 0));
  }
  packedAt += characters >> 1;
}
