/**
 * Runs an automaton (src/base/regex/byte-automaton.ts) over lines of the open template frame, without decoding one. What a piece or a dictionary entry
 * does to a state is remembered; a number, hexadecimal word or dictionary whose values all lead to one state, with the piece behind it, is not
 * even looked at, and what all lines of a template begin with is gone through once. So most lines cost a look for each of a few variables. Twin: `runAutomaton`
 * over the decoded line.
 */
import {
  ACCEPTS,
  BEGINNINGS,
  DIGIT_PAIRS,
  ENTRIES,
  ENTRY_STEPS,
  HEX_PAIRS,
  IS_REACHED,
  JUMPS,
  LINE_RANKS,
  LINE_TEMPLATES,
  NEXT_STATES,
  PIECE_STEPS,
  REACHED,
  STATE_CAPACITY,
  TEMPLATE_RECORD,
  TEMPLATES,
  VALUE,
  VALUE_BYTES,
  VARIABLE_RECORD,
  VARIABLES,
  WANTED_ROWS,
} from './block-areas';
import {
  bitsAt,
  DICTIONARY,
  entryCount,
  HEX,
  NUMBER,
  NUMBER_LIMIT,
  T_COUNT,
  T_FIRST,
  T_LINES,
  T_PIECE,
  T_PIECE_BYTES,
  templateCount,
  TEXT,
  V_BASE,
  V_BITS,
  V_DATA,
  V_DIGITS,
  V_KIND,
  V_PIECE,
  V_PIECE_BYTES,
  V_SIZE,
  V_WIDTH,
  variableCount,
} from './template-frame';
import { putValue, setLimit, textAt, textBytes } from './template-lines';

/** States that are never left: the first of them, and the result that is left to the caller. */
const MATCH: u32 = 1;
const UNKNOWN: u32 = 2;
const FIRST_STATE: u32 = 3;
/** A value that cannot be. */
const DAMAGED: u32 = 256;
/** Set in the number of a row whose line the caller has to test. */
const IS_UNKNOWN: u32 = 0x80000000;

/** In place of a state: it depends on the value. There is no state of this number. */
const DEPENDS: u32 = 255;
/** In place of the first variable: not known yet. */
const NOT_KNOWN: u32 = 0xffffffff;
/** In place of it: values of the template are damaged. */
const IS_DAMAGED: u32 = 0xfffffffe;
/** Larger dictionaries, and more states, are looked at value by value. */
const MAX_JUMP_ENTRIES: u32 = 128;
const MAX_REACHED: usize = 24;

/**
 * Steps that are remembered: state before in the high byte, state behind in the low one, in a place that the lowest bits of the state before choose; four
 * for a piece or a jump, two for an entry. A place that was not used holds a state that does not belong there.
 */
const NO_STEPS: u64 = 0x0000030002000100;
const NO_ENTRY_STEPS: u32 = 0x00000100;

let start: u32 = 0;
let states: usize = 0;
let areKnown = false;
let hasPairs = false;

export function nextStatesAt(): usize {
  return NEXT_STATES;
}
export function acceptsAt(): usize {
  return ACCEPTS;
}

/** Takes the automaton of so many states that was put in place. */
export function useAutomaton(first: u32, count: u32): void {
  start = first;
  states = <usize>count;
  areKnown = false;
  hasPairs = false;
}

// @ts-ignore: decorator
@inline
function stepByte(state: u32, byte: u32): u32 {
  return <u32>load<u8>(NEXT_STATES + ((<usize>state) << 8) + <usize>byte);
}

// @ts-ignore: decorator
@inline
function hexDigit(value: u32): u32 {
  return value < 10 ? 0x30 + value : 0x57 + value;
}

function makePairs(): void {
  for (let state: u32 = 0; state < <u32>states; state++) {
    const digits = DIGIT_PAIRS + ((<usize>state) << 7);
    for (let value: u32 = 0; value < 100; value++) {
      const next = stepByte(stepByte(state, 0x30 + value / 10), 0x30 + (value % 10));
      store<u8>(digits + <usize>value, <u8>next);
    }
    const pairs = HEX_PAIRS + ((<usize>state) << 8);
    for (let value: u32 = 0; value < 256; value++)
      store<u8>(pairs + <usize>value, <u8>stepByte(stepByte(state, hexDigit(value & 15)), hexDigit(value >> 4)));
  }
  hasPairs = true;
}

// @ts-ignore: decorator
@inline
function stepPair(state: u32, value: u32): u32 {
  return <u32>load<u8>(DIGIT_PAIRS + ((<usize>state) << 7) + <usize>value);
}

function stepNumber(state: u32, value: u32): u32 {
  if (value < 100) return value < 10 ? stepByte(state, 0x30 + value) : stepPair(state, value);
  const high = value / 100;
  return stepPair(stepNumber(state, high), value - high * 100);
}

/** A step by exactly `digits` digits, two at least. */
function stepPadded(state: u32, value: u32, digits: u32): u32 {
  const high = value / 100;
  let next = state;
  if (digits > 2) next = digits === 3 ? stepByte(state, 0x30 + high) : stepPadded(state, high, digits - 2);
  return stepPair(next, value - high * 100);
}

/** A step by lower-case hexadecimal characters, an even number of them. */
function stepHex(state: u32, column: usize, rank: u32, characters: u32): u32 {
  const bytes = <usize>(characters >> 1);
  const from = column + <usize>rank * bytes;
  let next = state;
  for (let i: usize = 0; i < bytes; i++) next = <u32>load<u8>(HEX_PAIRS + ((<usize>next) << 8) + <usize>load<u8>(from + i));
  return next;
}

/** The frame is another one. */
export function forgetSteps(): void {
  areKnown = false;
}

function clearSteps(): void {
  memory.fill(BEGINNINGS, 0xff, (<usize>templateCount) << 2);
  for (let i: usize = 0; i < <usize>variableCount; i++) {
    store<u64>(PIECE_STEPS + (i << 3), NO_STEPS);
    store<u64>(JUMPS + (i << 3), NO_STEPS);
  }
  for (let i: usize = 0; i < <usize>entryCount; i++) store<u32>(ENTRY_STEPS + (i << 2), NO_ENTRY_STEPS);
  areKnown = true;
}

// @ts-ignore: decorator
@inline
function step(state: u32, at: usize, bytes: usize): u32 {
  let next = state;
  for (let i: usize = 0; i < bytes; i++) next = <u32>load<u8>(NEXT_STATES + (<usize>next << 8) + <usize>load<u8>(at + i));
  return next;
}

/** A step by the text at `at`, remembered at `place`. */
// @ts-ignore: decorator
@inline
function remembered(state: u32, at: usize, bytes: usize, place: usize): u32 {
  const found = <u32>load<u16>(place);
  if (found >> 8 === state) return found & 0xff;
  const next = step(state, at, bytes);
  store<u16>(place, <u16>((state << 8) | next));
  return next;
}

/** A step by a piece; `places` are those of the piece. */
// @ts-ignore: decorator
@inline
function stepPiece(state: u32, at: usize, bytes: usize, places: usize): u32 {
  return bytes === 0 ? state : remembered(state, at, bytes, places + (<usize>(state & 3) << 1));
}

function stepValue(state: u32, record: usize, rank: u32): u32 {
  const kind = load<u32>(record + V_KIND);
  if (kind === DICTIONARY) {
    const width = load<u32>(record + V_WIDTH);
    const number = <u32>bitsAt(<usize>load<u32>(record + V_BITS), <u64>rank * <u64>width, width);
    return stepEntry(state, load<u32>(record + V_DATA) + number);
  }
  if (kind === TEXT) {
    const at = textAt(record, rank);
    return step(state, at, textBytes);
  }
  if (!hasPairs) makePairs();
  const column = <usize>load<u32>(record + V_BITS);
  const digits = load<u32>(record + V_DIGITS);
  if (kind === HEX) {
    const characters = load<u32>(record + V_SIZE);
    if (digits === 0 && (characters & 1) === 0) return stepHex(state, column, rank, characters);
  } else {
    const width = load<u32>(record + V_WIDTH);
    const value = load<u64>(record + V_BASE) + bitsAt(column, <u64>rank * <u64>width, width);
    if (digits === 0 && value <= <u64>u32.MAX_VALUE) return stepNumber(state, <u32>value);
    if (digits >= 2 && digits <= 9 && value < <u64>powerOfTen(digits)) return stepPadded(state, <u32>value, digits);
  }
  const end = putValue(VALUE, record, rank);
  return end === 0 ? DAMAGED : step(state, VALUE, end - VALUE);
}

function powerOfTen(digits: u32): u32 {
  let power: u32 = 1;
  for (let i: u32 = 0; i < digits; i++) power *= 10;
  return power;
}

function stepEntry(state: u32, entry: u32): u32 {
  const text = ENTRIES + ((<usize>entry) << 3);
  const place = ENTRY_STEPS + ((<usize>entry) << 2) + (<usize>(state & 1) << 1);
  return remembered(state, <usize>load<u32>(text), <usize>load<u32>(text + 4), place);
}

let reached: usize = 0;

function reach(state: u32): void {
  const mark = IS_REACHED + <usize>state;
  if (load<u8>(mark) !== 0 || reached > MAX_REACHED) return;
  store<u8>(mark, 1);
  store<u8>(REACHED + reached++, <u8>state);
}

function reachBy(state: u32, from: u32, to: u32): void {
  for (let byte = from; byte <= to; byte++) reach(<u32>load<u8>(NEXT_STATES + (<usize>state << 8) + <usize>byte));
}

/** Lists the states that values of a variable may lead to from one. @returns false when that cannot be told */
function reachAll(state: u32, record: usize): bool {
  reached = 0;
  memory.fill(IS_REACHED, 0, STATE_CAPACITY);
  const kind = load<u32>(record + V_KIND);
  if (kind === TEXT) return false;
  if (kind === DICTIONARY) {
    const entries = load<u32>(record + V_SIZE);
    if (entries > MAX_JUMP_ENTRIES) return false;
    for (let i: u32 = 0; i < entries; i++) reach(stepEntry(state, load<u32>(record + V_DATA) + i));
    return reached <= MAX_REACHED;
  }
  const letters: u32 = kind !== HEX ? 0 : load<u32>(record + V_DIGITS) === 1 ? 0x41 : 0x61;
  // A value has one character at least: the state itself counts when it is reached again.
  reachBy(state, 0x30, 0x39);
  if (letters !== 0) reachBy(state, letters, letters + 5);
  for (let next: usize = 0; next < reached && reached <= MAX_REACHED; next++) {
    const from = <u32>load<u8>(REACHED + next);
    reachBy(from, 0x30, 0x39);
    if (letters !== 0) reachBy(from, letters, letters + 5);
  }
  return reached <= MAX_REACHED;
}

/** Where a variable and the piece behind it lead from a state; DEPENDS when that depends on the value. */
function jumpOf(state: u32, record: usize): u32 {
  const at = <usize>load<u32>(record + V_PIECE);
  const bytes = <usize>load<u32>(record + V_PIECE_BYTES);
  if (!reachAll(state, record)) return DEPENDS;
  let target: u32 = DEPENDS;
  for (let i: usize = 0; i < reached; i++) {
    const next = step(<u32>load<u8>(REACHED + i), at, bytes);
    if (i > 0 && next !== target) return DEPENDS;
    target = next;
  }
  return target;
}

// @ts-ignore: decorator
@inline
function jump(state: u32, record: usize, places: usize): u32 {
  const place = places + (<usize>(state & 3) << 1);
  const found = <u32>load<u16>(place);
  if (found >> 8 === state) return found & 0xff;
  const next = jumpOf(state, record);
  store<u16>(place, <u16>((state << 8) | next));
  return next;
}

/** Whether all values of a template are such as can be: those that are jumped over are not looked at again. */
function areWhole(record: usize): bool {
  const lines = load<u32>(record + T_LINES);
  let variable = VARIABLES + (<usize>load<u32>(record + T_FIRST)) * VARIABLE_RECORD;
  const end = variable + (<usize>load<u32>(record + T_COUNT)) * VARIABLE_RECORD;
  for (; variable < end; variable += VARIABLE_RECORD) {
    const kind = load<u32>(variable + V_KIND);
    if (kind !== DICTIONARY && kind !== NUMBER) continue;
    const width = load<u32>(variable + V_WIDTH);
    const most = kind === DICTIONARY ? <u64>load<u32>(variable + V_SIZE) : NUMBER_LIMIT - load<u64>(variable + V_BASE);
    if ((<u64>1) << (<u64>width) <= most) continue;
    const column = <usize>load<u32>(variable + V_BITS);
    let bit: u64 = 0;
    let largest: u64 = 0;
    for (let i: u32 = 0; i < lines; i++) {
      largest = max(largest, bitsAt(column, bit, width));
      bit += <u64>width;
    }
    if (largest >= most) return false;
  }
  return true;
}

/** What all lines of a template begin with: the first variable that has to be looked at in the low bytes, and the state there in the highest one. */
function beginningOf(template: usize): u32 {
  const known = load<u32>(BEGINNINGS + (template << 2));
  if (known !== NOT_KNOWN) return known;
  const record = TEMPLATES + template * TEMPLATE_RECORD;
  if (!areWhole(record)) return IS_DAMAGED;
  let state = step(start, <usize>load<u32>(record + T_PIECE), <usize>load<u32>(record + T_PIECE_BYTES));
  const first = <usize>load<u32>(record + T_FIRST);
  const count = <usize>load<u32>(record + T_COUNT);
  let i: usize = 0;
  for (; i < count && state >= FIRST_STATE; i++) {
    const next = jump(state, VARIABLES + (first + i) * VARIABLE_RECORD, JUMPS + ((first + i) << 3));
    if (next === DEPENDS) break;
    state = next;
  }
  const beginning = (state << 24) | <u32>i;
  store<u32>(BEGINNINGS + (template << 2), beginning);
  return beginning;
}

/** The state behind a line. */
function stateOf(line: usize): u32 {
  const template = <usize>load<u16>(LINE_TEMPLATES + (line << 1));
  const beginning = beginningOf(template);
  if (beginning === IS_DAMAGED) return DAMAGED;
  let state = beginning >> 24;
  const record = TEMPLATES + template * TEMPLATE_RECORD;
  const first = <usize>load<u32>(record + T_FIRST);
  const count = <usize>load<u32>(record + T_COUNT);
  const rank = load<u32>(LINE_RANKS + (line << 2));
  for (let i = <usize>(beginning & 0xffffff); i < count && state >= FIRST_STATE; i++) {
    const variable = VARIABLES + (first + i) * VARIABLE_RECORD;
    const next = jump(state, variable, JUMPS + ((first + i) << 3));
    if (next !== DEPENDS) {
      state = next;
      continue;
    }
    state = stepValue(state, variable, rank);
    if (state === DAMAGED) return DAMAGED;
    const places = PIECE_STEPS + ((first + i) << 3);
    state = stepPiece(state, <usize>load<u32>(variable + V_PIECE), <usize>load<u32>(variable + V_PIECE_BYTES), places);
  }
  return state < FIRST_STATE ? state : <u32>load<u8>(ACCEPTS + <usize>state);
}

/**
 * Keeps those rows of the list at `wantedRowsAt()` whose lines match, or with `wanted` false do not; rows that the automaton cannot tell stay, with their
 * highest bit set.
 *
 * @param first line of the frame that is row 0
 * @returns how many, -1 when the frame is damaged
 */
export function matchWanted(first: u32, count: u32, wanted: bool): i32 {
  if (!areKnown) clearSteps();
  setLimit(VALUE + VALUE_BYTES);
  let kept: usize = 0;
  for (let i: usize = 0; i < <usize>count; i++) {
    const row = load<u32>(WANTED_ROWS + (i << 2));
    const state = stateOf(<usize>(first + row));
    if (state === DAMAGED) return -1;
    if (state === UNKNOWN) store<u32>(WANTED_ROWS + (kept++ << 2), row | IS_UNKNOWN);
    else if ((state === MATCH) === wanted) store<u32>(WANTED_ROWS + (kept++ << 2), row);
  }
  return <i32>kept;
}
