import { formatSampleValue } from '../base/go/float-text.ts';

/** Points of a series; times in milliseconds since the epoch, ascending. A time may come twice. */
export interface ResultPoints {
  readonly timesMs: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/** Longest point: a time, the longest decimal text of a double without exponent, and marks. */
const MAX_POINT_BYTES = 400;
/** Points that become a text at once. */
const TURN_BYTES = 64 * 1024;
/** Integers below are written digit by digit. */
const MAX_DIGITS_VALUE = 1e15;
const ZERO = 48;
const COMMA = 44;
const POINT = 46;
const QUOTE = 34;
const OPEN = 91;
const CLOSE = 93;

/** Reused: answers are made in one step each. */
const bytes: Buffer = Buffer.allocUnsafeSlow(TURN_BYTES + MAX_POINT_BYTES);

/** Seconds with at most three decimals, and the value as decimal text without exponent. */
export function sampleJson(timeMs: number, value: number): string {
  return bytes.latin1Slice(0, putSample(0, timeMs, value));
}

/**
 * All points of a series as a JSON array. Written as bytes: of a hundred thousand points, a text for each and for each of its pieces would
 * be most of the work.
 */
export function samplesJson({ timesMs, values }: ResultPoints): string {
  let text = '';
  bytes[0] = OPEN;
  let at = 1;
  for (let i = 0; i < values.length; i++) {
    if (i > 0) bytes[at++] = COMMA;
    at = putSample(at, timesMs[i]!, values[i]!);
    if (at < TURN_BYTES) continue;
    text += bytes.latin1Slice(0, at);
    at = 0;
  }
  bytes[at++] = CLOSE;
  return text + bytes.latin1Slice(0, at);
}

function putSample(from: number, timeMs: number, value: number): number {
  let at = from;
  bytes[at++] = OPEN;
  at = putSeconds(at, timeMs);
  bytes[at++] = COMMA;
  bytes[at++] = QUOTE;
  at = isPlainInteger(value) ? putInteger(at, value) : putText(at, formatSampleValue(value));
  bytes[at++] = QUOTE;
  bytes[at++] = CLOSE;
  return at;
}

function isPlainInteger(value: number): boolean {
  return value >= 0 && value < MAX_DIGITS_VALUE && Number.isInteger(value) && !Object.is(value, -0);
}

function putSeconds(from: number, timeMs: number): number {
  if (!isPlainInteger(timeMs)) return putText(from, `${timeMs / 1000}`);
  const seconds = Math.floor(timeMs / 1000);
  let at = putInteger(from, seconds);
  let rest = timeMs - seconds * 1000;
  if (rest === 0) return at;
  bytes[at++] = POINT;
  for (let scale = 100; rest > 0; scale /= 10) {
    const digit = Math.floor(rest / scale);
    bytes[at++] = ZERO + digit;
    rest -= digit * scale;
  }
  return at;
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
