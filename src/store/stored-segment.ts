import { join } from 'node:path';
import { B_STREAM, BLOCK_FIELDS, type Directory } from '../chunk/directory.ts';
import type { SegmentSummary } from '../index/values.ts';
import { type Labels, labelsKey } from '../model/labels.ts';
import { dayName } from '../model/time.ts';
import { type StreamColumns, streamColumns } from './stream-columns.ts';

/** A segment's directory joined with the stream ids of this index. */
export interface OpenDirectory {
  readonly directory: Directory;
  /** Stream ids by the directory's own stream numbers. */
  readonly streamIds: Uint32Array;
  /** Blocks of stream number `s` are `firstBlocks[s] .. firstBlocks[s + 1]`. */
  readonly firstBlocks: Uint32Array;
  /** Stream number by stream id. */
  readonly byStreamId: ReadonlyMap<number, number>;
  /** Of the stream ids; 0 for none. */
  readonly largestId: number;
  /** Each stream has a block. */
  readonly isDense: boolean;
  /** Sums by stream number. */
  readonly columns: StreamColumns;
}

type StreamOf = (labels: Labels, key: string) => { readonly streamId: number; readonly labels: Labels };

/** One closed segment as the store knows it: its summary always, its directory when somebody asked. */
export class StoredSegment {
  readonly summary: SegmentSummary;
  readonly path: string;
  /** When this process came to know it, milliseconds since the epoch. */
  readonly addedMs: number;
  #open: OpenDirectory | undefined;
  #pins = 0;
  #onUnused: (() => void) | undefined;

  constructor(summary: SegmentSummary, path: string, addedMs: number) {
    this.summary = summary;
    this.path = path;
    this.addedMs = addedMs;
  }

  /**
   * @param read fetches the directory (index or file)
   * @param streamOf stream of a label set, with its id and the copy of its labels that all share
   */
  open(read: () => Directory, streamOf: StreamOf): OpenDirectory {
    if (this.#open === undefined) this.#open = joinDirectory(read(), streamOf);
    return this.#open;
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Forgets the directory; it is read again when next asked for. */
  forget(): void {
    this.#open = undefined;
  }

  pin(): void {
    this.#pins++;
  }

  unpin(): void {
    this.#pins--;
    if (this.#pins === 0 && this.#onUnused !== undefined) this.#onUnused();
  }

  /** Calls back once nobody reads the segment any more; at once when nobody does. */
  whenUnused(callback: () => void): void {
    if (this.#pins === 0) callback();
    else this.#onUnused = callback;
  }
}

function joinDirectory(read: Directory, streamOf: StreamOf): OpenDirectory {
  const count = read.streams.length;
  const streamIds = new Uint32Array(count);
  const byStreamId = new Map<number, number>();
  const streams: Labels[] = [];
  let largestId = 0;
  for (let s = 0; s < count; s++) {
    const own = read.streams[s]!;
    const { streamId, labels } = streamOf(own, labelsKey(own));
    streams.push(labels);
    streamIds[s] = streamId;
    byStreamId.set(streamId, s);
    largestId = Math.max(largestId, streamId);
  }
  const directory: Directory = { ...read, streams };
  const firstBlocks = new Uint32Array(count + 1);
  const blockCount = directory.blocks.length / BLOCK_FIELDS;
  for (let block = 0; block < blockCount; block++)
    firstBlocks[directory.blocks[block * BLOCK_FIELDS + B_STREAM]! + 1]!++;
  for (let s = 0; s < count; s++) firstBlocks[s + 1]! += firstBlocks[s]!;
  const isDense = firstBlocks.subarray(1).every((end, s) => end > firstBlocks[s]!);
  return {
    directory,
    streamIds,
    firstBlocks,
    byStreamId,
    largestId,
    isDense,
    columns: streamColumns(directory, firstBlocks),
  };
}

/** Folder of a tenant's day. The tenant is coded so that no name can leave the data folder or meet another one. */
export function segmentFolder(dataFolder: string, tenant: string, day: number): string {
  return join(dataFolder, 'segments', tenantFolder(tenant), dayName(day));
}

/**
 * Tenant ids hold letters, digits and `!-_.*'()`. All but letters, digits, `-` and `_` are written as `%XX`, and capitals are, too:
 * some file systems do not tell `A` from `a`.
 */
function tenantFolder(tenant: string): string {
  return tenant.replace(/[^a-z0-9_-]/g, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** First part of the names of a process's segments: its start, or just behind that of the newest segment when the clock was set back. */
export function writerName(
  nowMs: number,
  tenants: Iterable<{ readonly segments: ReadonlyMap<number, readonly StoredSegment[]> }>,
): string {
  let newest = nowMs;
  for (const { segments } of tenants) {
    for (const list of segments.values()) {
      const earlier = Number.parseInt(list.at(-1)!.summary.name, 36);
      if (earlier >= newest) newest = earlier + 1;
    }
  }
  return newest.toString(36).padStart(9, '0');
}
