import type { IngestKernel } from '../kernels/ingest-kernel.ts';
import type { Labels } from '../model/labels.ts';
import { NS_PER_DAY_NUMBER } from '../model/time.ts';
import { addRowAtHand, type RowsAtHand } from './page.ts';
import { NO_PAGE, type PageTable } from './page-table.ts';

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
  readonly #pages: PageTable;
  #lastPage = NO_PAGE;
  pageCount = 0;
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

  constructor(streamId: number, labels: Labels, day: number, pages: PageTable) {
    this.streamId = streamId;
    this.labels = labels;
    this.day = day;
    this.#pages = pages;
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
    const pages = this.#pages;
    const lineBytes = lineEnd - lineStart;
    const metadataBytes = metadataEnd - metadataStart;
    if (!pages.fits(this.#lastPage, lineBytes, metadataBytes))
      this.#addPage({ rowCount: 1, bytes: lineBytes + 1 + metadataBytes });
    const page = this.#lastPage;
    pages.append(page, offsetNs, line, lineStart, lineEnd, level, metadata, metadataStart, metadataEnd);
    if (this.#rowsByTime !== undefined) this.#remember(offsetNs, this.rowCount);
    this.rowCount++;
    this.lineBytes += lineBytes;
    this.metadataBytes += metadataBytes - pages.levelMetadataBytes(page, pages.rowCount(page) - 1);
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
    if (!this.#preparePage(kernel, first, last)) return 0;
    const pages = this.#pages;
    const page = this.#lastPage;
    const rowCount = pages.rowCount(page);
    const lineBytes = pages.lineBytes(page);
    const usedBytes = pages.usedBytes(page);
    const count = pages.appendRun(page, kernel, first, last, this.day * SECONDS_PER_DAY, this.maxOffsetNs);
    if (count === 0) return 0;
    if (this.#rowsByTime !== undefined)
      for (let i = 0; i < count; i++) this.#remember(pages.time(page, rowCount + i), this.rowCount + i);
    const addedLineBytes = pages.lineBytes(page) - lineBytes;
    this.rowCount += count;
    this.lineBytes += addedLineBytes - count;
    const addedMetadataBytes = pages.usedBytes(page) - usedBytes - addedLineBytes;
    this.metadataBytes += addedMetadataBytes;
    for (let row = rowCount; row < rowCount + count && addedMetadataBytes > 0; row++)
      this.metadataBytes -= pages.levelMetadataBytes(page, row);
    this.minOffsetNs = Math.min(this.minOffsetNs, pages.time(page, rowCount));
    this.maxOffsetNs = pages.time(page, rowCount + count - 1);
    return count;
  }

  /** Makes the last page one with room for an entry of the kernel; false when that is not one to be appended as it is. */
  #preparePage(kernel: IngestKernel, first: number, last: number): boolean {
    const { lineStart, lineEnd, metadataStart, metadataEnd, seconds, nanos, accepted } = kernel.columns;
    const metadataBytes = metadataEnd[first]! - metadataStart[first]!;
    if (this.#pages.fits(this.#lastPage, lineEnd[first]! - lineStart[first]!, metadataBytes)) return true;
    const offsetNs = (seconds[first]! - this.day * SECONDS_PER_DAY) * 1e9 + nanos[first]!;
    if (accepted[first] !== 1 || !(offsetNs > this.maxOffsetNs && offsetNs < NS_PER_DAY_NUMBER)) return false;
    const rows: RowsAtHand = { rowCount: 0, bytes: 0 };
    for (let entry = first; entry < last && accepted[entry] === 1; entry++) {
      const lineBytes = lineEnd[entry]! - lineStart[entry]!;
      if (!addRowAtHand(rows, lineBytes + 1 + metadataEnd[entry]! - metadataStart[entry]!)) break;
    }
    this.#addPage(rows);
    return true;
  }

  #addPage(rows: RowsAtHand): void {
    this.#lastPage = this.#pages.add(this.#lastPage, rows);
    this.pageCount++;
  }

  #isRepeat(offsetNs: number, line: Uint8Array, lineStart: number, lineEnd: number): boolean {
    if (this.sorted && offsetNs === this.maxOffsetNs) return this.#repeatsNewest(offsetNs, line, lineStart, lineEnd);
    const rows = this.#index().get(offsetNs);
    if (rows === undefined) return false;
    for (const row of typeof rows === 'number' ? [rows] : rows) {
      const [page, at] = this.#locate(row);
      if (this.#pages.lineEquals(page, at, line, lineStart, lineEnd)) return true;
    }
    return false;
  }

  #repeatsNewest(offsetNs: number, line: Uint8Array, lineStart: number, lineEnd: number): boolean {
    const pages = this.#pages;
    for (let page = this.#lastPage; page !== NO_PAGE; page = pages.previous(page)) {
      for (let row = pages.rowCount(page) - 1; row >= 0; row--) {
        if (pages.time(page, row) !== offsetNs) return false;
        if (pages.lineEquals(page, row, line, lineStart, lineEnd)) return true;
      }
    }
    return false;
  }

  #index(): Map<number, number | number[]> {
    if (this.#rowsByTime !== undefined) return this.#rowsByTime;
    this.#rowsByTime = new Map();
    const pages = this.#pages;
    let end = this.rowCount;
    for (let page = this.#lastPage; page !== NO_PAGE; page = pages.previous(page)) {
      end -= pages.rowCount(page);
      for (let row = pages.rowCount(page) - 1; row >= 0; row--) this.#remember(pages.time(page, row), end + row);
    }
    return this.#rowsByTime;
  }

  #remember(time: number, row: number): void {
    const rows = this.#rowsByTime!.get(time);
    if (rows === undefined) this.#rowsByTime!.set(time, row);
    else if (typeof rows === 'number') this.#rowsByTime!.set(time, [rows, row]);
    else rows.push(row);
  }

  /** Page and place in it of a row of the part. */
  #locate(row: number): [page: number, row: number] {
    let end = this.rowCount;
    for (let page = this.#lastPage; page !== NO_PAGE; page = this.#pages.previous(page)) {
      end -= this.#pages.rowCount(page);
      if (row >= end) return [page, row - end];
    }
    throw new RangeError(`row ${row} of ${this.rowCount}`);
  }

  /** Writes its pages as numbers, `PAGE_FIELDS` each, to `fields` from `at` on: a snapshot that later appends do not change. */
  describeInto(fields: Float64Array, at: number): void {
    this.#pages.describe(this.#lastPage, this.pageCount, fields, at);
  }
}
