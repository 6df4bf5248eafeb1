import type { StoredBlocks } from '../../chunk/stored-blocks.ts';
import { PAGE_FIELDS } from '../../head/page.ts';
import type { PartRef } from './select.ts';

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

/** Pages of many open parts of the head, as numbers: a snapshot that later rows do not change. */
export interface HeadPages {
  /** Shared memory of the generation by slab number; one array for all parts of a generation, so that it crosses once. */
  readonly slabs: readonly SharedArrayBuffer[];
  /** `PAGE_FIELDS` numbers a page. */
  readonly pages: Float64Array;
  /** Rows of each part are in the order of time. */
  readonly sorted: boolean;
}

/** Pages `first .. end` of the head: those of an open part. */
export interface HeadSource extends HeadPages {
  readonly kind: 'head';
  readonly first: number;
  readonly end: number;
}

/** A part as it crosses to a worker: a view is copied with all of the memory that it looks at, which parts of the head share. */
export function withOwnPages(part: PartRef): PartRef {
  const isHead = (source: unknown): source is HeadSource => (source as Partial<HeadSource>).kind === 'head';
  if (!part.sources.some(isHead)) return part;
  const sources = part.sources.map((source) => {
    if (!isHead(source)) return source;
    const { pages, first, end } = source;
    return { ...source, pages: pages.slice(first * PAGE_FIELDS, end * PAGE_FIELDS), first: 0, end: end - first };
  });
  return { ...part, sources };
}
