import type { FilterShape } from '../../kernels/skip-filter-kernel.ts';

/**
 * Skip filters: which blocks cannot hold a text. A filter is a Bloom filter over some of the 6-byte runs of word bytes (letters, digits,
 * `_` and bytes from 0x80 on), lower-cased, of all lines of a block. Of each two runs that begin at neighbouring bytes the one with the
 * smaller hash is a key. Which one is decided by these seven bytes alone, so the keys of a searched text are in the filter of every
 * block that holds the text, wherever it stands in a word: the filter may say yes wrongly, never no. Seven word bytes of a text give
 * a key for certain; texts with fewer skip nothing. Being lower-case it serves `(?i)` too.
 * Format: docs/format/segment.md, section Skip filters. Bloom 1970; selection by winnowing (Schleimer 2003).
 */

/** Bytes of a run. 6: shorter ones occur in nearly every block, longer ones miss the parts of a dashed UUID. */
const RUN_BYTES = 6;
/**
 * Bits and probes for each key: 9 % wrong for one key. Two of three runs are keys, and a dashed UUID has at least four, a word of
 * eight bytes one or two.
 */
const BITS_PER_KEY = 5;
const PROBES = 3;
const MIN_FILTER_BYTES = 16;

export const FILTER_SHAPE: FilterShape = { bitsPerKey: BITS_PER_KEY, probes: PROBES, minBytes: MIN_FILTER_BYTES };

/** Lower-case form of each byte; 0 for bytes that end a word. */
const WORD_BYTES: Uint8Array = makeWordBytes();

function makeWordBytes(): Uint8Array {
  const table = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) {
    const isUpper = byte >= 0x41 && byte <= 0x5a;
    const isWord =
      isUpper || (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x5f || byte >= 0x80;
    if (isWord) table[byte] = isUpper ? byte + 32 : byte;
  }
  return table;
}

/** Hash of a run: its first four bytes and its last two as little-endian numbers. Unsigned 32 bits. */
function hashRun(low: number, high: number): number {
  let h = Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  h ^= h >>> 12;
  h = Math.imul(h, 0x297a2d39);
  h ^= h >>> 15;
  return h >>> 0;
}

/** Adds the keys of a text to a set. Plain twin of the kernel. */
export function collectKeys(bytes: Uint8Array, start: number, end: number, keys: Set<number>): void {
  let run = 0;
  let low = 0;
  let high = 0;
  let before = 0;
  for (let at = start; at < end; at++) {
    const byte = WORD_BYTES[bytes[at]!]!;
    if (byte === 0) {
      run = 0;
      continue;
    }
    low = (low >>> 8) | ((high & 0xff) << 24);
    high = (high >>> 8) | (byte << 8);
    run++;
    if (run < RUN_BYTES) continue;
    const hash = hashRun(low, high);
    // 0 marks a free slot in the kernel's set.
    if (run > RUN_BYTES) keys.add(Math.min(before, hash) || 4);
    before = hash;
  }
}

/** Keys of a searched text, in no order; empty when no seven word bytes follow each other in it. */
export function keysOfText(bytes: Uint8Array): Uint32Array {
  const keys = new Set<number>();
  collectKeys(bytes, 0, bytes.length, keys);
  return Uint32Array.from(keys);
}

/** How far the probes of a key lie apart; odd. */
function stepOf(key: number): number {
  return (Math.imul(key ^ 0x5bd1e995, 0x9e3779b1) | 1) >>> 0;
}

/** Packs keys into a filter; its length is part of what is tested. */
export function buildFilter(keys: Iterable<number>, keyCount: number, bitsPerKey: number = BITS_PER_KEY): Uint8Array {
  const filter = new Uint8Array(Math.max(MIN_FILTER_BYTES, Math.ceil((keyCount * bitsPerKey) / 8)));
  const bits = filter.length * 8;
  for (const key of keys) {
    let hash = key;
    const step = stepOf(key);
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = Math.floor((hash * bits) / 4_294_967_296);
      filter[bit >>> 3]! |= 1 << (bit & 7);
      hash = (hash + step) >>> 0;
    }
  }
  return filter;
}

/** False only if a block whose filter stands at `bytes[start, end)` cannot hold the text with these keys; a filter of no bytes holds all. */
export function mayHold(bytes: Uint8Array, start: number, end: number, keys: Uint32Array): boolean {
  const bits = (end - start) * 8;
  if (bits === 0) return true;
  for (let i = 0; i < keys.length; i++) {
    let hash = keys[i]!;
    const step = stepOf(hash);
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = Math.floor((hash * bits) / 4_294_967_296);
      if ((bytes[start + (bit >>> 3)]! & (1 << (bit & 7))) === 0) return false;
      hash = (hash + step) >>> 0;
    }
  }
  return true;
}

/**
 * `mayHold` for all blocks of a segment. One probe of all blocks after the other: filters of many blocks are in no cache, and lookups that do
 * not wait for each other take a fraction of the time.
 *
 * @param starts filter of block `b` stands at `bytes[starts[b], ends[b])`
 * @param found takes the blocks that may hold the text, ascending; has room for all
 * @returns how many these are
 */
export function blocksHolding(
  bytes: Uint8Array,
  starts: Uint32Array,
  ends: Uint32Array,
  keys: Uint32Array,
  found: Uint32Array,
): number {
  let count = 0;
  let areAllThere = true;
  for (; count < starts.length; count++) {
    found[count] = count;
    if (starts[count] === ends[count]) areAllThere = false;
  }
  if (!areAllThere) {
    count = 0;
    for (let block = 0; block < starts.length; block++)
      if (mayHold(bytes, starts[block]!, ends[block]!, keys)) found[count++] = block;
    return count;
  }
  for (let i = 0; i < keys.length; i++) {
    let hash = keys[i]!;
    const step = stepOf(hash);
    for (let probe = 0; probe < PROBES; probe++) {
      count = keepProbed(bytes, starts, ends, hash, found, count);
      hash = (hash + step) >>> 0;
    }
  }
  return count;
}

/** Keeps those of the first `count` blocks that have a bit set, at the front. @returns how many are left */
function keepProbed(
  bytes: Uint8Array,
  starts: Uint32Array,
  ends: Uint32Array,
  hash: number,
  found: Uint32Array,
  count: number,
): number {
  let kept = 0;
  for (let k = 0; k < count; k++) {
    const block = found[k]!;
    const start = starts[block]!;
    const bit = Math.floor((hash * (ends[block]! - start) * 8) / 4_294_967_296);
    found[kept] = block;
    kept += (bytes[start + (bit >>> 3)]! >> (bit & 7)) & 1;
  }
  return kept;
}
