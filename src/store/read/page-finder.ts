import type { Needle } from '../../base/regex/byte-search.ts';
import type { BlockKernel } from '../../kernels/block-kernel.ts';
import type { RowFinder } from '../../model/row-block.ts';
import type { LoadOptions } from '../snapshot/select.ts';

/** Searches lines that were copied to the memory of a block kernel: first all of them as one text, then row by row. */
export class PageFinder implements RowFinder {
  readonly #kernel: BlockKernel;
  #bytes: Buffer = Buffer.alloc(0);
  /** The needle that was found first, and where. */
  #needle: Needle | undefined;
  #place = 0;

  constructor(kernel: BlockKernel) {
    this.#kernel = kernel;
  }

  /**
   * Takes new lines, a part of the kernel's.
   *
   * @returns false when a search of all lines rules every row out
   */
  begin(bytes: Buffer, { needles, anyOf }: Pick<LoadOptions, 'needles' | 'anyOf'>): boolean {
    this.#bytes = bytes;
    this.#needle = undefined;
    const mayHold = (needle: Needle): boolean => this.#find(needle);
    return needles.every(mayHold) && (anyOf === undefined || anyOf.some(mayHold));
  }

  #find(needle: Needle): boolean {
    if (!this.#kernel.searches(needle)) return true;
    const place = this.#kernel.findNeedle(this.#bytes, needle);
    if (this.#needle === undefined) {
      this.#needle = needle;
      this.#place = place;
    }
    return place >= 0;
  }

  rowsWith(needles: readonly Needle[], wanted: boolean, first: number, end: number, into: Uint32Array): number {
    const known = { needle: this.#needle, place: this.#place };
    return this.#kernel.collectRows(this.#bytes, { needles, wanted, first, end, known }, into);
  }

  rowsThatMay(needles: readonly Needle[], first: number, end: number, into: Uint32Array): number {
    return this.rowsWith(needles, true, first, end, into);
  }
}
