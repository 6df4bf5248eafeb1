/**
 * Fields of lines that are still in their template frame: one line of each template is decoded and parsed; where all lines of the template must have
 * the same structure, a plan says of which pieces and variables each field consists, and only those are decoded.
 */
import {
  LINE_RANKS,
  LINE_TEMPLATES,
  LINES,
  PLAN_CAPACITY,
  PLANS,
  ROWS,
  SEGMENT_RECORD,
  SEGMENTS,
  SOME_LINES_AT,
  SOME_LINES_CAPACITY,
  STATUS,
  TEMPLATE_RECORD,
  TEMPLATES,
  VARIABLE_RECORD,
  VARIABLES,
} from './block-areas';
import { ABSENT, beginBlock, beginRow, cut, fieldCount, ranges, READ } from './fields';
import { DONE, object, UNKNOWN } from './json-fields';
import { members } from './json-path-fields';
import { pairs } from './logfmt-fields';
import {
  T_COUNT,
  T_FIRST,
  T_PIECE,
  T_PIECE_BYTES,
  T_PLAN,
  T_SAMPLE,
  templateCount,
  V_PIECE,
  V_PIECE_BYTES,
} from './template-frame';
import { putBytes, putValue, setLimit } from './template-lines';
import { hasPlainEscapes, hasWords, isFixedJson, isFixedLogfmt, isFixedPattern, segmentCount, setSegments } from './template-shape-checks';

const JSON: i32 = 0;
const LOGFMT: i32 = 1;
const LOGFMT_KEEP_EMPTY: i32 = 2;
const JSON_PATHS: i32 = 4;
const LOGFMT_TARGETS: i32 = 5;
/** Not read: the line has to be decoded. */
const PENDING: u8 = 2;
const NO_ROW: u32 = 0xffffffff;
/** In place of a plan: it was not looked for; it was, and there is none. */
const UNPLANNED: u32 = 0;
const NO_PLAN: u32 = 1;

let planEnd: usize = PLANS;

/** Template of a chosen row's line. */
// @ts-ignore: decorator
@inline
function lineOf(first: u32, index: u32): usize {
  return <usize>(first + load<u32>(ROWS + ((<usize>index) << 2)));
}

export function templatesOpen(): u32 {
  return templateCount;
}

/** Forgets all plans: the frame or the fields are others. */
export function forgetPlans(): void {
  planEnd = PLANS;
  for (let template: u32 = 0; template < templateCount; template++)
    store<u32>(TEMPLATES + (<usize>template) * TEMPLATE_RECORD + T_PLAN, UNPLANNED);
}

/** Notes a chosen row of each template that has not been planned for. */
export function findSamples(first: u32, count: u32): void {
  for (let template: u32 = 0; template < templateCount; template++)
    store<u32>(TEMPLATES + (<usize>template) * TEMPLATE_RECORD + T_SAMPLE, NO_ROW);
  for (let index: u32 = 0; index < count; index++) {
    const template = <usize>load<u16>(LINE_TEMPLATES + (lineOf(first, index) << 1));
    const record = TEMPLATES + template * TEMPLATE_RECORD;
    if (load<u32>(record + T_PLAN) === UNPLANNED) store<u32>(record + T_SAMPLE, index);
  }
}

function putSegment(start: usize, end: usize, source: u32, isVariable: u32): void {
  const record = SEGMENTS + (<usize>segmentCount) * SEGMENT_RECORD;
  store<u32>(record, <u32>start);
  store<u32>(record + 4, <u32>end);
  store<u32>(record + 8, source);
  store<u32>(record + 12, isVariable);
  setSegments(segmentCount + 1);
}

/** Decodes a line and notes what it is made of. @returns its end, 0 when it is damaged */
function decodeSample(to: usize, line: usize): usize {
  const record = TEMPLATES + <usize>load<u16>(LINE_TEMPLATES + (line << 1)) * TEMPLATE_RECORD;
  const rank = load<u32>(LINE_RANKS + (line << 2));
  setSegments(0);
  let piece = load<u32>(record + T_PIECE);
  let out = putBytes(to, <usize>piece, <usize>load<u32>(record + T_PIECE_BYTES));
  if (out === 0) return 0;
  putSegment(to, out, piece, 0);
  let variable = VARIABLES + (<usize>load<u32>(record + T_FIRST)) * VARIABLE_RECORD;
  const end = variable + (<usize>load<u32>(record + T_COUNT)) * VARIABLE_RECORD;
  for (; variable < end; variable += VARIABLE_RECORD) {
    const next = putValue(out, variable, rank);
    if (next === 0) return 0;
    putSegment(out, next, <u32>variable, 1);
    piece = load<u32>(variable + V_PIECE);
    out = putBytes(next, <usize>piece, <usize>load<u32>(variable + V_PIECE_BYTES));
    if (out === 0) return 0;
    putSegment(next, out, piece, 0);
  }
  return out;
}

/** Adds a field to the plan: its number, and what it is made of. @returns false when that is no whole number of variables, or too much */
function planField(field: usize, start: usize, end: usize): bool {
  const head = planEnd;
  let part = head + 8;
  const last = SEGMENTS + (<usize>segmentCount) * SEGMENT_RECORD;
  for (let segment = SEGMENTS; segment < last; segment += SEGMENT_RECORD) {
    const from = max<usize>(start, <usize>load<u32>(segment));
    const to = min<usize>(end, <usize>load<u32>(segment + 4));
    if (from >= to) continue;
    if (part + 24 > PLANS + PLAN_CAPACITY) return false;
    if (load<u32>(segment + 12) === 0) {
      store<u32>(part, load<u32>(segment + 8) + <u32>(from - <usize>load<u32>(segment)));
      store<u32>(part + 4, <u32>(to - from));
    } else {
      if (to - from !== <usize>(load<u32>(segment + 4) - load<u32>(segment))) return false;
      store<u32>(part, load<u32>(segment + 8));
      store<u32>(part + 4, NO_ROW);
    }
    part += 8;
  }
  store<u32>(head, <u32>field);
  store<u32>(head + 4, <u32>((part - head - 8) >> 3));
  planEnd = part;
  return true;
}

/** Makes the plan of a template from the fields found in its sample, in the order of the line. @returns where it is, or NO_PLAN */
function makePlan(base: usize): u32 {
  const begin = planEnd;
  if (begin + 24 > PLANS + PLAN_CAPACITY) return NO_PLAN;
  planEnd += 4;
  let fields: u32 = 0;
  let before: i64 = -1;
  while (true) {
    let next: usize = 0;
    let nextStart: i64 = i64.MAX_VALUE;
    for (let field: usize = 0; field < fieldCount; field++) {
      const start = load<u32>(ranges + (field << 3));
      // Fields of no bytes may begin at the same place: they are told apart by their numbers.
      const order = (<i64>start << 8) | <i64>field;
      if (start !== ABSENT && order > before && order < nextStart) {
        nextStart = order;
        next = field;
      }
    }
    if (nextStart === i64.MAX_VALUE) break;
    before = nextStart;
    const place = ranges + (next << 3);
    if (!planField(next, base + <usize>load<u32>(place), base + <usize>load<u32>(place + 4))) {
      planEnd = begin;
      return NO_PLAN;
    }
    fields++;
  }
  store<u32>(begin, fields);
  return <u32>begin;
}

/**
 * Makes plans for templates from number `template` on.
 *
 * @param kind 0: JSON, 1: logfmt, 2: logfmt with empty values, 3: pattern, 4: paths of JSON, 5: some keys of logfmt
 * @param first line of the frame that is row 0
 * @param used bytes of decoded lines
 * @returns the number of templates, or the template in whose sample an unknown key was met
 */
export function planFields(template: u32, kind: i32, captures: u32, first: u32, used: usize): u32 {
  const block = LINES + SOME_LINES_AT;
  setLimit(block + SOME_LINES_CAPACITY - 64);
  beginBlock(SOME_LINES_AT);
  for (; template < templateCount; template++) {
    const record = TEMPLATES + (<usize>template) * TEMPLATE_RECORD;
    const index = load<u32>(record + T_SAMPLE);
    if (index === NO_ROW) continue;
    store<u32>(record + T_PLAN, NO_PLAN);
    if (!hasWords(<usize>template)) continue;
    const start = block + used;
    const end = decodeSample(start, lineOf(first, index));
    if (end === 0) continue;
    // Behind the line, where searches look in whole vectors, nothing may look like a part of it.
    v128.store(end, i8x16.splat(0));
    beginRow(index);
    let isFixed: bool;
    if (kind === JSON || kind === JSON_PATHS) {
      const outcome = kind === JSON ? object(start, end) : members(start, end);
      if (outcome === UNKNOWN) return template;
      isFixed = outcome === DONE && hasPlainEscapes() && isFixedJson(start, end);
    } else if (kind === LOGFMT || kind === LOGFMT_KEEP_EMPTY || kind === LOGFMT_TARGETS) {
      const outcome = pairs(start, end, kind !== LOGFMT, kind === LOGFMT_TARGETS);
      if (outcome === UNKNOWN) return template;
      isFixed = outcome === DONE && hasPlainEscapes() && isFixedLogfmt(start, end, kind !== LOGFMT);
    } else {
      cut(start, end, captures);
      isFixed = isFixedPattern(<usize>template, captures);
    }
    if (isFixed) store<u32>(record + T_PLAN, makePlan(block));
  }
  return template;
}

/**
 * Reads the fields of the chosen rows by the plans of their templates; other rows are left pending.
 *
 * @returns bytes in use then, -1 when the frame is damaged
 */
export function readPlanned(first: u32, count: u32, used: usize): i32 {
  const block = LINES + SOME_LINES_AT;
  setLimit(block + SOME_LINES_CAPACITY - 64);
  let out = block + used;
  for (let index: u32 = 0; index < count; index++) {
    const line = lineOf(first, index);
    let at = <usize>load<u32>(TEMPLATES + <usize>load<u16>(LINE_TEMPLATES + (line << 1)) * TEMPLATE_RECORD + T_PLAN);
    if (<u32>at <= NO_PLAN) {
      store<u8>(STATUS + <usize>index, PENDING);
      continue;
    }
    const rank = load<u32>(LINE_RANKS + (line << 2));
    beginRow(index);
    store<u8>(STATUS + <usize>index, READ);
    let fields = load<u32>(at);
    at += 4;
    for (; fields > 0; fields--) {
      const place = ranges + ((<usize>load<u32>(at)) << 3);
      store<u32>(place, <u32>(out - block));
      let parts = load<u32>(at + 4);
      at += 8;
      for (; parts > 0; parts--, at += 8) {
        const source = <usize>load<u32>(at);
        const bytes = load<u32>(at + 4);
        out = bytes === NO_ROW ? putValue(out, source, rank) : putBytes(out, source, <usize>bytes);
        if (out === 0) return -1;
      }
      store<u32>(place + 4, <u32>(out - block));
    }
  }
  return <i32>(out - block);
}
