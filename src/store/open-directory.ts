import { B_STREAM, BLOCK_FIELDS, type Directory, type DirectoryTables, type NewDirectory } from '../chunk/directory.ts';
import type { LabelSets } from '../chunk/label-sets.ts';
import type { Tally } from '../chunk/tally.ts';
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
  #byStreamId: Map<number, number> | undefined;

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
    let bytes = streamIds.byteLength + firstBlocks.byteLength + streamIds.length * MAPPED_BYTES;
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
    this.#byStreamId ??= new Map(Array.from(this.streamIds, (id, stream) => [id, stream]));
    return this.#byStreamId.get(streamId);
  }
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
export function writtenTables({ streams, ...directory }: NewDirectory): SegmentTables {
  const { starts, minutes, levels, counts } = directory.tally;
  const tally = { starts: starts.slice(), minutes: minutes.slice(), levels: levels.slice(), counts: counts.slice() };
  const [blocks, frames] = [directory.blocks.slice(), directory.frames.slice()];
  return segmentTables({ ...directory, tally, blocks, frames }, streams.count);
}

/** As threads that scan are given them. */
function inSharedMemory(numbers: Float64Array): Float64Array {
  if (numbers.buffer instanceof SharedArrayBuffer) return numbers;
  const shared = new Float64Array(new SharedArrayBuffer(numbers.byteLength));
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
