import { asBuffer } from '../../base/as-buffer.ts';
import type { IngestKernel } from '../../kernels/ingest-kernel.ts';
import { BODY_AT } from '../../kernels/layout.ts';
import type { Labels } from '../../model/labels.ts';
import type { SinkStream } from '../../model/row-sink.ts';
import { NS_PER_DAY_NUMBER } from '../../model/time.ts';
import type { TailColumns } from '../task/task.ts';

/** What a batch has room for. */
export interface BatchSize {
  readonly rows: number;
  readonly bytes: number;
}

/** Lines of a push lie one behind the other: copying a stretch of this size at once costs less than line by line. */
const STRETCH_BYTES = 4096;
const SECONDS_PER_DAY = NS_PER_DAY_NUMBER / 1e9;

/** A row with its line and metadata as ranges of bytes. */
export interface BatchRow {
  readonly stream: SinkStream;
  readonly day: number;
  readonly offsetNs: number;
  readonly bytes: Uint8Array;
  readonly lineStart: number;
  readonly lineEnd: number;
  readonly level: number;
  readonly metadata: Uint8Array;
  readonly metadataStart: number;
  readonly metadataEnd: number;
}

/**
 * Rows on their way from ingest to a worker that filters them for the tails. The columns lie in shared memory: handing them
 * over copies nothing, and the memory is used again for a later batch.
 */
export class TailBatch {
  readonly #size: BatchSize;
  readonly #streamIndexes: Uint32Array;
  readonly #days: Int32Array;
  readonly #offsetsNs: Float64Array;
  readonly #lineStarts: Uint32Array;
  readonly #lineEnds: Uint32Array;
  readonly #metadataStarts: Uint32Array;
  readonly #metadataEnds: Uint32Array;
  readonly #levels: Uint8Array;
  /** A Buffer, for its `copy`: `set` of a typed array copies shared memory with care, at a third of the speed. */
  readonly #bytes: Buffer;
  readonly #lines = new CopiedStretch();
  readonly #metadata = new CopiedStretch();
  #streams: Labels[] = [];
  #indexes = new Map<SinkStream, number>();
  #byteCount = 0;
  rowCount = 0;

  constructor(size: BatchSize) {
    const { rows, bytes } = size;
    this.#size = size;
    this.#streamIndexes = new Uint32Array(new SharedArrayBuffer(rows * 4));
    this.#days = new Int32Array(new SharedArrayBuffer(rows * 4));
    this.#offsetsNs = new Float64Array(new SharedArrayBuffer(rows * 8));
    this.#lineStarts = new Uint32Array(new SharedArrayBuffer(rows * 4));
    this.#lineEnds = new Uint32Array(new SharedArrayBuffer(rows * 4));
    this.#metadataStarts = new Uint32Array(new SharedArrayBuffer(rows * 4));
    this.#metadataEnds = new Uint32Array(new SharedArrayBuffer(rows * 4));
    this.#levels = new Uint8Array(new SharedArrayBuffer(rows));
    this.#bytes = Buffer.from(new SharedArrayBuffer(bytes));
  }

  reset(): void {
    this.#streams = [];
    this.#indexes = new Map();
    this.#byteCount = 0;
    this.rowCount = 0;
    this.forgetPush();
  }

  /** The next rows come from another push, whose memory may be that of the last one. */
  forgetPush(): void {
    this.#lines.end = 0;
    this.#metadata.end = 0;
  }

  /** @returns false when the row does not fit any more */
  append(from: BatchRow): boolean {
    const { stream, day, offsetNs, bytes, lineStart, lineEnd, level, metadata, metadataStart, metadataEnd } = from;
    const row = this.rowCount;
    if (row === this.#size.rows) return false;
    const lineAt = this.#place(this.#lines, bytes, lineStart, lineEnd, STRETCH_BYTES);
    const metadataAt =
      metadataStart === metadataEnd
        ? 0
        : this.#place(this.#metadata, metadata, metadataStart, metadataEnd, STRETCH_BYTES);
    if (lineAt < 0 || metadataAt < 0) return false;
    this.#streamIndexes[row] = this.#indexOf(stream);
    this.#days[row] = day;
    this.#offsetsNs[row] = offsetNs;
    this.#lineStarts[row] = lineAt;
    this.#lineEnds[row] = lineAt + lineEnd - lineStart;
    this.#metadataStarts[row] = metadataAt;
    this.#metadataEnds[row] = metadataAt + metadataEnd - metadataStart;
    this.#levels[row] = level;
    this.rowCount = row + 1;
    return true;
  }

  /**
   * Takes entries `[first, end)` of a day from the kernel's columns.
   *
   * @returns how many fit
   */
  appendRun(stream: SinkStream, day: number, kernel: IngestKernel, first: number, end: number): number {
    const { seconds, nanos, lineStart, lineEnd, level, metadataStart, metadataEnd } = kernel.columns;
    const body = kernel.buffer.subarray(BODY_AT);
    const index = this.#indexOf(stream);
    const daySeconds = day * SECONDS_PER_DAY;
    const stop = Math.min(end, first + this.#size.rows - this.rowCount);
    let row = this.rowCount;
    for (let entry = first; entry < stop; entry++, row++) {
      // The rest of the run follows in the same stretches, so it is copied with the first row of it.
      const lineFrom = lineStart[entry]!;
      const lineTo = lineEnd[entry]!;
      const lineAt = this.#place(this.#lines, body, lineFrom, lineTo, lineEnd[stop - 1]! - lineFrom);
      const metadataFrom = metadataStart[entry]!;
      const metadataTo = metadataEnd[entry]!;
      const metadataAt =
        metadataFrom === metadataTo
          ? 0
          : this.#place(this.#metadata, kernel.metadata, metadataFrom, metadataTo, STRETCH_BYTES);
      if (lineAt < 0 || metadataAt < 0) break;
      this.#streamIndexes[row] = index;
      this.#days[row] = day;
      this.#offsetsNs[row] = (seconds[entry]! - daySeconds) * 1e9 + nanos[entry]!;
      this.#lineStarts[row] = lineAt;
      this.#lineEnds[row] = lineAt + lineTo - lineFrom;
      this.#metadataStarts[row] = metadataAt;
      this.#metadataEnds[row] = metadataAt + metadataTo - metadataFrom;
      this.#levels[row] = level[entry]!;
    }
    const count = row - this.rowCount;
    this.rowCount = row;
    return count;
  }

  /** Where `from[start, end)` lies in the batch, copied now or with an earlier row; -1 when there is no room. Copies `ahead` bytes if it can. */
  #place(copied: CopiedStretch, from: Uint8Array, start: number, end: number, ahead: number): number {
    if (copied.from !== from || start < copied.start || end > copied.end) {
      const room = this.#size.bytes - this.#byteCount;
      if (end - start > room) return -1;
      const stop = Math.max(end, Math.min(start + Math.min(ahead, room), from.length));
      asBuffer(from).copy(this.#bytes, this.#byteCount, start, stop);
      copied.from = from;
      copied.start = start;
      copied.end = stop;
      copied.at = this.#byteCount;
      this.#byteCount += stop - start;
    }
    return copied.at + start - copied.start;
  }

  #indexOf(stream: SinkStream): number {
    let index = this.#indexes.get(stream);
    if (index === undefined) {
      index = this.#streams.length;
      this.#streams.push(stream.labels);
      this.#indexes.set(stream, index);
    }
    return index;
  }

  /** Streams with rows in the batch; a row names one by its index. */
  streams(): readonly SinkStream[] {
    return [...this.#indexes.keys()];
  }

  /** Views of the rows for a task; valid until `reset`. */
  columns(): TailColumns {
    return {
      rowCount: this.rowCount,
      streams: this.#streams,
      streamIndexes: this.#streamIndexes,
      days: this.#days,
      offsetsNs: this.#offsetsNs,
      lineStarts: this.#lineStarts,
      lineEnds: this.#lineEnds,
      metadataStarts: this.#metadataStarts,
      metadataEnds: this.#metadataEnds,
      levels: this.#levels,
      bytes: this.#bytes,
    };
  }
}

/** The bytes copied last: `from[start, end)` lies at `at`. */
class CopiedStretch {
  from: Uint8Array | undefined;
  start = 0;
  end = 0;
  at = 0;
}
