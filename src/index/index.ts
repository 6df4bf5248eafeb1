import { LogError } from '../base/errors.ts';
import type { Labels } from '../model/labels.ts';
import {
  CHECKPOINT_KEY,
  directoryKey,
  INDEX_VERSION,
  NEXT_STREAM_PREFIX,
  nextStreamKey,
  parseNextStreamKey,
  parseStreamKey,
  prefixEnd,
  SEGMENT_PREFIX,
  STREAM_PREFIX,
  segmentKey,
  streamKey,
  VERSION_KEY,
} from './keys.ts';
import type { Kv, KvEntry, KvOperation } from './kv.ts';
import { SealedKv } from './sealed-kv.ts';
import { decodeLabels, decodeSummary, encodeLabels, encodeSummary, type SegmentSummary } from './values.ts';

/** Id of a tenant's first stream. */
const FIRST_STREAM_ID = 1;

export interface StreamEntry {
  readonly tenant: string;
  readonly streamId: number;
  readonly labels: Labels;
}

/** Names a segment. */
export interface SegmentKey {
  readonly tenant: string;
  readonly day: number;
  readonly name: string;
}

/** All of the index but the directories; fits in memory by design. */
export interface IndexState {
  readonly streams: readonly StreamEntry[];
  readonly segments: readonly SegmentSummary[];
  /** Last WAL segment whose rows are all in segments; 0 when there is none. */
  readonly checkpointSeq: number;
  /** By tenant; a tenant that is absent begins with `FIRST_STREAM_ID`. */
  readonly nextStreamIds: ReadonlyMap<string, number>;
}

/** What changes in one step. */
export interface IndexBatch {
  readonly streams: readonly StreamEntry[];
  /** Streams without rows, let go of; their ids are never used again. */
  readonly removeStreams?: readonly { readonly tenant: string; readonly streamId: number }[];
  readonly addSegments: readonly { readonly summary: SegmentSummary; readonly directory: Uint8Array }[];
  readonly removeSegments: readonly SegmentKey[];
  readonly checkpointSeq?: number;
}

/**
 * What is stored and where: streams, segments with their directories, and the checkpoint of the WAL. The segment files can
 * tell all of it again; the index is what makes a start quick and a change atomic.
 */
export class LogIndex {
  readonly #kv: Kv;
  readonly #nextStreamIds = new Map<string, number>();

  private constructor(kv: Kv) {
    this.#kv = kv;
  }

  /**
   * Takes over an open store of keys, empty or written before; each value gets a checksum.
   *
   * @throws LogError FORMAT_UNKNOWN when the index was written by another version
   */
  static async open(plain: Kv): Promise<LogIndex> {
    const kv = new SealedKv(plain);
    const index = new LogIndex(kv);
    const version = await kv.get(VERSION_KEY);
    if (version === undefined) await kv.batch([putNumber(VERSION_KEY, INDEX_VERSION)]);
    else if (numberOf(VERSION_KEY, version) !== INDEX_VERSION) {
      throw new LogError(
        'FORMAT_UNKNOWN',
        `unknown index version ${text(version)}, this program knows ${INDEX_VERSION}`,
      );
    }
    for await (const { key, value } of index.#entries(NEXT_STREAM_PREFIX)) {
      const tenant = parseNextStreamKey(key);
      if (tenant === undefined) throw corrupt(key, 'key is damaged');
      index.#nextStreamIds.set(tenant, numberOf(key, value));
    }
    return index;
  }

  /**
   * Reads everything but the directories.
   *
   * @throws LogError INDEX_CORRUPT at a key or value that cannot be read; the index is then to be rebuilt
   */
  async load(): Promise<IndexState> {
    const streams: StreamEntry[] = [];
    for await (const { key, value } of this.#entries(STREAM_PREFIX)) {
      const parts = parseStreamKey(key);
      const labels = decodeLabels(value);
      if (parts === undefined || labels === undefined) throw corrupt(key, 'not a stream');
      streams.push({ ...parts, labels });
      this.#noteStreamId(parts.tenant, parts.streamId);
    }
    const segments: SegmentSummary[] = [];
    for await (const { key, value } of this.#entries(SEGMENT_PREFIX)) {
      const summary = decodeSummary(value);
      if (summary === undefined || segmentKey(summary.tenant, summary.day, summary.name) !== key) {
        throw corrupt(key, 'not a segment summary');
      }
      segments.push(summary);
    }
    const checkpoint = await this.#kv.get(CHECKPOINT_KEY);
    return {
      streams,
      segments,
      checkpointSeq: checkpoint === undefined ? 0 : numberOf(CHECKPOINT_KEY, checkpoint),
      nextStreamIds: new Map(this.#nextStreamIds),
    };
  }

  /** Directory of a segment, as it was committed; undefined when there is no such segment. */
  async directory(tenant: string, day: number, name: string): Promise<Uint8Array | undefined> {
    return await this.#kv.get(directoryKey(tenant, day, name));
  }

  /** As `directory`, at once: 7 µs and up, by size. */
  directorySync(tenant: string, day: number, name: string): Uint8Array | undefined {
    return this.#kv.getSync(directoryKey(tenant, day, name));
  }

  /** Makes all changes or, after a crash, none. They are on the medium when it resolves. */
  async commit(batch: IndexBatch): Promise<void> {
    const operations: KvOperation[] = [];
    const tenants = new Set<string>();
    for (const { tenant, streamId, labels } of batch.streams) {
      operations.push({ type: 'put', key: streamKey(tenant, streamId), value: encodeLabels(labels) });
      this.#noteStreamId(tenant, streamId);
      tenants.add(tenant);
    }
    for (const tenant of tenants) operations.push(putNumber(nextStreamKey(tenant), this.#nextStreamIds.get(tenant)!));
    for (const { tenant, streamId } of batch.removeStreams ?? []) {
      operations.push({ type: 'del', key: streamKey(tenant, streamId) });
    }
    for (const { tenant, day, name } of batch.removeSegments) {
      operations.push({ type: 'del', key: segmentKey(tenant, day, name) });
      operations.push({ type: 'del', key: directoryKey(tenant, day, name) });
    }
    for (const { summary, directory } of batch.addSegments) {
      const { tenant, day, name } = summary;
      operations.push({ type: 'put', key: segmentKey(tenant, day, name), value: encodeSummary(summary) });
      operations.push({ type: 'put', key: directoryKey(tenant, day, name), value: directory });
    }
    if (batch.checkpointSeq !== undefined) operations.push(putNumber(CHECKPOINT_KEY, batch.checkpointSeq));
    if (operations.length > 0) await this.#kv.batch(operations);
  }

  /** Empties the index, to be filled again from the segment files. */
  async clear(): Promise<void> {
    await this.#kv.clear();
    this.#nextStreamIds.clear();
    await this.#kv.batch([putNumber(VERSION_KEY, INDEX_VERSION)]);
  }

  async close(): Promise<void> {
    await this.#kv.close();
  }

  #noteStreamId(tenant: string, streamId: number): void {
    const next = this.#nextStreamIds.get(tenant) ?? FIRST_STREAM_ID;
    this.#nextStreamIds.set(tenant, Math.max(next, streamId + 1));
  }

  async *#entries(prefix: string): AsyncGenerator<KvEntry> {
    for await (const page of this.#kv.scan(prefix, prefixEnd(prefix))) yield* page;
  }
}

function putNumber(key: string, value: number): KvOperation {
  return { type: 'put', key, value: new TextEncoder().encode(String(value)) };
}

function numberOf(key: string, value: Uint8Array): number {
  const number = Number(text(value));
  if (!Number.isSafeInteger(number) || number < 0 || value.length === 0) throw corrupt(key, 'not a number');
  return number;
}

function text(value: Uint8Array): string {
  return new TextDecoder().decode(value);
}

function corrupt(key: string, reason: string): LogError {
  return new LogError('INDEX_CORRUPT', `index is damaged at key ${JSON.stringify(key)}: ${reason}`, {
    details: { key },
  });
}
