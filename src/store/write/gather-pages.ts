import type { StreamRows } from '../../chunk/segment-builder.ts';
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
import { growBytes, growRows } from '../read/row-arrays.ts';
import type { OrderedParts } from './stream-order.ts';

/**
 * Open rows of many streams, to be cut: columns with a place for each stream, since thousands of small objects cost more to send to
 * another thread than what they say.
 */
export interface FlushStreams {
  readonly count: number;
  /** Labels of all streams as a directory has them, one behind the other, and where those of each stream end. */
  readonly labelBytes: Uint8Array;
  readonly labelEnds: Uint32Array;
  /** Pages of all streams as numbers (`PAGE_FIELDS` each), and how many pages there are up to the end of each stream. */
  readonly pages: Float64Array;
  readonly pageEnds: Uint32Array;
  /** 1 where rows came in time order. */
  readonly sorted: Uint8Array;
}

export function describeStreams({ parts, labelBytes, labelEnds }: OrderedParts): FlushStreams {
  const pageEnds = new Uint32Array(parts.length);
  const sorted = new Uint8Array(parts.length);
  let pageCount = 0;
  for (const part of parts) pageCount += part.pageCount;
  const pages = new Float64Array(pageCount * PAGE_FIELDS);
  let end = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    part.describeInto(pages, end * PAGE_FIELDS);
    end += part.pageCount;
    pageEnds[i] = end;
    sorted[i] = part.sorted ? 1 : 0;
  }
  return { count: parts.length, labelBytes, labelEnds, pages, pageEnds, sorted };
}

const FIRST_ROWS = 8192;
const FIRST_LINE_BYTES = 2 * 1024 * 1024;
/** What has grown beyond these is not kept for the next segment. */
const MAX_KEPT_ROWS = 128 * 1024;
const MAX_KEPT_BYTES = 4 * 1024 * 1024;

/** Growing columns that pages are copied into. */
export class RowColumns implements StreamRows {
  rowCount = 0;
  times: Float64Array = new Float64Array(FIRST_ROWS);
  lineStarts: Uint32Array = new Uint32Array(FIRST_ROWS);
  lineEnds: Uint32Array = new Uint32Array(FIRST_ROWS);
  levels: Uint8Array = new Uint8Array(FIRST_ROWS);
  metadataStarts: Uint32Array = new Uint32Array(FIRST_ROWS);
  metadataEnds: Uint32Array = new Uint32Array(FIRST_ROWS);
  bytes: Buffer;
  metadataBytes: Buffer = Buffer.allocUnsafeSlow(256 * 1024);
  #lineBytes = 0;
  #metadataBytes = 0;
  readonly #slab = new LastSlab();

  /** @param lineMemory where lines go as long as they fit; any memory if undefined */
  constructor(lineMemory?: Buffer) {
    this.bytes = lineMemory ?? Buffer.allocUnsafeSlow(FIRST_LINE_BYTES);
  }

  get lineBytes(): number {
    return this.#lineBytes;
  }

  /** False when a stream has made these larger than is worth keeping. */
  get isWorthKeeping(): boolean {
    return (
      this.times.length <= MAX_KEPT_ROWS &&
      this.bytes.length <= MAX_KEPT_BYTES &&
      this.metadataBytes.length <= MAX_KEPT_BYTES
    );
  }

  clear(): void {
    this.rowCount = 0;
    this.#lineBytes = 0;
    this.#metadataBytes = 0;
  }

  /** Lets go of the slab seen last. */
  forgetSlab(): void {
    this.#slab.forget();
  }

  /** Copies a page behind what is there: lines stay joined by newlines. `at`: the page's numbers in `pages`. */
  add(slabs: readonly SharedArrayBuffer[], pages: Float64Array, at: number): void {
    const count = pages[at + P_ROWS]!;
    if (count === 0) return;
    const { f64, u32, bytes } = this.#slab.of(slabs[pages[at + P_SLAB]!]!);
    const offset = pages[at + P_OFFSET]!;
    const rowCapacity = pages[at + P_ROW_CAPACITY]!;
    const byteCapacity = pages[at + P_BYTE_CAPACITY]!;
    const bytesAt = offset + rowCapacity * ROW_BYTES;
    const endsAt = (offset + rowCapacity * 8) >> 2;
    const metadataAt = (offset + rowCapacity * 12) >> 2;
    growRows(this, count);
    // The page may have grown since it was described: what counts is in its numbers and in its columns up to `count`.
    const lineBytes = pages[at + P_LINE_BYTES]!;
    this.bytes = growBytes(this.bytes, this.#lineBytes, lineBytes);
    bytes.copy(this.bytes, this.#lineBytes, bytesAt, bytesAt + lineBytes);
    const metadataStart = u32[metadataAt + count - 1]!;
    const metadataBytes = byteCapacity - metadataStart;
    if (metadataBytes > 0) {
      this.metadataBytes = growBytes(this.metadataBytes, this.#metadataBytes, metadataBytes);
      bytes.copy(this.metadataBytes, this.#metadataBytes, bytesAt + metadataStart, bytesAt + byteCapacity);
    }
    const from = this.rowCount;
    const { times, levels } = this;
    const timesAt = offset >> 3;
    const levelsAt = offset + rowCapacity * 16;
    for (let row = 0; row < count; row++) {
      times[from + row] = f64[timesAt + row]!;
      levels[from + row] = bytes[levelsAt + row]!;
    }
    this.#addRanges(u32, endsAt, metadataAt, count, byteCapacity, this.#metadataBytes - metadataStart);
    this.#lineBytes += lineBytes;
    this.#metadataBytes += metadataBytes;
    this.rowCount += count;
  }

  #addRanges(
    u32: Uint32Array,
    endsAt: number,
    metadataAt: number,
    count: number,
    byteCapacity: number,
    metadataShift: number,
  ): void {
    const { lineStarts, lineEnds, metadataStarts, metadataEnds, rowCount } = this;
    const lineShift = this.#lineBytes;
    let start = lineShift;
    let metadataEnd = byteCapacity + metadataShift;
    for (let row = 0; row < count; row++) {
      const end = u32[endsAt + row]! + lineShift;
      lineStarts[rowCount + row] = start;
      lineEnds[rowCount + row] = end;
      start = end + 1;
      const metadataStart = u32[metadataAt + row]! + metadataShift;
      metadataStarts[rowCount + row] = metadataStart;
      metadataEnds[rowCount + row] = metadataEnd;
      metadataEnd = metadataStart;
    }
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

function permuted<T extends Float64Array | Uint32Array | Uint8Array>(from: T, order: Uint32Array, to: T): T {
  for (let i = 0; i < order.length; i++) to[i] = from[order[i]!]!;
  return to;
}

/**
 * Rows of streams in time order, by way of `columns`, a few blocks at a time; what is given is overwritten by the next. A stream with
 * late rows is gathered whole and sorted.
 */
export class PageGatherer {
  readonly #columns: RowColumns;
  readonly #slabs: readonly SharedArrayBuffer[];
  readonly #streams: FlushStreams;
  readonly #gatherBytes: number;
  #sorted = true;
  #page = 0;
  #end = 0;

  constructor(columns: RowColumns, slabs: readonly SharedArrayBuffer[], streams: FlushStreams, gatherBytes: number) {
    this.#columns = columns;
    this.#slabs = slabs;
    this.#streams = streams;
    this.#gatherBytes = gatherBytes;
  }

  begin(stream: number): void {
    const { pageEnds, sorted } = this.#streams;
    this.#sorted = sorted[stream] === 1;
    this.#page = stream === 0 ? 0 : pageEnds[stream - 1]!;
    this.#end = pageEnds[stream]!;
  }

  /** The next rows of the stream that was begun; undefined when it has no more. */
  next(): StreamRows | undefined {
    const columns = this.#columns;
    columns.clear();
    while (this.#page < this.#end && (!this.#sorted || columns.lineBytes < this.#gatherBytes))
      columns.add(this.#slabs, this.#streams.pages, this.#page++ * PAGE_FIELDS);
    if (columns.rowCount === 0) return undefined;
    return this.#sorted ? columns : columns.sorted();
  }
}
