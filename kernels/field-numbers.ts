/** Numbers, durations and sizes out of fields, as far as they are written plainly. */
import { ABSENT_VALUE, beginBlock, fieldEnd, fieldStart, statusOf, READ } from './fields';
import { VALUES } from './block-areas';
import { isDigit } from './word-bytes';

/** Digits that a float64 holds exactly. */
const MAX_DIGITS: u32 = 15;

/** A little less than what 63 bits hold: beyond, a duration is an error. */
const MAX_DURATION_NS: f64 = 9.2e18;

const DURATION: i32 = 1;
const SECONDS: i32 = 2;
const BYTES: i32 = 3;

/** Up to here whole numbers are exact. */
const MAX_SAFE: f64 = 9007199254740991;
/** Sizes from here on are an error. */
const MAX_BYTES: f64 = 18446744073709551616.0;

const powers: StaticArray<f64> = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
];

/** Where the number that was read last ends. */
let numberEnd: usize = 0;

/**
 * Sets `VALUES` of the read rows to the number that a field holds: NaN where it is absent or not plain, and in rows that were left.
 *
 * @param kind 0: a number, exact; 1: a duration in nanoseconds, within a part in 10^9; 2: a duration in seconds, exact; 3: a size in bytes, exact
 */
export function convertField(from: usize, count: u32, field: u32, kind: i32): void {
  beginBlock(from);
  for (let index: u32 = 0; index < count; index++) {
    let value: f64 = NaN;
    if (statusOf(index) === READ) {
      const start = fieldStart(index, field);
      if (start !== ABSENT_VALUE) value = converted(start, fieldEnd(index, field), kind);
    }
    store<f64>(VALUES + ((<usize>index) << 3), value);
  }
}

// @ts-ignore: decorator
@inline
function converted(start: usize, end: usize, kind: i32): f64 {
  if (kind === DURATION) return duration(start, end);
  if (kind === SECONDS) return seconds(start, end);
  return kind === BYTES ? bytes(start, end) : plainNumber(start, end);
}

/** Digits with at most one point, which does not come first; NaN for anything else at the start. */
function leadingNumber(at: usize, end: usize): f64 {
  let mantissa: u64 = 0;
  let digits: u32 = 0;
  let decimals: i32 = -1;
  const start = at;
  for (; at < end; at++) {
    const c = load<u8>(at);
    if (c >= 0x30 && c <= 0x39) {
      mantissa = mantissa * 10 + <u64>(c - 0x30);
      if (++digits > MAX_DIGITS) return NaN;
      if (decimals >= 0) decimals++;
    } else if (c === 0x2e && at > start && decimals < 0) decimals = 0;
    else break;
  }
  numberEnd = at;
  if (digits === 0) return NaN;
  return decimals > 0 ? <f64>mantissa / unchecked(powers[decimals]) : <f64>mantissa;
}

function plainNumber(start: usize, end: usize): f64 {
  const value = leadingNumber(start, end);
  return numberEnd === end ? value : NaN;
}

/** One or more numbers with units: `1m2.5s`. */
function duration(at: usize, end: usize): f64 {
  let sum: f64 = 0;
  if (at >= end) return NaN;
  while (at < end) {
    const value = leadingNumber(at, end);
    if (isNaN(value)) return NaN;
    at = numberEnd;
    if (at >= end) return NaN;
    const c = load<u8>(at);
    const next: u8 = at + 1 < end ? load<u8>(at + 1) : 0;
    if (c === 0x73) {
      sum += value * 1e9;
      at++;
    } else if (c === 0x6d && next === 0x73) {
      sum += value * 1e6;
      at += 2;
    } else if (c === 0x6d) {
      sum += value * 6e10;
      at++;
    } else if (c === 0x75 && next === 0x73) {
      sum += value * 1e3;
      at += 2;
    } else if (c === 0x6e && next === 0x73) {
      sum += value;
      at += 2;
    } else if (c === 0x68) {
      sum += value * 3.6e12;
      at++;
    } else return NaN;
  }
  return sum < MAX_DURATION_NS ? sum : NaN;
}

/** One or more numbers with units, to the last bit what Go makes of them: each is cut to whole nanoseconds, in this order of arithmetic. */
function seconds(at: usize, end: usize): f64 {
  let sum: f64 = 0;
  if (at >= end) return NaN;
  while (at < end) {
    const start = at;
    let whole: u64 = 0;
    for (; at < end && isDigit(load<u8>(at)); at++) whole = whole * 10 + <u64>(load<u8>(at) - 0x30);
    if (at === start || at - start > <usize>MAX_DIGITS) return NaN;
    let fraction: u64 = 0;
    let decimals: usize = 0;
    if (at < end && load<u8>(at) === 0x2e) {
      const point = ++at;
      for (; at < end && isDigit(load<u8>(at)); at++) fraction = fraction * 10 + <u64>(load<u8>(at) - 0x30);
      decimals = at - point;
      if (decimals > <usize>MAX_DIGITS) return NaN;
    }
    const unit = unitNs(at, end);
    at = numberEnd;
    sum += <f64>whole * unit;
    if (fraction !== 0) sum += trunc(<f64>fraction * (unit / unchecked(powers[<i32>decimals])));
  }
  // Not so for NaN.
  if (!(sum <= MAX_SAFE)) return NaN;
  const ns = <u64>sum;
  return <f64>(ns / 1000000000) + <f64>(ns % 1000000000) / 1e9;
}

/** Nanoseconds of the unit at `at`, whose end goes to `numberEnd`; NaN for none. What follows has to be a number, or the end. */
function unitNs(at: usize, end: usize): f64 {
  const rest = end - at;
  const c: u8 = rest > 0 ? load<u8>(at) : 0;
  const next: u8 = rest > 1 ? load<u8>(at + 1) : 0;
  numberEnd = at + 2;
  if (next === 0x73) {
    if (c === 0x6d) return 1e6;
    if (c === 0x75) return 1e3;
    if (c === 0x6e) return 1;
  }
  // Both ways to write a micro sign.
  if (rest > 2 && load<u8>(at + 2) === 0x73 && ((c === 0xc2 && next === 0xb5) || (c === 0xce && next === 0xbc))) {
    numberEnd = at + 3;
    return 1e3;
  }
  numberEnd = at + 1;
  return c === 0x73 ? 1e9 : c === 0x6d ? 6e10 : c === 0x68 ? 3.6e12 : NaN;
}

/** A number and a unit of bytes in powers of 1000 or 1024, cut to whole bytes. */
function bytes(start: usize, end: usize): f64 {
  const value = leadingNumber(start, end);
  if (isNaN(value)) return NaN;
  let at = numberEnd;
  while (at < end && load<u8>(at) === 0x20) at++;
  let factor: f64 = 1;
  if (at < end) {
    const power = powerOf(load<u8>(at) | 0x20);
    if (power > 0) at++;
    const isBinary = power > 0 && at < end && (load<u8>(at) | 0x20) === 0x69;
    if (isBinary) at++;
    if (at < end && (load<u8>(at) | 0x20) === 0x62) at++;
    if (at < end) return NaN;
    for (let i = 0; i < power; i++) factor *= isBinary ? 1024 : 1000;
  }
  const size = value * factor;
  return size < MAX_BYTES ? trunc(size) : NaN;
}

/** Power of 1000 that a letter stands for; 0 for none. */
function powerOf(letter: u8): i32 {
  if (letter === 0x6b) return 1;
  if (letter === 0x6d) return 2;
  if (letter === 0x67) return 3;
  if (letter === 0x74) return 4;
  if (letter === 0x70) return 5;
  return letter === 0x65 ? 6 : 0;
}
