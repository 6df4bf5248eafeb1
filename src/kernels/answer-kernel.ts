import { loadKernel } from './load-kernel.ts';

interface AnswerExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  open(): void;
  timesAt(): number;
  valuesAt(): number;
  presentAt(): number;
  textAt(): number;
  writtenBytes(): number;
  putBegins(count: number): number;
  putPoints(begin: number, from: number, count: number, areAllPresent: boolean): number;
}

/** Sizes of kernels/answer.ts. */
export const MAX_BEGINS = 16_384;
export const STRETCH = 1024;

/** The kernel that writes points of series as JSON; one instance for each thread. */
export class AnswerKernel {
  readonly #exports: AnswerExports;
  /** Milliseconds since the epoch, by place in the grid. */
  readonly timesMs: Float64Array;
  /** Of the stretch at work: values, and 1 where there is a point. */
  readonly values: Float64Array;
  readonly present: Uint8Array;
  /** Where points are written. */
  readonly text: Buffer;

  constructor(exports: AnswerExports) {
    this.#exports = exports;
    exports.open();
    const { buffer } = exports.memory;
    this.timesMs = new Float64Array(buffer, exports.timesAt(), MAX_BEGINS);
    this.values = new Float64Array(buffer, exports.valuesAt(), STRETCH);
    this.present = new Uint8Array(buffer, exports.presentAt(), STRETCH);
    this.text = Buffer.from(buffer, exports.textAt());
  }

  /** Makes what points at the first `count` times begin with. @returns false when one of these is odd: then there are none */
  putBegins(count: number): boolean {
    return this.#exports.putBegins(count) === count;
  }

  /**
   * Writes points `from .. count` of the stretch to `text`, each with a comma before it. The first point of the stretch is the one at `begin` of the grid.
   *
   * @returns the point whose value it leaves to the caller, or `count`
   */
  putPoints(begin: number, from: number, count: number, areAllPresent: boolean): number {
    return this.#exports.putPoints(begin, from, count, areAllPresent);
  }

  /** Bytes that the last call wrote. */
  get writtenBytes(): number {
    return this.#exports.writtenBytes();
  }
}

export function openAnswerKernel(): AnswerKernel | undefined {
  const exports = loadKernel('answer') as AnswerExports | undefined;
  return exports === undefined ? undefined : new AnswerKernel(exports);
}
