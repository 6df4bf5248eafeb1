import { OFFSETS, TIMES } from './block-areas';

/** Decoder of row times in Rice code. Twin: src/chunk/rice-times.ts. Vectors of eight bytes are read behind the frame, within its place. */

const LARGE_QUOTIENT: u64 = 24;
const MAX_LOW_BITS: u64 = 46;
/** No position is that large: what ends there is behind every end. */
const NOWHERE: usize = 0x7fffffff;

let value: u64 = 0;

/** Reads a number of at most eight bytes into `value`; returns the position behind it, NOWHERE if it ends too late. */
function readVarint(from: usize, end: usize): usize {
  let at = from;
  let read: u64 = 0;
  for (let shift: u64 = 0; shift <= 49; shift += 7) {
    if (at >= end) return NOWHERE;
    const byte = <u64>load<u8>(at++);
    read |= (byte & 127) << shift;
    if (byte < 128) {
      value = read;
      return at;
    }
  }
  return NOWHERE;
}

/**
 * Decodes `rows` times from `TIMES[from, to)`; the unit code has been read already.
 *
 * @returns position behind the last byte, or -1 when the bytes end too early or make no sense
 */
export function decodeRice(from: usize, to: usize, rows: u32, unit: f64): i32 {
  const end = TIMES + to;
  let at = TIMES + from;
  if (at >= end) return -1;
  const lowBits = <u64>load<u8>(at);
  if (lowBits > MAX_LOW_BITS) return -1;
  at = readVarint(at + 1, end);
  let time = value;
  at = readVarint(at, end);
  if (at === NOWHERE || value > <u64>(end - at)) return -1;
  const quotientEnd = at + <usize>value;
  const lowBytes = (<u64>(rows - 1) * lowBits + 7) >> 3;
  if (lowBytes > <u64>(end - quotientEnd)) return -1;
  let largeAt = quotientEnd + <usize>lowBytes;
  const mask = (<u64>1 << lowBits) - 1;
  let bit = <u64>at << 3;
  let lowBit = <u64>quotientEnd << 3;
  let out = OFFSETS;
  store<f64>(out, <f64>time * unit);
  for (let row: u32 = 1; row < rows; row++) {
    const zeros = ctz(load<u64>(<usize>(bit >> 3)) >> (bit & 7));
    if (zeros > LARGE_QUOTIENT) return -1;
    bit += zeros + 1;
    let quotient = zeros;
    if (zeros === LARGE_QUOTIENT) {
      largeAt = readVarint(largeAt, end);
      if (largeAt === NOWHERE) return -1;
      quotient = value;
    }
    time += (quotient << lowBits) + ((load<u64>(<usize>(lowBit >> 3)) >> (lowBit & 7)) & mask);
    lowBit += lowBits;
    out += 8;
    store<f64>(out, <f64>time * unit);
  }
  // Checked once: what lies behind the quotients is memory of the kernel too.
  return bit <= <u64>quotientEnd << 3 ? <i32>(largeAt - TIMES) : -1;
}
