import type { HeadPart } from '../../head/part.ts';
import type { OpenDirectory } from '../segments/open-directory.ts';
import type { LabelTable } from '../segments/shared-labels.ts';
import type { StoredSegment } from '../segments/stored-segment.ts';
import type { DayOrders } from '../tenant/day-orders.ts';
import type { MatchedStreams } from '../tenant/matched-streams.ts';
import { disjoint } from './cluster.ts';
import { addPiece, type Piece, type SelectedPieces, type StretchRange } from './left-out.ts';
import type { HeadPages } from './part-source.ts';
import { addRun, runWithin, type SegmentRun, type SelectedRuns, wantedRun, wantedStreams } from './segment-runs.ts';
import type { PartRef } from './select.ts';
import { type SelectedSegment, Stretches } from './stretches.ts';

/** Offsets of a range within a day, both ends included, cut to the day. */
export interface DayRange {
  readonly day: number;
  readonly from: number;
  readonly to: number;
}

/** All rows of a segment are in the range. */
export function liesWithin({ summary }: StoredSegment, { from, to }: DayRange): boolean {
  return summary.minOffsetNs >= from && summary.maxOffsetNs <= to;
}

/** A segment that the range touches. */
interface Place {
  readonly source: number;
  readonly stored: StoredSegment;
  readonly open: OpenDirectory;
  /** Absent where the range cuts it. */
  readonly run: SegmentRun | undefined;
  /** Then these are its stretches among all that lie in no run. */
  readonly cut: StretchRange;
}

interface SelectedDay {
  readonly bounds: DayRange;
  readonly places: Place[];
  /** What is in the head: stretches `first .. end` of all that lies in no run. */
  readonly heads: { first: number; end: number };
}

/**
 * What a selection takes of each day: segments in order of arrival, then the head. As stretches, a stream of a segment at a time, or with
 * whole segments apart; either is made when somebody asks.
 */
export class SelectedDays {
  readonly #labels: LabelTable;
  readonly #wanted: MatchedStreams;
  readonly #orders: DayOrders;
  readonly #days: SelectedDay[] = [];
  readonly #segments: SelectedSegment[] = [];
  readonly #loose: (PartRef | HeadPages)[] = [];
  /** All that lies in no run. */
  readonly #others: Stretches;
  #count = 0;

  constructor(labels: LabelTable, wanted: MatchedStreams, orders: DayOrders) {
    this.#labels = labels;
    this.#wanted = wanted;
    this.#orders = orders;
    this.#others = this.#none();
  }

  /** Streams by segment, and parts of the head. */
  get count(): number {
    return this.#count;
  }

  addDay(bounds: DayRange): void {
    this.#days.push({ bounds, places: [], heads: { first: 0, end: 0 } });
  }

  /** Adds a segment of the last day. @returns whether a stream is wanted of it */
  addSegment(stored: StoredSegment, open: OpenDirectory): boolean {
    const { bounds, places } = this.#days.at(-1)!;
    const { directory, columns, streamIds, firstBlocks, largestId } = open;
    const source = this.#segments.length;
    const { path } = stored;
    const segment = { path, day: bounds.day, directory, columns, ordinal: source, streamIds, firstBlocks, largestId };
    this.#segments.push(segment);
    const before = this.#others.count;
    const run = liesWithin(stored, bounds) ? wantedRun(open, this.#wanted, source, segment) : undefined;
    if (run === undefined) addCut(this.#others, source, open, this.#wanted, bounds);
    const cut = { first: before, end: this.#others.count };
    places.push({ source, stored, open, run, cut });
    const added = run?.count ?? cut.end - cut.first;
    this.#count += added;
    return added > 0;
  }

  /**
   * Adds open parts of a generation to the last day, after its segments.
   *
   * @param slabs shared memory of the generation
   * @param pages their pages, part by part
   */
  addHead(parts: readonly HeadPart[], slabs: readonly SharedArrayBuffer[], pages: Float64Array): void {
    const others = this.#others;
    const { heads } = this.#days.at(-1)!;
    if (heads.end === 0) heads.first = others.count;
    others.reserve(parts.length);
    const sorted = others.addPages({ slabs, pages, sorted: true });
    const unsorted = others.addPages({ slabs, pages, sorted: false });
    let page = 0;
    for (const part of parts) {
      others.addOpen(part.sorted ? sorted : unsorted, part, page);
      page += part.pageCount;
    }
    heads.end = others.count;
    this.#count += parts.length;
  }

  /** All of it, as it lies. */
  stored(): Stretches {
    if (this.#others.count === this.#count) return this.#others;
    const all = this.#none();
    all.reserve(this.#count);
    for (const piece of this.pieces().pieces) addPiece(all, piece, this.#others);
    return all;
  }

  /** All of it, as it lies, with whole segments apart. */
  pieces(): SelectedPieces {
    const pieces: Piece[] = [];
    for (const { places, heads } of this.#days) {
      for (const { run, cut } of places) pieces.push(run ?? cut);
      pieces.push(heads);
    }
    return {
      pieces: pieces.filter((piece) => ('segment' in piece ? piece.count > 0 : piece.first < piece.end)),
      stretches: this.#others,
    };
  }

  /** The same with whole segments apart. */
  storedRuns(): SelectedRuns {
    return { runs: this.#runs(), others: this.#others };
  }

  /** With every row in exactly one run or stretch: streams whose stretches overlap are in no run. */
  disjointRuns(): SelectedRuns {
    const tangled = this.#days.map((day) => this.#tangledOf(day));
    if (tangled.every((mask) => mask === undefined)) return this.storedRuns();
    const runs: SegmentRun[] = [];
    const others = this.#none();
    for (const [i, { places, heads }] of this.#days.entries()) {
      const mask = tangled[i];
      for (const { run, cut } of places) {
        if (run === undefined) addPiece(others, cut, this.#others);
        else if (mask === undefined) runs.push(run);
        else {
          runs.push(runWithin(run, mask, false));
          addRun(others, runWithin(run, mask, true));
        }
      }
      addPiece(others, heads, this.#others);
    }
    return { runs: runs.filter(({ count }) => count > 0), others: disjoint(others) };
  }

  #none(): Stretches {
    return new Stretches(this.#labels, this.#segments, this.#loose);
  }

  #runs(): SegmentRun[] {
    return this.#days.flatMap(({ places }) => places.flatMap(({ run }) => (run && run.count > 0 ? [run] : [])));
  }

  /** Streams of a day that overlap themselves, 1 by id; undefined: none. More than these, where parts of segments are cut off. */
  #tangledOf({ places, heads }: SelectedDay): Uint8Array | undefined {
    const { tangled, ends } = this.#orders.of(
      places.map(({ stored }) => stored),
      places.map(({ open }) => open),
    );
    if (heads.first === heads.end) return tangled;
    const last = new Float64Array(this.#wanted.mask.length).fill(-1);
    last.set(ends.subarray(0, last.length));
    let mask = tangled;
    const { streamIds, mins, maxs } = this.#others;
    for (let i = heads.first; i < heads.end; i++) {
      const streamId = streamIds[i]!;
      if (mins[i]! <= last[streamId]!) {
        if (mask === tangled) {
          mask = new Uint8Array(last.length);
          mask.set(tangled?.subarray(0, last.length) ?? []);
        }
        mask![streamId] = 1;
      }
      last[streamId] = Math.max(last[streamId]!, maxs[i]!);
    }
    return mask;
  }
}

/** Adds the wanted streams of a segment that the range may cut, without the blocks that lie outside. */
function addCut(
  to: Stretches,
  source: number,
  open: OpenDirectory,
  wanted: MatchedStreams,
  { from, to: end }: DayRange,
): void {
  const streams = wantedStreams(open, wanted);
  to.reserve(streams.length);
  for (const stream of streams) to.addStreamWithin(source, stream, from, end);
}
