import { labelSetKey } from '../../chunk/label-sets.ts';
import type { HeadPart } from '../../head/part.ts';
import type { IngestKernel } from '../../kernels/ingest-kernel.ts';
import type { Labels } from '../../model/labels.ts';
import type { RowSink, SinkStream } from '../../model/row-sink.ts';
import type { HeadState } from './head-state.ts';
import type { TenantState, TenantStream } from './tenant-state.ts';

/** Takes rows of one tenant into the open generation. */
export class TenantSink implements RowSink {
  readonly #tenant: TenantState;
  readonly #head: HeadState;
  /** Ids of streams with rows in the generations of the key. */
  readonly #active = new Set<number>();
  #activeKey = '';

  constructor(tenant: TenantState, head: HeadState) {
    this.#tenant = tenant;
    this.#head = head;
  }

  stream(labels: Labels): SinkStream {
    return this.#tenant.stream(labels);
  }

  has(labels: Labels): boolean {
    const stream = this.#tenant.streams.get(labelSetKey(labels));
    return stream !== undefined && this.#activeIds().has(stream.streamId);
  }

  /** Streams with rows in the head: the ones that cost memory. */
  streamCount(): number {
    return this.#activeIds().size;
  }

  /** Gathered anew when a generation came or went; between that, `#part` adds to them. A limit of streams asks for each new stream. */
  #activeIds(): ReadonlySet<number> {
    const generations = this.#head.all();
    const key = generations.map(({ id }) => id).join(' ');
    if (key !== this.#activeKey) {
      this.#active.clear();
      for (const generation of generations)
        for (const part of generation.parts(this.#tenant.name)) this.#active.add(part.streamId);
      this.#activeKey = key;
    }
    return this.#active;
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
    const part = this.#part(stream as TenantStream, day);
    if (!part.append(offsetNs, bytes, lineStart, lineEnd, level, metadata, metadataStart, metadataEnd)) return false;
    this.#head.open.rowCount++;
    return true;
  }

  appendRun(stream: SinkStream, day: number, kernel: IngestKernel, first: number, last: number): number {
    const count = this.#part(stream as TenantStream, day).appendRun(kernel, first, last);
    this.#head.open.rowCount += count;
    return count;
  }

  #part(stream: TenantStream, day: number): HeadPart {
    const open = this.#head.open;
    if (stream.part === undefined || stream.partGeneration !== open.id || stream.part.day !== day) {
      stream.part = open.part(this.#tenant.name, stream.streamId, stream.labels, day);
      stream.partGeneration = open.id;
      this.#active.add(stream.streamId);
    }
    return stream.part;
  }
}
