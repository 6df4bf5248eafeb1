/**
 * The shortest decimal text of a double, without an exponent: what `formatSampleValue` gives. Schubfach (Giulietti 2021), for sizes from 1e-6 to
 * 2^53, where the powers of ten it needs are exact: a normalized power of five of 64 bits. Twin: src/base/go/float-text.ts.
 */

import { eightDigits, ZEROS } from './digits';

const MAX_POWER = 28;
/** Normalized powers of five, so that the highest bit is set: the first 64 bits of powers of ten, the rest of which are zeros. */
const POWERS = memory.data(MAX_POWER * 8, 8);
const MAX_DIGITS = 20;
/** Powers of ten. */
const TENS = memory.data(MAX_DIGITS * 8, 8);

/** Sizes that are written here. */
const LEAST: f64 = 1e-6;
const MOST: f64 = 9007199254740992;
/** Integers below are written digit by digit. */
const MAX_INTEGER: f64 = 1e15;
/** Decimals of values that are told by one division: six. */
const SCALE: f64 = 1e6;
/** Sizes below have eight digits before the point. */
const MAX_SCALED: f64 = 1e8;
const EIGHT_DIGITS: u64 = 100000000;

/** The last of eight digits is written whatever it is. */
const LAST_DIGIT: u64 = 1 << 56;
const NEGATIVE_ZERO: u64 = 1 << 63;
const MINUS: u8 = 45;
const POINT: u8 = 46;

export function fillPowers(): void {
  let power: u64 = 1;
  for (let i = 0; i < MAX_POWER; i++) {
    store<u64>(POWERS + ((<usize>i) << 3), power << clz(power));
    power *= 5;
  }
  let ten: u64 = 1;
  for (let i = 0; i < MAX_DIGITS; i++) {
    store<u64>(TENS + ((<usize>i) << 3), ten);
    ten *= 10;
  }
}

/** Writes a value. @returns its end, or 0 when it is left to the twin; up to 36 bytes from `at` on may be written */
export function putDecimal(at: usize, value: f64): usize {
  const bits = reinterpret<u64>(value);
  if (<i64>bits < 0) {
    if (bits === NEGATIVE_ZERO) return 0;
    store<u8>(at++, MINUS);
  }
  const size = abs(value);
  if (size < MAX_SCALED) {
    const scaled = nearest(size * SCALE);
    if (scaled / SCALE === size) return putMillionths(at, size, scaled);
  }
  // Not a number is neither.
  if (!(size >= LEAST && size < MOST)) return 0;
  if (size < MAX_INTEGER && trunc(size) === size) return putInteger(at, <u64>size);
  return putShortest(at, bits & 0x7fffffffffffffff);
}

function putShortest(at: usize, bits: u64): usize {
  const fraction = bits & 0xfffffffffffff;
  const c = fraction | 0x10000000000000;
  const q = <i32>(bits >> 52) - 1075;
  const right = <u64>-q;
  if (right < 53 && (c & ((1 << right) - 1)) === 0) return putInteger(at, c >> right);
  const isEven = (c & 1) === 0;
  // A power of two has a nearer neighbour below.
  const isEdge = fraction === 0;
  const k = (q * 1262611 - (isEdge ? 524031 : 0)) >> 22;
  const h = <u64>(q + ((-k * 1741647) >> 19) + 1);
  const power = load<u64>(POWERS + ((<usize>-k) << 3));
  const lower = oddProduct(power, (4 * c - 2 + (isEdge ? 1 : 0)) << h) + (isEven ? 0 : 1);
  const middle = oddProduct(power, (4 * c) << h);
  const upper = oddProduct(power, (4 * c + 2) << h) - (isEven ? 0 : 1);
  const s = middle >> 2;
  if (s >= 10) {
    const tenth = s / 10;
    const isBelowInside = lower <= 40 * tenth;
    const isAboveInside = 40 * tenth + 40 <= upper;
    if (isBelowInside !== isAboveInside) return putPlaces(at, tenth + (isAboveInside ? 1 : 0), -k - 1);
  }
  const isBelowInside = lower <= 4 * s;
  const isAboveInside = 4 * s + 4 <= upper;
  if (isBelowInside !== isAboveInside) return putPlaces(at, s + (isAboveInside ? 1 : 0), -k);
  const half = 4 * s + 2;
  const isUp = middle > half || (middle === half && (s & 1) !== 0);
  return putPlaces(at, s + (isUp ? 1 : 0), -k);
}

/** The first 64 bits of a product of 128; the lowest is set when those behind it are not nothing. */
// @ts-ignore: decorator
@inline
function oddProduct(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const cross = aLow * bHigh;
  const other = aHigh * bLow;
  const between = ((aLow * bLow) >> 32) + (cross & 0xffffffff) + (other & 0xffffffff);
  const high = aHigh * bHigh + (cross >> 32) + (other >> 32) + (between >> 32);
  return high | (a * b > 1 ? 1 : 0);
}

/**
 * Writes a size of some millionths, `scaled` of them, without zeros at its end: most values are measured to a few places. Lengths are counted
 * in the digits, without a branch: those of one value say nothing of the next.
 */
function putMillionths(from: usize, size: f64, scaled: f64): usize {
  // Exact: a size that is no integer is a millionth from one at least, many times what rounding moves it.
  const whole = <i32>size;
  const rest = <i32>(scaled - <f64>whole * SCALE);
  const before = eightDigits(whole);
  const zeros = ctz(before | LAST_DIGIT) & 56;
  store<u64>(from, (before | ZEROS) >> zeros);
  const point = from + 8 - <usize>(zeros >> 3);
  return putDecimals(point, rest * 100);
}

/** Writes a point and eight decimals without zeros at their end; nothing when there are none. @returns the end; up to 9 bytes may be written */
// @ts-ignore: decorator
@inline
export function putDecimals(at: usize, decimals: u32): usize {
  const digits = eightDigits(decimals);
  store<u8>(at, POINT);
  store<u64>(at + 1, digits | ZEROS);
  const places = 8 - <usize>(clz(digits) >> 3);
  return at + places + <usize>(places !== 0);
}

/** Writes `digits` / 10^places without zeros at its end. */
function putPlaces(at: usize, all: u64, allPlaces: i32): usize {
  let digits = all;
  let places = allPlaces;
  if (places >= 4 && digits % 10000 === 0) {
    digits /= 10000;
    places -= 4;
  }
  while (places > 0) {
    const tenth = digits / 10;
    if (tenth * 10 !== digits) break;
    digits = tenth;
    places--;
  }
  if (places === 0) return putInteger(at, digits);
  const count = digitCount(digits);
  if (count > places) {
    // The last digits move by one, to let the point in.
    const end = putDigits(at, digits, count);
    const point = end - places;
    if (places <= 16) v128.store(point + 1, v128.load(point));
    else for (let to = end; to > point; to--) store<u8>(to, load<u8>(to - 1));
    store<u8>(point, POINT);
    return end + 1;
  }
  store<u64>(at, ZEROS);
  store<u8>(at + 1, POINT);
  // At most five zeros: the least size has its first digit at the sixth place.
  return putDigits(at + 2 + (places - count), digits, count);
}

/** Writes an integer. @returns its end; up to 7 bytes behind it may be written */
export function putInteger(at: usize, value: u64): usize {
  return putDigits(at, value, digitCount(value));
}

// @ts-ignore: decorator
@inline
function digitCount(value: u64): i32 {
  const some = value | 1;
  // log10(2) is 1233 / 4096; one too many where the power of ten lies higher.
  const count = ((64 - <i32>clz(some)) * 1233) >> 12;
  return count + <i32>(some >= load<u64>(TENS + ((<usize>count) << 3)));
}

/** Writes exactly `count` digits, and anything up to seven bytes behind them. @returns their end */
function putDigits(from: usize, value: u64, count: i32): usize {
  const end = from + count;
  if (count <= 8) {
    store<u64>(from, (eightDigits(<u32>value) | ZEROS) >> (<u64>(8 - count) << 3));
    return end;
  }
  const high = value / EIGHT_DIGITS;
  const low = <u32>(value - high * EIGHT_DIGITS);
  if (count > 16) {
    const top = high / EIGHT_DIGITS;
    store<u64>(from, (eightDigits(<u32>top) | ZEROS) >> (<u64>(24 - count) << 3));
    store<u64>(end - 16, eightDigits(<u32>(high - top * EIGHT_DIGITS)) | ZEROS);
  } else store<u64>(from, (eightDigits(<u32>high) | ZEROS) >> (<u64>(16 - count) << 3));
  store<u64>(end - 8, eightDigits(low) | ZEROS);
  return end;
}
