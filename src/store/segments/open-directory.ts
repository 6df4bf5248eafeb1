import {
  B_STREAM,
  BLOCK_FIELDS,
  type Directory,
  type DirectoryTables,
  type NewDirectory,
} from '../../chunk/directory.ts';
import type { LabelSets } from '../../chunk/label-sets.ts';
import type { Tally } from '../../chunk/tally.ts';
import { type KeptTallies, SegmentTally } from './kept-tallies.ts';
import { type StreamColumns, streamColumns } from './stream-columns.ts';
import { tallyGroupBytes } from './tally-groups.ts';

/** What is known of a segment, but for whose streams they are: plain data that the thread which wrote it hands over. */
export interface SegmentTables {
  readonly directory: DirectoryTables;
  /** Blocks of stream number `s` are `firstBlocks[s] .. firstBlocks[s + 1]`. */
  readonly firstBlocks: Uint32Array;
  /** Each stream has a block. */
  readonly isDense: boolean;
  /** Sums by stream number. */
  readonly columns: StreamColumns;
}

/** Bytes of a stream in a map by its id. */
const MAPPED_BYTES = 40;
/** Ids up to so many times the streams are found by a table, which is smaller than a map of them, and quicker. */
const TABLE_FACTOR = MAPPED_BYTES / Uint32Array.BYTES_PER_ELEMENT;

/** A segment's directory joined with the stream ids of this index. */
export class OpenDirectory implements SegmentTables {
  readonly directory: DirectoryTables;
  readonly firstBlocks: Uint32Array;
  readonly isDense: boolean;
  readonly columns: StreamColumns;
  /** Stream ids by the directory's own stream numbers. */
  readonly streamIds: Uint32Array;
  /** Of the stream ids; 0 for none. */
  readonly largestId: number;
  /** About what it holds, without its tally. */
  readonly bytes: number;
  readonly #tally: SegmentTally;
  #byStreamId: ((streamId: number) => number | undefined) | undefined;

  /** @param loadTally reads the tally again, if it was not kept */
  constructor(
    { directory, firstBlocks, isDense, columns }: SegmentTables,
    streamIds: Uint32Array,
    tallies: KeptTallies,
    loadTally: (blocks: number) => Tally,
  ) {
    const { tally, ...tables } = directory;
    const [blocks, frames] = [inSharedMemory(tables.blocks), inSharedMemory(tables.frames)];
    const ofSegment = new SegmentTally(tallies, tally, () => loadTally(blocks.length / BLOCK_FIELDS));
    this.#tally = ofSegment;
    this.directory = {
      ...tables,
      blocks,
      frames,
      get tally() {
        return ofSegment.get();
      },
    };
    this.firstBlocks = firstBlocks;
    this.isDense = isDense;
    this.columns = columns;
    this.streamIds = streamIds;
    let largestId = 0;
    for (const id of streamIds) if (id > largestId) largestId = id;
    this.largestId = largestId;
    let bytes = streamIds.byteLength + firstBlocks.byteLength + numbersBytes(streamIds, largestId);
    for (const column of [blocks, frames, ...Object.values(columns)])
      if (ArrayBuffer.isView(column)) bytes += column.byteLength;
    this.bytes = bytes + tallyGroupBytes(columns.tallyEntries, streamIds.length);
  }

  /** It is not kept, so its tally need not be, either. */
  end(): void {
    this.#tally.end();
  }

  /** Stream number of a stream id; undefined when the segment has none of its rows. */
  streamOf(streamId: number): number | undefined {
    this.#byStreamId ??= numbersById(this.streamIds, this.largestId);
    return this.#byStreamId(streamId);
  }
}

function hasTable(streamIds: Uint32Array, largestId: number): boolean {
  return largestId < streamIds.length * TABLE_FACTOR;
}

/** Bytes of what `numbersById` makes. */
function numbersBytes(streamIds: Uint32Array, largestId: number): number {
  return hasTable(streamIds, largestId)
    ? (largestId + 1) * Uint32Array.BYTES_PER_ELEMENT
    : streamIds.length * MAPPED_BYTES;
}

function numbersById(streamIds: Uint32Array, largestId: number): (streamId: number) => number | undefined {
  if (!hasTable(streamIds, largestId)) {
    const numbers = new Map(Array.from(streamIds, (id, stream) => [id, stream]));
    return (streamId) => numbers.get(streamId);
  }
  // One more than the number, 0 for none.
  const numbers = new Uint32Array(largestId + 1);
  for (let stream = 0; stream < streamIds.length; stream++) numbers[streamIds[stream]!] = stream + 1;
  return (streamId) => {
    const found = numbers[streamId] ?? 0;
    return found === 0 ? undefined : found - 1;
  };
}

/** @param streamIdOf id of the label set with a number */
export function joinDirectory(
  { streams, ...directory }: Directory,
  streamIdOf: (streams: LabelSets, i: number) => number,
): { readonly tables: SegmentTables; readonly streamIds: Uint32Array } {
  const streamIds = new Uint32Array(streams.count);
  for (let i = 0; i < streamIds.length; i++) streamIds[i] = streamIdOf(streams, i);
  return { tables: segmentTables(directory, streams.count), streamIds };
}

/** Of a directory that was just written, whose memory will be used again. Its arrays are handed over to the thread that wants them. */
export function writtenTables({ streams, levelCounts: _, ...directory }: NewDirectory): SegmentTables {
  const { starts, minutes, levels, counts } = directory.tally;
  const tally = { starts: starts.slice(), minutes: minutes.slice(), levels: levels.slice(), counts: counts.slice() };
  const [blocks, frames] = [directory.blocks.slice(), directory.frames.slice()];
  return segmentTables({ ...directory, tally, blocks, frames }, streams.count);
}

/** As threads that scan are given them. */
function inSharedMemory<T extends Uint32Array | Float64Array>(numbers: T): T {
  if (numbers.buffer instanceof SharedArrayBuffer) return numbers;
  const Numbers = numbers.constructor as new (buffer: SharedArrayBuffer) => T;
  const shared = new Numbers(new SharedArrayBuffer(numbers.byteLength));
  shared.set(numbers);
  return shared;
}

function segmentTables(directory: DirectoryTables, streamCount: number): SegmentTables {
  const { blocks } = directory;
  const firstBlocks = new Uint32Array(streamCount + 1);
  for (let at = B_STREAM; at < blocks.length; at += BLOCK_FIELDS) firstBlocks[blocks[at]! + 1]!++;
  for (let s = 0; s < streamCount; s++) firstBlocks[s + 1]! += firstBlocks[s]!;
  const isDense = firstBlocks.subarray(1).every((end, s) => end > firstBlocks[s]!);
  return { directory, firstBlocks, isDense, columns: streamColumns(directory, firstBlocks) };
}
