const FIRST_NUMBERS = 1024;
/** Columns that take more in all are made as they are asked for, and nothing is kept of them. */
const MAX_KEPT = 256 * 1024;

/**
 * Columns of numbers for one piece of work after the other, in memory that is used again: where a query makes a dozen of a few kilobytes, to get them
 * takes longer than to fill them.
 */
export class ScratchColumns {
  #kept: Int32Array = new Int32Array(FIRST_NUMBERS);
  #used = 0;
  #fits = true;

  /** Begins anew, with room for so many numbers in all: columns that were handed out before are overwritten. */
  begin(size: number): void {
    this.#used = 0;
    this.#fits = size <= MAX_KEPT;
    if (this.#fits && size > this.#kept.length) this.#kept = new Int32Array(Math.min(MAX_KEPT, size * 2));
  }

  /** The next column; it holds whatever was there before. */
  next(length: number): Int32Array {
    if (!this.#fits) return new Int32Array(length);
    this.#used += length;
    return this.#kept.subarray(this.#used - length, this.#used);
  }
}

/** Marks by number, in memory that is used again. */
export class ScratchMarks {
  #marks: Uint8Array = new Uint8Array(FIRST_NUMBERS);

  /** So many, all 0. Valid until the next call. */
  zeros(count: number): Uint8Array {
    if (this.#marks.length < count) this.#marks = new Uint8Array(count * 2);
    return this.#marks.subarray(0, count).fill(0);
  }
}
