import type { IngestKernel } from '../../kernels/ingest-kernel.ts';
import type { Labels } from '../../model/labels.ts';
import type { RowSink, SinkStream } from '../../model/row-sink.ts';
import type { BatchRow } from './tail-batch.ts';

/** Where a sink shows fresh rows. */
export interface TailFeed {
  /** Some tail wants rows of the stream. */
  wants(tenant: string, stream: SinkStream): boolean;
  /** Takes a row that was appended, of a stream that is wanted; the object is used again. */
  offer(row: BatchRow): void;
  /** Takes entries `[first, end)` of the kernel's columns, likewise. */
  offerRun(stream: SinkStream, day: number, kernel: IngestKernel, first: number, end: number): void;
}

/** Writes rows on to the store's sink, and shows those that were new to the live tails. */
export class TailSink implements RowSink {
  readonly #tenant: string;
  readonly #inner: RowSink;
  readonly #hub: TailFeed;

  readonly #row: { -readonly [key in keyof BatchRow]: BatchRow[key] };
  #stream: SinkStream | undefined;
  #isWanted = false;

  constructor(tenant: string, inner: RowSink, hub: TailFeed) {
    this.#tenant = tenant;
    this.#inner = inner;
    this.#hub = hub;
    const none = new Uint8Array();
    this.#row = {
      stream: { streamId: 0, labels: [], newestSeconds: Number.NEGATIVE_INFINITY, newestNanos: 0, live: false },
      day: 0,
      offsetNs: 0,
      bytes: none,
      lineStart: 0,
      lineEnd: 0,
      level: 0,
      metadata: none,
      metadataStart: 0,
      metadataEnd: 0,
    };
  }

  stream(labels: Labels): SinkStream {
    return this.#inner.stream(labels);
  }

  streamCount(): number {
    return this.#inner.streamCount();
  }

  has(labels: Labels): boolean {
    return this.#inner.has(labels);
  }

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
    const isNew = this.#inner.append(
      stream,
      day,
      offsetNs,
      bytes,
      lineStart,
      lineEnd,
      level,
      metadata,
      metadataStart,
      metadataEnd,
    );
    if (isNew && this.#wants(stream)) {
      const row = this.#row;
      row.stream = stream;
      row.day = day;
      row.offsetNs = offsetNs;
      row.bytes = bytes;
      row.lineStart = lineStart;
      row.lineEnd = lineEnd;
      row.level = level;
      row.metadata = metadata;
      row.metadataStart = metadataStart;
      row.metadataEnd = metadataEnd;
      this.#hub.offer(row);
    }
    return isNew;
  }

  appendRun(stream: SinkStream, day: number, kernel: IngestKernel, first: number, last: number): number {
    const count = this.#inner.appendRun?.(stream, day, kernel, first, last) ?? 0;
    if (count > 0 && this.#wants(stream)) this.#hub.offerRun(stream, day, kernel, first, first + count);
    return count;
  }

  // Rows come stream by stream.
  #wants(stream: SinkStream): boolean {
    if (stream !== this.#stream) {
      this.#stream = stream;
      this.#isWanted = this.#hub.wants(this.#tenant, stream);
    }
    return this.#isWanted;
  }
}
