import type { Labels } from '../../model/labels.ts';
import type { RowSink, SinkStream } from '../../model/row-sink.ts';
import type { TailHub } from './tail-hub.ts';

/** Writes rows on to the store's sink, and shows those that were new to the live tails. */
export class TailSink implements RowSink {
  readonly #tenant: string;
  readonly #inner: RowSink;
  readonly #hub: Pick<TailHub, 'offer' | 'wants'>;

  #stream: SinkStream | undefined;
  #isWanted = false;

  constructor(tenant: string, inner: RowSink, hub: Pick<TailHub, 'offer' | 'wants'>) {
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
    // Rows come stream by stream.
    if (stream !== this.#stream) {
      this.#stream = stream;
      this.#isWanted = this.#hub.wants(this.#tenant, stream);
    }
    if (isNew && this.#isWanted) {
      this.#hub.offer(
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
    }
    return isNew;
  }
}
