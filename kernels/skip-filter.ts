/**
 * Keys of a skip filter: the hashes of sampled 6-byte runs of word bytes, lower-cased, each once. Twin: src/chunk/skip-filter.ts,
 * which says what the filter is; both must give the same set.
 *
 * Memory: a table of lower-case bytes (0 for bytes that end a word) at TABLE, the text at TEXT, an open hash set behind it, the keys
 * behind that. The caller keeps the text within TEXT_CAPACITY.
 */

const TABLE: usize = 1024;
const SET: usize = 2048;
/** Slots of the set; a power of two above twice the most keys that a text within the capacity has. */
const SLOTS: u32 = 1 << 19;
const KEYS: usize = SET + ((<usize>SLOTS) << 2);
const MAX_KEYS: u32 = 1 << 18;
export const TEXT: usize = KEYS + ((<usize>MAX_KEYS) << 2);
export const TEXT_CAPACITY: u32 = 1 << 20;

export function textAt(): usize {
  return TEXT;
}

export function keysAt(): usize {
  return KEYS;
}

export function tableAt(): usize {
  return TABLE;
}


@inline
function mix(low: u32, high: u32): u32 {
  let h: u32 = (low * 0x9e3779b1) ^ (high * 0x85ebca6b);
  h ^= h >>> 15;
  h *= 0x2c1b3c6d;
  h ^= h >>> 12;
  h *= 0x297a2d39;
  h ^= h >>> 15;
  return h;
}

/** @returns number of keys, or -1 when there are too many or the text is longer than its place */
export function collectKeys(length: u32): i32 {
  if (length > TEXT_CAPACITY) return -1;
  memory.fill(SET, 0, (<usize>SLOTS) << 2);
  const end = TEXT + <usize>length;
  let count: u32 = 0;
  let run: u32 = 0;
  let window: u64 = 0;
  for (let at = TEXT; at < end; at++) {
    const byte = load<u8>(TABLE + <usize>load<u8>(at));
    if (byte === 0) {
      run = 0;
      continue;
    }
    window = (window >> 8) | ((<u64>byte) << 40);
    run++;
    if (run < 6) continue;
    const hash = mix(<u32>window, <u32>(window >> 32));
    if ((hash & 1) !== 0) continue;
    // 0 marks a free slot; a key of 0 is kept as 4, which costs one false hit at most.
    const key: u32 = hash === 0 ? 4 : hash;
    let slot = (key >>> 1) & (SLOTS - 1);
    while (true) {
      const found = load<u32>(SET + ((<usize>slot) << 2));
      if (found === key) break;
      if (found === 0) {
        if (count >= MAX_KEYS) return -1;
        store<u32>(SET + ((<usize>slot) << 2), key);
        store<u32>(KEYS + ((<usize>count) << 2), key);
        count++;
        break;
      }
      slot = (slot + 1) & (SLOTS - 1);
    }
  }
  return <i32>count;
}
