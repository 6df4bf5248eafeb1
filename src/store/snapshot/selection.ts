import { B_MAX, B_MIN, BLOCK_FIELDS, blockTime } from '../../chunk/directory.ts';
import type { Generation } from '../../head/generation.ts';
import { PAGE_FIELDS } from '../../head/page.ts';
import type { HeadPart } from '../../head/part.ts';
import type { Labels } from '../../model/labels.ts';
import type { CompiledMatcher } from '../../model/matcher.ts';
import { dayOf, dayStartNs, NS_PER_DAY_NUMBER, type TimeRange } from '../../model/time.ts';
import type { FilterCache } from '../segments/filter-cache.ts';
import type { OpenDirectory } from '../segments/open-directory.ts';
import type { StoredSegment } from '../segments/stored-segment.ts';
import type { MatchedStreams } from '../tenant/matched-streams.ts';
import type { TenantState } from '../tenant/tenant-state.ts';
import { HiddenStreams, hidesAll } from '../tenant/tombstones.ts';
import { disjoint, withoutHidden } from './cluster.ts';
import { type LeftOut, piecesOf } from './left-out.ts';
import type { LabelsInUse, Selection, WantedRows } from './query-store.ts';
import { forEachWanted, keptStreams, type SelectedRuns } from './segment-runs.ts';
import { type DayRange, liesWithin, SelectedDays } from './selected-days.ts';
import { blockSkipper, leaveOutBlocks } from './skip-blocks.ts';
import { leaveOutLevels } from './skip-levels.ts';
import type { Stretches } from './stretches.ts';

/** What a selection reads of the store, taken in one step of the main thread. */
export interface StoreView {
  readonly tenant: TenantState;
  /** Oldest first; the open one last. */
  readonly generations: readonly Generation[];
  open(segment: StoredSegment): OpenDirectory;
  readonly filters: FilterCache;
}

class PinnedSelection implements Selection {
  readonly chunkCount: number;
  readonly compressedBytes: number;
  readonly #view: StoreView;
  readonly #pinned: (StoredSegment | Generation)[];
  readonly #days: SelectedDays;
  #stored: Stretches | undefined;
  #stretches: Stretches | undefined;
  #runs: SelectedRuns | undefined;
  readonly #hides: HiddenStreams | undefined;
  #isWhole: boolean;
  skippedBlocks = 0;
  skippedBytes = 0;

  constructor(
    view: StoreView,
    days: SelectedDays,
    compressedBytes: number,
    pinned: (StoredSegment | Generation)[],
    hides: HiddenStreams | undefined,
  ) {
    this.#view = view;
    this.#hides = hides;
    // Of segments of which rows are hidden no sum is right.
    this.#isWhole = hides === undefined;
    this.#days = days;
    this.chunkCount = days.count;
    this.compressedBytes = compressedBytes;
    this.#pinned = pinned;
    for (const one of pinned) one.pin();
  }

  get stored(): Stretches {
    const hides = this.#hides;
    this.#stored ??= hides === undefined ? this.#days.stored() : withoutHidden(this.#days.stored(), hides);
    return this.#stored;
  }

  get stretches(): Stretches {
    this.#stretches ??= disjoint(this.stored, this.#hides);
    return this.#stretches;
  }

  get storedRuns(): SelectedRuns | undefined {
    return this.#isWhole ? this.#days.storedRuns() : undefined;
  }

  get runs(): SelectedRuns | undefined {
    if (!this.#isWhole) return undefined;
    this.#runs ??= this.#days.disjointRuns();
    return this.#runs;
  }

  async leaveOut(wanted: WantedRows): Promise<void> {
    if (wanted.levels !== undefined) this.#keep(leaveOutLevels(this.stored, wanted.levels));
    const skipper = blockSkipper(wanted, this.#view.filters);
    if (skipper === undefined) return;
    this.#keep(await leaveOutBlocks(this.#isWhole ? this.#days.pieces() : piecesOf(this.stored), skipper));
  }

  #keep({ left, blocks, lineBytes }: LeftOut): void {
    this.#stored = left;
    this.#stretches = undefined;
    this.#isWhole = false;
    this.skippedBlocks += blocks;
    this.skippedBytes += lineBytes;
  }

  release(): void {
    for (const one of this.#pinned.splice(0)) one.unpin();
  }
}

/** Days of a tenant that have rows in a range, ascending. */
function daysOf(view: StoreView, range: TimeRange): DayRange[] {
  const first = dayOf(range.startNs);
  const last = dayOf(range.endNs);
  const days = new Set<number>();
  for (const day of view.tenant.segments.keys()) if (day >= first && day <= last) days.add(day);
  for (const generation of view.generations) {
    for (const day of generation.days(view.tenant.name)) if (day >= first && day <= last) days.add(day);
  }
  return [...days]
    .sort((a, b) => a - b)
    .map((day) => {
      const start = dayStartNs(day);
      return {
        day,
        from: Math.max(0, Number(range.startNs - start)),
        to: Math.min(NS_PER_DAY_NUMBER - 1, Number(range.endNs - start)),
      };
    });
}

/** Segments of a day that overlap its range, in the order in which they were written. */
function segmentsWithin(view: StoreView, { day, from, to }: DayRange): StoredSegment[] {
  const segments = view.tenant.segments.get(day) ?? [];
  return segments.filter(({ summary }) => summary.maxOffsetNs >= from && summary.minOffsetNs <= to);
}

/** What is stored of the streams that the matchers take, pinned. The range includes both ends. */
export function selectStored(view: StoreView, matchers: readonly CompiledMatcher[], range: TimeRange): Selection {
  const { tenant } = view;
  const pinned: (StoredSegment | Generation)[] = [];
  let compressedBytes = 0;
  const wanted = tenant.matched.select(tenant.postings, matchers);
  const selected = new SelectedDays(tenant.labelTable, wanted, tenant.orders);
  const hides = HiddenStreams.of(tenant, wanted.ids, range);
  if (range.endNs < range.startNs) return new PinnedSelection(view, selected, 0, pinned, undefined);
  for (const bounds of daysOf(view, range)) {
    selected.addDay(bounds);
    for (const segment of segmentsWithin(view, bounds)) {
      if (!selected.addSegment(segment, view.open(segment))) continue;
      pinned.push(segment);
      compressedBytes += segment.summary.fileBytes;
    }
    for (const generation of view.generations) {
      const isWanted = addHead(selected, generation, tenant, wanted.mask, bounds);
      if (isWanted && !pinned.includes(generation)) pinned.push(generation);
    }
  }
  return new PinnedSelection(view, selected, compressedBytes, pinned, hides);
}

/** Takes the rows that the head has now: what comes later is not seen. @returns whether a part is wanted */
function addHead(
  selected: SelectedDays,
  generation: Generation,
  tenant: TenantState,
  mask: Uint8Array,
  { day, from, to }: DayRange,
): boolean {
  const parts: HeadPart[] = [];
  let pageCount = 0;
  for (const part of generation.partsOf(tenant.name, day)) {
    if (mask[part.streamId] !== 1 || part.maxOffsetNs < from || part.minOffsetNs > to) continue;
    parts.push(part);
    pageCount += part.pageCount;
  }
  if (parts.length === 0) return false;
  // One array for all: of thousands of parts, memory for each would be most of the work.
  const pages = new Float64Array(pageCount * PAGE_FIELDS);
  let first = 0;
  for (const part of parts) {
    part.describeInto(pages, first * PAGE_FIELDS);
    first += part.pageCount;
  }
  selected.addHead(parts, generation.memories(), pages);
  return true;
}

/** True if a block of stream number `stream` overlaps the range. */
function hasBlockWithin({ firstBlocks, directory, columns }: OpenDirectory, stream: number, range: DayRange): boolean {
  const min = columns.mins[stream]!;
  const max = columns.maxs[stream]!;
  if (max < range.from || min > range.to || max < min) return false;
  if (min >= range.from || max <= range.to) return true;
  for (let block = firstBlocks[stream]!; block < firstBlocks[stream + 1]!; block++) {
    const at = block * BLOCK_FIELDS;
    if (blockTime(directory.blocks, at + B_MAX) >= range.from && blockTime(directory.blocks, at + B_MIN) <= range.to)
      return true;
  }
  return false;
}

/** Label sets of the streams that have rows in the range, in order. */
export function selectStreams(
  view: StoreView,
  matchers: readonly CompiledMatcher[],
  range: TimeRange,
): readonly Labels[] {
  const { tenant } = view;
  const wanted = tenant.matched.select(tenant.postings, matchers);
  const { found, count } = findStreams(view, wanted, range);
  if (count === wanted.ids.length) return wanted.labels();
  const labels: Labels[] = [];
  for (const id of wanted.inOrder()) if (found[id] === 1) labels.push(tenant.postings.labels(id)!);
  return labels;
}

/** Names and values of the labels of the streams that have rows in the range. Valid until the next push. */
export function selectLabels(view: StoreView, matchers: readonly CompiledMatcher[], range: TimeRange): LabelsInUse {
  const { postings, matched } = view.tenant;
  const { found, count } = findStreams(view, matched.select(postings, matchers), range);
  const all = count === postings.streamCount;
  return {
    names: () => (all ? postings.names() : postings.namesOf(found)),
    values: (name) => (all ? postings.values(name) : postings.valuesOf(name, found)),
  };
}

/** Marks the streams of a mask that have blocks in a segment. @returns how many were not marked before */
function markAll({ streamIds, columns: { mins, maxs } }: OpenDirectory, mask: Uint8Array, found: Uint8Array): number {
  let marked = 0;
  for (let stream = 0; stream < streamIds.length; stream++) {
    const streamId = streamIds[stream]!;
    if (found[streamId] === 1 || mask[streamId] !== 1 || maxs[stream]! < mins[stream]!) continue;
    found[streamId] = 1;
    marked++;
  }
  return marked;
}

/** Marks streams of a segment. @returns how many were not marked before */
function markSome(streams: Uint32Array, streamIds: Uint32Array, found: Uint8Array): number {
  let marked = 0;
  for (let i = 0; i < streams.length; i++) {
    const streamId = streamIds[streams[i]!]!;
    marked += 1 - found[streamId]!;
    found[streamId] = 1;
  }
  return marked;
}

/** Wanted streams that have rows in the range: 1 by stream id, and how many. */
function findStreams(
  view: StoreView,
  wanted: MatchedStreams,
  range: TimeRange,
): { readonly found: Uint8Array; readonly count: number } {
  const { tenant } = view;
  const hides = HiddenStreams.of(tenant, wanted.ids, range);
  if (hides !== undefined) return findVisible(view, wanted, range, hides);
  const found = new Uint8Array(wanted.mask.length);
  let missing = wanted.ids.length;
  for (const bounds of daysOf(view, range)) {
    for (const segment of segmentsWithin(view, bounds)) {
      if (missing === 0) break;
      const open = view.open(segment);
      if (liesWithin(segment, bounds)) {
        missing -= wanted.isAll
          ? markAll(open, wanted.mask, found)
          : markSome(keptStreams(open, wanted), open.streamIds, found);
        continue;
      }
      forEachWanted(open, wanted, (stream, streamId) => {
        if (found[streamId] === 1 || !hasBlockWithin(open, stream, bounds)) return;
        found[streamId] = 1;
        missing--;
      });
    }
    for (const generation of view.generations) {
      for (const part of generation.partsOf(tenant.name, bounds.day)) {
        if (
          part.maxOffsetNs >= bounds.from &&
          part.minOffsetNs <= bounds.to &&
          wanted.mask[part.streamId] === 1 &&
          found[part.streamId] === 0
        ) {
          found[part.streamId] = 1;
          missing--;
        }
      }
    }
  }
  return { found, count: wanted.ids.length - missing };
}

/** The same where rows are hidden: streams of which every block in the range is hidden are not there. */
function findVisible(
  view: StoreView,
  wanted: MatchedStreams,
  range: TimeRange,
  hides: HiddenStreams,
): { readonly found: Uint8Array; readonly count: number } {
  const found = new Uint8Array(wanted.mask.length);
  const { tenant } = view;
  let count = 0;
  const take = (streamId: number): void => {
    count += 1 - found[streamId]!;
    found[streamId] = 1;
  };
  for (const bounds of daysOf(view, range)) {
    const { day, from, to } = bounds;
    const isVisible = (streamId: number, min: number, max: number): boolean =>
      max >= from && min <= to && !hidesAll(hides.of(day, streamId), Math.max(min, from), Math.min(max, to));
    for (const segment of segmentsWithin(view, bounds)) {
      const open = view.open(segment);
      const { blocks } = open.directory;
      forEachWanted(open, wanted, (stream, streamId) => {
        for (let i = open.firstBlocks[stream]!; i < open.firstBlocks[stream + 1]! && found[streamId] === 0; i++) {
          const at = i * BLOCK_FIELDS;
          if (isVisible(streamId, blockTime(blocks, at + B_MIN), blockTime(blocks, at + B_MAX))) take(streamId);
        }
      });
    }
    for (const generation of view.generations)
      for (const part of generation.partsOf(tenant.name, day))
        if (wanted.mask[part.streamId] === 1 && isVisible(part.streamId, part.minOffsetNs, part.maxOffsetNs))
          take(part.streamId);
  }
  return { found, count };
}
