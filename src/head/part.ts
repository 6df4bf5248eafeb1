import type { IngestKernel } from '../base/kernels/ingest-kernel.ts';
import type { Labels } from '../model/labels.ts';
import { NS_PER_DAY_NUMBER } from '../model/time.ts';
import { Page, pageShape } from './page.ts';
import type { SlabArena } from './slab-pool.ts';

const SECONDS_PER_DAY = 86_400;

/**
 * Open rows of one stream and day in one generation: pages in arrival order. Exact repeats (same time, same line) are
 * refused: while rows come in time order only rows of the newest time need a look; the first late row builds an
 * index by time, kept from then on.
 */
export class HeadPart {
  readonly streamId: number;
  readonly labels: Labels;
  readonly day: number;
  readonly pages: Page[] = [];
  readonly #arena: SlabArena;
  rowCount = 0;
  /** Bytes of lines alone. */
  lineBytes = 0;
  /** Bytes of structured metadata as pushed: without levels that were found here. */
  metadataBytes = 0;
  minOffsetNs: number = Number.POSITIVE_INFINITY;
  maxOffsetNs = -1;
  sorted = true;
  /** Row numbers by time: one, or several. */
  #rowsByTime: Map<number, number | number[]> | undefined;

  constructor(streamId: number, labels: Labels, day: number, arena: SlabArena) {
    this.streamId = streamId;
    this.labels = labels;
    this.day = day;
    this.#arena = arena;
  }

  /** @returns false when the row is here already */
  append(
    offsetNs: number,
    line: Uint8Array,
    lineStart: number,
    lineEnd: number,
    level: number,
    metadata: Uint8Array,
    metadataStart: number,
    metadataEnd: number,
  ): boolean {
    if (offsetNs <= this.maxOffsetNs) {
      if (this.#isRepeat(offsetNs, line, lineStart, lineEnd)) return false;
      if (offsetNs < this.maxOffsetNs) this.sorted = false;
    }
    let page = this.pages[this.pages.length - 1];
    const lineBytes = lineEnd - lineStart;
    const metadataBytes = metadataEnd - metadataStart;
    if (page === undefined || !page.fits(lineBytes, metadataBytes))
      page = this.#addPage(page, lineBytes + metadataBytes);
    page.append(offsetNs, line, lineStart, lineEnd, level, metadata, metadataStart, metadataEnd);
    if (this.#rowsByTime !== undefined) this.#remember(offsetNs, this.rowCount);
    this.rowCount++;
    this.lineBytes += lineBytes;
    this.metadataBytes += metadataBytes - page.levelMetadataBytes(page.rowCount - 1);
    if (offsetNs < this.minOffsetNs) this.minOffsetNs = offsetNs;
    if (offsetNs > this.maxOffsetNs) this.maxOffsetNs = offsetNs;
    return true;
  }

  /**
   * Appends entries `[first, last)` of the kernel's columns while each is newer than all rows here and the page has room; begins a
   * page when the last one has none for the first entry.
   *
   * @returns how many
   */
  appendRun(kernel: IngestKernel, first: number, last: number): number {
    const page = this.#pageFor(kernel, first);
    if (page === undefined) return 0;
    const { rowCount, lineBytes, usedBytes } = page;
    const count = page.appendRun(kernel, first, last, this.day * SECONDS_PER_DAY, this.maxOffsetNs);
    if (count === 0) return 0;
    if (this.#rowsByTime !== undefined)
      for (let i = 0; i < count; i++) this.#remember(page.time(rowCount + i), this.rowCount + i);
    const addedLineBytes = page.lineBytes - lineBytes;
    this.rowCount += count;
    this.lineBytes += addedLineBytes - count;
    const addedMetadataBytes = page.usedBytes - usedBytes - addedLineBytes;
    this.metadataBytes += addedMetadataBytes;
    for (let row = rowCount; row < page.rowCount && addedMetadataBytes > 0; row++)
      this.metadataBytes -= page.levelMetadataBytes(row);
    this.minOffsetNs = Math.min(this.minOffsetNs, page.time(rowCount));
    this.maxOffsetNs = page.time(page.rowCount - 1);
    return count;
  }

  /** A page with room for an entry of the kernel; undefined when it is not one to be appended as it is. */
  #pageFor(kernel: IngestKernel, entry: number): Page | undefined {
    const { lineStart, lineEnd, metadataStart, metadataEnd, seconds, nanos, accepted } = kernel.columns;
    const page = this.pages[this.pages.length - 1];
    const lineBytes = lineEnd[entry]! - lineStart[entry]!;
    const metadataBytes = metadataEnd[entry]! - metadataStart[entry]!;
    if (page?.fits(lineBytes, metadataBytes) === true) return page;
    const offsetNs = (seconds[entry]! - this.day * SECONDS_PER_DAY) * 1e9 + nanos[entry]!;
    if (accepted[entry] !== 1 || !(offsetNs > this.maxOffsetNs && offsetNs < NS_PER_DAY_NUMBER)) return undefined;
    return this.#addPage(page, lineBytes + metadataBytes);
  }

  #addPage(previous: Page | undefined, rowBytes: number): Page {
    const { rowCapacity, byteCapacity } = pageShape(previous, rowBytes);
    const { slabIndex, offset } = this.#arena.allocate(Page.regionBytes(rowCapacity, byteCapacity));
    const page = new Page(this.#arena.slabs[slabIndex]!, slabIndex, offset, rowCapacity, byteCapacity);
    this.pages.push(page);
    return page;
  }

  #isRepeat(offsetNs: number, line: Uint8Array, lineStart: number, lineEnd: number): boolean {
    if (this.sorted && offsetNs === this.maxOffsetNs) return this.#repeatsNewest(offsetNs, line, lineStart, lineEnd);
    const rows = this.#index().get(offsetNs);
    if (rows === undefined) return false;
    for (const row of typeof rows === 'number' ? [rows] : rows) {
      const [page, at] = this.#locate(row);
      if (page.lineEquals(at, line, lineStart, lineEnd)) return true;
    }
    return false;
  }

  #repeatsNewest(offsetNs: number, line: Uint8Array, lineStart: number, lineEnd: number): boolean {
    for (let p = this.pages.length - 1; p >= 0; p--) {
      const page = this.pages[p]!;
      for (let row = page.rowCount - 1; row >= 0; row--) {
        if (page.time(row) !== offsetNs) return false;
        if (page.lineEquals(row, line, lineStart, lineEnd)) return true;
      }
    }
    return false;
  }

  #index(): Map<number, number | number[]> {
    if (this.#rowsByTime !== undefined) return this.#rowsByTime;
    this.#rowsByTime = new Map();
    let number = 0;
    for (const page of this.pages)
      for (let row = 0; row < page.rowCount; row++) this.#remember(page.time(row), number++);
    return this.#rowsByTime;
  }

  #remember(time: number, row: number): void {
    const rows = this.#rowsByTime!.get(time);
    if (rows === undefined) this.#rowsByTime!.set(time, row);
    else if (typeof rows === 'number') this.#rowsByTime!.set(time, [rows, row]);
    else rows.push(row);
  }

  #locate(row: number): [Page, number] {
    let rest = row;
    for (const page of this.pages) {
      if (rest < page.rowCount) return [page, rest];
      rest -= page.rowCount;
    }
    throw new RangeError(`row ${row} of ${this.rowCount}`);
  }

  /** Pages as numbers, `PAGE_FIELDS` each: a snapshot that later appends do not change. */
  describe(): Float64Array {
    const fields: number[] = [];
    for (const page of this.pages) page.describe(fields);
    return Float64Array.from(fields);
  }
}
