/**
 * Opens a template frame (docs/format/segment.md): reads its header into tables, and checks every number in it, so that decoding lines needs few
 * checks. Twin: src/chunk/template/template-decoder.ts.
 */
import {
  ENTRIES,
  ENTRY_CAPACITY,
  FIXED_BYTES,
  HEADER,
  ITEM_CAPACITY,
  ITEM_RECORD,
  ITEMS,
  LINE_RANKS,
  LINE_TEMPLATES,
  LINES_CAPACITY,
  MARKED_LINES,
  PACKED,
  ROW_CAPACITY,
  SECTION_CAPACITY,
  TEMPLATE_CAPACITY,
  TEMPLATE_RECORD,
  TEMPLATES,
  TEXTS,
  VARIABLE_CAPACITY,
  VARIABLE_RECORD,
  VARIABLES,
} from './block-areas';

export const NUMBER: u32 = 0;
export const DICTIONARY: u32 = 1;
export const HEX: u32 = 2;
export const TEXT: u32 = 3;
/** Bound of a number, as on the format page. */
export const NUMBER_LIMIT: u64 = 1000000000000000;
/** Values of all lines. More are empty ones for the most part, which the plain decoder leaves out. */
const VALUE_LIMIT: u64 = 1 << 22;
/** In place of an entry: the item is a piece. */
export const NO_ENTRY: u32 = 0xffffffff;

/** Bytes of a template's record: lines, first variable, variables, first piece and its length, lines seen, what a search found. */
export const T_LINES: usize = 0;
export const T_FIRST: usize = 4;
export const T_COUNT: usize = 8;
export const T_PIECE: usize = 12;
export const T_PIECE_BYTES: usize = 16;
export const T_SEEN: usize = 20;
export const T_STATE: usize = 24;
export const T_RUN: usize = 28;
/** Bytes that words across pieces and variables can have: a bit each. */
export const T_CHAIN: usize = 32;
/** Kinds of its variables, a bit each; and the bit of hits that tells its lines, where a search found some. */
export const T_KINDS: usize = 64;
export const T_BIT: usize = 68;
/** Where the plan of its fields is, or that there is none (template-fields.ts); and a chosen row of it. */
export const T_PLAN: usize = 72;
export const T_SAMPLE: usize = 76;

/** Bytes of a variable's record. `V_SIZE`: entries, characters, or shortest length. `V_DATA`: first entry, or first byte in TEXTS. */
export const V_KIND: usize = 0;
export const V_WIDTH: usize = 4;
export const V_DIGITS: usize = 8;
export const V_SIZE: usize = 12;
export const V_BASE: usize = 16;
export const V_BITS: usize = 24;
export const V_DATA: usize = 28;
export const V_PIECE: usize = 32;
export const V_PIECE_BYTES: usize = 36;
/** Of texts: the value that is next, and where it begins. */
export const V_RANK: usize = 40;
export const V_PLACE: usize = 44;
/** Of texts: where the last value ends. */
export const V_END: usize = 48;

export let frameLines: u32 = 0;
export let markCount: u32 = 0;
export let templateCount: u32 = 0;
export let itemCount: u32 = 0;
export let entryCount: u32 = 0;
/** Where the marks begin in the header, behind all items. */
export let itemsEnd: usize = 0;
let textEnd: usize = 0;
export let variableCount: u32 = 0;
let at: usize = 0;
let end: usize = 0;
let bad = false;
/** Where the next column begins in PACKED. */
let packedAt: usize = 0;
let packedEnd: usize = 0;
let textsAt: usize = 0;
let valueTotal: u64 = 0;

export function templateHeaderAt(): usize {
  return HEADER;
}
export function templateTextsAt(): usize {
  return TEXTS;
}
export function templatePackedAt(): usize {
  return PACKED;
}

function byte(): u32 {
  if (at >= end) {
    bad = true;
    return 0;
  }
  return <u32>load<u8>(at++);
}

function varint(): u64 {
  let value: u64 = 0;
  let shift: u64 = 0;
  while (at < end && shift < 56) {
    const next = <u64>load<u8>(at++);
    value |= (next & 127) << shift;
    if (next < 128) return value;
    shift += 7;
  }
  bad = true;
  return 0;
}

/** A varint up to a bound. */
function count(most: u64): u32 {
  const value = varint();
  if (value > most) {
    bad = true;
    return 0;
  }
  return <u32>value;
}

/** Puts a text of the header on the list of items. @returns its length */
function item(template: u32, entry: u32): u32 {
  const length = count(SECTION_CAPACITY);
  if (at + <usize>length > end || <usize>itemCount === ITEM_CAPACITY) {
    bad = true;
    return 0;
  }
  const record = ITEMS + (<usize>itemCount) * ITEM_RECORD;
  store<u32>(record, <u32>at);
  store<u32>(record + 4, length);
  store<u32>(record + 8, template);
  store<u32>(record + 12, entry);
  itemCount++;
  at += <usize>length;
  return length;
}

/** How many bits a number has. */
// @ts-ignore: decorator
@inline
function widthOf(value: u32): u32 {
  return 32 - clz(value);
}

/** The number of `width` bits at a bit of a column. */
// @ts-ignore: decorator
@inline
export function bitsAt(column: usize, bit: u64, width: u32): u64 {
  return (load<u64>(column + <usize>(bit >> 3)) >> (bit & 7)) & (((<u64>1) << (<u64>width)) - 1);
}

/** Takes the room of a column in PACKED. @returns where it begins */
function column(values: u32, bits: u32): usize {
  const place = packedAt;
  packedAt += <usize>((<u64>values * <u64>bits + 7) >> 3);
  if (packedAt > packedEnd) {
    bad = true;
    packedAt = packedEnd;
  }
  return place;
}

/** Reads entries. @returns bits of a value */
function readEntries(record: usize, template: u32): u32 {
  const entries = count(<u64>ENTRY_CAPACITY);
  if (entries === 0 || <usize>(entryCount + entries) > ENTRY_CAPACITY) {
    bad = true;
    return 0;
  }
  store<u32>(record + V_SIZE, entries);
  store<u32>(record + V_DATA, entryCount);
  for (let i: u32 = 0; i < entries && !bad; i++) {
    const length = item(template, entryCount);
    const entry = ENTRIES + ((<usize>(entryCount++)) << 3);
    store<u32>(entry, <u32>(at - <usize>length));
    store<u32>(entry + 4, length);
  }
  return widthOf(entries - 1);
}

/** Adds up the lengths of a text column. */
function textLength(column: usize, lines: u32, shortest: u32, width: u32): u64 {
  let sum = <u64>lines * <u64>shortest;
  let bit: u64 = 0;
  for (let i: u32 = 0; i < lines; i++) {
    sum += bitsAt(column, bit, width);
    bit += <u64>width;
  }
  return sum;
}

function readVariable(template: u32, lines: u32): void {
  if (<usize>variableCount === VARIABLE_CAPACITY) {
    bad = true;
    return;
  }
  const record = VARIABLES + (<usize>(variableCount++)) * VARIABLE_RECORD;
  const kind = byte();
  let width: u32 = 0;
  store<u32>(record + V_KIND, kind);
  const kinds = TEMPLATES + (<usize>template) * TEMPLATE_RECORD + T_KINDS;
  store<u32>(kinds, load<u32>(kinds) | ((<u32>1) << kind));
  if (kind === NUMBER) {
    width = byte();
    const digits = byte();
    if (width > 50 || digits > 15) bad = true;
    store<u32>(record + V_DIGITS, digits);
    const base = varint();
    if (base >= NUMBER_LIMIT) bad = true;
    store<u64>(record + V_BASE, base);
  } else if (kind === DICTIONARY) {
    width = readEntries(record, template);
  } else if (kind === HEX) {
    const upper = byte();
    const characters = count(256);
    if (upper > 1 || characters === 0) bad = true;
    store<u32>(record + V_DIGITS, upper);
    store<u32>(record + V_SIZE, characters);
    width = characters << 2;
  } else if (kind === TEXT) {
    const shortest = count(SECTION_CAPACITY);
    store<u32>(record + V_SIZE, shortest);
    width = byte();
    if (width > 24) bad = true;
  } else bad = true;
  if (bad) return;
  store<u32>(record + V_WIDTH, width);
  const place = column(lines, width);
  store<u32>(record + V_BITS, <u32>place);
  if (bad) return;
  if (kind === TEXT) {
    store<u32>(record + V_DATA, <u32>textsAt);
    store<u32>(record + V_RANK, 0);
    store<u32>(record + V_PLACE, <u32>textsAt);
    const length = textLength(place, lines, load<u32>(record + V_SIZE), width);
    if (length > <u64>(textEnd - textsAt)) bad = true;
    else textsAt += <usize>length;
    store<u32>(record + V_END, <u32>textsAt);
  }
  const length = item(template, NO_ENTRY);
  store<u32>(record + V_PIECE, <u32>(at - <usize>length));
  store<u32>(record + V_PIECE_BYTES, length);
}

function readTemplate(template: u32): u32 {
  const record = TEMPLATES + (<usize>template) * TEMPLATE_RECORD;
  const lines = count(<u64>frameLines);
  const variables = count(<u64>VARIABLE_CAPACITY);
  const length = item(template, NO_ENTRY);
  valueTotal += <u64>lines * <u64>variables;
  if (lines === 0 || valueTotal > VALUE_LIMIT) bad = true;
  store<u32>(record + T_LINES, lines);
  store<u32>(record + T_FIRST, variableCount);
  store<u32>(record + T_COUNT, variables);
  store<u32>(record + T_PIECE, <u32>(at - <usize>length));
  store<u32>(record + T_PIECE_BYTES, length);
  store<u32>(record + T_SEEN, 0);
  store<u32>(record + T_KINDS, 0);
  for (let i: u32 = 0; i < variables && !bad; i++) readVariable(template, lines);
  return lines;
}

/** Unpacks the template of each line. @returns false when their numbers are not as the header says */
function readLines(): bool {
  const width = widthOf(templateCount - 1);
  let bit: u64 = 0;
  for (let line: u32 = 0; line < frameLines; line++) {
    const template = <u32>bitsAt(PACKED, bit, width);
    bit += <u64>width;
    if (template >= templateCount) return false;
    const seen = TEMPLATES + (<usize>template) * TEMPLATE_RECORD + T_SEEN;
    const rank = load<u32>(seen);
    store<u32>(seen, rank + 1);
    store<u16>(LINE_TEMPLATES + ((<usize>line) << 1), <u16>template);
    store<u32>(LINE_RANKS + ((<usize>line) << 2), rank);
  }
  for (let template: u32 = 0; template < templateCount; template++) {
    const record = TEMPLATES + (<usize>template) * TEMPLATE_RECORD;
    if (load<u32>(record + T_SEEN) !== load<u32>(record + T_LINES)) return false;
  }
  return true;
}

/** Reads the marks. Those of a frame ascend. */
function readMarks(): void {
  markCount = count(<u64>ROW_CAPACITY);
  let line: u64 = 0;
  let place: u64 = 0;
  for (let i: u32 = 0; i < markCount && !bad; i++) {
    line += varint();
    place += varint();
    if (line >= <u64>frameLines || place > <u64>LINES_CAPACITY) bad = true;
    const mark = MARKED_LINES + ((<usize>i) << 3);
    store<u32>(mark, <u32>line);
    store<u32>(mark + 4, <u32>place);
  }
}

/**
 * Opens the frame whose sections stand in HEADER, TEXTS and PACKED. The caller keeps them within their places.
 *
 * @returns 0, or -1 when something in it cannot be, or is more than there is room for here
 */
export function openTemplates(lines: u32, headerBytes: usize, textBytes: usize, packedBytes: usize): i32 {
  at = HEADER;
  end = HEADER + headerBytes;
  textsAt = TEXTS;
  textEnd = TEXTS + textBytes;
  packedAt = PACKED;
  packedEnd = PACKED + packedBytes;
  bad = lines === 0 || <usize>lines > ROW_CAPACITY;
  frameLines = lines;
  itemCount = 0;
  variableCount = 0;
  entryCount = 0;
  valueTotal = 0;
  templateCount = count(<u64>TEMPLATE_CAPACITY);
  if (bad || templateCount === 0) return -1;
  column(frameLines, widthOf(templateCount - 1));
  let sum: u64 = 0;
  for (let template: u32 = 0; template < templateCount && !bad; template++) sum += <u64>readTemplate(template);
  itemsEnd = at;
  readMarks();
  if (bad || sum !== <u64>lines || at !== end || textsAt !== textEnd) return -1;
  memory.fill(FIXED_BYTES, 0, (<usize>templateCount) << 2);
  return readLines() ? 0 : -1;
}

/** The line that begins at a place of the raw frame, by its marks; -1 when none says so. */
export function markedLine(place: u32): i32 {
  if (place === 0) return 0;
  let low: u32 = 0;
  let high = markCount;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (load<u32>(MARKED_LINES + ((<usize>middle) << 3) + 4) < place) low = middle + 1;
    else high = middle;
  }
  const mark = MARKED_LINES + ((<usize>low) << 3);
  return low < markCount && load<u32>(mark + 4) === place ? <i32>load<u32>(mark) : -1;
}
