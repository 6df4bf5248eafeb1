/**
 * First half of making a template frame: words, lines, and which lines have the same shape, that is the same bytes at the same places
 * between their words. Twin: src/chunk/template/template-encoder.ts.
 */
import {
  GAP_CAPACITY,
  GAPS,
  LINE_CAPACITY,
  LINE_ENDS,
  LINE_SHAPES,
  LINE_WORDS,
  SHAPE_CAPACITY,
  SHAPE_GAPS,
  SHAPE_LINES,
  SHAPE_RECORD,
  SHAPE_SLOTS,
  SHAPE_TABLE,
  SHAPES,
  WORD_CAPACITY,
  WORD_RANGES,
  WORDS,
} from './segment-areas';
import { isDigit } from './word-bytes';

/** Shapes of fewer lines are not worth columns of their own. */
const MIN_LINES: u32 = 4;
/** In place of a shape: the line is kept as one text. */
export const NO_SHAPE: u32 = 0xffff;
const MAX_UNIT_LETTERS: usize = 3;
const MAX_DIGITS: usize = 15;
/** Slots of the table that are looked at for a shape. */
const MAX_TRIES: i32 = 64;

export let lineCount: u32 = 0;
export let shapeCount: u32 = 0;

/** Bytes of a shape's record. */
export const S_FIRST: usize = 8;
export const S_LINES: usize = 12;
export const S_TEMPLATE: usize = 16;
export const S_START: usize = 20;
const S_GAPS: usize = 24;
const S_GAP_BYTES: usize = 28;

/** Where the gaps of the next shape go. */
let shapeGapsEnd: usize = SHAPE_GAPS;
/** Shape of the line before. */
let lastShape: u32 = NO_SHAPE;

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

/** For 0 to 8 bytes: those of a number that count. */
const MASKS: usize = memory.data<u64>([
  0,
  0xff,
  0xffff,
  0xffffff,
  0xffffffff,
  0xffffffffff,
  0xffffffffffff,
  0xffffffffffffff,
  0xffffffffffffffff,
]);

/** The first `count` bytes from `at` on, up to 8, as a number; the others are 0. */
// @ts-ignore: decorator
@inline
export function firstBytes(at: usize, count: usize): u64 {
  return load<u64>(at) & load<u64>(MASKS + (min<usize>(count, 8) << 3));
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
  return ((load<u64>(x) ^ load<u64>(y)) & load<u64>(MASKS + (left << 3))) === 0;
}

export function lineStart(text: usize, line: u32): usize {
  return line === 0 ? text : <usize>load<u32>(LINE_ENDS + ((<usize>(line - 1)) << 2)) + 1;
}

/** Notes what stands between words, 7 bytes at a time: their number in the highest byte, or a mark that more follows. */
// @ts-ignore: decorator
@inline
function putGap(to: usize, at: usize, count: usize): usize {
  let out = to;
  let from = at;
  let left = count;
  while (left > 7) {
    store<u64>(out, load<u64>(from) | 0xff00000000000000);
    out += 8;
    from += 7;
    left -= 7;
  }
  store<u64>(out, (load<u64>(from) & load<u64>(MASKS + (left << 3))) | ((<u64>left) << 56));
  return out + 8;
}

/** Whether the gaps of the line at work are those of a shape. A hash alone would let somebody who chooses lines mix shapes up. */
// @ts-ignore: decorator
@inline
function hasGaps(record: usize, count: usize): bool {
  if (<usize>load<u32>(record + S_GAP_BYTES) !== count) return false;
  let other = <usize>load<u32>(record + S_GAPS);
  let at = GAPS;
  const last = GAPS + (count & ~15);
  for (; at < last; at += 16, other += 16) {
    if (v128.any_true(v128.xor(v128.load(at), v128.load(other)))) return false;
  }
  return (count & 8) === 0 || load<u64>(at) === load<u64>(other);
}

/** Hash of the gaps of the line at work, in lanes that do not wait for each other. */
// @ts-ignore: decorator
@inline
function hashGaps(count: usize): u64 {
  const end = GAPS + count;
  // Up to three more are looked at.
  store<u64>(end, 0);
  store<u64>(end, 0, 8);
  store<u64>(end, 0, 16);
  let a: u64 = <u64>count;
  let b: u64 = 0x9e3779b97f4a7c15;
  let c: u64 = 0xbf58476d1ce4e5b9;
  let d: u64 = 0x94d049bb133111eb;
  for (let at = GAPS; at < end; at += 32) {
    a = (rotl<u64>(a, 23) ^ load<u64>(at)) * 0x9e3779b97f4a7c15;
    b = (rotl<u64>(b, 23) ^ load<u64>(at, 8)) * 0x9e3779b97f4a7c15;
    c = (rotl<u64>(c, 23) ^ load<u64>(at, 16)) * 0x9e3779b97f4a7c15;
    d = (rotl<u64>(d, 23) ^ load<u64>(at, 24)) * 0x9e3779b97f4a7c15;
  }
  a = (rotl<u64>(a, 23) ^ b) * 0x9e3779b97f4a7c15;
  c = (rotl<u64>(c, 23) ^ d) * 0x9e3779b97f4a7c15;
  return (rotl<u64>(a, 23) ^ c) * 0x9e3779b97f4a7c15;
}

/** Number of the shape of the line at work; a new one if it is the first of its shape, NO_SHAPE when there are too many. */
function shapeOf(line: u32, count: usize): u32 {
  const hash = hashGaps(count);
  let slot = <usize>(hash >> 40) & (SHAPE_SLOTS - 1);
  // Who chooses lines can choose shapes of one hash: not many of them are compared.
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const found = <u32>load<u16>(SHAPE_TABLE + (slot << 1));
    if (found === 0) break;
    const record = SHAPES + (<usize>(found - 1)) * SHAPE_RECORD;
    if (load<u64>(record) === hash && hasGaps(record, count)) return found - 1;
    slot = (slot + 1) & (SHAPE_SLOTS - 1);
  }
  if (load<u16>(SHAPE_TABLE + (slot << 1)) !== 0) return NO_SHAPE;
  if (<usize>shapeCount === SHAPE_CAPACITY || shapeGapsEnd + count > SHAPE_GAPS + (GAP_CAPACITY << 3)) return NO_SHAPE;
  const record = SHAPES + (<usize>shapeCount) * SHAPE_RECORD;
  store<u64>(record, hash);
  store<u32>(record + S_FIRST, line);
  store<u32>(record + S_LINES, 0);
  store<u32>(record + S_GAPS, <u32>shapeGapsEnd);
  store<u32>(record + S_GAP_BYTES, <u32>count);
  memory.copy(shapeGapsEnd, GAPS, count);
  shapeGapsEnd += count;
  shapeCount++;
  store<u16>(SHAPE_TABLE + (slot << 1), <u16>shapeCount);
  return shapeCount - 1;
}

/** The line at work has ended: what it is alike. */
function endLine(line: u32, gapEnd: usize): void {
  const count = gapEnd - GAPS;
  let shape = lastShape;
  // Often a line is like the one before.
  if (shape === NO_SHAPE || !hasGaps(SHAPES + (<usize>shape) * SHAPE_RECORD, count)) shape = shapeOf(line, count);
  if (shape !== NO_SHAPE) {
    const lines = SHAPES + (<usize>shape) * SHAPE_RECORD + S_LINES;
    store<u32>(lines, load<u32>(lines) + 1);
  }
  store<u32>(LINE_SHAPES + ((<usize>line) << 2), shape);
  lastShape = shape;
}

/** Finds the words of each line by their marks, what stands between them, and so its shape. @returns false when it is too much */
function splitWords(text: usize, length: usize): bool {
  const wordLimit = WORD_RANGES + (WORD_CAPACITY << 3) - 1024;
  const gapLimit = GAPS + (GAP_CAPACITY << 3);
  // Locals, as globals of a module are memory.
  let word = WORD_RANGES;
  let gap = GAPS;
  let before = text;
  let line: u32 = 0;
  let lineEnd = <usize>load<u32>(LINE_ENDS);
  let start: usize = 0;
  let isOpen = false;
  store<u32>(LINE_WORDS, 0);
  for (let at: usize = 0; at <= length; at += 64) {
    const base = text + at;
    let words = load<u64>(WORDS + (at >> 3));
    // Of 64 bytes there are at most 32 words, and behind the limit there is room for the gaps of a whole text.
    if (word > wordLimit || gap > gapLimit) return false;
    let end: u64 = 0;
    if (isOpen) {
      if (words === u64.MAX_VALUE) continue;
      end = ctz(~words);
      words &= u64.MAX_VALUE << end;
    }
    while (true) {
      if (!isOpen) {
        if (words === 0) break;
        start = base + <usize>ctz(words);
        // The lowest run of ones, carried to the place behind it; nothing is left when it goes on in the next 64 bytes.
        const behind = words + (words & (0 - words));
        isOpen = true;
        if (behind === 0) break;
        end = ctz(behind & ~words);
        words &= behind;
      }
      isOpen = false;
      while (start > lineEnd) {
        endLine(line, putGap(gap, before, lineEnd - before));
        gap = GAPS;
        before = lineEnd + 1;
        line++;
        lineEnd = <usize>load<u32>(LINE_ENDS + ((<usize>line) << 2));
        store<u32>(LINE_WORDS + ((<usize>line) << 2), <u32>((word - WORD_RANGES) >> 3));
      }
      gap = putGap(gap, before, start - before);
      before = base + <usize>end;
      store<u32>(word, <u32>start);
      if (isDigit(load<u8>(start)) && !isDigit(load<u8>(before - 1))) {
        const unit = unitPlace(start, before);
        if (unit !== 0) {
          store<u32>(word + 4, <u32>unit);
          store<u32>(word + 8, <u32>unit);
          word += 8;
          store<u64>(gap, 0);
          gap += 8;
        }
      }
      store<u32>(word + 4, <u32>before);
      word += 8;
    }
  }
  while (line < lineCount) {
    lineEnd = <usize>load<u32>(LINE_ENDS + ((<usize>line) << 2));
    endLine(line, putGap(gap, before, lineEnd - before));
    gap = GAPS;
    before = lineEnd + 1;
    line++;
    store<u32>(LINE_WORDS + ((<usize>line) << 2), <u32>((word - WORD_RANGES) >> 3));
  }
  return true;
}

/** Tells words, lines and the shape of each line. The words of the text are marked. @returns false when it is too much */
export function findShapes(text: usize, length: usize): bool {
  if (!splitLines(text, length)) return false;
  shapeCount = 0;
  shapeGapsEnd = SHAPE_GAPS;
  lastShape = NO_SHAPE;
  memory.fill(SHAPE_TABLE, 0, SHAPE_SLOTS << 1);
  return splitWords(text, length);
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
