import { Buffer } from 'node:buffer';

/**
 * Views of a byte array for reading lines out of it, shared memory included. The last one is kept: a scan reads thousands of
 * lines of the same block, and making a view costs as much as reading a line.
 */

const HIGH_BITS = 0x80808080 | 0;

let viewed: Uint8Array | undefined;
let text: Buffer = Buffer.alloc(0);
let words: Int32Array = new Int32Array(0);

function view(bytes: Uint8Array): void {
  if (bytes === viewed) return;
  viewed = bytes;
  text = Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
  words = new Int32Array(bytes.buffer, 0, Math.floor(bytes.buffer.byteLength / 4));
}

/** `bytes[start, end)` as a string of one character for each byte. */
export function latin1Text(bytes: Uint8Array, start: number, end: number): string {
  view(bytes);
  return text.latin1Slice(start, end);
}

/** Whether `bytes[start, end)` holds ASCII only. Reads four bytes at a time. */
export function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  view(bytes);
  const offset = bytes.byteOffset;
  let bits = 0;
  let at = start;
  for (; at < end && ((offset + at) & 3) !== 0; at++) bits |= bytes[at]!;
  const lastWord = (offset + end) >> 2;
  let wordBits = 0;
  for (let word = (offset + at) >> 2; word < lastWord; word++) wordBits |= words[word]!;
  for (at = Math.max(at, lastWord * 4 - offset); at < end; at++) bits |= bytes[at]!;
  return bits < 0x80 && (wordBits & HIGH_BITS) === 0;
}
