import { decodeRice, encodeRice, sizeDifferences } from './rice-times.ts';

/**
 * Row times as differences of differences, or, where those are as random as the differences themselves, as differences in Rice code.
 * Times are nanoseconds from the start of the day (exact float64 integers); all are divided by the largest unit that divides every
 * one of them, so that the times of a millisecond clock are small numbers.
 * Format: docs/format/segment.md, section Times.
 */

/** Units in nanoseconds, by unit code. */
export const TIME_UNITS_NS = [1, 1_000, 1_000_000, 1_000_000_000] as const;

/** Added to the code of the unit when differences are in Rice code. */
export const RICE_CODE = 4;
/**
 * Most bytes that one row can take. A second difference below 2^49 takes 8 of 7 bits; in Rice code 25 bits of a quotient, 46 low bits
 * and a large quotient of 7 bytes.
 */
const MAX_TIME_BYTES = 17;
const HEAD_BYTES = 32;
/** Blocks of fewer rows are not worth a choice. */
const MIN_RICE_ROWS = 16;
const TWO_28 = 268_435_456;

/** Code of the largest unit that divides all times. */
function timeUnitCode(times: Float64Array, from: number, rowCount: number): number {
  let code = 3;
  for (let i = from; i < from + rowCount && code > 0; i++)
    while (code > 0 && times[i]! % TIME_UNITS_NS[code]! !== 0) code--;
  return code;
}

/**
 * @param times ascending
 * @param out must have room for `maxTimesBytes(rowCount)` bytes from `at`
 * @param from the first of the times
 * @returns position behind the last byte: code of unit and coding (1 byte), then the times in whichever coding is smaller
 */
export function encodeTimes(times: Float64Array, rowCount: number, out: Uint8Array, at: number, from = 0): number {
  const code = timeUnitCode(times, from, rowCount);
  const unit = TIME_UNITS_NS[code]!;
  if (rowCount >= MIN_RICE_ROWS) {
    const { lowBits, bits, secondBits } = sizeDifferences(times, from, rowCount, unit);
    if (bits < secondBits) {
      out[at] = code + RICE_CODE;
      return encodeRice(times[from]! / unit, rowCount, lowBits, out, at + 1);
    }
  }
  out[at] = code;
  return encodeSecondDifferences(times, from, rowCount, unit, out, at + 1);
}

/** One zigzag varint a row: the first time, the difference of the second to it, then differences of differences. */
function encodeSecondDifferences(
  times: Float64Array,
  from: number,
  rowCount: number,
  unit: number,
  out: Uint8Array,
  start: number,
): number {
  let at = start;
  let previous = 0;
  let difference = 0;
  for (let i = 0; i < rowCount; i++) {
    const time = times[from + i]! / unit;
    const step = time - previous;
    const second = i === 0 ? step : step - difference;
    if (i > 0) difference = step;
    previous = time;
    let rest = second >= 0 ? second * 2 : -second * 2 - 1;
    while (rest >= TWO_28) {
      out[at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      out[at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    out[at++] = rest;
  }
  return at;
}

export function maxTimesBytes(rowCount: number): number {
  return HEAD_BYTES + rowCount * MAX_TIME_BYTES;
}

/**
 * Reads what `encodeTimes` wrote.
 *
 * @returns position behind the last byte, or -1 when the bytes end too early or the unit is unknown
 */
export function decodeTimes(bytes: Uint8Array, from: number, end: number, rowCount: number, out: Float64Array): number {
  let at = from;
  if (at >= end || bytes[at]! > 3 + RICE_CODE) return -1;
  const code = bytes[at++]!;
  const unit = TIME_UNITS_NS[code % RICE_CODE]!;
  if (code >= RICE_CODE) return decodeRice(bytes, at, end, rowCount, unit, out);
  let previous = 0;
  let difference = 0;
  for (let i = 0; i < rowCount; i++) {
    if (at >= end) return -1;
    let byte = bytes[at++]!;
    let second: number;
    if (byte < 128) {
      second = byte & 1 ? -((byte + 1) >>> 1) : byte >>> 1;
    } else {
      let value = byte & 127;
      let shift = 7;
      do {
        if (at >= end) return -1;
        byte = bytes[at++]!;
        // Above 28 bits an int32 shift would lose bits: go on in floating point.
        value += shift < 28 ? (byte & 127) << shift : (byte & 127) * 2 ** shift;
        shift += 7;
      } while (byte >= 128 && shift < 63);
      second = value % 2 === 1 ? -(value + 1) / 2 : value / 2;
    }
    if (i === 0) {
      previous = second;
    } else {
      difference += second;
      previous += difference;
    }
    out[i] = previous * unit;
  }
  return at;
}
