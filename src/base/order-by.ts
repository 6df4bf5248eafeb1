/** Whole numbers up to here are exact. */
const EXACT = 2 ** 53;

/**
 * Places of `keys` in ascending order of the keys. Key and place are packed into one number and sorted as such, without a call for each
 * comparison: that takes a quarter of the time.
 *
 * @param keys finite; rounded ones will do where rounding keeps their order
 * @param compare the true order of two places; asked only where their keys are equal, or too near to each other to be told apart
 */
export function orderBy(keys: Float64Array, compare: (a: number, b: number) => number): Uint32Array {
  const count = keys.length;
  const order = new Uint32Array(count);
  if (isAscending(keys, compare)) {
    for (let i = 0; i < count; i++) order[i] = i;
    return order;
  }
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    if (keys[i]! < min) min = keys[i]!;
    if (keys[i]! > max) max = keys[i]!;
  }
  let width = 1;
  while (width < count) width *= 2;
  let step = 1;
  while ((Math.floor((max - min) / step) + 1) * width > EXACT) step *= 2;
  const packed = new Float64Array(count);
  for (let i = 0; i < count; i++) packed[i] = Math.floor((keys[i]! - min) / step) * width + i;
  packed.sort();
  let start = 0;
  let last = -1;
  for (let i = 0; i < count; i++) {
    const key = Math.floor(packed[i]! / width);
    order[i] = packed[i]! - key * width;
    if (key === last) continue;
    settle(order, start, i, compare);
    start = i;
    last = key;
  }
  settle(order, start, count, compare);
  return order;
}

/** What is in order already, such as parts that all lie in the head, needs no sorting. */
function isAscending(keys: Float64Array, compare: (a: number, b: number) => number): boolean {
  for (let i = 1; i < keys.length; i++)
    if (keys[i - 1]! > keys[i]! || (keys[i - 1] === keys[i] && compare(i - 1, i) > 0)) return false;
  return true;
}

/** Orders places whose keys say nothing. */
function settle(order: Uint32Array, start: number, end: number, compare: (a: number, b: number) => number): void {
  if (end - start > 1) order.subarray(start, end).sort((a, b) => compare(a, b) || a - b);
}
