import { formatSampleValue } from '../../base/go/float-text.ts';
import { type AnswerKernel, MAX_BEGINS, openAnswerKernel, STRETCH } from '../../kernels/answer-kernel.ts';
import type { JsonBytes } from '../json/json-bytes.ts';

/** Points of a series; times in milliseconds since the epoch, ascending. A time may come twice. */
export interface ResultPoints {
  readonly timesMs: ArrayLike<number>;
  readonly values: ArrayLike<number>;
  /** 1 where there is a point. Absent: everywhere. */
  readonly present?: Uint8Array;
}

/** Longest point: a time, the longest decimal text of a double without exponent, and marks. */
const MAX_POINT_BYTES = 400;
/** Points for which room is made at once. */
const TURN = 64;
/** Integers below are written digit by digit. */
const MAX_DIGITS_VALUE = 1e15;
/** Decimals of values that are written digit by digit: six. */
const SCALE = 1e6;
const MAX_SCALED = MAX_DIGITS_VALUE / SCALE;
const GROUP = 1000;
/** Three digits of each number below a thousand. */
const GROUP_TEXTS = new Uint8Array(GROUP * 3);
for (let i = 0; i < GROUP; i++) GROUP_TEXTS.set(Buffer.from(`${i}`.padStart(3, '0')), i * 3);
/** The last six digits of a time change from point to point; those before rarely do. */
const LOW_SPAN = GROUP * GROUP;
const ZERO = 48;
const COMMA = 44;
const MINUS = 45;
const POINT = 46;
const QUOTE = 34;
const OPEN = 91;
const CLOSE = 93;

/** Opened with the first answer of many points; null where there are no kernels. */
let kernelAtHand: AnswerKernel | null | undefined;
/** Times that the kernel has, and whether it can write them. */
let timesAtHand: ArrayLike<number> | undefined;
let areWritable = false;
/** Fewer points are written before a kernel is asked. */
const MIN_KERNEL_POINTS = 8;
/** Where a point is written. */
let bytes: Uint8Array = new Uint8Array(0);
/** Seconds of the last time, less its low digits, as text. */
let knownHigh = -1;
const highText = new Uint8Array(16);
let highLength = 0;

/** Seconds with at most three decimals, and the value as decimal text without exponent. */
export function putSample(out: JsonBytes, timeMs: number, value: number): void {
  bytes = out.room(MAX_POINT_BYTES);
  out.length = putValueEnd(putPointBegin(out.length, timeMs), value);
}

/**
 * Writes the points of one series after the other, each series as a JSON array. They are written as bytes: of a hundred thousand points, a text
 * for each and for each of its pieces would be most of the work. Series of a grid share their times, of which the kernel makes each a text once.
 */
export class SampleLists {
  readonly #out: JsonBytes;

  constructor(out: JsonBytes) {
    this.#out = out;
  }

  put(points: ResultPoints): void {
    const kernel = kernelFor(points);
    if (kernel === undefined) this.#putPlainly(points);
    else this.#putStretches(points, kernel);
  }

  /** The kernel writes what it can, a point that it leaves is written here. */
  #putStretches({ timesMs, values, present }: ResultPoints, kernel: AnswerKernel): void {
    const out = this.#out;
    const start = out.length;
    for (let first = 0; first < values.length; first += STRETCH) {
      const count = Math.min(STRETCH, values.length - first);
      putStretch(kernel.values, values, first, count);
      if (present !== undefined) putStretch(kernel.present, present, first, count);
      for (let next = 0; next < count; next++) {
        next = kernel.putPoints(first, next, count, present === undefined);
        out.range(kernel.text, 0, kernel.writtenBytes);
        if (next < count) this.#putOne(timesMs[first + next]!, values[first + next]!);
      }
    }
    // In place of the first comma.
    if (out.length === start) out.string('[');
    else out.replaceByte(start, OPEN);
    out.string(']');
  }

  #putOne(timeMs: number, value: number): void {
    const out = this.#out;
    bytes = out.room(MAX_POINT_BYTES);
    bytes[out.length] = COMMA;
    out.length = putValueEnd(putPointBegin(out.length + 1, timeMs), value);
  }

  #putPlainly({ timesMs, values, present }: ResultPoints): void {
    const out = this.#out;
    let isFirst = true;
    for (let first = 0; first === 0 || first < values.length; first += TURN) {
      bytes = out.room((TURN + 1) * MAX_POINT_BYTES);
      let at = out.length;
      if (first === 0) bytes[at++] = OPEN;
      const end = Math.min(values.length, first + TURN);
      for (let i = first; i < end; i++) {
        if (present !== undefined && present[i] === 0) continue;
        if (!isFirst) bytes[at++] = COMMA;
        isFirst = false;
        at = putValueEnd(putPointBegin(at, timesMs[i]!), values[i]!);
      }
      if (end === values.length) bytes[at++] = CLOSE;
      out.length = at;
    }
  }
}

/** The kernel with the times of points at hand; undefined where there is none, or when it cannot write them. */
function kernelFor({ timesMs, values }: ResultPoints): AnswerKernel | undefined {
  if (values.length < MIN_KERNEL_POINTS || timesMs.length > MAX_BEGINS) return undefined;
  kernelAtHand ??= openAnswerKernel() ?? null;
  if (kernelAtHand === null) return undefined;
  if (timesAtHand !== timesMs) {
    kernelAtHand.timesMs.set(timesMs);
    areWritable = kernelAtHand.putBegins(timesMs.length);
    timesAtHand = timesMs;
  }
  return areWritable ? kernelAtHand : undefined;
}

/** Copies `from[first, first + count)`; an array that fits is copied as a whole, since to make a view of it takes as long. */
function putStretch(to: Float64Array | Uint8Array, from: ArrayLike<number>, first: number, count: number): void {
  if (from.length === count && ArrayBuffer.isView(from)) to.set(from);
  else for (let i = 0; i < count; i++) to[i] = from[first + i]!;
}

function putPointBegin(from: number, timeMs: number): number {
  let at = from;
  bytes[at++] = OPEN;
  at = putSeconds(at, timeMs);
  bytes[at++] = COMMA;
  bytes[at++] = QUOTE;
  return at;
}

function putValueEnd(from: number, value: number): number {
  const at = putValue(from, value);
  bytes[at] = QUOTE;
  bytes[at + 1] = CLOSE;
  return at + 2;
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

/** Writes a number of millionths without zeros at its end. */
function putScaled(from: number, isNegative: boolean, scaled: number): number {
  let at = from;
  if (isNegative) bytes[at++] = MINUS;
  const whole = Math.floor(scaled / SCALE);
  at = putInteger(at, whole);
  const rest = scaled - whole * SCALE;
  const high = (rest / GROUP) | 0;
  bytes[at++] = POINT;
  putGroup(at, high);
  putGroup(at + 3, rest - high * GROUP);
  return withoutZeros(at + 6);
}

/** Writes a point and three decimals, without zeros at the end; nothing when there are none. */
function putThousandths(from: number, thousandths: number): number {
  if (thousandths === 0) return from;
  bytes[from] = POINT;
  putGroup(from + 1, thousandths);
  return withoutZeros(from + 4);
}

/** @returns where the zeros before `end` begin; there is a digit before them, or they follow a point that goes too */
function withoutZeros(end: number): number {
  let at = end;
  while (bytes[at - 1] === ZERO) at--;
  return bytes[at - 1] === POINT ? at - 1 : at;
}

function putGroup(at: number, value: number): void {
  const from = value * 3;
  bytes[at] = GROUP_TEXTS[from]!;
  bytes[at + 1] = GROUP_TEXTS[from + 1]!;
  bytes[at + 2] = GROUP_TEXTS[from + 2]!;
}

function putSeconds(from: number, timeMs: number): number {
  if (!isPlainInteger(timeMs)) return putText(from, `${timeMs / 1000}`);
  const seconds = Math.floor(timeMs / 1000);
  const high = Math.floor(seconds / LOW_SPAN);
  const thousandths = timeMs - seconds * 1000;
  if (high === 0) return putThousandths(putInteger(from, seconds), thousandths);
  let at = from;
  if (high === knownHigh) for (let i = 0; i < highLength; i++) bytes[at++] = highText[i]!;
  else at = putHigh(at, high);
  const low = seconds - high * LOW_SPAN;
  const middle = (low / GROUP) | 0;
  putGroup(at, middle);
  putGroup(at + 3, low - middle * GROUP);
  return putThousandths(at + 6, thousandths);
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
