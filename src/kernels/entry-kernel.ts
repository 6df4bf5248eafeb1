import { loadKernel } from './load-kernel.ts';

interface EntryExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  daysAt(): number;
  offsetsAt(): number;
  lineEndsAt(): number;
  tailEndsAt(): number;
  linesAt(): number;
  entriesAt(): number;
  entryEndsAt(): number;
  putEntries(from: number, count: number): number;
}

/** Sizes of kernels/entries.ts. */
export const MAX_ROWS = 256;
export const LINE_BYTES = 32_768;

/** The kernel that writes log lines as JSON entries; one instance for each thread. */
export class EntryKernel {
  readonly #exports: EntryExports;
  /** By row at work: day since the epoch, nanoseconds from its start, and where in `lines` its line ends and what follows it in its entry. */
  readonly days: Int32Array;
  readonly offsetsNs: Float64Array;
  readonly lineEnds: Uint32Array;
  readonly tailEnds: Uint32Array;
  /** `LINE_BYTES` for lines and what follows each. */
  readonly lines: Buffer;
  /** Where entries are written, and where in it that of each row ends. */
  readonly entries: Buffer;
  readonly entryEnds: Uint32Array;

  constructor(exports: EntryExports) {
    this.#exports = exports;
    const { buffer } = exports.memory;
    this.days = new Int32Array(buffer, exports.daysAt(), MAX_ROWS);
    this.offsetsNs = new Float64Array(buffer, exports.offsetsAt(), MAX_ROWS);
    this.lineEnds = new Uint32Array(buffer, exports.lineEndsAt(), MAX_ROWS);
    this.tailEnds = new Uint32Array(buffer, exports.tailEndsAt(), MAX_ROWS);
    this.lines = Buffer.from(buffer, exports.linesAt(), LINE_BYTES);
    this.entries = Buffer.from(buffer, exports.entriesAt());
    this.entryEnds = new Uint32Array(buffer, exports.entryEndsAt(), MAX_ROWS);
  }

  /**
   * Writes the entries of rows `from .. count` to the front of `entries`, each with a comma behind it.
   *
   * @returns the row that it leaves to the caller (a time of other than ten digits of seconds, a line that is not ASCII), or `count`
   */
  putEntries(from: number, count: number): number {
    return this.#exports.putEntries(from, count);
  }
}

export function openEntryKernel(): EntryKernel | undefined {
  const exports = loadKernel('entries') as EntryExports | undefined;
  return exports === undefined ? undefined : new EntryKernel(exports);
}
