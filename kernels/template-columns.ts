/**
 * Second half of making a template frame: looks at the values that one word of a shape has in all its lines, and writes them in the form that takes the
 * fewest bits. Twin: src/chunk/template/template-encoder.ts.
 */
import {
  COLUMN_ENTRIES,
  COLUMN_LENGTHS,
  COLUMN_NUMBERS,
  COLUMN_STARTS,
  DISTINCT,
  DISTINCT_CAPACITY,
  DISTINCT_SLOTS,
  DISTINCT_TABLE,
  SHAPE_LINES,
} from './segment-areas';
import {
  addToPiece,
  addToTexts,
  beginColumn,
  endPiece,
  putBits,
  putByte,
  putColumn,
  putHex,
  putText,
  putVarint,
  widthOf,
} from './template-sections';
import { addWord } from './skip-filter';
import { firstBytes, sameBytes } from './template-shapes';
import { hexCases, numberOf } from './template-values';

const NUMBER: u32 = 0;
const DICTIONARY: u32 = 1;
const HEX: u32 = 2;
const TEXT: u32 = 3;
const MAX_HEX: usize = 256;
/** After so many lines, times 4, it is looked whether a dictionary can pay for numbers. */
const ENOUGH_LINES: usize = 100 << 2;
/** Of a frame, as on the format page. */
const MAX_VARIABLES: u32 = 16384;
const MAX_ENTRIES: u32 = 65535;

/** Of the frame at work. */
let variableTotal: u32 = 0;
let entryTotal: u32 = 0;

/** Where the text begins, and whether its words are to go to the skip filter. */
let textAt: usize = 0;
let addsKeys = false;
/** Longest word that has no key in a skip filter. */
const KEYLESS_BYTES: usize = 6;

export function openColumns(text: usize, keys: bool): void {
  variableTotal = 0;
  entryTotal = 0;
  textAt = text;
  addsKeys = keys;
}

/** Adds the keys of a word, by its addresses in the text. */
// @ts-ignore: decorator
@inline
function addKeys(start: usize, end: usize): void {
  if (end - start > KEYLESS_BYTES) addWord(start - textAt, end - textAt);
}

/** Adds the keys of a word that is a number and its unit, written as two, in all lines. */
export function addSplitWord(from: usize, to: usize, word: u32): void {
  if (!addsKeys) return;
  for (let place = from; place < to; place += 4) {
    const range = wordAt(place, word);
    addKeys(<usize>load<u32>(range), <usize>load<u32>(range + 12));
  }
}

/** Adds the keys of the words `[from, to)` of a line, addresses in WORD_RANGES. */
export function addLineWords(from: usize, to: usize): void {
  if (!addsKeys) return;
  for (let range = from; range < to; range += 8) {
    const start = <usize>load<u32>(range);
    while (range + 8 < to && load<u32>(range + 8) === load<u32>(range + 4)) range += 8;
    addKeys(start, <usize>load<u32>(range + 4));
  }
}

/** Adds the keys of the column that was looked at: of its dictionary, or of all values. */
function addColumnKeys(form: u32): void {
  if (longest <= KEYLESS_BYTES) return;
  if (form === DICTIONARY) {
    for (let i: u32 = 0; i < distinctCount; i++) {
      const record = DISTINCT + ((<usize>i) << 4);
      const start = <usize>load<u32>(record + 8);
      addKeys(start, start + <usize>load<u32>(record + 12));
    }
    return;
  }
  const size = (<usize>lineTotal) << 2;
  for (let at: usize = 0; at < size; at += 4) {
    const start = <usize>load<u32>(COLUMN_STARTS + at);
    addKeys(start, start + <usize>load<u32>(COLUMN_LENGTHS + at));
  }
}

/** Whether a reader takes a frame of so many variables and entries. */
export function withinLimits(): bool {
  return variableTotal <= MAX_VARIABLES && entryTotal <= MAX_ENTRIES;
}

/** What is known of the column. */
let lineTotal: u32 = 0;
let shortest: usize = 0;
let longest: usize = 0;
let totalBytes: u64 = 0;
let allDigits: bool = false;
let anyPadded: bool = false;
let lowest: u64 = 0;
let highest: u64 = 0;
let allLower: bool = false;
let allUpper: bool = false;
let distinctCount: u32 = 0;
let distinctBytes: u64 = 0;
/** More than these are not counted: no dictionary. */
let distinctLimit: u32 = 0;
let slotMask: usize = 0;

/** Number of the entry of a value, or the limit when there are too many. */
// @ts-ignore: decorator
@inline
function entryOf(at: usize, count: usize): u32 {
  const first = firstBytes(at, count);
  let hash = (first ^ ((<u64>count) << 59)) * 0x9e3779b97f4a7c15;
  if (count > 8) hash = (hash ^ load<u64>(at + count - 8)) * 0x9e3779b97f4a7c15;
  let slot = <usize>(hash >> 50) & slotMask;
  for (;;) {
    const found = <u32>load<u16>(DISTINCT_TABLE + (slot << 1));
    if (found === 0) break;
    const record = DISTINCT + ((<usize>(found - 1)) << 4);
    if (
      load<u64>(record) === first &&
      <usize>load<u32>(record + 12) === count &&
      (count <= 8 || sameBytes(<usize>load<u32>(record + 8), at, count))
    )
      return found - 1;
    slot = (slot + 1) & slotMask;
  }
  if (distinctCount === distinctLimit) return distinctLimit;
  const record = DISTINCT + ((<usize>distinctCount) << 4);
  store<u64>(record, first);
  store<u32>(record + 8, <u32>at);
  store<u32>(record + 12, <u32>count);
  distinctBytes += <u64>count + 1;
  distinctCount++;
  store<u16>(DISTINCT_TABLE + (slot << 1), <u16>distinctCount);
  return distinctCount - 1;
}

/** Address of the range of word number `word` in the line at `place` of SHAPE_LINES. */
// @ts-ignore: decorator
@inline
function wordAt(place: usize, word: u32): usize {
  return <usize>load<u32>(place) + ((<usize>word) << 3);
}

/** Whether a word is the same in all lines of `[from, to)`, addresses in SHAPE_LINES. */
function isConstant(from: usize, to: usize, word: u32): bool {
  const range = wordAt(from, word);
  const at = <usize>load<u32>(range);
  const count = <usize>load<u32>(range + 4) - at;
  const first = firstBytes(at, count);
  for (let place = from + 4; place < to; place += 4) {
    const other = wordAt(place, word);
    const start = <usize>load<u32>(other);
    if (<usize>load<u32>(other + 4) - start !== count || firstBytes(start, count) !== first) return false;
    if (count > 8 && !sameBytes(at, start, count)) return false;
  }
  return true;
}

/**
 * Looks at all values of a word. What changes with each value is kept in locals: globals of a module are memory.
 *
 * @param mayStop stop counting distinct values of what looks like numbers of a narrow range
 */
function look(from: usize, to: usize, word: u32, mayStop: bool): void {
  lineTotal = <u32>((to - from) >> 2);
  distinctCount = 0;
  distinctBytes = 0;
  distinctLimit = min<u32>(<u32>DISTINCT_CAPACITY, max<u32>(2, lineTotal >> 1));
  // Few lines: few slots to clear.
  slotMask = (lineTotal < 64 ? 128 : DISTINCT_SLOTS) - 1;
  memory.fill(DISTINCT_TABLE, 0, (slotMask + 1) << 1);
  let least = usize.MAX_VALUE;
  let most: usize = 0;
  let bytes: u64 = 0;
  let digits = true;
  let padded = false;
  let low: i64 = i64.MAX_VALUE;
  let high: i64 = 0;
  let counts = true;
  let hasStopped = false;
  let cases: u32 = 3;
  let at: usize = 0;
  const offset = (<usize>word) << 3;
  for (let place = from; place < to; place += 4, at += 4) {
    const range = <usize>load<u32>(place) + offset;
    const start = <usize>load<u32>(range);
    const count = <usize>load<u32>(range + 4) - start;
    store<u32>(COLUMN_STARTS + at, <u32>start);
    store<u32>(COLUMN_LENGTHS + at, <u32>count);
    least = min(least, count);
    most = max(most, count);
    bytes += <u64>count;
    if (digits) {
      const value = numberOf(start, count);
      if (value < 0) digits = false;
      else {
        padded = padded || (count > 1 && load<u8>(start) === 0x30);
        store<i64>(COLUMN_NUMBERS + (at << 1), value);
        low = value < low ? value : low;
        high = value > high ? value : high;
      }
    }
    if (!digits && cases !== 0) cases = least === most && count <= MAX_HEX ? cases & hexCases(start, count) : 0;
    if (counts) {
      const entry = entryOf(start, count);
      counts = entry < distinctLimit;
      store<u16>(COLUMN_ENTRIES + (at >> 1), <u16>entry);
      // Numbers of a narrow range are as short without a dictionary.
      if (at === ENOUGH_LINES && mayStop && digits && widthOf(<u64>(high - low)) <= widthOf(<u64>distinctCount)) {
        counts = false;
        hasStopped = true;
      }
    }
  }
  if (!counts) distinctCount = 0;
  if (least !== most || (most & 1) !== 0) cases = 0;
  shortest = least;
  longest = most;
  totalBytes = bytes;
  anyPadded = padded;
  lowest = <u64>low;
  highest = <u64>high;
  allLower = !digits && (cases & 1) !== 0;
  allUpper = !digits && (cases & 2) !== 0;
  // Padded numbers of several lengths cannot be told from their values.
  allDigits = digits && !(padded && least !== most) && widthOf(highest - lowest) <= 50;
  if (hasStopped && !allDigits) look(from, to, word, false);
}

/** Takes the form of the fewest bits. */
function cheapestForm(): u32 {
  const lines = <u64>lineTotal;
  let form = TEXT;
  let least = totalBytes * 6 + lines * <u64>widthOf(<u64>(longest - shortest));
  if (allDigits) {
    const cost = lines * <u64>widthOf(highest - lowest) + 24;
    if (cost < least) {
      least = cost;
      form = NUMBER;
    }
  }
  if (allLower || allUpper) {
    const cost = (lines * <u64>longest) << 2;
    if (cost < least) {
      least = cost;
      form = HEX;
    }
  }
  if (distinctCount > 0) {
    const cost = lines * <u64>widthOf(<u64>(distinctCount - 1)) + (distinctBytes << 2);
    if (cost < least) form = DICTIONARY;
  }
  return form;
}

function writeNumbers(): void {
  const width = widthOf(highest - lowest);
  putByte(width);
  putByte(anyPadded ? <u32>longest : 0);
  putVarint(lowest);
  beginColumn(lineTotal, width);
  putColumn(COLUMN_NUMBERS, COLUMN_NUMBERS + ((<usize>lineTotal) << 3), lowest, width, true);
}

function writeDictionary(): void {
  entryTotal += distinctCount;
  putVarint(<u64>distinctCount);
  for (let i: u32 = 0; i < distinctCount; i++) {
    const record = DISTINCT + ((<usize>i) << 4);
    putText(<usize>load<u32>(record + 8), <usize>load<u32>(record + 12));
  }
  const width = widthOf(<u64>(distinctCount - 1));
  beginColumn(lineTotal, width);
  putColumn(COLUMN_ENTRIES, COLUMN_ENTRIES + ((<usize>lineTotal) << 1), 0, width, false);
}

function writeHex(): void {
  putByte(allLower ? 0 : 1);
  putVarint(<u64>longest);
  beginColumn(lineTotal, <u32>longest << 2);
  const end = COLUMN_STARTS + ((<usize>lineTotal) << 2);
  for (let at = COLUMN_STARTS; at < end; at += 4) putHex(<usize>load<u32>(at), longest);
}

function writeTexts(): void {
  const width = widthOf(<u64>(longest - shortest));
  putVarint(<u64>shortest);
  putByte(width);
  beginColumn(lineTotal, width);
  const size = (<usize>lineTotal) << 2;
  for (let at: usize = 0; at < size; at += 4) {
    const count = <usize>load<u32>(COLUMN_LENGTHS + at);
    putBits(<u64>(count - shortest), width);
    addToTexts(<usize>load<u32>(COLUMN_STARTS + at), count);
  }
}

/**
 * Writes a word of a shape, a variable or a part of the piece.
 *
 * @param isWhole its keys are to be added here
 * @returns whether it is a variable
 */
export function writeWord(from: usize, to: usize, word: u32, isWhole: bool): bool {
  if (isConstant(from, to, word)) {
    const range = wordAt(from, word);
    const start = <usize>load<u32>(range);
    const end = <usize>load<u32>(range + 4);
    addToPiece(start, end - start);
    if (addsKeys && isWhole) addKeys(start, end);
    return false;
  }
  variableTotal++;
  endPiece();
  look(from, to, word, true);
  const form = cheapestForm();
  putByte(form);
  if (form === NUMBER) writeNumbers();
  else if (form === DICTIONARY) writeDictionary();
  else if (form === HEX) writeHex();
  else writeTexts();
  if (addsKeys && isWhole) addColumnKeys(form);
  return true;
}

/** Writes whole lines as the one variable of a template. The caller has put their ranges into the columns. */
export function writeLines(count: u32, least: usize, most: usize): void {
  variableTotal++;
  lineTotal = count;
  shortest = least;
  longest = most;
  putByte(TEXT);
  writeTexts();
}
