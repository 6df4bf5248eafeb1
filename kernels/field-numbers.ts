/** Numbers and durations out of fields, as far as they are written plainly. */
import { ABSENT_VALUE, beginBlock, fieldEnd, fieldStart, statusOf, READ } from './fields';
import { VALUES } from './block-areas';

/** Digits that a float64 holds exactly. */
const MAX_DIGITS: u32 = 15;

/** A little less than what 63 bits hold: beyond, a duration is an error. */
const MAX_DURATION_NS: f64 = 9.2e18;

const DURATION: i32 = 1;

const powers: StaticArray<f64> = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
];

/** Where the number that was read last ends. */
let numberEnd: usize = 0;

/**
 * Sets `VALUES` of the read rows to the number that a field holds: NaN where it is absent or not plain, and in rows that were left.
 *
 * @param kind 0: a number, exact; 1: a duration in nanoseconds, within a part in 10^9
 */
export function convertField(from: usize, count: u32, field: u32, kind: i32): void {
  beginBlock(from);
  for (let index: u32 = 0; index < count; index++) {
    let value: f64 = NaN;
    if (statusOf(index) === READ) {
      const start = fieldStart(index, field);
      if (start !== ABSENT_VALUE) value = kind === DURATION ? duration(start, fieldEnd(index, field)) : plainNumber(start, fieldEnd(index, field));
    }
    store<f64>(VALUES + ((<usize>index) << 3), value);
  }
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
