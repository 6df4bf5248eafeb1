/**
 * The skip filter of a block, and on the way what else is told from its text: newlines, and bytes outside ASCII. Twin:
 * src/chunk/filter/skip-filter.ts, which says what the filter is; both must give the same bytes.
 *
 * A text goes through in two passes. The first lower-cases it and marks its word bytes, sixteen at a time. The second finds runs by
 * their marks, 64 places at a time, hashes them, and keeps the smaller hash of each two neighbours without a branch. A stretch of them goes to a hash set
 * that is as large as the block has keys; most runs of a log are repeats, so it is small. Bits are set at the end.
 */

import { FILTER, FILTER_BYTES, HASHES, KEYS, LOWER, MAX_KEYS, SET, STRETCH, TEXT, TEXT_CAPACITY, WORDS } from './segment-areas';

/** Most and fewest slots of the set at the start of a block; it doubles when half full. */
const FIRST_SLOTS: u32 = 1 << 14;
const FEWEST_SLOTS: u32 = 1 << 10;

let keyCount: u32 = 0;
/** The last run that was hashed, and the place of the last run that was kept; places are from the start of the text. */
let lastHash: u32 = 0;
let lastPlace: usize = 0;
let keptPlace: usize = 0;
let slots: u32 = 0;
let newlines: u32 = 0;
let isAscii: bool = false;
let hasBackslash: bool = false;

export function textAt(): usize {
  return TEXT;
}

export function filterAt(): usize {
  return FILTER;
}

export function keysAt(): usize {
  return KEYS;
}

/** Of the text of the last call. */
export function newlineCount(): u32 {
  return newlines;
}

/** Of the text of the last call: no byte is above 0x7f. */
export function isAsciiText(): bool {
  return isAscii;
}

/** Of the text of the last call: a backslash is in it, or within fifteen bytes behind it. */
export function hasBackslashes(): bool {
  return hasBackslash;
}

/**
 * Lower-case form of word bytes; whatever it makes of other bytes is never looked at. Ranges are told by one signed comparison:
 * shifted so that they begin at -128.
 */
// @ts-ignore: decorator
@inline
function letters(bytes: v128): v128 {
  return i8x16.lt_s(i8x16.add(v128.or(bytes, i8x16.splat(0x20)), i8x16.splat(0x1f)), i8x16.splat(-102));
}

// @ts-ignore: decorator
@inline
function otherWordBytes(bytes: v128): v128 {
  const isDigit = i8x16.lt_s(i8x16.add(bytes, i8x16.splat(0x50)), i8x16.splat(-118));
  // Bytes from 0x80 on are negative: their own highest bit counts in a bitmask.
  return v128.or(v128.or(isDigit, i8x16.eq(bytes, i8x16.splat(0x5f))), bytes);
}

// @ts-ignore: decorator
@inline
function lowerSixteen(text: usize, at: usize): v128 {
  const bytes = v128.load(text + at);
  const isLetter = letters(bytes);
  v128.store(LOWER + at, v128.or(bytes, v128.and(isLetter, i8x16.splat(0x20))));
  store<u16>(WORDS + (at >> 3), <u16>i8x16.bitmask(v128.or(isLetter, otherWordBytes(bytes))));
  return bytes;
}

/** First pass: fills LOWER and WORDS, and counts. Bytes behind the text may be read, and do not count. */
export function lowerText(text: usize, length: usize): void {
  const newline = i8x16.splat(10);
  const whole = length & ~15;
  const backslash = i8x16.splat(0x5c);
  let high = i8x16.splat(0);
  let escapes = i8x16.splat(0);
  let count: u32 = 0;
  for (let at: usize = 0; at < whole; at += 16) {
    const bytes = lowerSixteen(text, at);
    high = v128.or(high, bytes);
    escapes = v128.or(escapes, i8x16.eq(bytes, backslash));
    count += popcnt(<u32>i8x16.bitmask(i8x16.eq(bytes, newline)));
  }
  let highMask = <u32>i8x16.bitmask(high);
  const behind = WORDS + (whole >> 3);
  if (whole < length) {
    const bytes = lowerSixteen(text, whole);
    const mask = (<u32>1 << <u32>(length - whole)) - 1;
    count += popcnt(<u32>i8x16.bitmask(i8x16.eq(bytes, newline)) & mask);
    escapes = v128.or(escapes, i8x16.eq(bytes, backslash));
    highMask |= <u32>i8x16.bitmask(bytes) & mask;
    store<u16>(behind, load<u16>(behind) & <u16>mask);
    memory.fill(behind + 2, 0, 16);
  } else memory.fill(behind, 0, 16);
  newlines = count;
  isAscii = highMask === 0;
  hasBackslash = v128.any_true(escapes);
}

/**
 * Second pass over one stretch: of each two runs that begin at neighbouring places the smaller hash, or the first of equal ones, goes to
 * HASHES, once for its place. A pair may begin in the stretch before.
 *
 * @returns the end of them
 */
function hashStretch(from: usize, to: usize): usize {
  let out = HASHES;
  let words = load<u64>(WORDS + (from >> 3));
  let before = lastHash;
  let beforeAt = lastPlace;
  let kept = keptPlace;
  for (let at = from; at < to; at += 64) {
    const next = load<u64>(WORDS + ((at + 64) >> 3));
    // Where two word bytes follow each other, then four, then six.
    const two = words & ((words >> 1) | (next << 63));
    const twoNext = next & (next >> 1);
    let runs = two & ((two >> 2) | (twoNext << 62)) & ((two >> 4) | (twoNext << 60));
    words = next;
    while (runs !== 0) {
      const place = at + <usize>ctz(runs);
      const run = load<u64>(LOWER + place);
      runs &= runs - 1;
      const hash = mix(<u32>run, <u32>(run >> 32) & 0xffff);
      const isPair = place - beforeAt === 1;
      const first = before <= hash;
      const chosen = select<usize>(beforeAt, place, first);
      store<u32>(out, select<u32>(before, hash, first));
      out += <usize>(<u32>isPair & <u32>(chosen !== kept)) << 2;
      kept = select<usize>(chosen, kept, isPair);
      before = hash;
      beforeAt = place;
    }
  }
  lastHash = before;
  lastPlace = beforeAt;
  keptPlace = kept;
  return out;
}

// @ts-ignore: decorator
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

function emptySet(count: u32): void {
  slots = count;
  memory.fill(SET, 0, (<usize>count) << 2);
}

function growSet(): void {
  emptySet(slots << 1);
  const mask = <usize>(slots - 1) << 2;
  for (let i: u32 = 0; i < keyCount; i++) {
    const key = load<u32>(KEYS + (<usize>i << 2));
    let slot = (<usize>key << 1) & mask;
    while (load<u32>(SET + slot) !== 0) slot = (slot + 4) & mask;
    store<u32>(SET + slot, key);
  }
}

/** Adds hashes to the set; false when there are too many. */
function addKeys(from: usize, to: usize): bool {
  const added = <u32>((to - from) >> 2);
  if (keyCount + added > MAX_KEYS) return false;
  while ((keyCount + added) << 1 > slots) growSet();
  const mask = <usize>(slots - 1) << 2;
  let out = KEYS + (<usize>keyCount << 2);
  for (let at = from; at < to; at += 4) {
    let key = load<u32>(at);
    // 0 marks a free slot; a key of 0 is kept as 4, which costs one false hit at most.
    if (key === 0) key = 4;
    let slot = (<usize>key << 1) & mask;
    let found = load<u32>(SET + slot);
    while (found !== key && found !== 0) {
      slot = (slot + 4) & mask;
      found = load<u32>(SET + slot);
    }
    // Known or new, without a branch: half of them would go the wrong way.
    store<u32>(SET + slot, key);
    store<u32>(out, key);
    out += <usize>(found === 0) << 2;
  }
  keyCount = <u32>((out - KEYS) >> 2);
  return true;
}

/** Begins a set of keys of a text: to empty a large one would take longer than what a small block puts into it. */
export function openKeys(length: usize): void {
  keyCount = 0;
  // No place is next to it.
  lastPlace = usize.MAX_VALUE - 1;
  keptPlace = usize.MAX_VALUE - 1;
  let count = FEWEST_SLOTS;
  while (count < FIRST_SLOTS && <usize>count << 1 < length) count <<= 1;
  emptySet(count);
}

/**
 * Adds the keys of one word of the text whose lower-case form is at LOWER, as `hashStretch` finds them; shorter ones than two runs have none.
 *
 * @param from @param to places in the text
 * @returns false when there are too many keys
 */
export function addWord(from: usize, to: usize): bool {
  if (to < from + 7) return true;
  let out = HASHES;
  const limit = HASHES + (STRETCH << 2);
  let run = load<u64>(LOWER + from);
  let before = mix(<u32>run, <u32>(run >> 32) & 0xffff);
  let beforeAt = from;
  let kept = usize.MAX_VALUE;
  for (let place = from + 1; place + 6 <= to; place++) {
    run = load<u64>(LOWER + place);
    const hash = mix(<u32>run, <u32>(run >> 32) & 0xffff);
    const first = before <= hash;
    const chosen = select<usize>(beforeAt, place, first);
    store<u32>(out, select<u32>(before, hash, first));
    out += <usize>(chosen !== kept) << 2;
    kept = chosen;
    before = hash;
    beforeAt = place;
    if (out === limit) {
      if (!addKeys(HASHES, out)) return false;
      out = HASHES;
    }
  }
  return addKeys(HASHES, out);
}

/** Adds the keys of a stretch of the text, which begins and ends between words, or of all of it. @returns false when there are too many */
export function addStretch(from: usize, to: usize): bool {
  lastPlace = usize.MAX_VALUE - 1;
  keptPlace = usize.MAX_VALUE - 1;
  for (let at = from; at < to; at += STRETCH) {
    const end = hashStretch(at, min<usize>(at + STRETCH, to));
    if (!addKeys(HASHES, end)) return false;
  }
  return true;
}

/**
 * Collects the keys of the text of `length` bytes at `text`, each once, at KEYS.
 *
 * @returns number of keys, or -1 when there are too many or the text is too long
 */
export function collectKeys(text: usize, length: usize): i32 {
  if (length > TEXT_CAPACITY) return -1;
  lowerText(text, length);
  openKeys(length);
  return addStretch(0, length) ? <i32>keyCount : -1;
}

/**
 * Builds the filter of the text at FILTER.
 *
 * @returns its length in bytes, or -1 as `collectKeys`
 */
export function buildFilter(text: usize, length: usize, bitsPerKey: u32, probes: u32, minBytes: u32): i32 {
  return collectKeys(text, length) < 0 ? -1 : writeFilter(bitsPerKey, probes, minBytes);
}

/** Writes the filter of the keys at KEYS. @returns its length in bytes, -1 when that is too much */
export function writeFilter(bitsPerKey: u32, probes: u32, minBytes: u32): i32 {
  const count = keyCount;
  const bytes = max<u32>(minBytes, (count * bitsPerKey + 7) >>> 3);
  if (<usize>bytes > FILTER_BYTES) return -1;
  memory.fill(FILTER, 0, <usize>bytes);
  const bits = <u64>bytes << 3;
  const end = KEYS + ((<usize>count) << 2);
  for (let at = KEYS; at < end; at += 4) {
    let hash = load<u32>(at);
    const step = ((hash ^ 0x5bd1e995) * 0x9e3779b1) | 1;
    for (let probe: u32 = 0; probe < probes; probe++) {
      const bit = <u32>((<u64>hash * bits) >> 32);
      const place = FILTER + <usize>(bit >>> 3);
      store<u8>(place, load<u8>(place) | <u8>(<u32>1 << (bit & 7)));
      hash += step;
    }
  }
  return <i32>bytes;
}
