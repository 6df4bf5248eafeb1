import type { Needle } from '../base/regex/byte-search.ts';
import type { BlockKernel } from '../kernels/block-kernel.ts';
import type { RowFinder } from '../model/row-block.ts';
import type { StoredBlocks } from './stored-blocks.ts';

const NO_BYTES: Buffer = Buffer.alloc(0);

/** Searches the block that was read last. A look before a block is read and the search of its rows share what they find. */
export class KernelFinder implements RowFinder {
  readonly #kernel: BlockKernel;
  #bytes: Buffer = NO_BYTES;
  /** The block looked at, the needle that was looked for first, and its first place. */
  #segment: StoredBlocks | undefined;
  #block = 0;
  #needle: Needle | undefined;
  #place = 0;

  constructor(kernel: BlockKernel) {
    this.#kernel = kernel;
  }

  /** Looks for a needle in a block that will perhaps be read. */
  find(segment: StoredBlocks, block: number, bytes: Buffer, needle: Needle): boolean {
    const place = this.#kernel.findNeedle(bytes, needle);
    if (this.#segment !== segment || this.#block !== block) {
      this.#segment = segment;
      this.#block = block;
      this.#needle = needle;
      this.#place = place;
    }
    return place >= 0;
  }

  /** The block was read. */
  begin(segment: StoredBlocks, block: number, bytes: Buffer): void {
    this.#bytes = bytes;
    if (this.#segment !== segment || this.#block !== block) this.#needle = undefined;
    this.#segment = undefined;
  }

  rowsWith(needles: readonly Needle[], wanted: boolean, first: number, end: number, into: Uint32Array): number {
    const known = { needle: this.#needle, place: this.#place };
    return this.#kernel.collectRows(this.#bytes, { needles, wanted, first, end, known }, into);
  }

  rowsThatMay(needles: readonly Needle[], first: number, end: number, into: Uint32Array): number {
    return this.rowsWith(needles, true, first, end, into);
  }
}
