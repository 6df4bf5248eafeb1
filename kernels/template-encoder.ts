/**
 * Makes template frames (docs/format/segment.md): what lines have in common is written once, and what differs goes to columns, numbers as numbers.
 * Twin: src/chunk/template/template-encoder.ts, which makes other frames of the same text; what counts is that each reads both.
 */
import {
  COLUMN_LENGTHS,
  COLUMN_STARTS,
  HEADER,
  LINE_ENDS,
  LINE_SHAPES,
  LINE_WORDS,
  MARK_CAPACITY,
  PACKED,
  SHAPE_LINES,
  SHAPE_RECORD,
  SHAPES,
  TEMPLATE_MARKS,
  TEMPLATE_TEXT,
  TEXTS,
  WORD_RANGES,
} from './segment-areas';
import { lowerText, openKeys } from './skip-filter';
import { addLineWords, addSplitWord, openColumns, withinLimits, writeLines, writeWord } from './template-columns';
import {
  addToPiece,
  beginColumn,
  endPiece,
  full,
  headerAt,
  openSections,
  putBits,
  putByte,
  putVarint,
  widthOf,
} from './template-sections';
import { findShapes, lineCount, lineStart, NO_SHAPE, orderLines, S_FIRST, S_LINES, S_START, S_TEMPLATE, shapeCount } from './template-shapes';

export function templateHeaderAt(): usize {
  return HEADER;
}
export function templateTextsAt(): usize {
  return TEXTS;
}
export function templatePackedAt(): usize {
  return PACKED;
}
export function templateMarksAt(): usize {
  return TEMPLATE_MARKS;
}
export function templateLines(): u32 {
  return lineCount;
}

/** Writes the number of its template for each line. */
function writeNumbers(templates: u32): void {
  const width = widthOf(<u64>(templates - 1));
  beginColumn(lineCount, width);
  if (width === 0) return;
  const end = LINE_SHAPES + ((<usize>lineCount) << 2);
  for (let at = LINE_SHAPES; at < end; at += 4) putBits(<u64>load<u32>(at), width);
}

function writeShape(text: usize, record: usize): void {
  const lines = load<u32>(record + S_LINES);
  const to = SHAPE_LINES + ((<usize>load<u32>(record + S_START)) << 2);
  const from = to - ((<usize>lines) << 2);
  const first = load<u32>(record + S_FIRST);
  const firstWord = load<u32>(LINE_WORDS + ((<usize>first) << 2));
  const words = load<u32>(LINE_WORDS + ((<usize>first + 1) << 2)) - firstWord;
  putVarint(<u64>lines);
  // The number of variables is known at the end: room for a varint of three bytes.
  const countAt = headerAt;
  putByte(0x80);
  putByte(0x80);
  putByte(0);
  let variables: u32 = 0;
  let at = lineStart(text, first);
  let isUnit = false;
  for (let word: u32 = 0; word < words && !full; word++) {
    const range = WORD_RANGES + ((<usize>(firstWord + word)) << 3);
    addToPiece(at, <usize>load<u32>(range) - at);
    at = <usize>load<u32>(range + 4);
    const hasUnit = word + 1 < words && <usize>load<u32>(range + 8) === at;
    if (hasUnit) addSplitWord(from, to, word);
    variables += <u32>writeWord(from, to, word, !hasUnit && !isUnit);
    isUnit = hasUnit;
  }
  addToPiece(at, <usize>load<u32>(LINE_ENDS + ((<usize>first) << 2)) - at);
  endPiece();
  store<u8>(countAt, <u8>(variables | 0x80));
  store<u8>(countAt + 1, <u8>((variables >> 7) | 0x80));
  store<u8>(countAt + 2, <u8>(variables >> 14));
}

/** The lines that have no shape of their own, as texts. */
function writeRest(text: usize, from: u32): void {
  let least = usize.MAX_VALUE;
  let most: usize = 0;
  for (let place = from; place < lineCount; place++) {
    const line = load<u32>(SHAPE_LINES + ((<usize>place) << 2));
    const start = lineStart(text, line);
    const count = <usize>load<u32>(LINE_ENDS + ((<usize>line) << 2)) - start;
    const slot = (<usize>(place - from)) << 2;
    store<u32>(COLUMN_STARTS + slot, <u32>start);
    store<u32>(COLUMN_LENGTHS + slot, <u32>count);
    least = min(least, count);
    most = max(most, count);
    const words = LINE_WORDS + ((<usize>line) << 2);
    addLineWords(WORD_RANGES + ((<usize>load<u32>(words)) << 3), WORD_RANGES + ((<usize>load<u32>(words + 4)) << 3));
  }
  putVarint(<u64>(lineCount - from));
  putVarint(1);
  endPiece();
  writeLines(lineCount - from, least, most);
  endPiece();
}

/** Lines at the given places of the text. @returns false when a line begins at none of them */
function writeMarks(text: usize, count: u32): bool {
  putVarint(<u64>count);
  let line: u32 = 0;
  let lineBefore: u32 = 0;
  let placeBefore: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const place = load<u32>(TEMPLATE_MARKS + ((<usize>i) << 2));
    while (line < lineCount && lineStart(text, line) < text + <usize>place) line++;
    if (line === lineCount || lineStart(text, line) !== text + <usize>place) return false;
    putVarint(<u64>(line - lineBefore));
    putVarint(<u64>(place - placeBefore));
    lineBefore = line;
    placeBefore = place;
  }
  return true;
}

/**
 * Makes a frame of the text: its sections are at `templateHeaderAt()` and so on until the next call.
 *
 * @param keys collect the keys of its skip filter on the way: most words stand in many lines, and are looked at once here
 * @param marks how many places of the text stand at `templateMarksAt()`, ascending
 * @returns number of templates, -1 when the text is too much or too varied
 */
export function encodeTemplates(text: usize, length: usize, marks: u32, keys: bool): i32 {
  if (length > TEMPLATE_TEXT || <usize>marks > MARK_CAPACITY) return -1;
  lowerText(text, length);
  if (!findShapes(text, length)) return -1;
  const shaped = orderLines();
  let rest: u32 = 0;
  for (let shape: u32 = 0; shape < shapeCount; shape++) {
    const record = SHAPES + (<usize>shape) * SHAPE_RECORD;
    if (load<u32>(record + S_TEMPLATE) !== NO_SHAPE) rest += load<u32>(record + S_LINES);
  }
  const templates = shaped + <u32>(rest < lineCount);
  openSections();
  openColumns(text, keys);
  if (keys) openKeys(length);
  putVarint(<u64>templates);
  writeNumbers(templates);
  for (let shape: u32 = 0; shape < shapeCount && !full; shape++) {
    const record = SHAPES + (<usize>shape) * SHAPE_RECORD;
    if (load<u32>(record + S_TEMPLATE) !== NO_SHAPE) writeShape(text, record);
  }
  if (rest < lineCount) writeRest(text, rest);
  if (!writeMarks(text, marks)) return -1;
  beginColumn(0, 0);
  return full || !withinLimits() ? -1 : <i32>templates;
}
