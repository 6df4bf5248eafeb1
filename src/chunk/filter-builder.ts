import { openSkipFilterKernel, type SkipFilterKernel } from '../base/kernels/skip-filter-kernel.ts';
import { buildFilter, collectKeys, WORD_BYTES } from './skip-filter.ts';

/** Texts of the self-test: every kind of byte, words around the length of a run, and enough to fill some slots. */
function selfTestText(): Uint8Array {
  const text = new Uint8Array(20_000);
  for (let i = 0; i < text.length; i++) text[i] = (i * 37 + (i >> 3) * 11 + (i >> 7)) & 0xff;
  text.set(Buffer.from('trace_id=4BF92F3577b34da6a3ce929d0e0e4736 user-10005 (u100051)'), 100);
  return text;
}

function agrees(kernel: SkipFilterKernel): boolean {
  const text = selfTestText();
  const expected = new Set<number>();
  collectKeys(text, 0, text.length, expected);
  const found = kernel.collect(text);
  return found !== undefined && found.length === expected.size && found.every((key) => expected.has(key));
}

/** Builds the filters of blocks, by the kernel where it is there and gives what its twin gives. One for each thread. */
export class FilterBuilder {
  readonly #kernel: SkipFilterKernel | undefined;

  constructor() {
    const kernel = openSkipFilterKernel(WORD_BYTES);
    this.#kernel = kernel !== undefined && agrees(kernel) ? kernel : undefined;
  }

  /** Filter over the joined lines of a block. */
  build(text: Uint8Array): Uint8Array {
    const keys = this.#kernel?.collect(text);
    if (keys !== undefined) return buildFilter(keys, keys.length);
    const set = new Set<number>();
    collectKeys(text, 0, text.length, set);
    return buildFilter(set, set.size);
  }
}
