import { ScratchMarks } from '../../base/scratch-columns.ts';
import type { OpenDirectory } from '../segments/open-directory.ts';
import type { MatchedStreams } from '../tenant/matched-streams.ts';
import type { SelectedSegment, Stretches } from './stretches.ts';

/**
 * Streams of a segment that lies in the range as a whole: all blocks of each. Nothing is kept by stream, so that statistics of a hundred
 * thousand of them cost a walk through columns of the segment.
 */
export interface SegmentRun {
  /** Number in `segments` of the stretches. */
  readonly source: number;
  readonly segment: SelectedSegment;
  /** The segment's own stream numbers; undefined: all from 0 on. */
  readonly streams: Uint32Array | undefined;
  readonly count: number;
}

/** A selection with whole segments apart; the two parts share segments and labels. */
export interface SelectedRuns {
  /** In the order of their segments. */
  readonly runs: readonly SegmentRun[];
  /** All that is in none of them: of segments that the range cuts, and of the head. */
  readonly others: Stretches;
}

/** A walk over all streams of a segment looks at so many while one that is asked for by its id is found. */
const WALKED_PER_LOOKUP = 24;

/** Calls back for each wanted stream of a segment with its number there. */
export function forEachWanted(
  open: OpenDirectory,
  wanted: Pick<MatchedStreams, 'ids' | 'mask'>,
  found: (stream: number, streamId: number) => void,
): void {
  for (const stream of wantedStreams(open, wanted)) found(stream, open.streamIds[stream]!);
}

/** Numbers of the wanted streams of a segment, ascending: so they lie on disk. By way of whichever list is sooner gone through. */
export function wantedStreams(open: OpenDirectory, { ids, mask }: Pick<MatchedStreams, 'ids' | 'mask'>): Uint32Array {
  const { streamIds } = open;
  const streams = new Uint32Array(Math.min(ids.length, streamIds.length));
  let count = 0;
  if (ids.length * WALKED_PER_LOOKUP >= streamIds.length) {
    for (let stream = 0; stream < streamIds.length; stream++)
      if (mask[streamIds[stream]!] === 1) streams[count++] = stream;
    return streams.subarray(0, count);
  }
  for (const streamId of ids) {
    const stream = open.streamOf(streamId);
    if (stream !== undefined) streams[count++] = stream;
  }
  return streams.subarray(0, count).sort();
}

/** Wanted streams of a segment that have blocks. */
export function wantedRun(
  open: OpenDirectory,
  wanted: MatchedStreams,
  source: number,
  segment: SelectedSegment,
): SegmentRun {
  const { streamIds } = open;
  if (wanted.isAll && open.isDense) return { source, segment, streams: undefined, count: streamIds.length };
  const streams = keptStreams(open, wanted);
  return streams.length === streamIds.length
    ? { source, segment, streams: undefined, count: streamIds.length }
    : { source, segment, streams, count: streams.length };
}

/** Wanted streams of a segment are kept as long as the selector and the directory are, where there are few. */
const MAX_KEPT_STREAMS = 1024;
/** Of more, those of the last selector that asked are, up to so many. */
const MAX_RECENT_STREAMS = 16_384;

interface RecentStreams {
  readonly wanted: MatchedStreams;
  readonly streams: Uint32Array;
}

const recent = new WeakMap<OpenDirectory, RecentStreams>();

/** Numbers of the wanted streams of a segment that have blocks, ascending; the same list as before where it is kept. */
export function keptStreams(open: OpenDirectory, wanted: MatchedStreams): Uint32Array {
  const last = recent.get(open);
  const known = wanted.streamsOf.get(open) ?? (last?.wanted === wanted ? last.streams : undefined);
  if (known !== undefined) return known;
  const { firstBlocks } = open;
  const found = wantedStreams(open, wanted);
  let count = 0;
  for (const stream of found) if (firstBlocks[stream]! < firstBlocks[stream + 1]!) found[count++] = stream;
  const streams = found.slice(0, count);
  if (count <= MAX_KEPT_STREAMS) wanted.streamsOf.set(open, streams);
  else if (count <= MAX_RECENT_STREAMS) recent.set(open, { wanted, streams });
  return streams;
}

/** The streams of a run that are, or are not, in a mask (1 by stream id). */
export function runWithin(run: SegmentRun, mask: Uint8Array, isIn: boolean): SegmentRun {
  const { streamIds } = run.segment;
  const bit = isIn ? 1 : 0;
  const streams = new Uint32Array(run.count);
  let count = 0;
  for (let i = 0; i < run.count; i++) {
    const stream = run.streams === undefined ? i : run.streams[i]!;
    if ((mask[streamIds[stream]!] ?? 0) === bit) streams[count++] = stream;
  }
  return count === run.count ? run : { ...run, streams: streams.subarray(0, count), count };
}

/** Adds the streams of a run to stretches. */
export function addRun(to: Stretches, { source, segment, streams, count }: SegmentRun): void {
  const { streamIds, firstBlocks } = segment;
  to.reserve(count);
  for (let i = 0; i < count; i++) {
    const stream = streams === undefined ? i : streams[i]!;
    to.addStream(streamIds[stream]!, source, stream, firstBlocks[stream]!, firstBlocks[stream + 1]!);
  }
}

/** Sums over selected stretches. */
export interface SelectionSums {
  readonly streams: number;
  readonly parts: number;
  readonly rows: number;
  readonly lineBytes: number;
}

/** Streams that were counted; used by one count after the other. */
const marks = new ScratchMarks();

/**
 * Sums over runs and stretches, each stream counted once.
 *
 * @param found by stream id: is made 1 for each of the streams
 */
export function sumsOf(
  { runs, others }: SelectedRuns,
  found: Uint8Array = marks.zeros(largestIdOf({ runs, others }) + 1),
): SelectionSums {
  let rows = 0;
  let lineBytes = 0;
  let parts = others.count;
  for (let i = 0; i < others.count; i++) {
    rows += others.rows[i]!;
    lineBytes += others.lineBytes[i]!;
    found[others.streamIds[i]!] = 1;
  }
  for (const run of runs) {
    parts += run.count;
    const { streamIds, columns } = run.segment;
    if (run.streams === undefined) {
      rows += columns.totalRows;
      lineBytes += columns.totalLineBytes;
      for (let stream = 0; stream < run.count; stream++) found[streamIds[stream]!] = 1;
      continue;
    }
    for (let i = 0; i < run.count; i++) {
      const stream = run.streams[i]!;
      rows += columns.rows[stream]!;
      lineBytes += columns.lineBytes[stream]!;
      found[streamIds[stream]!] = 1;
    }
  }
  let streams = 0;
  for (let id = 0; id < found.length; id++) streams += found[id]!;
  return { streams, parts, rows, lineBytes };
}

/** Largest stream id; 0 when there is none. */
export function largestIdOf({ runs, others }: SelectedRuns): number {
  let largest = others.largestId();
  for (const { segment } of runs) largest = Math.max(largest, segment.largestId);
  return largest;
}
