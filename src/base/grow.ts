type Column = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

/** @returns `to`, which is larger, with what is in `from` at its beginning */
export function wider<T extends Column>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** The same numbers with room for as many more. */
export function doubled(numbers: Uint32Array): Uint32Array {
  return wider(numbers, new Uint32Array(numbers.length * 2));
}

/** What has megabytes grows by a quarter: half of it would often lie idle. */
const DOUBLED_BYTES = 1024 * 1024;

/** Items that a full array of so many should have room for. */
export function grownLength(length: number, bytesEach: number): number {
  return length * bytesEach < DOUBLED_BYTES ? length * 2 : length + Math.floor(length / 4);
}
