import { type Labels, labelsKey, labelsToObject } from '../../src/model/labels.ts';
import { LEVEL_IN_METADATA, LEVEL_LABEL, LEVEL_NONE, LEVELS } from '../../src/model/level.ts';
import { decodeMetadata } from '../../src/model/metadata-bytes.ts';
import type { RowSink, SinkStream } from '../../src/model/row-sink.ts';
import { dayStartNs } from '../../src/model/time.ts';

export interface MemoryRow {
  readonly ns: bigint;
  readonly line: string;
  /** With `detected_level` when the row has one. */
  readonly metadata: Record<string, string>;
}

export interface MemoryStream extends SinkStream {
  readonly rows: MemoryRow[];
  live: boolean;
}

/** A sink for tests that keeps rows as objects and drops exact repeats, as the head does. */
export class MemorySink implements RowSink {
  readonly streams: Map<string, MemoryStream> = new Map();

  stream(labels: Labels): MemoryStream {
    const key = labelsKey(labels);
    let stream = this.streams.get(key);
    if (stream === undefined) {
      stream = {
        streamId: this.streams.size + 1,
        labels,
        newestSeconds: Number.NEGATIVE_INFINITY,
        newestNanos: 0,
        live: true,
        rows: [],
      };
      this.streams.set(key, stream);
    }
    return stream;
  }

  streamCount(): number {
    return this.streams.size;
  }

  has(labels: Labels): boolean {
    return this.streams.has(labelsKey(labels));
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
    const { rows } = stream as MemoryStream;
    const ns = dayStartNs(day) + BigInt(offsetNs);
    const line = new TextDecoder().decode(bytes.subarray(lineStart, lineEnd));
    if (rows.some((row) => row.ns === ns && row.line === line)) return false;
    const pairs = labelsToObject(decodeMetadata(metadata, metadataStart, metadataEnd));
    if (level !== LEVEL_NONE && level !== LEVEL_IN_METADATA) pairs[LEVEL_LABEL] = LEVELS[level]!;
    rows.push({ ns, line, metadata: pairs });
    return true;
  }

  /** All rows with the labels of their stream, for comparisons. */
  rows(): { labels: Record<string, string>; ns: bigint; line: string; metadata: Record<string, string> }[] {
    return [...this.streams.values()].flatMap((stream) =>
      stream.rows.map((row) => ({ labels: labelsToObject(stream.labels), ...row })),
    );
  }
}
