/** Memory beyond it is not kept. */
const MAX_KEPT = 256 * 1024;

/**
 * Columns of numbers for one piece of work after the other, in memory that is used again: where a query makes a dozen of a few kilobytes, to get them
 * takes longer than to fill them.
 */
export class ScratchColumns {
  #kept: Int32Array = new Int32Array(1024);
  #numbers: Int32Array = this.#kept;
  #used = 0;

  /** Begins anew, with room for so many numbers in all: columns that were handed out before are overwritten. */
  begin(size: number): void {
    this.#used = 0;
    if (size <= this.#kept.length) {
      this.#numbers = this.#kept;
      return;
    }
    this.#numbers = new Int32Array(size <= MAX_KEPT ? Math.min(MAX_KEPT, size * 2) : size);
    if (size <= MAX_KEPT) this.#kept = this.#numbers;
  }

  /** The next column; it holds whatever was there before. */
  next(length: number): Int32Array {
    const from = this.#used;
    this.#used += length;
    return this.#numbers.subarray(from, this.#used);
  }
}
