import {
  B_LINE_BYTES,
  B_MAX,
  B_METADATA_BYTES,
  B_MIN,
  B_ROWS,
  BLOCK_FIELDS,
  blockTime,
} from '../../chunk/directory.ts';
import type { Stretches } from '../../store/snapshot/stretches.ts';

/** Sizes of rows that lie between two times of a day, in nanoseconds from its start. */
export type ExtentVisitor = (min: number, max: number, rows: number, lineBytes: number, metadataBytes: number) => void;

/**
 * Visits a stretch block by block, so that shares of time are taken of as little as possible; a loose part as a whole. For stretches at
 * edges of the range: of others the sums are known.
 */
export function visitExtents(stretches: Stretches, i: number, visit: ExtentVisitor): void {
  const min = stretches.mins[i]!;
  const max = stretches.maxs[i]!;
  const directory = stretches.directory(i);
  if (directory === undefined) {
    visit(min, max, stretches.rows[i]!, stretches.lineBytes[i]!, stretches.metadataBytes[i]!);
    return;
  }
  const { blocks } = directory;
  for (let at = stretches.firsts[i]! * BLOCK_FIELDS; at < stretches.ends[i]! * BLOCK_FIELDS; at += BLOCK_FIELDS)
    visit(
      blockTime(blocks, at + B_MIN),
      blockTime(blocks, at + B_MAX),
      blocks[at + B_ROWS]!,
      blocks[at + B_LINE_BYTES]!,
      blocks[at + B_METADATA_BYTES]!,
    );
}

/** Share of the time span `min .. max` inside `from .. to`, all ends included, 0 to 1. */
export function shareInside(min: number, max: number, from: number, to: number): number {
  const first = Math.max(min, from);
  const last = Math.min(max, to);
  if (first > last) return 0;
  return max === min ? 1 : Math.min(1, (last - first) / (max - min));
}
