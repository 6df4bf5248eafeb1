import { LogError } from '../../base/errors.ts';
import { wider } from '../../base/grow.ts';
import type { IngestKernel } from '../../kernels/ingest-kernel.ts';

// An entry takes as little as two bytes on the wire and 28 in columns, so their number needs a bound of its own.
const MAX_ENTRIES = 2 ** 21;
const MAX_STREAMS = 2 ** 20;

/**
 * A decoded push of any format, as columns over one byte buffer: no object, string or BigInt per entry. Decoders fill it,
 * ingest reads it. One instance is reused from request to request, so nothing may keep it past the call.
 */
export class PushBatch {
  /** Holds label texts, lines and metadata. Protobuf: the decompressed body itself. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Set when `bytes` and all columns lie in the memory of this kernel, which can then work on them. */
  kernel: IngestKernel | undefined;

  streamCount = 0;
  /** Label text of a stream, `{a="b"}`, as a range of `bytes`; JSON and OTLP decoders write it there. */
  labelStart: Uint32Array = new Uint32Array(256);
  labelEnd: Uint32Array = new Uint32Array(256);
  /** Entries of stream `s` are `firstEntry[s] .. firstEntry[s + 1]`. */
  firstEntry: Uint32Array = new Uint32Array(257);

  entryCount = 0;
  /** Whole seconds since the epoch (may be negative) and nanoseconds 0..999,999,999. */
  seconds: Float64Array = new Float64Array(8192);
  nanos: Uint32Array = new Uint32Array(8192);
  lineStart: Uint32Array = new Uint32Array(8192);
  lineEnd: Uint32Array = new Uint32Array(8192);
  /**
   * Range of `bytes` that holds the entry's metadata as protobuf fields: every field number 3 in it is a LabelPair, other
   * fields are skipped. Empty range: none. JSON and OTLP decoders write the same encoding.
   */
  metadataStart: Uint32Array = new Uint32Array(8192);
  metadataEnd: Uint32Array = new Uint32Array(8192);

  reset(): void {
    this.kernel = undefined;
    this.streamCount = 0;
    this.entryCount = 0;
    this.firstEntry[0] = 0;
  }

  /** Takes what the kernel has decoded: its columns become those of the batch. */
  useKernel(kernel: IngestKernel, bytes: Uint8Array, streamCount: number): void {
    const { columns } = kernel;
    this.kernel = kernel;
    this.bytes = bytes;
    this.streamCount = streamCount;
    this.labelStart = columns.labelStart;
    this.labelEnd = columns.labelEnd;
    this.firstEntry = columns.firstEntry;
    this.entryCount = columns.firstEntry[streamCount]!;
    this.seconds = columns.seconds;
    this.nanos = columns.nanos;
    this.lineStart = columns.lineStart;
    this.lineEnd = columns.lineEnd;
    this.metadataStart = columns.pairsStart;
    this.metadataEnd = columns.pairsEnd;
  }

  /**
   * Makes room for one more stream; call before writing its columns.
   *
   * @throws LogError PUSH_TOO_LARGE
   */
  growStreams(): void {
    if (this.streamCount + 2 <= this.labelStart.length) return;
    const size = grownSize(this.labelStart.length, MAX_STREAMS, 'streams');
    this.labelStart = wider(this.labelStart, new Uint32Array(size));
    this.labelEnd = wider(this.labelEnd, new Uint32Array(size));
    this.firstEntry = wider(this.firstEntry, new Uint32Array(size + 1));
  }

  /**
   * Makes room for one more entry; call before writing its columns.
   *
   * @throws LogError PUSH_TOO_LARGE
   */
  growEntries(): void {
    if (this.entryCount < this.seconds.length) return;
    const size = grownSize(this.seconds.length, MAX_ENTRIES, 'entries');
    this.seconds = wider(this.seconds, new Float64Array(size));
    this.nanos = wider(this.nanos, new Uint32Array(size));
    this.lineStart = wider(this.lineStart, new Uint32Array(size));
    this.lineEnd = wider(this.lineEnd, new Uint32Array(size));
    this.metadataStart = wider(this.metadataStart, new Uint32Array(size));
    this.metadataEnd = wider(this.metadataEnd, new Uint32Array(size));
  }
}

function grownSize(size: number, limit: number, what: string): number {
  if (size < limit) return size * 2;
  throw new LogError('PUSH_TOO_LARGE', `request has too many ${what}, limit ${limit}`, { status: 413 });
}
