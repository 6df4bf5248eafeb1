import { formatSampleValue } from '../base/go/float-text.ts';
import type { JsonBytes } from './json-bytes.ts';

/** Points of a series; times in milliseconds since the epoch, ascending. A time may come twice. */
export interface ResultPoints {
  readonly timesMs: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/** Longest point: a time, the longest decimal text of a double without exponent, and marks. */
const MAX_POINT_BYTES = 400;
/** Points for which room is made at once. */
const TURN = 64;
/** Integers below are written digit by digit. */
const MAX_DIGITS_VALUE = 1e15;
/** Decimals that are written digit by digit: three. */
const SCALE = 1000;
const MAX_SCALED = MAX_DIGITS_VALUE / SCALE;
/** The last digits of a time change from point to point; those before rarely do. */
const LOW_DIGITS = 5;
const LOW_SPAN = 10 ** LOW_DIGITS;
const ZERO = 48;
const COMMA = 44;
const MINUS = 45;
const POINT = 46;
const QUOTE = 34;
const OPEN = 91;
const CLOSE = 93;

/** Where a point is written. */
let bytes: Uint8Array = new Uint8Array(0);
/** Seconds of the last time, less its low digits, as text. */
let knownHigh = -1;
const highText = new Uint8Array(16);
let highLength = 0;

/** Seconds with at most three decimals, and the value as decimal text without exponent. */
export function putSample(out: JsonBytes, timeMs: number, value: number): void {
  bytes = out.room(MAX_POINT_BYTES);
  out.length = putPoint(out.length, timeMs, value);
}

/**
 * All points of a series as a JSON array. Written as bytes: of a hundred thousand points, a text for each and for each of its pieces would
 * be most of the work.
 */
export function putSamples(out: JsonBytes, { timesMs, values }: ResultPoints): void {
  for (let first = 0; first === 0 || first < values.length; first += TURN) {
    bytes = out.room((TURN + 1) * MAX_POINT_BYTES);
    let at = out.length;
    if (first === 0) bytes[at++] = OPEN;
    const end = Math.min(values.length, first + TURN);
    for (let i = first; i < end; i++) {
      if (i > 0) bytes[at++] = COMMA;
      at = putPoint(at, timesMs[i]!, values[i]!);
    }
    if (end === values.length) bytes[at++] = CLOSE;
    out.length = at;
  }
}

function putPoint(from: number, timeMs: number, value: number): number {
  let at = from;
  bytes[at++] = OPEN;
  at = putSeconds(at, timeMs);
  bytes[at++] = COMMA;
  bytes[at++] = QUOTE;
  at = putValue(at, value);
  bytes[at++] = QUOTE;
  bytes[at++] = CLOSE;
  return at;
}

function isPlainInteger(value: number): boolean {
  return value >= 0 && value < MAX_DIGITS_VALUE && Number.isInteger(value) && !Object.is(value, -0);
}

function putValue(at: number, value: number): number {
  if (isPlainInteger(value)) return putInteger(at, value);
  const size = Math.abs(value);
  if (size < MAX_SCALED) {
    const scaled = Math.round(size * SCALE);
    // A decimal of up to 15 digits that reads as this value is the only one so short, and thus the shortest there is.
    if (scaled > 0 && scaled / SCALE === size) return putScaled(at, value < 0, scaled);
  }
  return putText(at, formatSampleValue(value));
}

/** Writes a number of thousandths without zeros at its end. */
function putScaled(from: number, isNegative: boolean, scaled: number): number {
  let at = from;
  if (isNegative) bytes[at++] = MINUS;
  const whole = Math.floor(scaled / SCALE);
  return putDecimals(putInteger(at, whole), scaled - whole * SCALE);
}

/** Writes a point and up to three decimals, without zeros at the end; nothing when there are none. */
function putDecimals(from: number, thousandths: number): number {
  if (thousandths === 0) return from;
  let at = from;
  let rest = thousandths;
  bytes[at++] = POINT;
  for (let scale = SCALE / 10; rest > 0; scale /= 10) {
    const digit = Math.floor(rest / scale);
    bytes[at++] = ZERO + digit;
    rest -= digit * scale;
  }
  return at;
}

function putSeconds(from: number, timeMs: number): number {
  if (!isPlainInteger(timeMs)) return putText(from, `${timeMs / 1000}`);
  const seconds = Math.floor(timeMs / 1000);
  const high = Math.floor(seconds / LOW_SPAN);
  if (high === 0) return putDecimals(putInteger(from, seconds), timeMs - seconds * 1000);
  let at = from;
  if (high === knownHigh) for (let i = 0; i < highLength; i++) bytes[at++] = highText[i]!;
  else at = putHigh(at, high);
  let rest = seconds - high * LOW_SPAN;
  for (let i = LOW_DIGITS - 1; i >= 0; i--) {
    const next = (rest / 10) | 0;
    bytes[at + i] = ZERO + rest - next * 10;
    rest = next;
  }
  return putDecimals(at + LOW_DIGITS, timeMs - seconds * 1000);
}

function putHigh(from: number, high: number): number {
  const end = putInteger(from, high);
  highLength = end - from;
  for (let i = 0; i < highLength; i++) highText[i] = bytes[from + i]!;
  knownHigh = high;
  return end;
}

function putInteger(from: number, value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits++;
  const end = from + digits;
  let left = value;
  for (let at = end - 1; at >= from; at--) {
    const next = Math.floor(left / 10);
    bytes[at] = ZERO + (left - next * 10);
    left = next;
  }
  return end;
}

/** Texts of numbers are ASCII. */
function putText(from: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[from + i] = text.charCodeAt(i);
  return from + text.length;
}
