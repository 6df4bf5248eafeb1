/**
 * Row times as differences of differences. Times are nanoseconds from the start of the day (exact float64 integers); all are
 * divided by the largest unit that divides every one of them, so that millisecond clocks cost one byte a row.
 * Format: docs/format/segment.md, section Times.
 */

/** Units in nanoseconds, by unit code. */
export const TIME_UNITS_NS = [1, 1_000, 1_000_000, 1_000_000_000] as const;

/** Most bytes that one row can take: zigzag of a second difference below 2^49 is 8 bytes of 7 bits. */
const MAX_TIME_BYTES = 8;
const TWO_28 = 268_435_456;

/** Code of the largest unit that divides all times. */
function timeUnitCode(times: Float64Array, rowCount: number): number {
  let code = 3;
  for (let i = 0; i < rowCount && code > 0; i++) while (code > 0 && times[i]! % TIME_UNITS_NS[code]! !== 0) code--;
  return code;
}

/**
 * @param times ascending, length >= rowCount
 * @param out must have room for `maxTimesBytes(rowCount)` bytes from `at`
 * @returns position behind the last byte: unit code (1 byte), then one zigzag varint a row (the first row's time is the
 *   first value, the second row's is a plain difference, then differences of differences)
 */
export function encodeTimes(times: Float64Array, rowCount: number, out: Uint8Array, at: number): number {
  const code = timeUnitCode(times, rowCount);
  const unit = TIME_UNITS_NS[code]!;
  out[at++] = code;
  let previous = 0;
  let difference = 0;
  for (let i = 0; i < rowCount; i++) {
    const time = times[i]! / unit;
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
  return 1 + rowCount * MAX_TIME_BYTES;
}

/**
 * Reads what `encodeTimes` wrote.
 *
 * @returns position behind the last byte, or -1 when the bytes end too early or the unit is unknown
 */
export function decodeTimes(bytes: Uint8Array, from: number, end: number, rowCount: number, out: Float64Array): number {
  let at = from;
  if (at >= end || bytes[at]! > 3) return -1;
  const unit = TIME_UNITS_NS[bytes[at++]!]!;
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
