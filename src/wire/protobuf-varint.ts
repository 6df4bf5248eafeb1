import { LogError } from '../base/errors.ts';

/**
 * Varints of protobuf wire format. A reader that returns a value leaves the position behind it in `varintEnd`: two
 * results without an object per call. Only valid until the next call.
 */
export let varintEnd = 0;

/** The body ends inside a field, or a length passes the end of its message. */
export function truncated(): LogError {
  return new LogError('PUSH_DECODE', 'unexpected EOF', { status: 400 });
}

let low = 0;
let high = 0;

function readParts(bytes: Uint8Array, start: number, end: number): void {
  low = 0;
  high = 0;
  let at = start;
  for (let shift = 0; shift < 70; shift += 7) {
    if (at >= end) throw truncated();
    const byte = bytes[at++]!;
    const bits = byte & 0x7f;
    if (shift < 28) low |= bits << shift;
    else if (shift === 28) {
      low |= bits << 28;
      high = bits >> 4;
    } else high |= bits << (shift - 32);
    if (byte < 0x80) {
      varintEnd = at;
      return;
    }
  }
  throw new LogError('PUSH_DECODE', 'proto: integer overflow', { status: 400 });
}

/** Reads an unsigned varint; above 2^53 the value is only approximately right, which no length check can mistake. */
export function readVarint(bytes: Uint8Array, start: number, end: number): number {
  if (start < end && bytes[start]! < 0x80) {
    varintEnd = start + 1;
    return bytes[start]!;
  }
  readParts(bytes, start, end);
  return (high >>> 0) * 0x1_0000_0000 + (low >>> 0);
}

/** Reads a signed 64-bit varint (two's complement, not zigzag); exact up to 2^53. */
export function readSignedVarint(bytes: Uint8Array, start: number, end: number): number {
  readParts(bytes, start, end);
  return (high | 0) * 0x1_0000_0000 + (low >>> 0);
}

/** Reads a signed 64-bit varint exactly. */
export function readBigVarint(bytes: Uint8Array, start: number, end: number): bigint {
  readParts(bytes, start, end);
  return BigInt.asIntN(64, (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0));
}

/** Reads the length at `start` and returns the end of the bytes that follow it; they begin at `varintEnd`. */
export function readLengthEnd(bytes: Uint8Array, start: number, end: number): number {
  const length = readVarint(bytes, start, end);
  if (length > end - varintEnd) throw truncated();
  return varintEnd + length;
}

/** Position behind the field whose tag was just read as `tag`, and whose value starts at `at`. */
export function skipField(tag: number, bytes: Uint8Array, at: number, end: number): number {
  const wireType = tag % 8;
  if (tag < 8) {
    throw new LogError('PUSH_DECODE', `proto: illegal tag ${Math.floor(tag / 8)} (wire type ${wireType})`, {
      status: 400,
    });
  }
  let next: number;
  switch (wireType) {
    case 0:
      readParts(bytes, at, end);
      return varintEnd;
    case 1:
      next = at + 8;
      break;
    case 2:
      return readLengthEnd(bytes, at, end);
    case 5:
      next = at + 4;
      break;
    default:
      throw new LogError('PUSH_DECODE', `proto: illegal wireType ${wireType}`, { status: 400 });
  }
  if (next > end) throw truncated();
  return next;
}
