import { loadKernel } from './load-kernel.ts';

interface SkipFilterExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  textAt(): number;
  keysAt(): number;
  tableAt(): number;
  collectKeys(length: number): number;
}

/** Longest text of one call: TEXT_CAPACITY of kernels/skip-filter.ts. */
const TEXT_CAPACITY = 1 << 20;

/** The kernel that collects the keys of skip filters; one instance for each thread. */
export class SkipFilterKernel {
  readonly #exports: SkipFilterExports;
  readonly #bytes: Uint8Array;

  constructor(exports: SkipFilterExports, wordBytes: Uint8Array) {
    this.#exports = exports;
    this.#bytes = new Uint8Array(exports.memory.buffer);
    this.#bytes.set(wordBytes, exports.tableAt());
  }

  /** Keys of a text, each once; a view that the next call overwrites. Undefined when the text is too much for the kernel. */
  collect(text: Uint8Array): Uint32Array | undefined {
    if (text.length > TEXT_CAPACITY) return undefined;
    this.#bytes.set(text, this.#exports.textAt());
    const count = this.#exports.collectKeys(text.length);
    return count < 0 ? undefined : new Uint32Array(this.#exports.memory.buffer, this.#exports.keysAt(), count);
  }
}

/** @param wordBytes lower-case form of each byte, 0 for bytes that end a word */
export function openSkipFilterKernel(wordBytes: Uint8Array): SkipFilterKernel | undefined {
  const exports = loadKernel('skip-filter') as SkipFilterExports | undefined;
  return exports === undefined ? undefined : new SkipFilterKernel(exports, wordBytes);
}
