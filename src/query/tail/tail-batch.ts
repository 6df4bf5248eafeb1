import type { Labels } from '../../model/labels.ts';
import type { SinkStream } from '../../model/row-sink.ts';
import type { TailColumns } from '../task.ts';

/** Rows and bytes of one batch: some push bodies at full speed, scanned by a worker in a few milliseconds. */
const BATCH_ROWS = 65_536;
const BATCH_BYTES = 8 * 1024 * 1024;

/**
 * Rows on their way from ingest to a worker that filters them for the tails. The columns lie in shared memory: handing them
 * over copies nothing, and the memory is used again for a later batch.
 */
export class TailBatch {
  readonly #streamIndexes = new Uint32Array(new SharedArrayBuffer(BATCH_ROWS * 4));
  readonly #days = new Int32Array(new SharedArrayBuffer(BATCH_ROWS * 4));
  readonly #offsetsNs = new Float64Array(new SharedArrayBuffer(BATCH_ROWS * 8));
  /** Two ends per row: of the line, and of the metadata that follows it. */
  readonly #ends = new Uint32Array(new SharedArrayBuffer(BATCH_ROWS * 8));
  readonly #levels = new Uint8Array(new SharedArrayBuffer(BATCH_ROWS));
  readonly #bytes = new Uint8Array(new SharedArrayBuffer(BATCH_BYTES));
  #streams: Labels[] = [];
  #indexes = new Map<SinkStream, number>();
  #byteCount = 0;
  rowCount = 0;

  reset(): void {
    this.#streams = [];
    this.#indexes = new Map();
    this.#byteCount = 0;
    this.rowCount = 0;
  }

  /** @returns false when the row does not fit any more */
  append(
    stream: SinkStream,
    day: number,
    offsetNs: number,
    bytes: Uint8Array,
    lineStart: number,
    lineEnd: number,
    level: number,
    metadata: Uint8Array,
    metadataStart: number,
    metadataEnd: number,
  ): boolean {
    const row = this.rowCount;
    const start = this.#byteCount;
    const lineStop = start + lineEnd - lineStart;
    const stop = lineStop + metadataEnd - metadataStart;
    if (row === BATCH_ROWS || stop > BATCH_BYTES) return false;
    copyRange(bytes, lineStart, lineEnd, this.#bytes, start);
    copyRange(metadata, metadataStart, metadataEnd, this.#bytes, lineStop);
    this.#streamIndexes[row] = this.#indexOf(stream);
    this.#days[row] = day;
    this.#offsetsNs[row] = offsetNs;
    this.#ends[2 * row] = lineStop;
    this.#ends[2 * row + 1] = stop;
    this.#levels[row] = level;
    this.#byteCount = stop;
    this.rowCount = row + 1;
    return true;
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
      ends: this.#ends,
      levels: this.#levels,
      bytes: this.#bytes,
    };
  }
}

// A native copy of a short range costs more than the bytes one by one.
const SHORT_BYTES = 48;

function copyRange(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  if (end - start > SHORT_BYTES) {
    to.set(from.subarray(start, end), at);
    return;
  }
  for (let i = start; i < end; i++) to[at + i - start] = from[i]!;
}
