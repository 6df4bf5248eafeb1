import { compareText, type Labels } from './labels.ts';
import { LEVEL_LABEL } from './level.ts';

/**
 * Structured metadata of one row as bytes: for each pair, sorted by name, `u16 nameBytes, name, u32 valueBytes, value`
 * (little-endian, UTF-8). An empty range means no metadata. Names are at most 65,535 bytes by limit.
 */

const textEncoder = new TextEncoder();

/** Encodes pairs (sorted here by name). Cold path; the push path writes the same bytes straight from protobuf. */
export function encodeMetadata(labels: Labels): Uint8Array {
  const pairs: [Uint8Array, Uint8Array, string][] = [];
  let size = 0;
  for (let i = 0; i < labels.length; i += 2) {
    const name = textEncoder.encode(labels[i]);
    const value = textEncoder.encode(labels[i + 1]);
    pairs.push([name, value, labels[i]!]);
    size += 6 + name.length + value.length;
  }
  pairs.sort((a, b) => compareText(a[2], b[2]));
  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  let at = 0;
  for (const [name, value] of pairs) {
    view.setUint16(at, name.length, true);
    out.set(name, at + 2);
    at += 2 + name.length;
    view.setUint32(at, value.length, true);
    out.set(value, at + 4);
    at += 4 + value.length;
  }
  return out;
}

const LEVEL_NAME = textEncoder.encode(LEVEL_LABEL);

/** Bytes that the pair of the detected level takes in a range, 0 when it is not there: the level was found here, nobody pushed it. */
export function levelPairBytes(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const nameBytes = bytes[at]! | (bytes[at + 1]! << 8);
    const nameAt = at + 2;
    const sizeAt = nameAt + nameBytes;
    const valueBytes =
      (bytes[sizeAt]! | (bytes[sizeAt + 1]! << 8) | (bytes[sizeAt + 2]! << 16) | (bytes[sizeAt + 3]! << 24)) >>> 0;
    const next = sizeAt + 4 + valueBytes;
    if (nameBytes === LEVEL_NAME.length && LEVEL_NAME.every((byte, i) => bytes[nameAt + i] === byte)) return next - at;
    at = next;
  }
  return 0;
}

/** Decodes a range written by `encodeMetadata`. */
export function decodeMetadata(bytes: Uint8Array, start: number, end: number): Labels {
  const out: string[] = [];
  let at = start;
  while (at < end) {
    const nameBytes = bytes[at]! | (bytes[at + 1]! << 8);
    at += 2;
    out.push(decodeText(bytes, at, at + nameBytes));
    at += nameBytes;
    const valueBytes = (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
    at += 4;
    out.push(decodeText(bytes, at, at + valueBytes));
    at += valueBytes;
  }
  return out;
}

// A Buffer decodes views of shared memory, which the head's slabs are; TextDecoder refuses them.
function decodeText(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).utf8Slice();
}
