/** What writer and reader of template frames share. Format: docs/format/segment.md, section Template frames. */

/** Bytes before the header: six numbers of 32 bits. */
export const FRAME_HEAD_BYTES = 24;

/** What stands before the sections of a frame. */
export interface FrameHead {
  readonly lines: number;
  /** Bytes of each section, raw and as stored; the packed one is stored as it is. */
  readonly rawHeader: number;
  readonly header: number;
  readonly rawTexts: number;
  readonly texts: number;
  readonly packed: number;
}

/** @param frame at least `FRAME_HEAD_BYTES` long */
export function readFrameHead(frame: Uint8Array): FrameHead {
  const view = new DataView(frame.buffer, frame.byteOffset, FRAME_HEAD_BYTES);
  const field = (number: number): number => view.getUint32(number * 4, true);
  return {
    lines: field(0),
    rawHeader: field(1),
    header: field(2),
    rawTexts: field(3),
    texts: field(4),
    packed: field(5),
  };
}

/** @param frame at least `FRAME_HEAD_BYTES` long */
export function writeFrameHead(frame: Uint8Array, head: FrameHead): void {
  const view = new DataView(frame.buffer, frame.byteOffset, FRAME_HEAD_BYTES);
  const fields = [head.lines, head.rawHeader, head.header, head.rawTexts, head.texts, head.packed];
  for (const [number, field] of fields.entries()) view.setUint32(number * 4, field, true);
}

export const MAX_TEMPLATES = 4096;

/** Kinds of variables, as they stand in the header. */
export const KIND_NUMBER = 0;
export const KIND_DICTIONARY = 1;
export const KIND_HEX = 2;
export const KIND_TEXT = 3;

/** A number has at most so many digits and is below so much; sums with `MAX_NUMBER_BITS` bits are exact. */
export const MAX_DIGITS = 15;
export const NUMBER_LIMIT = 1e15;
export const MAX_NUMBER_BITS = 50;
export const MAX_HEX_CHARACTERS = 256;
/** Bits for the length of a text. */
export const MAX_LENGTH_BITS = 24;

/** Bits of an integer below 2^53; none for 0. */
export function bitLength(value: number): number {
  return value < 4_294_967_296 ? 32 - Math.clz32(value) : 64 - Math.clz32(value / 4_294_967_296);
}
