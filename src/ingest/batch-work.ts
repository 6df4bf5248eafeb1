import type { IngestKernel } from '../kernels/ingest-kernel.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import { Discards } from './discards.ts';
import { MetadataReader } from './metadata.ts';
import type { KnownStream } from './stream-cache.ts';
import { ValidationErrors } from './validation-errors.ts';

/** Columns that ingest keeps beside those of a batch while it works on it. Reused from request to request. */
export class BatchWork {
  streams: (KnownStream | undefined)[] = [];
  /** 1: taken, 0: refused. */
  accepted: Uint8Array = new Uint8Array(8192);
  level: Uint8Array = new Uint8Array(8192);
  /** Bytes of line and metadata as they were pushed. */
  pushedBytes: Uint32Array = new Uint32Array(8192);
  /** Range of `metadata` with the encoded pairs of an entry. */
  metadataStart: Uint32Array = new Uint32Array(8192);
  metadataEnd: Uint32Array = new Uint32Array(8192);
  metadata: ByteWriter = new ByteWriter();
  readonly reader: MetadataReader = new MetadataReader();
  errors: ValidationErrors = new ValidationErrors();
  discards: Discards = new Discards();
  /** An entry that was taken is not stored as it came: its line was cut or its time moved. */
  isAltered = false;
  #home: IngestKernel | undefined;
  #kernelMetadata: ByteWriter | undefined;

  /** @param kernel that of the batch: the columns then lie in its memory too */
  reset(entryCount: number, kernel: IngestKernel | undefined): void {
    if (kernel !== undefined) this.#useKernel(kernel);
    this.streams.length = 0;
    this.metadata.reset();
    this.errors = new ValidationErrors();
    this.discards = new Discards();
    this.isAltered = false;
    if (entryCount <= this.accepted.length) return;
    this.#home = undefined;
    const size = Math.max(entryCount, this.accepted.length * 2);
    this.accepted = new Uint8Array(size);
    this.level = new Uint8Array(size);
    this.pushedBytes = new Uint32Array(size);
    this.metadataStart = new Uint32Array(size);
    this.metadataEnd = new Uint32Array(size);
  }

  // They stay there for batches of other formats: memory is memory.
  #useKernel(kernel: IngestKernel): void {
    if (this.#home === kernel) return;
    const { columns } = kernel;
    this.#home = kernel;
    this.accepted = columns.accepted;
    this.level = columns.level;
    this.pushedBytes = columns.pushedBytes;
    this.metadataStart = columns.metadataStart;
    this.metadataEnd = columns.metadataEnd;
    this.#kernelMetadata ??= new ByteWriter(kernel.metadata);
    this.metadata = this.#kernelMetadata;
  }
}
