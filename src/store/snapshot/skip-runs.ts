import { ScratchMarks } from '../../base/scratch-columns.ts';
import { B_STREAM, BLOCK_FIELDS } from '../../chunk/directory.ts';
import { blocksHolding } from '../../chunk/filter/skip-filter.ts';
import type { SkipCounts } from './left-out.ts';
import type { SegmentRun } from './segment-runs.ts';
import type { SelectedSegment, Stretches } from './stretches.ts';

/** Filters of a segment are looked at together when one of so many blocks is of a selected stream. */
export const MIN_SHARE = 4;

/** A run has so much of its segment that all filters are looked at together. */
export function isMuchOf({ segment, count }: SegmentRun): boolean {
  return count * MIN_SHARE >= segment.streamIds.length;
}

let foundAtHand: Uint32Array = new Uint32Array(0);

/** Blocks of a segment, ascending, that may hold texts with these keys. Valid until the next call. */
function blocksWith({ columns }: SelectedSegment, section: Uint8Array, keys: Uint32Array): Uint32Array {
  const { filterStarts, filterEnds } = columns;
  if (foundAtHand.length < filterStarts.length) foundAtHand = new Uint32Array(filterStarts.length * 2);
  return foundAtHand.subarray(0, blocksHolding(section, filterStarts, filterEnds, keys, foundAtHand));
}

const marks = new ScratchMarks();

/** A mark for each block of a segment, all 0. Valid until the next call. */
export function marksFor({ columns: { filterStarts } }: SelectedSegment): Uint8Array {
  return marks.zeros(filterStarts.length);
}

/** Makes the marks of blocks of a segment 1 that may hold texts with these keys. */
export function markHolding(segment: SelectedSegment, section: Uint8Array, keys: Uint32Array, marks: Uint8Array): void {
  for (const block of blocksWith(segment, section, keys)) marks[block] = 1;
}

/**
 * Adds the blocks of a run that may hold texts with these keys. Of a rare text these are few, so nothing here is done for each of the others,
 * nor for each stream if all of a segment are selected.
 */
export function leaveOutOfRun(
  run: SegmentRun,
  section: Uint8Array,
  keys: Uint32Array,
  left: Stretches,
  counts: SkipCounts,
): void {
  const { source, segment, streams } = run;
  const { streamIds, firstBlocks, directory } = segment;
  const found = blocksWith(segment, section, keys);
  const isSelected = streams === undefined ? undefined : maskOf(streams, streamIds.length);
  countAll(run, counts);
  for (let i = 0; i < found.length; ) {
    const first = found[i++]!;
    const stream = directory.blocks[first * BLOCK_FIELDS + B_STREAM]!;
    if (isSelected?.[stream] === 0) continue;
    const stop = firstBlocks[stream + 1]!;
    let end = first + 1;
    while (end < stop && found[i] === end) {
      end++;
      i++;
    }
    left.addBlocks(streamIds[stream]!, source, first, end);
    counts.blocks -= end - first;
    counts.lineBytes -= left.lineBytes[left.count - 1]!;
  }
}

function maskOf(streams: Uint32Array, count: number): Uint8Array {
  const mask = new Uint8Array(count);
  for (const stream of streams) mask[stream] = 1;
  return mask;
}

function countAll({ segment: { columns, firstBlocks }, streams }: SegmentRun, counts: SkipCounts): void {
  if (streams === undefined) {
    counts.blocks += columns.filterStarts.length;
    counts.lineBytes += columns.totalLineBytes;
    return;
  }
  for (const stream of streams) {
    counts.blocks += firstBlocks[stream + 1]! - firstBlocks[stream]!;
    counts.lineBytes += columns.lineBytes[stream]!;
  }
}
