/**
 * Tells which lines of the open template frame may hold a text, mostly without decoding one. Texts are looked for run by run: a run is a part of
 * the text that is made of word bytes only. An occurrence of a run in a line lies
 * - within a piece: then all lines of the template may hold it;
 * - within a variable: a dictionary tells which entries hold it, digits can only be in numbers, and so on;
 * - across pieces and variables that touch without a byte between words: then all its bytes are among those that such words can have.
 * Lines that may hold all runs are decoded and searched.
 */
import {
  ENTRIES,
  ENTRY_HITS,
  HEADER,
  ITEM_RECORD,
  ITEMS,
  LINE_RANKS,
  LINE_TEMPLATES,
  NEEDLE,
  TEMPLATE_RECORD,
  TEMPLATES,
  VARIABLE_RECORD,
  VARIABLES,
  WANTED,
} from './block-areas';
import { folds, isLower, needleBytes, next } from './search';
import {
  bitsAt,
  DICTIONARY,
  entryCount,
  HEX,
  itemCount,
  itemsEnd,
  NO_ENTRY,
  NUMBER,
  T_BIT,
  T_CHAIN,
  T_COUNT,
  T_FIRST,
  T_KINDS,
  T_PIECE,
  T_PIECE_BYTES,
  T_RUN,
  T_STATE,
  templateCount,
  TEXT,
  V_BITS,
  V_DATA,
  V_DIGITS,
  V_END,
  V_KIND,
  V_PIECE,
  V_PIECE_BYTES,
  V_SIZE,
  V_WIDTH,
} from './template-frame';
import { isWord } from './word-bytes';

/** What is known of the lines of a template: none may hold the text, those with certain entries, all. */
const NO_LINE: u32 = 0;
const SOME_LINES: u32 = 1;
const ALL_LINES: u32 = 2;
/** Runs beyond these do not narrow any more: entries have one bit for each. */
const MAX_RUNS: u32 = 8;

let runs: u32 = 0;
let chainsAreKnown = false;

// @ts-ignore: decorator
@inline
function addToChain(record: usize, c: u8): void {
  const place = record + T_CHAIN + <usize>(c >> 3);
  store<u8>(place, load<u8>(place) | (<u8>1 << (c & 7)));
}

function addRange(record: usize, from: u8, to: u8): void {
  for (let c: u32 = from; c <= <u32>to; c++) addToChain(record, <u8>c);
}

/** Word bytes at the begin or at the end of a piece. */
function addWordAtBegin(record: usize, at: usize, count: usize): void {
  for (let i: usize = 0; i < count && isWord(load<u8>(at + i)); i++) addToChain(record, load<u8>(at + i));
}
function addWordAtEnd(record: usize, at: usize, count: usize): void {
  for (let i = count; i > 0 && isWord(load<u8>(at + i - 1)); i--) addToChain(record, load<u8>(at + i - 1));
}

function addVariable(record: usize, variable: usize): void {
  const kind = load<u32>(variable + V_KIND);
  if (kind === NUMBER) addRange(record, 0x30, 0x39);
  else if (kind === HEX) {
    addRange(record, 0x30, 0x39);
    if (load<u32>(variable + V_DIGITS) === 1) addRange(record, 0x41, 0x46);
    else addRange(record, 0x61, 0x66);
  } else if (kind === DICTIONARY) {
    const entries = load<u32>(variable + V_SIZE);
    let entry = ENTRIES + ((<usize>load<u32>(variable + V_DATA)) << 3);
    for (let i: u32 = 0; i < entries; i++, entry += 8) {
      const at = <usize>load<u32>(entry);
      const end = at + <usize>load<u32>(entry + 4);
      for (let place = at; place < end; place++) addToChain(record, load<u8>(place));
    }
  } else memory.fill(record + T_CHAIN, 0xff, 32);
}

/** Collects the bytes of words that go across pieces and variables of a template. */
function readChains(record: usize): void {
  memory.fill(record + T_CHAIN, 0, 32);
  let pieceAt = <usize>load<u32>(record + T_PIECE);
  let pieceBytes = <usize>load<u32>(record + T_PIECE_BYTES);
  let variable = VARIABLES + (<usize>load<u32>(record + T_FIRST)) * VARIABLE_RECORD;
  const begin = variable;
  const end = variable + (<usize>load<u32>(record + T_COUNT)) * VARIABLE_RECORD;
  for (; variable < end; variable += VARIABLE_RECORD) {
    const behindAt = <usize>load<u32>(variable + V_PIECE);
    const behindBytes = <usize>load<u32>(variable + V_PIECE_BYTES);
    const left = pieceBytes > 0 ? isWord(load<u8>(pieceAt + pieceBytes - 1)) : variable > begin;
    const right = behindBytes > 0 ? isWord(load<u8>(behindAt)) : variable + VARIABLE_RECORD < end;
    if (left || right) {
      addVariable(record, variable);
      addWordAtEnd(record, pieceAt, pieceBytes);
      addWordAtBegin(record, behindAt, behindBytes);
    }
    pieceAt = behindAt;
    pieceBytes = behindBytes;
  }
}

/** All lines may hold the text so far. */
export function openSearch(): void {
  runs = 0;
  for (let template: u32 = 0; template < templateCount; template++)
    store<u32>(TEMPLATES + (<usize>template) * TEMPLATE_RECORD + T_STATE, ALL_LINES);
}

/** The frame is another one. */
export function forgetChains(): void {
  chainsAreKnown = false;
}

/** Whether the run may go across pieces and variables. */
function mayChain(record: usize): bool {
  for (let i: usize = 0; i < needleBytes; i++) {
    const c = load<u8>(NEEDLE + i);
    let has = (load<u8>(record + T_CHAIN + <usize>(c >> 3)) >> (c & 7)) & 1;
    if (folds && isLower(c)) {
      const upper = c - 0x20;
      has |= (load<u8>(record + T_CHAIN + <usize>(upper >> 3)) >> (upper & 7)) & 1;
    }
    if (has === 0) return false;
  }
  return true;
}

function isOfDigits(): bool {
  for (let i: usize = 0; i < needleBytes; i++) if (<u32>load<u8>(NEEDLE + i) - 0x30 >= 10) return false;
  return needleBytes <= 15;
}

function isOfHex(upper: bool): bool {
  const first: u32 = upper && !folds ? 0x41 : 0x61;
  for (let i: usize = 0; i < needleBytes; i++) {
    const c = <u32>load<u8>(NEEDLE + i);
    if (c - 0x30 >= 10 && c - first >= 6) return false;
  }
  return true;
}

/** The item that holds a place of the header, or the one before it. */
function itemAt(place: usize): usize {
  let low: u32 = 0;
  let high = itemCount;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (<usize>load<u32>(ITEMS + (<usize>middle) * ITEM_RECORD) <= place) low = middle;
    else high = middle;
  }
  return ITEMS + (<usize>low) * ITEM_RECORD;
}

/** Looks for the run in pieces and dictionaries, all in one go. */
function searchItems(bit: u8): void {
  if (itemsEnd < HEADER + needleBytes) return;
  const last = itemsEnd - needleBytes;
  let at: usize = HEADER;
  while (at <= last) {
    const hit = next(at, last);
    if (hit > last) return;
    at = hit + 1;
    const item = itemAt(hit);
    const begin = <usize>load<u32>(item);
    const end = begin + <usize>load<u32>(item + 4);
    if (hit < begin || hit + needleBytes > end) continue;
    const record = TEMPLATES + (<usize>load<u32>(item + 8)) * TEMPLATE_RECORD;
    const entry = load<u32>(item + 12);
    // Nothing more can be found in this item.
    at = end;
    if (entry === NO_ENTRY) store<u32>(record + T_RUN, ALL_LINES);
    else {
      const mark = ENTRY_HITS + <usize>entry;
      store<u8>(mark, load<u8>(mark) | bit);
      if (load<u32>(record + T_RUN) === NO_LINE) store<u32>(record + T_RUN, SOME_LINES);
    }
  }
}

/** Whether the run is somewhere in the values of a text column. */
function inTexts(variable: usize, end: usize): bool {
  const begin = <usize>load<u32>(variable + V_DATA);
  // Texts of the next text column may begin where this one ends: a hit across them only costs time.
  if (end < begin + needleBytes) return false;
  const last = end - needleBytes;
  return next(begin, last) <= last;
}

/** Whether lines of a template may hold the run in a variable that is no dictionary. */
function inVariables(record: usize, kinds: u32, digits: bool, lowerHex: bool, upperHex: bool): bool {
  if (digits && (kinds & ((<u32>1 << NUMBER) | (<u32>1 << HEX))) !== 0) return true;
  if ((lowerHex || upperHex || (kinds & (<u32>1 << TEXT)) !== 0) === false) return false;
  let variable = VARIABLES + (<usize>load<u32>(record + T_FIRST)) * VARIABLE_RECORD;
  const end = variable + (<usize>load<u32>(record + T_COUNT)) * VARIABLE_RECORD;
  for (; variable < end; variable += VARIABLE_RECORD) {
    const kind = load<u32>(variable + V_KIND);
    if (kind === HEX) {
      const fits = load<u32>(variable + V_DIGITS) === 1 ? upperHex : lowerHex;
      if (fits && needleBytes <= <usize>load<u32>(variable + V_SIZE)) return true;
    } else if (kind === TEXT && inTexts(variable, <usize>load<u32>(variable + V_END))) return true;
  }
  return false;
}

/** Narrows the search to lines that may also hold the run that the needle is now. */
export function narrow(): void {
  if (runs === MAX_RUNS || needleBytes === 0) return;
  if (!chainsAreKnown) {
    for (let template: u32 = 0; template < templateCount; template++)
      readChains(TEMPLATES + (<usize>template) * TEMPLATE_RECORD);
    chainsAreKnown = true;
  }
  const bit = <u8>1 << <u8>runs;
  if (runs === 0) memory.fill(ENTRY_HITS, 0, <usize>entryCount);
  runs++;
  for (let template: u32 = 0; template < templateCount; template++)
    store<u32>(TEMPLATES + (<usize>template) * TEMPLATE_RECORD + T_RUN, NO_LINE);
  searchItems(bit);
  const digits = isOfDigits();
  const lowerHex = isOfHex(false);
  const upperHex = isOfHex(true);
  for (let template: u32 = 0; template < templateCount; template++) {
    const record = TEMPLATES + (<usize>template) * TEMPLATE_RECORD;
    const state = load<u32>(record + T_STATE);
    if (state === NO_LINE) continue;
    let found = load<u32>(record + T_RUN);
    if (found !== ALL_LINES) {
      const kinds = load<u32>(record + T_KINDS);
      if (mayChain(record) || inVariables(record, kinds, digits, lowerHex, upperHex)) found = ALL_LINES;
    }
    if (found === NO_LINE) store<u32>(record + T_STATE, NO_LINE);
    else if (found === SOME_LINES && state === ALL_LINES) {
      store<u32>(record + T_STATE, SOME_LINES);
      store<u32>(record + T_BIT, <u32>bit);
    }
  }
}

/** Whether a line of a template with hits in dictionaries has one of them. */
function hasEntry(record: usize, rank: u32): bool {
  const bit = load<u32>(record + T_BIT);
  let variable = VARIABLES + (<usize>load<u32>(record + T_FIRST)) * VARIABLE_RECORD;
  const end = variable + (<usize>load<u32>(record + T_COUNT)) * VARIABLE_RECORD;
  for (; variable < end; variable += VARIABLE_RECORD) {
    if (load<u32>(variable + V_KIND) !== DICTIONARY) continue;
    const width = load<u32>(variable + V_WIDTH);
    const number = <u32>bitsAt(<usize>load<u32>(variable + V_BITS), <u64>rank * <u64>width, width);
    const hits = <u32>load<u8>(ENTRY_HITS + <usize>(load<u32>(variable + V_DATA) + min(number, load<u32>(variable + V_SIZE) - 1)));
    if ((hits & bit) !== 0) return true;
  }
  return false;
}

/**
 * Lines `[first, first + count)` of the frame that the search has left.
 *
 * @param wants want them, as rows from 0 on; else only the first of them is looked for
 * @returns their number
 */
export function candidates(first: u32, count: u32, wants: bool): u32 {
  let any = false;
  for (let template: u32 = 0; template < templateCount && !any; template++)
    any = load<u32>(TEMPLATES + (<usize>template) * TEMPLATE_RECORD + T_STATE) !== NO_LINE;
  if (!any) return 0;
  let found: u32 = 0;
  for (let row: u32 = 0; row < count; row++) {
    const line = <usize>(first + row);
    const record = TEMPLATES + <usize>load<u16>(LINE_TEMPLATES + (line << 1)) * TEMPLATE_RECORD;
    const state = load<u32>(record + T_STATE);
    if (state === NO_LINE || (state === SOME_LINES && !hasEntry(record, load<u32>(LINE_RANKS + (line << 2))))) continue;
    found++;
    if (!wants) return found;
    const wanted = WANTED + <usize>row;
    store<u8>(wanted, load<u8>(wanted) | 1);
  }
  return found;
}
