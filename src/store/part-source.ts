import type { StoredBlocks } from '../chunk/stored-blocks.ts';

/** Where the rows of a part are; plain data that crosses to a worker. Only the store looks inside. */
export type PartSource = SegmentSource | HeadSource;

/** Blocks of one segment file, in ascending time and not overlapping each other. */
export interface SegmentSource {
  readonly kind: 'segment';
  readonly segment: StoredBlocks;
  /** Blocks `first .. end`. */
  readonly first: number;
  readonly end: number;
}

/** Pages of an open part of the head. */
export interface HeadSource {
  readonly kind: 'head';
  /** Shared memory of the generation by slab number; one array for all parts of a generation, so that it crosses once. */
  readonly slabs: readonly SharedArrayBuffer[];
  readonly pages: Float64Array;
  readonly sorted: boolean;
}
