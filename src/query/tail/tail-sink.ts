import type { IngestKernel } from '../../base/kernels/ingest-kernel.ts';
import { BODY_AT } from '../../base/kernels/layout.ts';
import type { Labels } from '../../model/labels.ts';
import type { RowSink, SinkStream } from '../../model/row-sink.ts';
import { NS_PER_DAY_NUMBER } from '../../model/time.ts';

const SECONDS_PER_DAY = NS_PER_DAY_NUMBER / 1e9;

/** Where a sink shows fresh rows. */
export interface TailFeed {
  /** Some tail wants rows of the stream. */
  wants(tenant: string, stream: SinkStream): boolean;
  /** Takes a row that was appended, of a stream that is wanted. */
  offer(
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
  ): void;
}

/** Writes rows on to the store's sink, and shows those that were new to the live tails. */
export class TailSink implements RowSink {
  readonly #tenant: string;
  readonly #inner: RowSink;
  readonly #hub: TailFeed;

  #stream: SinkStream | undefined;
  #isWanted = false;

  constructor(tenant: string, inner: RowSink, hub: TailFeed) {
    this.#tenant = tenant;
    this.#inner = inner;
    this.#hub = hub;
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
      this.#hub.offer(stream, day, offsetNs, bytes, lineStart, lineEnd, level, metadata, metadataStart, metadataEnd);
    }
    return isNew;
  }

  appendRun(stream: SinkStream, day: number, kernel: IngestKernel, first: number, last: number): number {
    const count = this.#inner.appendRun?.(stream, day, kernel, first, last) ?? 0;
    if (count > 0 && this.#wants(stream)) this.#offerRun(stream, day, kernel, first, first + count);
    return count;
  }

  #offerRun(stream: SinkStream, day: number, kernel: IngestKernel, first: number, end: number): void {
    const { seconds, nanos, lineStart, lineEnd, level, metadataStart, metadataEnd } = kernel.columns;
    const body = kernel.buffer.subarray(BODY_AT);
    const daySeconds = day * SECONDS_PER_DAY;
    for (let entry = first; entry < end; entry++) {
      this.#hub.offer(
        stream,
        day,
        (seconds[entry]! - daySeconds) * 1e9 + nanos[entry]!,
        body,
        lineStart[entry]!,
        lineEnd[entry]!,
        level[entry]!,
        kernel.metadata,
        metadataStart[entry]!,
        metadataEnd[entry]!,
      );
    }
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
