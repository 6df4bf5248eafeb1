import { loadKernel } from './load-kernel.ts';

interface BlockExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  timesAt(): number;
  linesAt(): number;
  startsAt(): number;
  endsAt(): number;
  offsetsAt(): number;
  splitLines(from: number, length: number, rows: number): number;
  decodeTimes(from: number, to: number, rows: number, unit: number): number;
}

/** Sizes of kernels/block.ts. */
const TIMES_CAPACITY = 1 << 20;
const LINES_CAPACITY = 1 << 21;
const ROW_CAPACITY = 1 << 16;

/**
 * Decodes the columns of stored blocks in a memory of its own, which frames are decompressed into. One instance for each thread;
 * its columns are overwritten by the next block.
 */
export class BlockKernel {
  /** Where frames go. */
  readonly times: Buffer;
  readonly lines: Buffer;
  /** Columns of the block decoded last. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly offsets: Float64Array;
  readonly rowCapacity: number = ROW_CAPACITY;
  readonly #exports: BlockExports;

  constructor(exports: BlockExports) {
    const { buffer } = exports.memory;
    this.#exports = exports;
    this.times = Buffer.from(buffer, exports.timesAt(), TIMES_CAPACITY);
    this.lines = Buffer.from(buffer, exports.linesAt(), LINES_CAPACITY);
    this.starts = new Uint32Array(buffer, exports.startsAt(), ROW_CAPACITY);
    this.ends = new Uint32Array(buffer, exports.endsAt(), ROW_CAPACITY);
    this.offsets = new Float64Array(buffer, exports.offsetsAt(), ROW_CAPACITY);
  }

  /** True when the bytes lie in `lines` (or `times`), as those of a frame that was decompressed into it do. */
  owns(bytes: Uint8Array): boolean {
    return bytes.buffer === this.lines.buffer;
  }

  /** Splits `bytes`, a part of `lines`, at newlines; false when that does not give `rowCount` lines. */
  splitLines(bytes: Uint8Array, rowCount: number): boolean {
    return this.#exports.splitLines(bytes.byteOffset - this.lines.byteOffset, bytes.length, rowCount) === rowCount;
  }

  /** Decodes times from `bytes`, a part of `times`; as decodeTimes of chunk/times.ts behind its first byte. */
  decodeTimes(bytes: Uint8Array, from: number, to: number, rowCount: number, unitNs: number): number {
    const shift = bytes.byteOffset - this.times.byteOffset;
    const next = this.#exports.decodeTimes(from + shift, to + shift, rowCount, unitNs);
    return next < 0 ? -1 : next - shift;
  }
}

export function openBlockKernel(): BlockKernel | undefined {
  const exports = loadKernel('block') as BlockExports | undefined;
  return exports === undefined ? undefined : new BlockKernel(exports);
}
