import { withLevel } from '../../chunk/block-reader.ts';
import {
  P_BYTE_CAPACITY,
  P_LINE_BYTES,
  P_OFFSET,
  P_ROW_CAPACITY,
  P_ROWS,
  P_SLAB,
  PAGE_FIELDS,
  ROW_BYTES,
} from '../../head/page.ts';
import { LastSlab } from '../../head/slab-views.ts';
import { type BlockKernel, openBlockKernel } from '../../kernels/block-kernel.ts';
import type { Labels } from '../../model/labels.ts';
import { decodeMetadata } from '../../model/metadata-bytes.ts';
import type { RowBlock } from '../../model/row-block.ts';
import type { HeadSource } from '../snapshot/part-source.ts';
import type { LoadCounts, LoadOptions, PartRef } from '../snapshot/select.ts';
import { LoadedBlock } from './loaded-block.ts';
import { metadataTextsOf } from './metadata-texts.ts';
import { PageFinder } from './page-finder.ts';
import { gatheredMetadata, NO_METADATA, type RowMetadata, storedMetadata } from './row-set.ts';

/**
 * Line bytes that become one block. The first block of a part is small, for a query that has enough rows then reads no further; the pages
 * of a stream are small too, and a block of each would cost more than its rows.
 */
const FIRST_BYTES = 64 * 1024;
const BLOCK_BYTES = 256 * 1024;

/**
 * Pages of the head as blocks in the memory of a block kernel, so that it searches and parses their rows as it does stored ones: the copy
 * costs far less than a look at each line. One instance for each thread; a block is overwritten by the next.
 */
export class HeadBlocks {
  readonly #kernel: BlockKernel;
  readonly #finder: PageFinder;
  readonly #slab = new LastSlab();
  readonly #levels: Uint8Array;
  readonly #times: Buffer;
  /** The part at work. */
  #slabs: readonly SharedArrayBuffer[] = [];
  #pages: Float64Array = new Float64Array(0);
  /** Texts that the metadata of every wanted row holds. */
  #metadata: readonly Uint8Array[] = [];
  #part: PartRef | undefined;
  #options: LoadOptions | undefined;
  #counts: LoadCounts | undefined;
  /** What is left of its pages, and line bytes of the next block. */
  #first = 0;
  #end = 0;
  #bytes = 0;
  /** First row of each page of the block. */
  readonly #firstRows: number[] = [];

  /** Undefined where there are no kernels. */
  static open(): HeadBlocks | undefined {
    const kernel = openBlockKernel();
    return kernel === undefined ? undefined : new HeadBlocks(kernel);
  }

  private constructor(kernel: BlockKernel) {
    this.#kernel = kernel;
    this.#finder = new PageFinder(kernel);
    this.#levels = new Uint8Array(kernel.rowCapacity);
    this.#times = Buffer.from(kernel.offsets.buffer, kernel.offsets.byteOffset, kernel.offsets.byteLength);
  }

  /** Whether all pages of a part fit the kernel, and are in time order. */
  takes({ pages, first, end, sorted }: HeadSource): boolean {
    if (!sorted) return false;
    for (let at = first * PAGE_FIELDS; at < end * PAGE_FIELDS; at += PAGE_FIELDS)
      if (pages[at + P_ROWS]! > this.#kernel.rowCapacity || pages[at + P_LINE_BYTES]! > this.#kernel.lines.length)
        return false;
    return true;
  }

  /** Goes to a part that it takes. */
  begin(part: PartRef, source: HeadSource, options: LoadOptions, counts: LoadCounts): void {
    this.#slabs = source.slabs;
    this.#pages = source.pages;
    this.#metadata = metadataTextsOf(part, options);
    this.#part = part;
    this.#options = options;
    this.#counts = counts;
    this.#bytes = options.lines ? FIRST_BYTES : Number.POSITIVE_INFINITY;
    this.#narrow(part, source, options, counts);
  }

  /** The next block of the part; undefined: there is none. */
  next(): RowBlock | undefined {
    const options = this.#options!;
    while (this.#first < this.#end) {
      const run = this.#run(this.#first, this.#end, options.reverse, this.#bytes);
      const from = options.reverse ? this.#end - run : this.#first;
      if (options.reverse) this.#end = from;
      else this.#first = from + run;
      this.#bytes = Math.max(this.#bytes, BLOCK_BYTES);
      const block = this.#block(this.#part!, from, from + run, options, this.#counts!);
      if (block !== undefined) return block;
    }
    return undefined;
  }

  /** Lets go of the head's memory. */
  forget(): void {
    this.#slab.forget();
    this.#slabs = [];
  }

  /** Goes to the pages of a part that have rows in the wanted range. */
  #narrow(part: PartRef, source: HeadSource, { fromOffsetNs, toOffsetNs }: LoadOptions, counts: LoadCounts): void {
    let { first, end } = source;
    // Memory that is in no cache is slow: where the part tells enough, pages are not touched, nor those that lie before the range.
    if (part.minOffsetNs > toOffsetNs || part.maxOffsetNs < fromOffsetNs) end = first;
    if (part.maxOffsetNs > toOffsetNs) while (end > first && this.#time(end - 1, 'first') > toOffsetNs) end--;
    if (part.minOffsetNs < fromOffsetNs && end - first > 1) {
      const oldest = first;
      first = end;
      while (first > oldest && this.#time(first - 1, 'last') >= fromOffsetNs) first--;
    }
    counts.blocksSkippedByTime += source.end - source.first - (end - first);
    this.#first = first;
    this.#end = end;
  }

  /** First or last time of a page; one that no range leaves out when it has no rows. */
  #time(page: number, which: 'first' | 'last'): number {
    const at = page * PAGE_FIELDS;
    const rows = this.#pages[at + P_ROWS]!;
    if (rows === 0) return which === 'first' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    const timesAt = this.#pages[at + P_OFFSET]! >> 3;
    const { f64 } = this.#slab.of(this.#slabs[this.#pages[at + P_SLAB]!]!);
    return f64[timesAt + (which === 'first' ? 0 : rows - 1)]!;
  }

  /** How many pages of `first .. end` the next block has: one at least, and no more than the kernel has room for. */
  #run(first: number, end: number, reverse: boolean, wantedBytes: number): number {
    const { rowCapacity } = this.#kernel;
    let count = 0;
    let rows = 0;
    let bytes = 0;
    for (; count < end - first; count++) {
      const at = (reverse ? end - 1 - count : first + count) * PAGE_FIELDS;
      rows += this.#pages[at + P_ROWS]!;
      bytes += this.#pages[at + P_LINE_BYTES]!;
      if (count > 0 && (rows > rowCapacity || bytes > wantedBytes)) break;
    }
    return count;
  }

  /** Pages `first .. end` as a block; undefined when no row of it can be wanted. */
  #block(part: PartRef, first: number, end: number, options: LoadOptions, counts: LoadCounts): RowBlock | undefined {
    const { lines, offsets, starts, ends, fields } = this.#kernel;
    if (this.#metadata.length > 0 && !this.#metadataHolds(first, end)) {
      this.#countSkipped(first, end, counts);
      return undefined;
    }
    const lineBytes = options.lines ? this.#copyLines(first, end) : 0;
    const bytes = lines.subarray(0, lineBytes);
    // Of thousands of streams most have no row with a text that is rare: no more is copied of those.
    if (options.lines && !this.#finder.begin(bytes, options)) {
      this.#countSkipped(first, end, counts);
      return undefined;
    }
    const rowCount = this.#copyRows(first, end, counts);
    if (rowCount === 0) return undefined;
    if (options.lines) {
      this.#splitRows(first, end);
      fields.from = 0;
    }
    const rows = { rowCount, times: offsets, bytes, lineStarts: starts, lineEnds: ends };
    const metadata = options.metadata ? this.#rowMetadata(first, end, rowCount, options) : NO_METADATA;
    const searches = options.lines ? { finder: this.#finder, fields } : { finder: undefined, fields: undefined };
    return new LoadedBlock(part, rows, false, metadata, searches);
  }

  /** Copies the lines of pages. @returns their bytes, with a newline behind each but the last */
  #copyLines(first: number, end: number): number {
    const pages = this.#pages;
    let lineBytes = 0;
    for (let at = first * PAGE_FIELDS; at < end * PAGE_FIELDS; at += PAGE_FIELDS) {
      const { bytes } = this.#slab.of(this.#slabs[pages[at + P_SLAB]!]!);
      const bytesAt = pages[at + P_OFFSET]! + pages[at + P_ROW_CAPACITY]! * ROW_BYTES;
      bytes.copy(this.#kernel.lines, lineBytes, bytesAt, bytesAt + pages[at + P_LINE_BYTES]!);
      lineBytes += pages[at + P_LINE_BYTES]!;
    }
    return Math.max(0, lineBytes - 1);
  }

  /** Copies times and levels of pages. @returns rows */
  #copyRows(first: number, end: number, counts: LoadCounts): number {
    const pages = this.#pages;
    let rows = 0;
    this.#firstRows.length = 0;
    for (let at = first * PAGE_FIELDS; at < end * PAGE_FIELDS; at += PAGE_FIELDS) {
      const count = pages[at + P_ROWS]!;
      const offset = pages[at + P_OFFSET]!;
      const { bytes } = this.#slab.of(this.#slabs[pages[at + P_SLAB]!]!);
      bytes.copy(this.#times, rows * 8, offset, offset + count * 8);
      const levelsAt = offset + pages[at + P_ROW_CAPACITY]! * 16;
      bytes.copy(this.#levels, rows, levelsAt, levelsAt + count);
      this.#firstRows.push(rows);
      rows += count;
    }
    this.#countRead(first, end, counts);
    return rows;
  }

  /** Sets where each line of the copied pages begins and ends. */
  #splitRows(first: number, end: number): void {
    const { starts, ends } = this.#kernel;
    const pages = this.#pages;
    let row = 0;
    let start = 0;
    for (let at = first * PAGE_FIELDS; at < end * PAGE_FIELDS; at += PAGE_FIELDS) {
      const { u32 } = this.#slab.of(this.#slabs[pages[at + P_SLAB]!]!);
      const endsAt = (pages[at + P_OFFSET]! + pages[at + P_ROW_CAPACITY]! * 8) >> 2;
      const count = pages[at + P_ROWS]!;
      const pageStart = start;
      for (let i = 0; i < count; i++) {
        const lineEnd = pageStart + u32[endsAt + i]!;
        starts[row] = start;
        ends[row++] = lineEnd;
        start = lineEnd + 1;
      }
    }
  }

  #rowMetadata(first: number, end: number, rowCount: number, { metadataNames }: LoadOptions): RowMetadata {
    const levels = this.#levels;
    if (metadataNames?.size === 0 || !this.#haveMetadata(first, end)) return storedMetadata(levels, [], rowCount);
    return gatheredMetadata(rowCount, (row) => withLevel(this.#metadataOf(first, row), levels[row]!));
  }

  /** Whether any row of the pages has more than a level. Metadata grows from the end of a page, so its last row tells. */
  #haveMetadata(first: number, end: number): boolean {
    const pages = this.#pages;
    for (let at = first * PAGE_FIELDS; at < end * PAGE_FIELDS; at += PAGE_FIELDS) {
      const count = pages[at + P_ROWS]!;
      if (count > 0 && this.#metadataStart(at, count - 1) < pages[at + P_BYTE_CAPACITY]!) return true;
    }
    return false;
  }

  /** Whether the metadata of pages holds all texts that it must. */
  #metadataHolds(first: number, end: number): boolean {
    const pages = this.#pages;
    for (let at = first * PAGE_FIELDS; at < end * PAGE_FIELDS; at += PAGE_FIELDS) {
      const count = pages[at + P_ROWS]!;
      if (count === 0) continue;
      const { bytes } = this.#slab.of(this.#slabs[pages[at + P_SLAB]!]!);
      const bytesAt = pages[at + P_OFFSET]! + pages[at + P_ROW_CAPACITY]! * ROW_BYTES;
      const start = bytesAt + this.#metadataStart(at, count - 1);
      const metadata = bytes.subarray(start, bytesAt + pages[at + P_BYTE_CAPACITY]!);
      if (this.#metadata.every((text) => metadata.indexOf(text) >= 0)) return true;
    }
    return false;
  }

  /** Searched as a whole: their rows count as read. */
  #countSkipped(first: number, end: number, counts: LoadCounts): void {
    this.#countRead(first, end, counts);
    counts.blocksSkippedByFilter++;
  }

  #countRead(first: number, end: number, counts: LoadCounts): void {
    let rows = 0;
    let lineBytes = 0;
    for (let at = first * PAGE_FIELDS; at < end * PAGE_FIELDS; at += PAGE_FIELDS) {
      rows += this.#pages[at + P_ROWS]!;
      lineBytes += this.#pages[at + P_LINE_BYTES]!;
    }
    counts.rows += rows;
    counts.headRows += rows;
    // But for the newline behind the last.
    counts.headBytes += Math.max(0, lineBytes - 1);
  }

  #metadataStart(at: number, row: number): number {
    const { u32 } = this.#slab.of(this.#slabs[this.#pages[at + P_SLAB]!]!);
    return u32[((this.#pages[at + P_OFFSET]! + this.#pages[at + P_ROW_CAPACITY]! * 12) >> 2) + row]!;
  }

  /** Metadata of a row of the block that begins with page `first`. */
  #metadataOf(first: number, row: number): Labels {
    const firstRows = this.#firstRows;
    let low = 0;
    let high = firstRows.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (firstRows[middle]! <= row) low = middle;
      else high = middle;
    }
    const at = (first + low) * PAGE_FIELDS;
    const pageRow = row - firstRows[low]!;
    const start = this.#metadataStart(at, pageRow);
    const end = pageRow === 0 ? this.#pages[at + P_BYTE_CAPACITY]! : this.#metadataStart(at, pageRow - 1);
    if (start === end) return [];
    const { bytes } = this.#slab.of(this.#slabs[this.#pages[at + P_SLAB]!]!);
    const bytesAt = this.#pages[at + P_OFFSET]! + this.#pages[at + P_ROW_CAPACITY]! * ROW_BYTES;
    return decodeMetadata(bytes, bytesAt + start, bytesAt + end);
  }
}
