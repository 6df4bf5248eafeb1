import { LogError } from './errors.ts';

/**
 * Unsigned LEB128: seven bits per byte, low bits first, the high bit says that another byte follows. Values are JavaScript
 * numbers from 0 to 2^53 - 1, so at most eight bytes. Signed numbers go through zigzag.
 */

/** Bytes that the largest value takes. */
export const MAX_VARINT_BYTES = 8;

/** Bytes that `value` takes. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++;
  return length;
}

/**
 * Writes `value` at `at`.
 *
 * @returns the offset after the last byte written
 * @throws LogError INTERNAL when the value is not a whole number of 0 .. 2^53 - 1, or does not fit into `bytes`
 */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new LogError('INTERNAL', `not a varint value: ${value}`);
  let rest = value;
  let offset = at;
  if (offset + MAX_VARINT_BYTES > bytes.length && offset + varintLength(value) > bytes.length) {
    throw new LogError('INTERNAL', `no room for a varint at ${at} of ${bytes.length} bytes`);
  }
  // Division while the value is above 32 bits, shifts after: shifts cut to 32 bits.
  while (rest > 0xffffffff) {
    bytes[offset++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  while (rest >= 0x80) {
    bytes[offset++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[offset++] = rest;
  return offset;
}

/** Reads varints one after the other; `offset` moves behind what was read. Allocation-free, for untrusted bytes. */
export class VarintReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  offset: number;

  constructor(bytes: Uint8Array, offset = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = Math.min(end, bytes.length);
  }

  /** @returns the next value, or -1 when the bytes end inside it or it is above 2^53 - 1; `offset` then stays. */
  next(): number {
    const { bytes, end } = this;
    let offset = this.offset;
    let value = 0;
    let factor = 1;
    for (let i = 0; i < MAX_VARINT_BYTES && offset < end; i++) {
      const byte = bytes[offset++]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) return -1;
        this.offset = offset;
        return value;
      }
      factor *= 0x80;
    }
    return -1;
  }
}

/** Maps a signed whole number to an unsigned one, small magnitudes first: 0, -1, 1, -2 become 0, 1, 2, 3. Exact below 2^52. */
export function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

/** Undoes `zigzag`. */
export function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
