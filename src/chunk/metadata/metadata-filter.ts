import { buildFilter } from '../filter/skip-filter.ts';

/**
 * Metadata filters: which blocks cannot hold a row with a certain value of structured metadata. A Bloom filter over whole values, each
 * with its name: values are asked for as a whole (`| trace_id="..."`), and one key for a value costs a byte where runs of it would cost ten.
 * Format: docs/format/segment.md, section Skip filters.
 */

/** 3 % wrong: the block's metadata is looked at then. */
const BITS_PER_KEY = 8;

/** Hash of a name or value, four bytes at a time, then mixed; unsigned 32 bits. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    hash = Math.imul(hash ^ word, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Key of a value of a name, from the hashes of both. */
export function joinKey(nameHash: number, valueHash: number): number {
  const hash = Math.imul(nameHash ^ Math.imul(valueHash, 0x9e3779b1), 0x85ebca6b);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** Key of a value of a name. */
export function metadataKey(name: Uint8Array, value: Uint8Array): number {
  return joinKey(hashBytes(name, 0, name.length), hashBytes(value, 0, value.length));
}

/** Filter of keys, to be tested with `mayHold` of skip-filter.ts. */
export function buildMetadataFilter(keys: readonly number[]): Uint8Array {
  return buildFilter(keys, keys.length, BITS_PER_KEY);
}
