/**
 * Whether all lines of a template have the same structure for a parser, so that fields of one tell where they are in all. Variables are words, without
 * quotes, blanks or brackets; what is left to check is that none of them is part of a key, of an escape, or decides what a value is.
 */
import { ENTRIES, PATTERN, SEGMENTS, SEGMENT_RECORD, TEMPLATE_RECORD, TEMPLATES, VARIABLE_RECORD, VARIABLES } from './block-areas';
import { stringEnd } from './json-fields';
import {
  DICTIONARY,
  HEX,
  NUMBER,
  T_COUNT,
  T_FIRST,
  T_PIECE_BYTES,
  V_DATA,
  V_END,
  V_KIND,
  V_SIZE,
} from './template-frame';
import { isPlainWord } from './word-bytes';

/** Of the line at work: how many segments. */
export let segmentCount: u32 = 0;

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;
const EQUALS: u8 = 0x3d;

export function setSegments(count: u32): void {
  segmentCount = count;
}

function areWords(at: usize, end: usize): bool {
  for (let place = at; place < end; place++) if (!isPlainWord(load<u8>(place))) return false;
  return true;
}

/** Whether all values of a variable are words of ASCII. */
function isWordy(variable: usize): bool {
  const kind = load<u32>(variable + V_KIND);
  if (kind === NUMBER || kind === HEX) return true;
  if (kind === DICTIONARY) {
    const entries = load<u32>(variable + V_SIZE);
    let entry = ENTRIES + ((<usize>load<u32>(variable + V_DATA)) << 3);
    for (let i: u32 = 0; i < entries; i++, entry += 8) {
      const at = <usize>load<u32>(entry);
      const length = <usize>load<u32>(entry + 4);
      if (length === 0 || !areWords(at, at + length)) return false;
    }
    return true;
  }
  return load<u32>(variable + V_SIZE) > 0 && areWords(<usize>load<u32>(variable + V_DATA), <usize>load<u32>(variable + V_END));
}

/** Whether all variables of a template are words of ASCII. */
export function hasWords(template: usize): bool {
  const record = TEMPLATES + template * TEMPLATE_RECORD;
  let variable = VARIABLES + (<usize>load<u32>(record + T_FIRST)) * VARIABLE_RECORD;
  const end = variable + (<usize>load<u32>(record + T_COUNT)) * VARIABLE_RECORD;
  for (; variable < end; variable += VARIABLE_RECORD) if (!isWordy(variable)) return false;
  return true;
}

/** The segment that a byte of the line at work is in. */
function segmentAt(place: usize): usize {
  let segment = SEGMENTS;
  while (<usize>load<u32>(segment + 4) <= place) segment += SEGMENT_RECORD;
  return segment;
}

/** Whether a variable is in `[at, end)` of the line at work. */
function holdsVariable(at: usize, end: usize): bool {
  const last = SEGMENTS + (<usize>segmentCount) * SEGMENT_RECORD;
  for (let segment = SEGMENTS; segment < last; segment += SEGMENT_RECORD) {
    if (<usize>load<u32>(segment) >= end) return false;
    if (load<u32>(segment + 12) !== 0 && <usize>load<u32>(segment + 4) > at) return true;
  }
  return false;
}

/** Whether no escape has a variable as its second byte. */
export function hasPlainEscapes(): bool {
  const last = SEGMENTS + (<usize>segmentCount) * SEGMENT_RECORD;
  for (let segment = SEGMENTS; segment < last; segment += SEGMENT_RECORD) {
    const at = <usize>load<u32>(segment);
    if (load<u32>(segment + 12) !== 0 && segment > SEGMENTS && load<u8>(at - 1) === BACKSLASH) return false;
  }
  return true;
}

/** Whether a variable that a bare value begins with makes it a value in every line: a digit comes first, or it is `true` or `false`. */
function isValue(variable: usize, isWhole: bool): bool {
  const kind = load<u32>(variable + V_KIND);
  if (kind === NUMBER) return true;
  if (kind !== DICTIONARY) return false;
  const entries = load<u32>(variable + V_SIZE);
  let entry = ENTRIES + ((<usize>load<u32>(variable + V_DATA)) << 3);
  for (let i: u32 = 0; i < entries; i++, entry += 8) {
    const at = <usize>load<u32>(entry);
    const length = load<u32>(entry + 4);
    if (<u32>load<u8>(at) - 0x30 < 10) continue;
    const isTrue = length === 4 && load<u32>(at) === 0x65757274;
    const isFalse = length === 5 && load<u32>(at) === 0x736c6166 && load<u8>(at + 4) === 0x65;
    if (!isWhole || (!isTrue && !isFalse)) return false;
  }
  return true;
}

/** JSON: no variable in a key, and none that decides what a bare value is. */
export function isFixedJson(start: usize, end: usize): bool {
  let at = start;
  while (at < end) {
    const c = load<u8>(at);
    if (c === QUOTE) {
      const close = stringEnd(at + 1, end);
      if (close === 0) return false;
      let next = close + 1;
      while (next < end && load<u8>(next) <= 0x20) next++;
      if (next < end && load<u8>(next) === 0x3a && holdsVariable(at, close)) return false;
      at = close + 1;
      continue;
    }
    if (c <= 0x20 || c === 0x7b || c === 0x7d || c === 0x5b || c === 0x5d || c === 0x2c || c === 0x3a) {
      at++;
      continue;
    }
    let stop = at;
    while (stop < end) {
      const b = load<u8>(stop);
      if (b <= 0x20 || b === 0x2c || b === 0x7d || b === 0x5d || b === 0x7b || b === 0x5b || b === QUOTE || b === 0x3a) break;
      stop++;
    }
    const segment = segmentAt(at);
    if (load<u32>(segment + 12) !== 0) {
      const isWhole = <usize>load<u32>(segment) === at && <usize>load<u32>(segment + 4) === stop;
      if (!isValue(<usize>load<u32>(segment + 8), isWhole)) return false;
    } else if (holdsVariable(at, stop)) {
      // `t` and a variable could be `true`.
      const first = <u32>c;
      if (first - 0x30 >= 10 && first !== 0x2d) return false;
    }
    at = stop;
  }
  return true;
}

/** Logfmt: no variable in a key. */
export function isFixedLogfmt(start: usize, end: usize, keepsEmpty: bool): bool {
  let at = start;
  while (at < end) {
    while (at < end && load<u8>(at) <= 0x20) at++;
    const key = at;
    while (at < end && load<u8>(at) > 0x20 && load<u8>(at) !== EQUALS && load<u8>(at) !== QUOTE) at++;
    const hasValue = at < end && load<u8>(at) === EQUALS;
    if ((hasValue || keepsEmpty || (at < end && load<u8>(at) === QUOTE)) && holdsVariable(key, at)) return false;
    if (at < end && load<u8>(at) === QUOTE) return false;
    if (!hasValue) continue;
    at++;
    if (at < end && load<u8>(at) === QUOTE) {
      const close = stringEnd(at + 1, end);
      if (close === 0) return false;
      at = close + 1;
    } else while (at < end && load<u8>(at) > 0x20) at++;
  }
  return true;
}

/** Pattern: its literals have no byte that a word could have, and what comes before the first capture is in the first piece. */
export function isFixedPattern(template: usize, captures: u32): bool {
  const prefixBytes = load<u16>(PATTERN);
  if (<u32>prefixBytes > load<u32>(TEMPLATES + template * TEMPLATE_RECORD + T_PIECE_BYTES)) return false;
  let part: usize = PATTERN + 2 + <usize>prefixBytes;
  for (let i: u32 = 0; i < captures; i++) {
    const length = <usize>load<u16>(part + 2);
    for (let k: usize = 0; k < length; k++) if (isPlainWord(load<u8>(part + 4 + k))) return false;
    part += 4 + length;
  }
  return true;
}
