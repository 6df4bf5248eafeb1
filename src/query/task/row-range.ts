import type { RowBlock } from '../../model/row-block.ts';

/** First row at or after a time. */
export function firstRowFrom(block: RowBlock, offsetNs: number): number {
  return lowerBound(block.times, 0, block.rowCount, offsetNs);
}

/** First row after a time. */
export function firstRowAfter(block: RowBlock, offsetNs: number): number {
  return upperBound(block.times, 0, block.rowCount, offsetNs);
}

/** Index of the first of `times[from, to)` that is not below a value; `to` when none is. */
export function lowerBound(times: Float64Array, from: number, to: number, value: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the first of `times[from, to)` that is above a value; `to` when none is. */
export function upperBound(times: Float64Array, from: number, to: number, value: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Bytes of the lines of `[first, end)`, the separators between them not counted. */
export function lineBytes(block: RowBlock, first: number, end: number): number {
  if (first >= end) return 0;
  const { lineStarts, lineEnds, joined, rowCount } = block;
  if (block.someLines !== undefined && block.lineBytes !== undefined) {
    // Lengths are not known before lines are decoded: of a part of the block, its share.
    return Math.round((block.lineBytes * (end - first)) / rowCount);
  }
  if (joined === true) return lineEnds[end - 1]! - lineStarts[first]! - (end - 1 - first);
  let sum = 0;
  for (let row = first; row < end; row++) sum += lineEnds[row]! - lineStarts[row]!;
  return sum;
}
