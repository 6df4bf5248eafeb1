/**
 * The shortest decimal text of a double, without an exponent: what `formatSampleValue` gives. Schubfach (Giulietti 2021), for sizes from 1e-6 to
 * 2^53, where the powers of ten it needs are exact: a normalized power of five of 64 bits. Twin: src/base/go/float-text.ts.
 */

import { putTwo } from './digits';

const MAX_POWER = 28;
/** Normalized powers of five, so that the highest bit is set: the first 64 bits of powers of ten, the rest of which are zeros. */
const POWERS = memory.data(MAX_POWER * 8, 8);

/** Sizes that are written here. */
const LEAST: f64 = 1e-6;
const MOST: f64 = 9007199254740992;
/** Integers below are written digit by digit. */
const MAX_INTEGER: f64 = 1e15;
/** Decimals of values that are told by one division: six. */
const SCALE: f64 = 1e6;
const MAX_SCALED: f64 = 1e9;

const ZEROS: u64 = 0x3030303030303030;
const MINUS: u8 = 45;
const POINT: u8 = 46;
const ZERO: u8 = 48;

export function fillPowers(): void {
  let power: u64 = 1;
  for (let i = 0; i < MAX_POWER; i++) {
    store<u64>(POWERS + ((<usize>i) << 3), power << clz(power));
    power *= 5;
  }
}

/** Writes a value. @returns its end, or 0 when it is left to the twin; up to 36 bytes from `at` on may be written */
export function putDecimal(at: usize, value: f64): usize {
  const bits = reinterpret<u64>(value);
  if (<i64>bits >= 0) {
    if (value < MAX_INTEGER && trunc(value) === value) return putInteger(at, <u64>value);
  } else store<u8>(at++, MINUS);
  const size = abs(value);
  // Not a number is neither.
  if (!(size >= LEAST && size < MOST)) return 0;
  if (size < MAX_SCALED) {
    const scaled = nearest(size * SCALE);
    if (scaled / SCALE === size) return putMillionths(at, scaled);
  }
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

/** Writes a number of millionths, some of them, without zeros at its end: most values are measured to a few places. */
function putMillionths(from: usize, all: f64): usize {
  // Exact: below 10^9 a quotient that is no integer is a millionth from one at least, many times what rounding moves it.
  const whole = <u32>(all / SCALE);
  const rest = <u32>(all - <f64>whole * SCALE);
  const point = putWhole(from, whole);
  if (rest === 0) return point;
  store<u8>(point, POINT);
  const high = rest / 10000;
  const low = rest - high * 10000;
  putTwo(point + 1, high);
  let end = point + 3;
  if (low !== 0) {
    const middle = low / 100;
    const last = low - middle * 100;
    putTwo(point + 3, middle);
    putTwo(point + 5, last);
    end = last === 0 ? point + 5 : point + 7;
  }
  return load<u8>(end - 1) === ZERO ? end - 1 : end;
}

/** Writes an integer below 10^9. */
function putWhole(at: usize, value: u32): usize {
  if (value < 10) {
    store<u8>(at, ZERO + <u8>value);
    return at + 1;
  }
  if (value < 100) {
    putTwo(at, value);
    return at + 2;
  }
  if (value < 1000) {
    const hundreds = value / 100;
    store<u8>(at, ZERO + <u8>hundreds);
    putTwo(at + 1, value - hundreds * 100);
    return at + 3;
  }
  return putDigits(at, value, digitCount(value));
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

function putInteger(at: usize, value: u64): usize {
  return putDigits(at, value, digitCount(value));
}

// @ts-ignore: decorator
@inline
function digitCount(value: u64): i32 {
  let count = 1;
  let limit: u64 = 10;
  while (value >= limit && count < 18) {
    limit *= 10;
    count++;
  }
  return count;
}

/** Writes the eight digits of a number below 10^8. */
// @ts-ignore: decorator
@inline
function putEight(at: usize, value: u32): void {
  const high = value / 10000;
  const low = value - high * 10000;
  putTwo(at, high / 100);
  putTwo(at + 2, high % 100);
  putTwo(at + 4, low / 100);
  putTwo(at + 6, low % 100);
}

/** Writes exactly `count` digits. @returns their end */
function putDigits(from: usize, value: u64, count: i32): usize {
  const end = from + count;
  let at = end;
  let left = value;
  while (left > 0xffffffff) {
    const high = left / 100000000;
    at -= 8;
    putEight(at, <u32>(left - high * 100000000));
    left = high;
  }
  let small = <u32>left;
  while (at >= from + 2) {
    const high = small / 100;
    at -= 2;
    putTwo(at, small - high * 100);
    small = high;
  }
  if (at > from) store<u8>(from, ZERO + <u8>small);
  return end;
}
