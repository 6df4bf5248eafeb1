import { PAGE_FIELDS } from '../../src/head/page.ts';
import type { HeadPart } from '../../src/head/part.ts';
import type { SlabArena } from '../../src/head/slab-pool.ts';
import { LabelTable } from '../../src/store/segments/shared-labels.ts';
import type { PartRef } from '../../src/store/snapshot/select.ts';
import { Stretches } from '../../src/store/snapshot/stretches.ts';

/** Pages of a part as numbers, as they are now. */
export function pagesOf(part: HeadPart): Float64Array {
  const pages = new Float64Array(part.pageCount * PAGE_FIELDS);
  part.describeInto(pages, 0);
  return pages;
}

/** A part as a query reads it. */
export function headPartRef(part: HeadPart, arena: SlabArena): PartRef {
  const slabs = arena.slabs.map((slab) => slab.memory);
  return {
    streamId: part.streamId,
    streamLabels: part.labels,
    day: part.day,
    place: 0,
    minOffsetNs: part.minOffsetNs,
    maxOffsetNs: part.maxOffsetNs,
    rowCount: part.rowCount,
    lineBytes: part.lineBytes,
    sources: [{ kind: 'head', slabs, pages: pagesOf(part), first: 0, end: part.pageCount, sorted: part.sorted }],
  };
}

/** Parts as a selection has them. */
export function headStretches(parts: readonly HeadPart[], arena: SlabArena): Stretches {
  const stretches = new Stretches(new LabelTable((id) => parts.find(({ streamId }) => streamId === id)!.labels));
  const slabs = arena.slabs.map((slab) => slab.memory);
  const pages = Float64Array.from(parts.flatMap((part) => [...pagesOf(part)]));
  const sources = [true, false].map((sorted) => stretches.addPages({ slabs, pages, sorted }));
  let first = 0;
  for (const part of parts) {
    stretches.addOpen(sources[part.sorted ? 0 : 1]!, part, first);
    first += part.pageCount;
  }
  return stretches;
}
