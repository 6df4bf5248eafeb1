import type { IngestKernel } from '../kernels/ingest-kernel.ts';
import { LEVEL_IN_METADATA } from '../model/level.ts';
import { levelPairBytes } from '../model/metadata-bytes.ts';
import {
  P_BYTE_CAPACITY,
  P_LINE_BYTES,
  P_OFFSET,
  P_ROW_CAPACITY,
  P_ROWS,
  P_SLAB,
  PAGE_FIELDS,
  pageShape,
  ROW_BYTES,
  type RowsAtHand,
} from './page.ts';
import type { Slab, SlabArena } from './slab-pool.ts';

/** Behind the fields that describe a page to others: where its metadata starts, and the page of the part before it. */
const METADATA_START = PAGE_FIELDS;
const PREVIOUS = PAGE_FIELDS + 1;
const STRIDE = PAGE_FIELDS + 2;

const FIRST_PAGES = 1024;
/** Stands for no page. */
export const NO_PAGE = 0;

/**
 * All pages of a generation as numbers in one array: thousands of streams have tens of thousands of pages, which as objects cost
 * the garbage collector more than the rows cost anybody else. A page is known by its number, from 1 on.
 */
export class PageTable {
  readonly #arena: SlabArena;
  #fields: Uint32Array = new Uint32Array(FIRST_PAGES * STRIDE);
  #pageCount = 1;

  constructor(arena: SlabArena) {
    this.#arena = arena;
  }

  /** Adds a page behind `previous` of the same part, or the first one of a part, that has room for `rows` or a part of them. */
  add(previous: number, rows: RowsAtHand): number {
    const before = this.#fields;
    const at = previous * STRIDE;
    const previousBytes = before[at + P_BYTE_CAPACITY]! + ROW_BYTES * before[at + P_ROW_CAPACITY]!;
    const meanBytes = previous === NO_PAGE ? 0 : this.usedBytes(previous) / before[at + P_ROWS]!;
    const { rowCapacity, byteCapacity } = pageShape(previousBytes, meanBytes, rows);
    const { slabIndex, offset } = this.#arena.allocate(rowCapacity * ROW_BYTES + byteCapacity);
    const page = this.#pageCount++;
    if (this.#pageCount * STRIDE > before.length) {
      this.#fields = new Uint32Array(before.length * 2);
      this.#fields.set(before);
    }
    const fields = this.#fields;
    const to = page * STRIDE;
    fields[to + P_SLAB] = slabIndex;
    fields[to + P_OFFSET] = offset;
    fields[to + P_ROW_CAPACITY] = rowCapacity;
    fields[to + P_BYTE_CAPACITY] = byteCapacity;
    fields[to + METADATA_START] = byteCapacity;
    fields[to + PREVIOUS] = previous;
    return page;
  }

  /** Page before this one in its part, `NO_PAGE` if it is the first. */
  previous(page: number): number {
    return this.#fields[page * STRIDE + PREVIOUS]!;
  }

  rowCount(page: number): number {
    return this.#fields[page * STRIDE + P_ROWS]!;
  }

  /** Bytes of lines and their newlines. */
  lineBytes(page: number): number {
    return this.#fields[page * STRIDE + P_LINE_BYTES]!;
  }

  /** Bytes of lines, their newlines and metadata. */
  usedBytes(page: number): number {
    const fields = this.#fields;
    const at = page * STRIDE;
    return fields[at + P_LINE_BYTES]! + fields[at + P_BYTE_CAPACITY]! - fields[at + METADATA_START]!;
  }

  #slab(at: number): Slab {
    return this.#arena.slabs[this.#fields[at + P_SLAB]!]!;
  }

  /** Bytes of a row's metadata that hold no more than its level. */
  levelMetadataBytes(page: number, row: number): number {
    const fields = this.#fields;
    const at = page * STRIDE;
    const { u8, u32 } = this.#slab(at);
    const offset = fields[at + P_OFFSET]!;
    const rowCapacity = fields[at + P_ROW_CAPACITY]!;
    if (u8[offset + rowCapacity * 16 + row] !== LEVEL_IN_METADATA) return 0;
    const metadataAt = (offset + rowCapacity * 12) >> 2;
    const bytesAt = offset + rowCapacity * ROW_BYTES;
    const start = u32[metadataAt + row]!;
    const end = row === 0 ? fields[at + P_BYTE_CAPACITY]! : u32[metadataAt + row - 1]!;
    return levelPairBytes(u8, bytesAt + start, bytesAt + end);
  }

  /** Whether there is room for a row; there is none in `NO_PAGE`. */
  fits(page: number, lineBytes: number, metadataBytes: number): boolean {
    const fields = this.#fields;
    const at = page * STRIDE;
    return (
      fields[at + P_ROWS]! < fields[at + P_ROW_CAPACITY]! &&
      fields[at + P_LINE_BYTES]! + lineBytes + 1 + metadataBytes <= fields[at + METADATA_START]!
    );
  }

  /** Copies one row in; the caller has asked `fits`. */
  append(
    page: number,
    offsetNs: number,
    line: Uint8Array,
    lineStart: number,
    lineEnd: number,
    level: number,
    metadata: Uint8Array,
    metadataStart: number,
    metadataEnd: number,
  ): void {
    const fields = this.#fields;
    const at = page * STRIDE;
    const { u8, u32, f64 } = this.#slab(at);
    const offset = fields[at + P_OFFSET]!;
    const rowCapacity = fields[at + P_ROW_CAPACITY]!;
    const bytesAt = offset + rowCapacity * ROW_BYTES;
    const row = fields[at + P_ROWS]!;
    let lineBytes = fields[at + P_LINE_BYTES]!;
    f64[(offset >> 3) + row] = offsetNs;
    if (lineEnd > lineStart) u8.set(line.subarray(lineStart, lineEnd), bytesAt + lineBytes);
    lineBytes += lineEnd - lineStart;
    u32[((offset + rowCapacity * 8) >> 2) + row] = lineBytes;
    u8[bytesAt + lineBytes] = 10;
    fields[at + P_LINE_BYTES] = lineBytes + 1;
    const pageMetadata = fields[at + METADATA_START]! - (metadataEnd - metadataStart);
    if (metadataEnd > metadataStart) u8.set(metadata.subarray(metadataStart, metadataEnd), bytesAt + pageMetadata);
    u32[((offset + rowCapacity * 12) >> 2) + row] = pageMetadata;
    fields[at + METADATA_START] = pageMetadata;
    u8[offset + rowCapacity * 16 + row] = level;
    fields[at + P_ROWS] = row + 1;
  }

  /**
   * Copies as many of the kernel's entries as it appends in one call.
   *
   * @returns how many; none when the page does not lie in the kernel's memory
   */
  appendRun(
    page: number,
    kernel: IngestKernel,
    first: number,
    last: number,
    daySeconds: number,
    newestOffsetNs: number,
  ): number {
    const fields = this.#fields;
    const at = page * STRIDE;
    const slab = this.#slab(at);
    if (slab.kernel !== kernel) return 0;
    const offset = fields[at + P_OFFSET]!;
    const rowCapacity = fields[at + P_ROW_CAPACITY]!;
    const rowCount = fields[at + P_ROWS]!;
    const count = kernel.appendRows(
      first,
      last,
      daySeconds,
      newestOffsetNs,
      offset,
      rowCapacity,
      rowCount,
      fields[at + P_LINE_BYTES]!,
      fields[at + METADATA_START]!,
    );
    if (count === 0) return 0;
    const newest = rowCount + count - 1;
    fields[at + P_ROWS] = rowCount + count;
    fields[at + P_LINE_BYTES] = slab.u32[((offset + rowCapacity * 8) >> 2) + newest]! + 1;
    fields[at + METADATA_START] = slab.u32[((offset + rowCapacity * 12) >> 2) + newest]!;
    return count;
  }

  /** Nanoseconds from the start of the day. */
  time(page: number, row: number): number {
    const at = page * STRIDE;
    return this.#slab(at).f64[(this.#fields[at + P_OFFSET]! >> 3) + row]!;
  }

  /** True if the line of a row equals `bytes[start, end)`. */
  lineEquals(page: number, row: number, bytes: Uint8Array, start: number, end: number): boolean {
    const at = page * STRIDE;
    const { u32, buffer } = this.#slab(at);
    const offset = this.#fields[at + P_OFFSET]!;
    const rowCapacity = this.#fields[at + P_ROW_CAPACITY]!;
    const endsAt = (offset + rowCapacity * 8) >> 2;
    const from = row === 0 ? 0 : u32[endsAt + row - 1]! + 1;
    const to = u32[endsAt + row]!;
    if (to - from !== end - start) return false;
    const bytesAt = offset + rowCapacity * ROW_BYTES;
    return buffer.compare(bytes, start, end, bytesAt + from, bytesAt + to) === 0;
  }

  /** Writes the fields of `count` pages, of which `last` is the last, to `into` from `start` on, in their order. */
  describe(last: number, count: number, into: Float64Array, start: number): void {
    const fields = this.#fields;
    let page = last;
    for (let to = start + (count - 1) * PAGE_FIELDS; to >= start; to -= PAGE_FIELDS) {
      const at = page * STRIDE;
      for (let i = 0; i < PAGE_FIELDS; i++) into[to + i] = fields[at + i]!;
      page = fields[at + PREVIOUS]!;
    }
  }

  /** Forgets all pages: the memory that they lie in goes back. Parts may outlive this, and must not keep the numbers alive. */
  release(): void {
    this.#fields = new Uint32Array(0);
  }
}
