import type { IngestKernel } from '../base/kernels/ingest-kernel.ts';
import { LEVEL_IN_METADATA } from '../model/level.ts';
import { levelPairBytes } from '../model/metadata-bytes.ts';
import type { Slab } from './slab-pool.ts';

/**
 * A page: one region of shared memory with rows of one stream and day, in arrival order.
 *
 *   +-----------------+------------------+------------------+-------------+----------------------------------+
 *   | times f64 [R]   | line ends u32[R] | metadata u32[R]  | levels u8[R]| lines ->            <- metadata  |
 *   +-----------------+------------------+------------------+-------------+----------------------------------+
 *
 * Lines grow from the left, each followed by a newline; metadata grows from the right, so that both stay contiguous.
 * `metadata[i]` is where the metadata of row i starts; it ends where that of row i-1 starts (row 0: at the page's end).
 * A page is described to workers by numbers (`PAGE_FIELDS`), for which row count and bytes used are a snapshot: rows are only
 * ever added behind it.
 */

export const ROW_BYTES = 17;
const FIRST_PAGE_BYTES = 2 * 1024;
const LAST_PAGE_BYTES = 128 * 1024;
/** Each page of a stream is larger than the one before by this factor; the last one is half empty on average. */
const GROWTH = 1.5;
const MIN_ROWS = 8;
const MAX_ROWS = 65_536;
/** First guess of a line's length; later pages use the stream's own mean. */
const GUESSED_LINE_BYTES = 120;

export const P_SLAB = 0;
export const P_OFFSET = 1;
export const P_ROW_CAPACITY = 2;
export const P_BYTE_CAPACITY = 3;
export const P_ROWS = 4;
export const P_LINE_BYTES = 5;
export const PAGE_FIELDS = 6;

/** Region size, row capacity and byte capacity for the next page of a stream. */
export function pageShape(previous: Page | undefined, rowBytes: number): { rowCapacity: number; byteCapacity: number } {
  const size =
    previous === undefined
      ? FIRST_PAGE_BYTES
      : Math.min(LAST_PAGE_BYTES, Math.floor((previous.byteCapacity + ROW_BYTES * previous.rowCapacity) * GROWTH));
  const mean = previous === undefined ? Math.max(GUESSED_LINE_BYTES, rowBytes) : previous.usedBytes / previous.rowCount;
  let rowCapacity = Math.min(MAX_ROWS, Math.max(MIN_ROWS, Math.floor(size / (mean + 1 + ROW_BYTES))));
  rowCapacity = (rowCapacity + 7) & ~7;
  return {
    rowCapacity,
    byteCapacity: Math.max(size - rowCapacity * ROW_BYTES, Math.ceil(rowCapacity * (mean + 1)), rowBytes + 1),
  };
}

export class Page {
  readonly slab: Slab;
  readonly slabIndex: number;
  readonly offset: number;
  readonly rowCapacity: number;
  readonly byteCapacity: number;
  readonly #timesAt: number;
  readonly #endsAt: number;
  readonly #metadataAt: number;
  readonly #levelsAt: number;
  readonly #bytesAt: number;
  rowCount = 0;
  /** End of the last line's newline, from the start of the bytes. */
  lineBytes = 0;
  #metadataStart: number;

  constructor(slab: Slab, slabIndex: number, offset: number, rowCapacity: number, byteCapacity: number) {
    this.slab = slab;
    this.slabIndex = slabIndex;
    this.offset = offset;
    this.rowCapacity = rowCapacity;
    this.byteCapacity = byteCapacity;
    this.#timesAt = offset >> 3;
    this.#endsAt = (offset + rowCapacity * 8) >> 2;
    this.#metadataAt = (offset + rowCapacity * 12) >> 2;
    this.#levelsAt = offset + rowCapacity * 16;
    this.#bytesAt = offset + rowCapacity * ROW_BYTES;
    this.#metadataStart = byteCapacity;
  }

  static regionBytes(rowCapacity: number, byteCapacity: number): number {
    return rowCapacity * ROW_BYTES + byteCapacity;
  }

  get usedBytes(): number {
    return this.lineBytes + this.byteCapacity - this.#metadataStart;
  }

  /** Bytes of a row's metadata that hold no more than its level. */
  levelMetadataBytes(row: number): number {
    if (this.slab.u8[this.#levelsAt + row] !== LEVEL_IN_METADATA) return 0;
    const start = this.slab.u32[this.#metadataAt + row]!;
    const end = row === 0 ? this.byteCapacity : this.slab.u32[this.#metadataAt + row - 1]!;
    return levelPairBytes(this.slab.u8, this.#bytesAt + start, this.#bytesAt + end);
  }

  fits(lineBytes: number, metadataBytes: number): boolean {
    return this.rowCount < this.rowCapacity && this.lineBytes + lineBytes + 1 + metadataBytes <= this.#metadataStart;
  }

  /** Copies one row in; the caller has asked `fits`. */
  append(
    offsetNs: number,
    line: Uint8Array,
    lineStart: number,
    lineEnd: number,
    level: number,
    metadata: Uint8Array,
    metadataStart: number,
    metadataEnd: number,
  ): void {
    const slab = this.slab;
    const row = this.rowCount;
    slab.f64[this.#timesAt + row] = offsetNs;
    const to = this.#bytesAt + this.lineBytes;
    if (lineEnd > lineStart) slab.u8.set(line.subarray(lineStart, lineEnd), to);
    this.lineBytes += lineEnd - lineStart;
    slab.u32[this.#endsAt + row] = this.lineBytes;
    slab.u8[this.#bytesAt + this.lineBytes] = 10;
    this.lineBytes++;
    if (metadataEnd > metadataStart) {
      this.#metadataStart -= metadataEnd - metadataStart;
      slab.u8.set(metadata.subarray(metadataStart, metadataEnd), this.#bytesAt + this.#metadataStart);
    }
    slab.u32[this.#metadataAt + row] = this.#metadataStart;
    slab.u8[this.#levelsAt + row] = level;
    this.rowCount = row + 1;
  }

  /**
   * Copies as many of the kernel's entries as it appends in one call.
   *
   * @returns how many; none when the page does not lie in the kernel's memory
   */
  appendRun(kernel: IngestKernel, first: number, last: number, daySeconds: number, newestOffsetNs: number): number {
    const { slab, rowCount } = this;
    if (slab.kernel !== kernel) return 0;
    const { offset, rowCapacity, lineBytes } = this;
    const count = kernel.appendRows(
      first,
      last,
      daySeconds,
      newestOffsetNs,
      offset,
      rowCapacity,
      rowCount,
      lineBytes,
      this.#metadataStart,
    );
    if (count === 0) return 0;
    const newest = rowCount + count - 1;
    this.rowCount = rowCount + count;
    this.lineBytes = slab.u32[this.#endsAt + newest]! + 1;
    this.#metadataStart = slab.u32[this.#metadataAt + newest]!;
    return count;
  }

  time(row: number): number {
    return this.slab.f64[this.#timesAt + row]!;
  }

  /** True if the line of a row equals `bytes[start, end)`. */
  lineEquals(row: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = row === 0 ? 0 : this.slab.u32[this.#endsAt + row - 1]! + 1;
    const to = this.slab.u32[this.#endsAt + row]!;
    if (to - from !== end - start) return false;
    return this.slab.buffer.compare(bytes, start, end, this.#bytesAt + from, this.#bytesAt + to) === 0;
  }

  describe(into: number[]): void {
    into.push(this.slabIndex, this.offset, this.rowCapacity, this.byteCapacity, this.rowCount, this.lineBytes);
  }
}
