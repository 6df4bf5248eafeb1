/** What writer and reader of template frames share. Format: docs/format/segment.md, section Template frames. */

/** Bytes before the header: six numbers of 32 bits. */
export const FRAME_HEAD_BYTES = 24;
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
