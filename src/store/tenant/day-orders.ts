import type { OpenDirectory } from '../segments/open-directory.ts';
import type { StoredSegment } from '../segments/stored-segment.ts';

/** How the stretches of a day's streams follow each other, over some segments. */
export interface DayOrder {
  /** 1 by stream id where a stretch does not lie behind the one before; undefined: nowhere. */
  readonly tangled: Uint8Array | undefined;
  /** By stream id: last time, nanoseconds from the start of the day; -1 for none. */
  readonly ends: Float64Array;
}

interface Entry {
  readonly segments: readonly StoredSegment[];
  readonly order: DayOrder;
}

/** What is kept at most for a tenant; the last one is kept in any case. */
const MAX_BYTES = 2 * 1024 * 1024;
const MAX_ENTRIES = 32;

/**
 * Keeps which streams of a day have stretches that overlap in time: it takes a look at every stretch, and changes only with the segments.
 * Over whole segments: what a range cuts off of them cannot overlap either.
 */
export class DayOrders {
  /** Least recently used first. */
  readonly #entries: Entry[] = [];
  #bytes = 0;

  /** @param segments of one day in order of arrival, with their directories */
  of(segments: readonly StoredSegment[], opens: readonly OpenDirectory[]): DayOrder {
    const at = this.#entries.findLastIndex((entry) => isSame(entry.segments, segments));
    const entry = at < 0 ? { segments: segments.slice(), order: orderOf(opens) } : this.#entries.splice(at, 1)[0]!;
    if (at < 0) this.#bytes += sizeOf(entry);
    this.#entries.push(entry);
    while (this.#entries.length > 1 && (this.#bytes > MAX_BYTES || this.#entries.length > MAX_ENTRIES))
      this.#bytes -= sizeOf(this.#entries.shift()!);
    return entry.order;
  }
}

function isSame(a: readonly StoredSegment[], b: readonly StoredSegment[]): boolean {
  return a.length === b.length && a.every((segment, i) => segment === b[i]);
}

function sizeOf({ order: { ends, tangled } }: Entry): number {
  return ends.byteLength + (tangled?.byteLength ?? 0);
}

function orderOf(opens: readonly OpenDirectory[]): DayOrder {
  let largest = -1;
  for (const { largestId } of opens) largest = Math.max(largest, largestId);
  const ends = new Float64Array(largest + 1).fill(-1);
  let tangled: Uint8Array | undefined;
  for (const { streamIds, columns } of opens) {
    const { mins, maxs } = columns;
    for (let stream = 0; stream < streamIds.length; stream++) {
      const max = maxs[stream]!;
      if (max < mins[stream]!) continue;
      const id = streamIds[stream]!;
      const end = ends[id]!;
      if (mins[stream]! <= end) {
        tangled ??= new Uint8Array(ends.length);
        tangled[id] = 1;
      }
      if (max > end) ends[id] = max;
    }
  }
  return { tangled, ends };
}
