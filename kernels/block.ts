/**
 * Decoding of stored blocks: where lines begin and end, and times. Twins: src/chunk/block-reader.ts and src/chunk/times.ts. The caller
 * keeps frames and row counts within their places.
 */
import { ENDS, LINES, OFFSETS, STARTS, TIMES } from './block-areas';

export { decodeRice } from './rice-times';
export { addUnknown, clearKeys, setField, unknownKeyEnd, unknownKeyParent, unknownKeyStart } from './field-keys';
export { convertField } from './field-numbers';
export { patternAt, rangesAt, scanPattern, statusAt, useFields, valuesAt } from './fields';
export { scanJson } from './json-fields';
export { scanJsonPaths } from './json-path-fields';
export { scanLogfmt } from './logfmt-fields';
export { markedLine, openTemplates, templateHeaderAt, templatePackedAt, templateTextsAt } from './template-frame';
export { findSamples, forgetPlans, planFields, readPlanned, templatesOpen } from './template-fields';
export { measureWanted } from './template-lengths';
export { beginLines, decodeLines, decodeRow, decodeWanted, listWanted, wantedRowsAt, wantRows } from './template-lines';
export { acceptsAt, forgetSteps, matchWanted, nextStatesAt, useAutomaton } from './template-automaton';
export { candidates, forgetChains, narrow, openSearch } from './template-search';
export { clearMarks, findNeedle, listRows, matchRows, needleAt, rowsAt, useNeedle } from './search';

export function timesAt(): usize {
  return TIMES;
}
export function linesAt(): usize {
  return LINES;
}
export function startsAt(): usize {
  return STARTS;
}
export function endsAt(): usize {
  return ENDS;
}
export function offsetsAt(): usize {
  return OFFSETS;
}

/**
 * Finds the newlines of `LINES[from, from + length)` and writes starts and ends of the lines between them, relative to `from`.
 *
 * @returns number of lines, or -1 when there are more than `rows`
 */
export function splitLines(from: usize, length: usize, rows: u32): i32 {
  const begin = LINES + from;
  const end = begin + length;
  const newline = i8x16.splat(10);
  let count: u32 = 0;
  if (rows === 0) return -1;
  store<u32>(STARTS, 0);
  for (let at = begin; at < end; at += 16) {
    let mask = <u32>i8x16.bitmask(i8x16.eq(v128.load(at), newline));
    while (mask !== 0) {
      const place = at + <usize>ctz(mask);
      mask &= mask - 1;
      if (place >= end) break;
      const line = <u32>(place - begin);
      store<u32>(ENDS + ((<usize>count) << 2), line);
      count++;
      if (count >= rows) return -1;
      store<u32>(STARTS + ((<usize>count) << 2), line + 1);
    }
  }
  store<u32>(ENDS + ((<usize>count) << 2), <u32>length);
  return <i32>(count + 1);
}

/**
 * Decodes `rows` times from `TIMES[from, to)`; the unit code has been read already.
 *
 * @returns position behind the last byte, or -1 when the bytes end too early
 */
export function decodeTimes(from: usize, to: usize, rows: u32, unit: f64): i32 {
  let at = TIMES + from;
  const end = TIMES + to;
  let previous: i64 = 0;
  let difference: i64 = 0;
  let out = OFFSETS;
  for (let row: u32 = 0; row < rows; row++) {
    if (at >= end) return -1;
    let byte = <u64>load<u8>(at++);
    let value = byte & 127;
    let shift: u64 = 7;
    while (byte >= 128) {
      if (at >= end || shift > 56) return -1;
      byte = <u64>load<u8>(at++);
      value |= (byte & 127) << shift;
      shift += 7;
    }
    const second = <i64>(value >> 1) ^ -(<i64>(value & 1));
    if (row === 0) {
      previous = second;
    } else {
      difference += second;
      previous += difference;
    }
    store<f64>(out, <f64>previous * unit);
    out += 8;
  }
  return <i32>(at - TIMES);
}
