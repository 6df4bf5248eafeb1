import {
  BODY_AT,
  ENTRY_CAPACITY,
  FIRST_ENTRY_AT,
  LABEL_END_AT,
  LABEL_START_AT,
  LINE_END_AT,
  LINE_START_AT,
  NANOS_AT,
  PAIRS_END_AT,
  PAIRS_START_AT,
  SECONDS_AT,
  STREAM_CAPACITY,
} from './areas';

/**
 * Walk of a protobuf push in the form that all clients write. Whatever is unusual (unknown fields, times before 1970, lengths
 * of more than 28 bits, any damage) makes it give up: the TypeScript walk then takes or refuses the body, in Loki's words.
 */

const GIVE_UP: i32 = -1;
// Seconds that still fit 64-bit nanoseconds, with room for the nanos.
const MAX_SECONDS: u64 = 9_223_372_035;
/** A length that no body has; every check of it against an end fails. */
const BAD_LENGTH: usize = 0xffffffff;

/** Position behind what was read last. */
let position: usize = 0;

/** Reads a length of one to four bytes at `at`; none is read at or behind `end`. */
// @ts-ignore: decorator
@inline
function readLength(at: usize, end: usize): usize {
  if (at >= end) return BAD_LENGTH;
  let byte = <usize>load<u8>(at++);
  if (byte < 0x80) {
    position = at;
    return byte;
  }
  return readLongLength(byte & 0x7f, at, end);
}

function readLongLength(first: usize, at: usize, end: usize): usize {
  let length = first;
  for (let shift: usize = 7; shift < 28; shift += 7) {
    if (at >= end) return BAD_LENGTH;
    const byte = <usize>load<u8>(at++);
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      position = at;
      return length;
    }
  }
  return BAD_LENGTH;
}

/** Reads an unsigned number below 2^63; `u64.MAX_VALUE` if there is none. */
function readNumber(at: usize, end: usize): u64 {
  let value: u64 = 0;
  for (let shift: u64 = 0; shift < 63; shift += 7) {
    if (at >= end) return u64.MAX_VALUE;
    const byte = <u64>load<u8>(at++);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      position = at;
      return value;
    }
  }
  return u64.MAX_VALUE;
}

/**
 * Walks the body of `bytes` bytes at BODY_AT and fills the columns of streams and entries with offsets from BODY_AT.
 *
 * @returns the number of streams (the entries are what the last of them ends with), or -1: walk it another way
 */
export function walkPush(bytes: usize): i32 {
  const end = BODY_AT + bytes;
  let at: usize = BODY_AT;
  let streams: usize = 0;
  let entries: usize = 0;
  store<u32>(FIRST_ENTRY_AT, 0);
  while (at < end) {
    if (load<u8>(at) != 0x0a || streams >= STREAM_CAPACITY) return GIVE_UP;
    const length = readLength(at + 1, end);
    if (length == BAD_LENGTH || length > end - position) return GIVE_UP;
    const start = position;
    at = start + length;
    const total = walkStream(start, at, streams, entries);
    if (total < 0) return GIVE_UP;
    entries = <usize>total;
    streams++;
    store<u32>(FIRST_ENTRY_AT + (streams << 2), <u32>entries);
  }
  return <i32>streams;
}

/** @returns the number of entries so far, or -1 */
function walkStream(start: usize, end: usize, stream: usize, before: usize): i32 {
  let entries = before;
  let labelStart = start;
  let labelEnd = start;
  let at = start;
  while (at < end) {
    const tag = load<u8>(at);
    if (tag != 0x12 && tag != 0x0a) {
      // Some clients add a hash of the labels.
      if (tag != 0x18 || readNumber(at + 1, end) == u64.MAX_VALUE) return GIVE_UP;
      at = position;
      continue;
    }
    const length = readLength(at + 1, end);
    if (length == BAD_LENGTH || length > end - position) return GIVE_UP;
    const fieldStart = position;
    at = fieldStart + length;
    if (tag == 0x0a) {
      labelStart = fieldStart;
      labelEnd = at;
      continue;
    }
    if (entries >= ENTRY_CAPACITY || !walkEntry(fieldStart, at, entries)) return GIVE_UP;
    entries++;
  }
  store<u32>(LABEL_START_AT + (stream << 2), <u32>(labelStart - BODY_AT));
  store<u32>(LABEL_END_AT + (stream << 2), <u32>(labelEnd - BODY_AT));
  return <i32>entries;
}

function walkEntry(start: usize, end: usize, entry: usize): bool {
  let lineStart = start;
  let lineEnd = start;
  let pairsStart: usize = BODY_AT;
  let pairsEnd: usize = BODY_AT;
  let seconds: u64 = 0;
  let nanos: u64 = 0;
  let at = start;
  while (at < end) {
    const tag = load<u8>(at);
    const field = at;
    const length = readLength(at + 1, end);
    if (length == BAD_LENGTH || length > end - position) return false;
    const fieldStart = position;
    at = fieldStart + length;
    if (tag == 0x12) {
      lineStart = fieldStart;
      lineEnd = at;
    } else if (tag == 0x1a) {
      if (pairsEnd == BODY_AT) pairsStart = field;
      pairsEnd = at;
    } else if (tag == 0x0a) {
      let part = fieldStart;
      while (part < at) {
        const partTag = load<u8>(part);
        const value = readNumber(part + 1, at);
        if (partTag == 0x08 && value <= MAX_SECONDS) seconds = value;
        else if (partTag == 0x10 && value < 1_000_000_000) nanos = value;
        else return false;
        part = position;
      }
    } else return false;
  }
  const slot = entry << 2;
  store<f64>(SECONDS_AT + (entry << 3), <f64>seconds);
  store<u32>(NANOS_AT + slot, <u32>nanos);
  store<u32>(LINE_START_AT + slot, <u32>(lineStart - BODY_AT));
  store<u32>(LINE_END_AT + slot, <u32>(lineEnd - BODY_AT));
  store<u32>(PAIRS_START_AT + slot, <u32>(pairsStart - BODY_AT));
  store<u32>(PAIRS_END_AT + slot, <u32>(pairsEnd - BODY_AT));
  return true;
}
