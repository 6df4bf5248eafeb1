import type { StreamRows } from '../chunk/segment-builder.ts';
import { type PageRows, pageRows } from '../head/load-pages.ts';
import { PAGE_FIELDS } from '../head/page.ts';
import type { Labels } from '../model/labels.ts';

/** Open rows of one stream, to be cut. */
export interface FlushStream {
  readonly labels: Labels;
  readonly pages: Float64Array;
  readonly sorted: boolean;
}

/** Growing columns that pages are copied into; one instance for a whole flush. */
export class RowColumns implements StreamRows {
  rowCount = 0;
  times: Float64Array = new Float64Array(8192);
  lineStarts: Uint32Array = new Uint32Array(8192);
  lineEnds: Uint32Array = new Uint32Array(8192);
  levels: Uint8Array = new Uint8Array(8192);
  metadataStarts: Uint32Array = new Uint32Array(8192);
  metadataEnds: Uint32Array = new Uint32Array(8192);
  bytes: Buffer = Buffer.allocUnsafeSlow(2 * 1024 * 1024);
  metadataBytes: Buffer = Buffer.allocUnsafeSlow(256 * 1024);
  #lineBytes = 0;
  #metadataBytes = 0;

  get lineBytes(): number {
    return this.#lineBytes;
  }

  clear(): void {
    this.rowCount = 0;
    this.#lineBytes = 0;
    this.#metadataBytes = 0;
  }

  /** Copies a page behind what is there: lines stay joined by newlines. */
  add(page: PageRows): void {
    const count = page.rowCount;
    if (count === 0) return;
    this.#roomRows(count);
    const from = this.rowCount;
    const lineBytes = page.lineEnds[count - 1]! + 1;
    this.bytes = roomBytes(this.bytes, this.#lineBytes, lineBytes);
    page.bytes.copy(this.bytes, this.#lineBytes, 0, lineBytes);
    const metadataStart = page.metadataStarts[count - 1]!;
    const metadataBytes = page.metadataEnds[0]! - metadataStart;
    this.metadataBytes = roomBytes(this.metadataBytes, this.#metadataBytes, metadataBytes);
    page.bytes.copy(this.metadataBytes, this.#metadataBytes, metadataStart, metadataStart + metadataBytes);
    const metadataShift = this.#metadataBytes - metadataStart;
    this.times.set(page.times, from);
    this.levels.set(page.levels, from);
    for (let row = 0; row < count; row++) {
      this.lineStarts[from + row] = page.lineStarts[row]! + this.#lineBytes;
      this.lineEnds[from + row] = page.lineEnds[row]! + this.#lineBytes;
      this.metadataStarts[from + row] = page.metadataStarts[row]! + metadataShift;
      this.metadataEnds[from + row] = page.metadataEnds[row]! + metadataShift;
    }
    this.#lineBytes += lineBytes;
    this.#metadataBytes += metadataBytes;
    this.rowCount += count;
  }

  #roomRows(count: number): void {
    const need = this.rowCount + count;
    if (need <= this.times.length) return;
    const size = Math.max(need, this.times.length * 2);
    this.times = copied(this.times, new Float64Array(size));
    this.levels = copied(this.levels, new Uint8Array(size));
    this.lineStarts = copied(this.lineStarts, new Uint32Array(size));
    this.lineEnds = copied(this.lineEnds, new Uint32Array(size));
    this.metadataStarts = copied(this.metadataStarts, new Uint32Array(size));
    this.metadataEnds = copied(this.metadataEnds, new Uint32Array(size));
  }

  /** The same rows in time order, arrival order among equals. */
  sorted(): StreamRows {
    const count = this.rowCount;
    const order = new Uint32Array(count);
    for (let i = 0; i < count; i++) order[i] = i;
    const times = this.times;
    order.sort((a, b) => times[a]! - times[b]! || a - b);
    return {
      rowCount: count,
      bytes: this.bytes,
      metadataBytes: this.metadataBytes,
      times: permuted(this.times, order, new Float64Array(count)),
      levels: permuted(this.levels, order, new Uint8Array(count)),
      lineStarts: permuted(this.lineStarts, order, new Uint32Array(count)),
      lineEnds: permuted(this.lineEnds, order, new Uint32Array(count)),
      metadataStarts: permuted(this.metadataStarts, order, new Uint32Array(count)),
      metadataEnds: permuted(this.metadataEnds, order, new Uint32Array(count)),
    };
  }
}

function roomBytes(bytes: Buffer, used: number, more: number): Buffer {
  if (used + more <= bytes.length) return bytes;
  const grown = Buffer.allocUnsafeSlow(Math.max(used + more, bytes.length * 2));
  bytes.copy(grown, 0, 0, used);
  return grown;
}

function copied<T extends Float64Array | Uint32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

function permuted<T extends Float64Array | Uint32Array | Uint8Array>(from: T, order: Uint32Array, to: T): T {
  for (let i = 0; i < order.length; i++) to[i] = from[order[i]!]!;
  return to;
}

/**
 * Rows of one stream's pages in time order, by way of `columns`, a few blocks at a time; what is yielded is overwritten by the next.
 * A stream with late rows is gathered whole and sorted.
 */
export function* gatherPages(
  columns: RowColumns,
  slabs: readonly SharedArrayBuffer[],
  stream: FlushStream,
  gatherBytes: number,
): Iterable<StreamRows> {
  columns.clear();
  const pages = stream.pages.length / PAGE_FIELDS;
  for (let i = 0; i < pages; i++) {
    columns.add(pageRows(slabs, stream.pages, i));
    if (!stream.sorted || columns.lineBytes < gatherBytes) continue;
    yield columns;
    columns.clear();
  }
  if (columns.rowCount > 0) yield stream.sorted ? columns : columns.sorted();
}
