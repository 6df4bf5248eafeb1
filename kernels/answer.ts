/**
 * The answer kernel: points of a matrix as JSON. Entry file of its compilation (`npm run build:kernels`). Twin: src/wire/result/sample-json.ts. The caller
 * puts the times of points at `timesAt` once for all series, of which it makes what points begin with (`[1700000000.123,"`); then values and their
 * presence, a stretch at a time.
 */

import { fillPowers, putDecimal, putDecimals, putInteger } from './decimal-text';

/** Sizes that src/kernels/answer-kernel.ts knows too. */
const MAX_BEGINS: usize = 16384;
const BEGIN_BYTES: usize = 20;
const STRETCH: usize = 1024;
/** Longest point: its beginning, a comma before it, 32 bytes of a value, two marks; and what is written beyond the end. */
const POINT_BYTES: usize = 64;

const BEGINS = memory.data(MAX_BEGINS * BEGIN_BYTES + 16, 16);
const LENGTHS = memory.data(MAX_BEGINS, 16);
const TIMES = memory.data(MAX_BEGINS * 8, 16);
const VALUES = memory.data(STRETCH * 8, 16);
const PRESENT = memory.data(STRETCH, 16);
const TEXT = memory.data(STRETCH * POINT_BYTES + 64, 16);

/** Milliseconds: seconds of up to ten digits. */
const MAX_TIME: f64 = 1e13;
const OPEN: u8 = 91;
const COMMA: u8 = 44;
const COMMA_QUOTE: u16 = 0x222c;
const QUOTE_CLOSE: u16 = 0x5d22;

let written: usize = 0;

/** Milliseconds since the epoch, by place in the grid. */
export function timesAt(): usize {
  return TIMES;
}

export function valuesAt(): usize {
  return VALUES;
}

export function presentAt(): usize {
  return PRESENT;
}

export function textAt(): usize {
  return TEXT;
}

/** Bytes that the last call wrote. */
export function writtenBytes(): usize {
  return written;
}

export function open(): void {
  fillPowers();
}

/** Makes what points at so many times begin with. @returns how many were made; fewer when the next time is an odd one */
export function putBegins(count: usize): usize {
  let i: usize = 0;
  for (; i < count; i++) {
    const time = load<f64>(TIMES + (i << 3));
    if (!(time >= 0 && time < MAX_TIME && trunc(time) === time)) break;
    const all = <u64>time;
    const seconds = all / 1000;
    const start = BEGINS + i * BEGIN_BYTES;
    store<u8>(start, OPEN);
    const thousandths = <u32>(all - seconds * 1000);
    const end = putDecimals(putInteger(start + 1, seconds), thousandths * 100000);
    store<u16>(end, COMMA_QUOTE);
    store<u8>(LENGTHS + i, <u8>(end + 2 - start));
  }
  return i;
}

/**
 * Writes points `from .. count` of the stretch, whose first is the one at `begin` of the grid, each with a comma before it.
 *
 * @returns the point that it stopped at: one that is left to the twin, or `count`
 */
export function putPoints(begin: usize, from: usize, count: usize, areAllPresent: bool): usize {
  let at = TEXT;
  let i = from;
  for (; i < count; i++) {
    if (!areAllPresent && load<u8>(PRESENT + i) === 0) continue;
    const text = BEGINS + (begin + i) * BEGIN_BYTES;
    store<u8>(at, COMMA);
    v128.store(at + 1, v128.load(text));
    store<u32>(at + 17, load<u32>(text + 16));
    const end = putDecimal(at + 1 + load<u8>(LENGTHS + begin + i), load<f64>(VALUES + (i << 3)));
    if (end === 0) break;
    store<u16>(end, QUOTE_CLOSE);
    at = end + 2;
  }
  written = at - TEXT;
  return i;
}
