/**
 * First half of making a template frame: words, lines, and which lines have the same shape, that is the same bytes at the same places
 * between their words. Twin: src/chunk/template-encoder.ts.
 */
import {
  LINE_CAPACITY,
  LINE_ENDS,
  LINE_SHAPES,
  LINE_WORDS,
  SHAPE_CAPACITY,
  SHAPE_LINES,
  SHAPE_RECORD,
  SHAPE_SLOTS,
  SHAPE_TABLE,
  SHAPES,
  WORD_CAPACITY,
  WORD_RANGES,
  WORDS,
} from './segment-areas';

/** Shapes of fewer lines are not worth columns of their own. */
const MIN_LINES: u32 = 4;
/** In place of a shape: the line is kept as one text. */
export const NO_SHAPE: u32 = 0xffff;
const MAX_UNIT_LETTERS: usize = 3;
const MAX_DIGITS: usize = 15;

export let lineCount: u32 = 0;
export let shapeCount: u32 = 0;

/** Bytes of a shape's record. */
export const S_FIRST: usize = 8;
export const S_LINES: usize = 12;
export const S_TEMPLATE: usize = 16;
export const S_START: usize = 20;

// @ts-ignore: decorator
@inline
export function isDigit(c: u8): bool {
  return <u32>c - 0x30 < 10;
}

/**
 * Where the unit begins in a word like `12ms`, 0 if it is none. A unit has a letter that no hexadecimal number has, or every other
 * hexadecimal id would be of another shape.
 */
function unitPlace(start: usize, end: usize): usize {
  let at = end;
  let isUnit = false;
  while (at > start) {
    const letter = load<u8>(at - 1) | 0x20;
    if (letter < 0x61 || letter > 0x7a) break;
    if (letter > 0x66) isUnit = true;
    at--;
    if (end - at > MAX_UNIT_LETTERS) return 0;
  }
  if (!isUnit || at === start || at - start > MAX_DIGITS) return 0;
  for (let place = start; place < at; place++) if (!isDigit(load<u8>(place))) return 0;
  return at;
}

/** Finds the words of the text by their marks. @returns their number, -1 when there are too many */
function splitWords(text: usize, length: usize): i32 {
  const limit = WORD_RANGES + (WORD_CAPACITY << 3);
  let out = WORD_RANGES;
  let carry: u64 = 0;
  let start: usize = 0;
  for (let at: usize = 0; at <= length; at += 64) {
    const words = load<u64>(WORDS + (at >> 3));
    let edges = words ^ ((words << 1) | carry);
    carry = words >> 63;
    if (out > limit - 1024) return -1;
    while (edges !== 0) {
      const bit = ctz(edges);
      const place = text + at + <usize>bit;
      edges &= edges - 1;
      if ((words >> bit) & 1) {
        start = place;
        continue;
      }
      store<u32>(out, <u32>start);
      if (isDigit(load<u8>(start)) && !isDigit(load<u8>(place - 1))) {
        const unit = unitPlace(start, place);
        if (unit !== 0) {
          store<u32>(out + 4, <u32>unit);
          store<u32>(out + 8, <u32>unit);
          out += 8;
        }
      }
      store<u32>(out + 4, <u32>place);
      out += 8;
    }
  }
  // Behind the last word: one that no line reaches.
  store<u32>(out, u32.MAX_VALUE);
  store<u32>(out + 4, u32.MAX_VALUE);
  return <i32>((out - WORD_RANGES) >> 3);
}

/** Finds the ends of lines. @returns false when there are too many */
function splitLines(text: usize, length: usize): bool {
  const newline = i8x16.splat(10);
  const end = text + length;
  let out = LINE_ENDS;
  const limit = LINE_ENDS + (LINE_CAPACITY << 2);
  for (let at = text; at < end; at += 16) {
    let mask = <u32>i8x16.bitmask(i8x16.eq(v128.load(at), newline));
    if (mask === 0) continue;
    if (out + 128 > limit) return false;
    while (mask !== 0) {
      const place = at + <usize>ctz(mask);
      mask &= mask - 1;
      if (place >= end) break;
      store<u32>(out, <u32>place);
      out += 4;
    }
  }
  store<u32>(out, <u32>end);
  lineCount = <u32>(((out - LINE_ENDS) >> 2) + 1);
  return true;
}

/** The first `count` bytes from `at` on, up to 8, as a number; the others are 0. */
// @ts-ignore: decorator
@inline
export function firstBytes(at: usize, count: usize): u64 {
  const bytes = load<u64>(at);
  return count >= 8 ? bytes : bytes & (((<u64>1) << ((<u64>count) << 3)) - 1);
}

// @ts-ignore: decorator
@inline
function mixBytes(hash: u64, at: usize, count: usize): u64 {
  let h = hash;
  let from = at;
  let left = count;
  while (left > 8) {
    h = (rotl<u64>(h, 23) ^ load<u64>(from)) * 0x9e3779b97f4a7c15;
    from += 8;
    left -= 8;
  }
  return (rotl<u64>(h, 23) ^ firstBytes(from, left) ^ ((<u64>count) << 56)) * 0x9e3779b97f4a7c15;
}

// @ts-ignore: decorator
@inline
export function sameBytes(a: usize, b: usize, count: usize): bool {
  let left = count;
  let x = a;
  let y = b;
  while (left > 8) {
    if (load<u64>(x) !== load<u64>(y)) return false;
    x += 8;
    y += 8;
    left -= 8;
  }
  return firstBytes(x, left) === firstBytes(y, left);
}

export function lineStart(text: usize, line: u32): usize {
  return line === 0 ? text : <usize>load<u32>(LINE_ENDS + ((<usize>(line - 1)) << 2)) + 1;
}

/**
 * Compares a line with one of a known shape: whether they are the same outside their words. A hash alone would let somebody who chooses lines mix them
 * up.
 *
 * @param word first word of the line, which begins at `start`
 * @returns the first word behind the line, 0 when they differ
 */
function wordBehind(text: usize, known: u32, start: usize, end: usize, word: usize): usize {
  let knownWord = WORD_RANGES + ((<usize>load<u32>(LINE_WORDS + ((<usize>known) << 2))) << 3);
  const knownEnd = <usize>load<u32>(LINE_ENDS + ((<usize>known) << 2));
  let knownAt = lineStart(text, known);
  let at = start;
  let next = <usize>load<u32>(word);
  let knownNext = <usize>load<u32>(knownWord);
  while (next < end && knownNext < knownEnd) {
    const count = next - at;
    if (knownNext - knownAt !== count || !sameBytes(knownAt, at, count)) return 0;
    at = <usize>load<u32>(word + 4);
    knownAt = <usize>load<u32>(knownWord + 4);
    word += 8;
    knownWord += 8;
    next = <usize>load<u32>(word);
    knownNext = <usize>load<u32>(knownWord);
  }
  const count = end - at;
  if (next < end || knownNext < knownEnd || knownEnd - knownAt !== count || !sameBytes(knownAt, at, count)) return 0;
  return word;
}

/** Number of the shape of a line; a new one if it is the first of its shape, NO_SHAPE when there are too many. */
function shapeOf(text: usize, line: u32, start: usize, end: usize, word: usize, hash: u64): u32 {
  let slot = <usize>(hash >> 40) & (SHAPE_SLOTS - 1);
  for (;;) {
    const found = <u32>load<u16>(SHAPE_TABLE + (slot << 1));
    if (found === 0) break;
    const record = SHAPES + (<usize>(found - 1)) * SHAPE_RECORD;
    if (load<u64>(record) === hash && wordBehind(text, load<u32>(record + S_FIRST), start, end, word) !== 0)
      return found - 1;
    slot = (slot + 1) & (SHAPE_SLOTS - 1);
  }
  if (<usize>shapeCount === SHAPE_CAPACITY) return NO_SHAPE;
  const record = SHAPES + (<usize>shapeCount) * SHAPE_RECORD;
  store<u64>(record, hash);
  store<u32>(record + S_FIRST, line);
  store<u32>(record + S_LINES, 0);
  shapeCount++;
  store<u16>(SHAPE_TABLE + (slot << 1), <u16>shapeCount);
  return shapeCount - 1;
}

/** Tells words, lines and the shape of each line. The words of the text are marked. @returns false when it is too much */
export function findShapes(text: usize, length: usize): bool {
  const wordCount = splitWords(text, length);
  if (wordCount < 0 || !splitLines(text, length)) return false;
  shapeCount = 0;
  memory.fill(SHAPE_TABLE, 0, SHAPE_SLOTS << 1);
  let word = WORD_RANGES;
  let start = text;
  let shape = NO_SHAPE;
  for (let line: u32 = 0; line < lineCount; line++) {
    const slot = (<usize>line) << 2;
    const end = <usize>load<u32>(LINE_ENDS + slot);
    store<u32>(LINE_WORDS + slot, <u32>((word - WORD_RANGES) >> 3));
    // Often a line is like the one before.
    let behind: usize = 0;
    if (shape !== NO_SHAPE) {
      const first = load<u32>(SHAPES + (<usize>shape) * SHAPE_RECORD + S_FIRST);
      behind = wordBehind(text, first, start, end, word);
    }
    if (behind === 0) {
      let hash: u64 = 0;
      let at = start;
      behind = word;
      let next = <usize>load<u32>(behind);
      while (next < end) {
        hash = mixBytes(hash, at, next - at);
        at = <usize>load<u32>(behind + 4);
        behind += 8;
        next = <usize>load<u32>(behind);
      }
      hash = mixBytes(hash, at, end - at);
      shape = shapeOf(text, line, start, end, word, hash);
    }
    if (shape !== NO_SHAPE) {
      const lines = SHAPES + (<usize>shape) * SHAPE_RECORD + S_LINES;
      store<u32>(lines, load<u32>(lines) + 1);
    }
    store<u32>(LINE_SHAPES + slot, shape);
    word = behind;
    start = end + 1;
  }
  store<u32>(LINE_WORDS + ((<usize>lineCount) << 2), <u32>wordCount);
  return true;
}

/**
 * Numbers the templates, one for each shape of some lines, and lists the lines in their order: by the address of their first word.
 *
 * @returns number of templates of shapes; behind their lines stand the numbers of all others
 */
export function orderLines(): u32 {
  let templates: u32 = 0;
  let start: u32 = 0;
  for (let shape: u32 = 0; shape < shapeCount; shape++) {
    const record = SHAPES + (<usize>shape) * SHAPE_RECORD;
    const lines = load<u32>(record + S_LINES);
    // One number is left for the lines without a shape.
    if (lines < MIN_LINES || <usize>templates + 1 >= SHAPE_CAPACITY) {
      store<u32>(record + S_TEMPLATE, NO_SHAPE);
      continue;
    }
    store<u32>(record + S_TEMPLATE, templates++);
    store<u32>(record + S_START, start);
    start += lines;
  }
  for (let line: u32 = 0; line < lineCount; line++) {
    const slot = LINE_SHAPES + ((<usize>line) << 2);
    const shape = load<u32>(slot);
    const record = SHAPES + (<usize>shape) * SHAPE_RECORD;
    const template = shape === NO_SHAPE ? NO_SHAPE : load<u32>(record + S_TEMPLATE);
    store<u32>(slot, template === NO_SHAPE ? templates : template);
    let to: u32;
    if (template === NO_SHAPE) to = start++;
    else {
      to = load<u32>(record + S_START);
      store<u32>(record + S_START, to + 1);
    }
    const words = <u32>WORD_RANGES + (load<u32>(LINE_WORDS + ((<usize>line) << 2)) << 3);
    store<u32>(SHAPE_LINES + ((<usize>to) << 2), template === NO_SHAPE ? line : words);
  }
  return templates;
}
