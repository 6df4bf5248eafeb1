import { PAIR_CAPACITY, PAIRS_AT } from './areas';
import { copyExact } from './copy';
import { fieldRank } from './level';

/**
 * Metadata of an entry from protobuf pairs to the encoding of src/model/metadata-bytes.ts, in the form that needs no
 * thought: name before value, names clean and each once, values not empty and of ASCII, no pair that tells a level.
 * Everything else is passed up. Twin: src/ingest/metadata.ts.
 */

const PASSED_UP: i32 = -1;
const PAIR_TAG: u8 = 0x1a;
const NAME_TAG: u8 = 0x0a;
const VALUE_TAG: u8 = 0x12;

const DETECTED: u64 = 0x6465746365746564;
const UNDERLINE_LEV: u32 = 0x76656c5f;
const EL: u16 = 0x6c65;
const SEVERITY: u64 = 0x7974697265766573;
const Y_NUMBER: u64 = 0x7265626d756e5f79;

/** Bytes of names and values of the entry encoded last. */
export let pairBytes: u32 = 0;

/** What stands behind the length read last. */
let behind: usize = 0;

/** A length of one or two bytes; `usize.MAX_VALUE`, larger than any room, for another. */
// @ts-ignore: decorator
@inline
function shortLength(at: usize, end: usize): usize {
  if (at >= end) return usize.MAX_VALUE;
  const first = <usize>load<u8>(at);
  if (first < 0x80) {
    behind = at + 1;
    return first;
  }
  if (at + 1 >= end) return usize.MAX_VALUE;
  const second = <usize>load<u8>(at + 1);
  behind = at + 2;
  return second < 0x80 ? (first & 0x7f) | (second << 7) : usize.MAX_VALUE;
}

/**
 * Encodes the pairs in `[start, end)` to `to`, sorted by name.
 *
 * @param room bytes at `to`
 * @param maxPairs, maxBytes limits of the tenant
 * @param byName whether names may tell the level
 * @returns length of the encoding, -1 if the entry is passed up; nothing counts then of what was written
 */
export function encodePairs(start: usize, end: usize, to: usize, room: usize, maxPairs: u32, maxBytes: u32, byName: bool): i32 {
  let count: u32 = 0;
  let bytes: usize = 0;
  let at = start;
  while (at < end) {
    if (count >= maxPairs || count >= <u32>PAIR_CAPACITY || load<u8>(at) != PAIR_TAG) return PASSED_UP;
    const pairLength = shortLength(at + 1, end);
    if (pairLength > end - behind) return PASSED_UP;
    let part = behind;
    at = part + pairLength;
    if (part >= at || load<u8>(part) != NAME_TAG) return PASSED_UP;
    const nameLength = shortLength(part + 1, at);
    if (nameLength > at - behind) return PASSED_UP;
    const name = behind;
    part = name + nameLength;
    if (part >= at || load<u8>(part) != VALUE_TAG) return PASSED_UP;
    const valueLength = shortLength(part + 1, at);
    if (valueLength != at - behind || valueLength == 0) return PASSED_UP;
    if (!isCleanName(name, nameLength) || !isAscii(behind, valueLength)) return PASSED_UP;
    if (tellsLevel(name, nameLength, byName) || !insertPair(count, name, nameLength, behind, valueLength)) return PASSED_UP;
    bytes += nameLength + valueLength;
    count++;
  }
  if (bytes > <usize>maxBytes || bytes + <usize>count * 6 > room) return PASSED_UP;
  pairBytes = <u32>bytes;
  return <i32>(writePairs(to, count) - to);
}

// @ts-ignore: decorator
@inline
function isLetter(byte: u8): bool {
  return (byte | 0x20) - 0x61 < 26;
}

/** A name that starts with an underline is left to the twin: it depends on what follows. */
function isCleanName(start: usize, length: usize): bool {
  if (length == 0 || !isLetter(load<u8>(start))) return false;
  for (let i: usize = 1; i < length; i++) {
    const byte = load<u8>(start + i);
    if (!isLetter(byte) && byte != 0x5f && byte - 0x30 >= 10) return false;
  }
  return true;
}

function isAscii(start: usize, length: usize): bool {
  let i: usize = 0;
  for (; i + 16 <= length; i += 16) if (i8x16.bitmask(v128.load(start + i)) != 0) return false;
  for (; i < length; i++) if (load<u8>(start + i) >= 0x80) return false;
  return true;
}

function tellsLevel(name: usize, length: usize, byName: bool): bool {
  if (length == 14 && load<u64>(name) == DETECTED && load<u32>(name + 8) == UNDERLINE_LEV && load<u16>(name + 12) == EL) {
    return true;
  }
  if (!byName) return false;
  if (length == 15 && load<u64>(name) == SEVERITY && load<u64>(name + 7) == Y_NUMBER) return true;
  return fieldRank(name, name + length, 4) >= 0;
}

/** Puts a pair in its place among `count` sorted ones; false when the name is there already. */
function insertPair(count: u32, name: usize, nameLength: usize, value: usize, valueLength: usize): bool {
  let slot = PAIRS_AT + (<usize>count << 4);
  while (slot > PAIRS_AT) {
    const order = compareNames(name, nameLength, load<u32>(slot - 16), load<u32>(slot - 12));
    if (order == 0) return false;
    if (order > 0) break;
    v128.store(slot, v128.load(slot - 16));
    slot -= 16;
  }
  store<u32>(slot, <u32>name);
  store<u32>(slot + 4, <u32>nameLength);
  store<u32>(slot + 8, <u32>value);
  store<u32>(slot + 12, <u32>valueLength);
  return true;
}

function compareNames(a: usize, aLength: usize, b: usize, bLength: usize): i32 {
  const count = min<usize>(aLength, bLength);
  for (let i: usize = 0; i < count; i++) {
    const difference = <i32>load<u8>(a + i) - <i32>load<u8>(b + i);
    if (difference != 0) return difference;
  }
  return <i32>aLength - <i32>bLength;
}

/** @returns the end of what was written */
function writePairs(to: usize, count: u32): usize {
  let out = to;
  for (let n: u32 = 0; n < count; n++) {
    const slot = PAIRS_AT + (<usize>n << 4);
    const nameLength = load<u32>(slot + 4);
    const valueLength = load<u32>(slot + 12);
    store<u16>(out, <u16>nameLength);
    copyExact(out + 2, load<u32>(slot), nameLength);
    out += 2 + nameLength;
    store<u32>(out, valueLength);
    copyExact(out + 4, load<u32>(slot + 8), valueLength);
    out += 4 + valueLength;
  }
  return out;
}
