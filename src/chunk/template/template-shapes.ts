import { MAX_DIGITS } from './template-format.ts';

/**
 * Finds lines that are alike: those whose bytes outside words are the same, at the same places between the words. Words are runs of
 * letters, digits, `_` and bytes from 0x80 on; a number with a unit (`12ms`) is two, so that the number can be one.
 * Format: docs/format/segment.md, section Template frames.
 */

/** Lines of a text and their words; offsets in the text. */
export interface LineWords {
  readonly lines: number;
  /** Start of each line, and one more: a byte behind the end of the last, as if a newline stood there. */
  readonly lineStarts: Uint32Array;
  /** Number of the first word of each line, and one more. */
  readonly firstWords: Uint32Array;
  readonly wordStarts: Uint32Array;
  readonly wordEnds: Uint32Array;
  /** Groups of numbers of lines that are alike, all ascending, in order of the first line. */
  readonly shapes: readonly number[][];
}

const OTHER = 0;
const DIGIT = 1;
/** A letter that hex digits have too. */
const HEX_LETTER = 2;
const LETTER = 3;
/** `_` and bytes outside ASCII. */
const WORD = 4;

const BYTE_CLASSES: Uint8Array = makeByteClasses();

function makeByteClasses(): Uint8Array {
  const classes = new Uint8Array(256).fill(WORD, 0x80);
  classes[0x5f] = WORD;
  classes.fill(DIGIT, 0x30, 0x3a);
  for (const first of [0x41, 0x61]) classes.fill(HEX_LETTER, first, first + 6).fill(LETTER, first + 6, first + 26);
  return classes;
}

const NEWLINE = 0x0a;
/** Stands for a word in a shape. No other byte of a shape is of a word, so shapes are the same only if lines are alike. */
const WORD_MARK = 0x30;
const MAX_UNIT_LETTERS = 3;

/** Takes a text apart. */
export function findShapes(raw: Uint8Array): LineWords {
  let newlines = 0;
  for (let at = 0; at < raw.length; at++) if (raw[at] === NEWLINE) newlines++;
  const lines = newlines + 1;
  const lineStarts = new Uint32Array(lines + 1);
  const firstWords = new Uint32Array(lines + 1);
  // Every word is of a byte at least, and words that touch come from three at least.
  const wordStarts = new Uint32Array(raw.length + 1);
  const wordEnds = new Uint32Array(raw.length + 1);
  const shape = Buffer.allocUnsafe(raw.length + 1);
  const groups = new Map<string, number[]>();
  let words = 0;
  let at = 0;
  for (let line = 0; line < lines; line++) {
    lineStarts[line] = at;
    firstWords[line] = words;
    let shapeBytes = 0;
    while (at < raw.length && raw[at] !== NEWLINE) {
      const byte = raw[at]!;
      if (BYTE_CLASSES[byte] === OTHER) {
        shape[shapeBytes++] = byte;
        at++;
        continue;
      }
      const end = wordEnd(raw, at);
      const unit = unitStart(raw, at, end);
      for (const stop of unit < end ? [unit, end] : [end]) {
        shape[shapeBytes++] = WORD_MARK;
        wordStarts[words] = at;
        wordEnds[words++] = stop;
        at = stop;
      }
    }
    addLine(groups, shape.latin1Slice(0, shapeBytes), line);
    at++;
  }
  lineStarts[lines] = raw.length + 1;
  firstWords[lines] = words;
  return { lines, lineStarts, firstWords, wordStarts, wordEnds, shapes: [...groups.values()] };
}

function addLine(groups: Map<string, number[]>, shape: string, line: number): void {
  const group = groups.get(shape);
  if (group === undefined) groups.set(shape, [line]);
  else group.push(line);
}

function wordEnd(raw: Uint8Array, start: number): number {
  let at = start;
  while (at < raw.length && BYTE_CLASSES[raw[at]!] !== OTHER) at++;
  return at;
}

/** Where the unit of a number begins in a word; its end if the word is something else. */
function unitStart(raw: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && BYTE_CLASSES[raw[at]!] === DIGIT) at++;
  const letters = end - at;
  if (at === start || at - start > MAX_DIGITS || letters > MAX_UNIT_LETTERS) return end;
  // Without a letter that hex digits lack it may be a piece of an id.
  let isUnit = false;
  for (let i = at; i < end; i++) {
    const found = BYTE_CLASSES[raw[i]!];
    if (found !== HEX_LETTER && found !== LETTER) return end;
    if (found === LETTER) isUnit = true;
  }
  return isUnit ? at : end;
}
