import { B_MAX, B_MIN, B_ROWS, BLOCK_FIELDS, blockTime, type DirectoryTables } from '../../chunk/directory.ts';
import { LEVEL_CODES } from '../../model/level.ts';
import { dayStartNs } from '../../model/time.ts';
import { OpenTimes } from '../../store/snapshot/open-times.ts';
import type { SegmentRun, SelectedRuns } from '../../store/snapshot/segment-runs.ts';
import type { Stretches } from '../../store/snapshot/stretches.ts';
import { WindowGrid } from '../aggregate/window-grid.ts';
import { upperBound } from '../task/row-range.ts';
import type { SampleScan } from '../task/task.ts';
import { MinuteBuckets } from './minute-buckets.ts';
import type { TallyCache } from './tally-cache.ts';
import { streamDecides } from './tally-rules.ts';
import { RunAdder } from './tally-runs.ts';
import { DROPPED, ONLY_A_SCAN, type TallySeries } from './tally-series.ts';
import { TallyTable } from './tally-table.ts';

/**
 * Counts that the store's statistics can answer without reading rows: plain counts and rates over whole minutes, grouped by stream
 * labels and detected level, with label filters on these. A stretch of a stream, or a block, that lies in one window edge to edge is
 * added as a whole; of what lies across an edge, the tally (rows per minute and level) is. It costs some nanoseconds a block, so it
 * runs where the query is planned.
 */

/** Row of the table for what is thrown away. */
const NOWHERE = 0;

/** What is to be scanned: numbers of some stretches. */
export interface LeftToScan {
  readonly stretches: Stretches;
  readonly numbers: readonly number[];
}

/** Answers what it can; what is left is to be scanned. */
export class TallyScan {
  readonly #scan: SampleScan;
  readonly #series: TallySeries;
  readonly #grid: WindowGrid;
  readonly #minutes: MinuteBuckets;
  /** Rows by series and bucket of the grid. */
  readonly table: TallyTable;
  /** Where the rows of a level are counted, by code; valid for the levels of the stretch at hand. */
  readonly #startOfLevel: Int32Array = new Int32Array(LEVEL_CODES);
  readonly #levelKnown: Uint8Array = new Uint8Array(LEVEL_CODES);
  readonly #kept: TallyCache | undefined;
  readonly #open = new OpenTimes();
  #day = Number.NaN;
  #dayBaseNs = 0;

  /**
   * @param scan one that statistics suit
   * @param series of its plan
   * @param kept sums of earlier queries; absent: none are kept
   */
  constructor(scan: SampleScan, series: TallySeries, kept?: TallyCache) {
    const { count, stepNs, rangeNs } = scan.grid;
    this.#kept = kept;
    this.#scan = scan;
    this.#series = series;
    this.#grid = new WindowGrid(count, stepNs, rangeNs);
    this.table = new TallyTable(this.#grid.bucketCount, series.keys.length);
    this.#minutes = new MinuteBuckets(this.#grid, this.#grid.bucketCount);
  }

  /** Adds the rows of all that statistics can answer for. */
  take({ runs, others }: SelectedRuns): LeftToScan {
    const stretches = others.sibling();
    const adder = new RunAdder(this.#series, this.table, stretches);
    for (const run of runs) this.#takeRun(run, adder);
    const left = stretches.count === 0 ? others : stretches;
    if (left !== others) for (let i = 0; i < others.count; i++) stretches.addFrom(others, i);
    const numbers: number[] = [];
    for (let i = 0; i < left.count; i++) if (!this.#takeOne(left, i)) numbers.push(i);
    return { stretches: left, numbers };
  }

  #takeRun(run: SegmentRun, adder: RunAdder): void {
    const baseNs = this.#baseOf(run.segment.day);
    const bucketOf = this.#minutes.of(baseNs);
    const bucket = this.#series.levelMatters ? undefined : this.#onlyBucketOf(run, baseNs);
    const sums = bucket === undefined ? this.#kept?.sums(this.#series, run) : undefined;
    if (sums === undefined) adder.add(run, bucketOf, bucket);
    else sums.addTo(this.table, bucketOf);
  }

  /** Bucket of all rows of a segment, the last of the table when no window sees any; undefined when they lie in several. */
  #onlyBucketOf({ segment }: SegmentRun, baseNs: number): number | undefined {
    const { minNs, maxNs } = segment.columns;
    this.#grid.locate(baseNs + minNs);
    if (this.#grid.stretchEndNs < baseNs + maxNs) return undefined;
    return this.#grid.bucket < 0 ? this.#grid.bucketCount : this.#grid.bucket;
  }

  #takeOne(stretches: Stretches, i: number): boolean {
    const directory = stretches.directory(i);
    if (directory === undefined) return this.#takeOpen(stretches, i);
    return streamDecides(stretches, i, directory, this.#series.names) && this.#add(stretches, i, directory);
  }

  /** Counts rows of the head by their times where the stream decides: the end of each bucket is found by halving. */
  #takeOpen(stretches: Stretches, i: number): boolean {
    const streamId = stretches.streamIds[i]!;
    if (this.#series.levelMatters || !this.#series.streamHasAll(streamId)) return false;
    const open = this.#open;
    if (!open.begin(stretches, i)) return false;
    const series = this.#series.of(streamId, 0);
    if (series < 0) return series === DROPPED;
    const grid = this.#grid;
    const start = this.table.startOf(series);
    const { counts } = this.table;
    const baseNs = this.#baseOf(stretches.days[i]!);
    // No window sees rows before this.
    const startNs = -this.#scan.grid.rangeNs - baseNs;
    while (open.previous()) {
      const { times, from, to } = open;
      for (let row = from; row < to; ) {
        grid.locate(baseNs + times[row]!);
        const next = upperBound(times, row, to, grid.stretchEndNs - baseNs);
        if (grid.bucket >= 0) counts[start + grid.bucket]! += next - row;
        row = next;
      }
      if (from < to && times[from]! < startNs) break;
    }
    return true;
  }

  /** Start of a stretch's day relative to the first point of the grid. */
  #baseOf(day: number): number {
    if (day !== this.#day) {
      this.#day = day;
      this.#dayBaseNs = Number(dayStartNs(day) - this.#scan.grid.baseNs);
    }
    return this.#dayBaseNs;
  }

  /** @returns false, and nothing added, when a row's level is a text of its own or a row fails in the pipeline */
  #add(stretches: Stretches, i: number, directory: DirectoryTables): boolean {
    const streamId = stretches.streamIds[i]!;
    const first = stretches.firsts[i]!;
    const end = stretches.ends[i]!;
    const baseNs = this.#baseOf(stretches.days[i]!);
    if (this.#series.levelMatters) {
      if (!this.#prepareLevels(streamId, directory, first, end)) return false;
      this.#addEntries(directory, first, end, baseNs);
      return true;
    }
    const series = this.#series.of(streamId, 0);
    if (series < 0) return series === DROPPED;
    const start = this.table.startOf(series);
    if (this.#addWhole(start, baseNs + stretches.mins[i]!, baseNs + stretches.maxs[i]!, stretches.rows[i]!))
      return true;
    if (!isTallied(directory, first, end)) return false;
    const { blocks } = directory;
    for (let block = first; block < end; block++) {
      const at = block * BLOCK_FIELDS;
      if (
        !this.#addWhole(
          start,
          baseNs + blockTime(blocks, at + B_MIN),
          baseNs + blockTime(blocks, at + B_MAX),
          blocks[at + B_ROWS]!,
        )
      )
        this.#addAll(directory, block, baseNs, start);
    }
    return true;
  }

  /** Adds rows that all lie in one bucket, or in none. @returns false when they lie in several */
  #addWhole(start: number, minNs: number, maxNs: number, rows: number): boolean {
    const grid = this.#grid;
    grid.locate(minNs);
    if (grid.stretchEndNs < maxNs) return false;
    if (grid.bucket >= 0) this.table.counts[start + grid.bucket]! += rows;
    return true;
  }

  /** Finds where the rows of each level go. @returns false when that cannot be told for one */
  #prepareLevels(streamId: number, directory: DirectoryTables, first: number, end: number): boolean {
    if (!isTallied(directory, first, end)) return false;
    const { levels, starts } = directory.tally;
    const known = this.#levelKnown.fill(0);
    const stop = starts[end]!;
    for (let at = starts[first]!; at < stop; at++) {
      const level = levels[at]!;
      if (known[level] === 1) continue;
      known[level] = 1;
      const series = this.#series.of(streamId, level);
      if (series === ONLY_A_SCAN) return false;
      this.#startOfLevel[level] = series === DROPPED ? NOWHERE : this.table.startOf(series);
    }
    return true;
  }

  /** Adds tallies of all levels, each to its series. */
  #addEntries({ tally }: DirectoryTables, first: number, end: number, baseNs: number): void {
    const { minutes, levels, counts: added, starts } = tally;
    const bucketOf = this.#minutes.of(baseNs);
    const startOfLevel = this.#startOfLevel;
    const { counts } = this.table;
    const stop = starts[end]!;
    for (let at = starts[first]!; at < stop; at++)
      counts[startOfLevel[levels[at]!]! + bucketOf[minutes[at]!]!]! += added[at]!;
  }

  /** Adds tallies of all levels of a block to one series. */
  #addAll({ tally }: DirectoryTables, block: number, baseNs: number, start: number): void {
    const { minutes, counts: added, starts } = tally;
    const bucketOf = this.#minutes.of(baseNs);
    const { counts } = this.table;
    const stop = starts[block + 1]!;
    for (let at = starts[block]!; at < stop; at++) counts[start + bucketOf[minutes[at]!]!]! += added[at]!;
  }
}

/** Every block has a tally. */
function isTallied({ tally: { starts } }: DirectoryTables, first: number, end: number): boolean {
  for (let block = first; block < end; block++) if (starts[block] === starts[block + 1]) return false;
  return true;
}
