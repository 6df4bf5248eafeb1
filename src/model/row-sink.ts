import type { IngestKernel } from '../kernels/ingest-kernel.ts';
import type { Labels } from './labels.ts';

/** A stream that rows can be appended to; made by the store, cached by ingest under the label text of a push. */
export interface SinkStream {
  readonly streamId: number;
  readonly labels: Labels;
  /** Newest time accepted so far while the stream is live: seconds since the epoch, minus infinity when it has none yet. Kept by ingest. */
  newestSeconds: number;
  newestNanos: number;
  /** False once the store has let go of the stream; a cached handle must then be asked for anew. */
  readonly live: boolean;
}

/** Where validated rows go: implemented by the store, called by ingest and by replay. Synchronous on purpose. */
export interface RowSink {
  /** Finds or makes a stream; `labels` sorted, names unique, no empty values. */
  stream(labels: Labels): SinkStream;
  /** Number of live streams of the tenant, for the stream limit; `has` tells whether a set is among them. */
  streamCount(): number;
  has(labels: Labels): boolean;
  /**
   * Appends one row; bytes are copied before it returns.
   *
   * @param day UTC day number of the row, `offsetNs` nanoseconds within it
   * @param level a code of model/level.ts
   * @param metadata row metadata in the encoding of model/metadata-bytes.ts; an empty range means none
   * @returns false when the same line at the same time is in the stream's head already (it is then not stored again)
   */
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
  ): boolean;
  /**
   * Appends entries `[first, last)` of the kernel's columns, as many as can go without a closer look: of that day, accepted,
   * each newer than all of the stream. Sinks that cannot may leave it out.
   *
   * @returns how many were appended, perhaps none; the next one has to go by `append`
   */
  appendRun?(stream: SinkStream, day: number, kernel: IngestKernel, first: number, last: number): number;
}
