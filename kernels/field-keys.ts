/**
 * Keys of structured lines by their bytes. What a key means, which of the wanted fields it is, the caller says once for each; an unknown
 * key stops a scan until then.
 */
import { KEY_CAPACITY, KEY_RECORD, KEY_SLOTS, KEY_TABLE, KEY_TEXT, KEY_TEXT_CAPACITY, KEYS } from './block-areas';

/** Record of a key: address of its bytes u32, length u16, parent u16, field i16, the key that came after it last u16. */
const R_TEXT: usize = 0;
const R_LENGTH: usize = 4;
const R_PARENT: usize = 6;
const R_FIELD: usize = 8;
const R_NEXT: usize = 10;

/** Fields of keys. */
export const NOT_WANTED: i32 = -1;
/** A row with such a key is left to the caller. */
export const UNCLEAR: i32 = -2;

/** Key 0 stands for the line itself. */
let keyCount: u32 = 1;
let textEnd: usize = KEY_TEXT;

/** Where an unknown key was met. */
let unknownParent: u32 = 0;
let unknownStart: usize = 0;
let unknownEnd: usize = 0;

export function unknownKeyParent(): u32 {
  return unknownParent;
}
export function unknownKeyStart(): usize {
  return unknownStart;
}
export function unknownKeyEnd(): usize {
  return unknownEnd;
}

// @ts-ignore: decorator
@inline
function record(key: u32): usize {
  return KEYS + <usize>key * KEY_RECORD;
}

// @ts-ignore: decorator
@inline
export function fieldOf(key: u32): i32 {
  return <i32>load<i16>(record(key), R_FIELD);
}

export function setField(key: u32, field: i32): void {
  store<i16>(record(key), <i16>field, R_FIELD);
}

/** Forgets all keys. */
export function clearKeys(): void {
  keyCount = 1;
  textEnd = KEY_TEXT;
  memory.fill(KEY_TABLE, 0, KEY_SLOTS << 1);
  store<u16>(record(0), 0, R_NEXT);
}

function hashOf(parent: u32, start: usize, end: usize): u32 {
  let hash = parent * 0x9e3779b1;
  for (let at = start; at < end; at++) hash = (hash ^ <u32>load<u8>(at)) * 0x01000193;
  return hash ^ (hash >>> 15);
}

/** Both texts may be read up to 16 bytes beyond their ends. */
// @ts-ignore: decorator
@inline
function sameBytes(a: usize, b: usize, length: usize): bool {
  while (length > 16) {
    if (i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b))) !== 0xffff) return false;
    a += 16;
    b += 16;
    length -= 16;
  }
  const differs = ~i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b)));
  return (differs & ((1 << <i32>length) - 1)) === 0;
}

/** The key that followed `before` last, when the bytes at `start` are that key and then `delimiter`; else 0. */
// @ts-ignore: decorator
@inline
export function expectedKey(before: u32, parent: u32, start: usize, limit: usize, delimiter: u8): u32 {
  const key = <u32>load<u16>(record(before), R_NEXT);
  if (key === 0 || <u32>load<u16>(record(key), R_PARENT) !== parent) return 0;
  const length = keyLength(key);
  if (start + length >= limit || load<u8>(start + length) !== delimiter) return 0;
  return sameBytes(<usize>load<u32>(record(key), R_TEXT), start, length) ? key : 0;
}

// @ts-ignore: decorator
@inline
export function keyLength(key: u32): usize {
  return <usize>load<u16>(record(key), R_LENGTH);
}

// @ts-ignore: decorator
@inline
export function follow(before: u32, key: u32): void {
  store<u16>(record(before), <u16>key, R_NEXT);
}

/** Number of the key `[start, end)` below `parent`; 0 when it is not known, and its place is kept. */
export function findKey(parent: u32, start: usize, end: usize): u32 {
  let slot = <usize>hashOf(parent, start, end) & (KEY_SLOTS - 1);
  while (true) {
    const key = <u32>load<u16>(KEY_TABLE + (slot << 1));
    if (key === 0) break;
    const at = record(key);
    if (
      <u32>load<u16>(at, R_PARENT) === parent &&
      keyLength(key) === end - start &&
      sameBytes(<usize>load<u32>(at, R_TEXT), start, end - start)
    )
      return key;
    slot = (slot + 1) & (KEY_SLOTS - 1);
  }
  unknownParent = parent;
  unknownStart = start;
  unknownEnd = end;
  return 0;
}

/** Adds the key that was not known. @returns its number, 0 when there is no more room */
export function addUnknown(field: i32): u32 {
  const length = unknownEnd - unknownStart;
  if (keyCount >= <u32>KEY_CAPACITY || length > 0xffff || textEnd + length > KEY_TEXT + KEY_TEXT_CAPACITY) return 0;
  let slot = <usize>hashOf(unknownParent, unknownStart, unknownEnd) & (KEY_SLOTS - 1);
  while (load<u16>(KEY_TABLE + (slot << 1)) !== 0) slot = (slot + 1) & (KEY_SLOTS - 1);
  const key = keyCount++;
  const at = record(key);
  store<u16>(KEY_TABLE + (slot << 1), <u16>key);
  memory.copy(textEnd, unknownStart, length);
  store<u32>(at, <u32>textEnd, R_TEXT);
  store<u16>(at, <u16>length, R_LENGTH);
  store<u16>(at, <u16>unknownParent, R_PARENT);
  store<i16>(at, <i16>field, R_FIELD);
  store<u16>(at, 0, R_NEXT);
  textEnd += length;
  return key;
}
