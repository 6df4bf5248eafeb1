import type { DirectoryTables } from '../../chunk/directory.ts';
import { TALLY_MINUTES, type Tally } from '../../chunk/tally.ts';
import { LEVEL_CODES } from '../../model/level.ts';
import { levelOfBit, NO_LEVEL_BIT, OWN_LEVEL, UNTALLIED } from '../../store/segments/stream-columns.ts';
import { GROUP_STREAMS, tallyGroups } from '../../store/segments/tally-groups.ts';
import { addRun, type SegmentRun } from '../../store/snapshot/segment-runs.ts';
import type { Stretches } from '../../store/snapshot/stretches.ts';
import { ONLY_A_SCAN, type TallySeries } from './tally-series.ts';
import type { TallyTable } from './tally-table.ts';

/**
 * Tallies of whole segments, added up in loops over numbers alone: with thousands of streams nearly every row has an entry of its own, and
 * these loops are what such a query takes.
 */

/** Row of what is thrown away. */
const NOWHERE = 0;
/** In place of a series number: streams of a group are in several, or what their tallies tell is not enough. */
const MIXED = -4;
/** No row of a series begins there. */
const NOT_LOOKED_UP = 0;

/** Entries for each minute of each series from which sums by minute pay. */
const ENTRIES_PER_MINUTE = 4;
/** A segment with fewer rows has no sum that does not fit. */
const MAX_INT32_ROWS = 2 ** 31;

/** Counts by minute of a day, for each row of a table: 32-bit integers, since these are added up without a detour over doubles. */
class MinuteCounts {
  /** By where the row of the table begins. */
  readonly #rows = new Map<number, Int32Array>();
  #start = -1;
  #row: Int32Array = new Int32Array(0);

  add(start: number, minutes: Uint16Array, counts: Uint8Array, from: number, end: number): void {
    // Streams of a series mostly follow each other.
    if (start !== this.#start) {
      this.#start = start;
      this.#row = this.#rows.get(start) ?? new Int32Array(TALLY_MINUTES);
      this.#rows.set(start, this.#row);
    }
    addMinutes(this.#row, minutes, counts, from, end);
  }

  addTo(counts: Float64Array, bucketOf: Int32Array): void {
    for (const [start, row] of this.#rows) addRow(counts, start, bucketOf, row);
  }
}

function addRow(counts: Float64Array, start: number, bucketOf: Int32Array, row: Int32Array): void {
  for (let minute = 0; minute < TALLY_MINUTES; minute++) counts[start + bucketOf[minute]!]! += row[minute]!;
}

/** The loop that such a query takes, by itself, so that nothing else is looked at in it. */
function addMinutes(row: Int32Array, minutes: Uint16Array, counts: Uint8Array, from: number, end: number): void {
  for (let at = from; at < end; at++) {
    const minute = minutes[at]!;
    row[minute] = (row[minute]! + counts[at]!) | 0;
  }
}

/** Adds segments to a table; what their columns cannot tell it leaves to others. */
export class RunAdder {
  readonly #series: TallySeries;
  readonly #table: TallyTable;
  /** Gets the streams that take more than this. */
  readonly #rest: Stretches;
  readonly #startOfLevel: Int32Array = new Int32Array(LEVEL_CODES);
  /** By bit of a level. */
  readonly #seriesOfLevel: Int32Array = new Int32Array(NO_LEVEL_BIT + 1);
  #starts: Int32Array = new Int32Array(0);

  constructor(series: TallySeries, table: TallyTable, rest: Stretches) {
    this.#series = series;
    this.#table = table;
    this.#rest = rest;
  }

  /**
   * @param bucketOf bucket by minute, the last of the table for none
   * @param bucket where all rows of the segment fall; undefined: into several
   */
  add(run: SegmentRun, bucketOf: Int32Array, bucket: number | undefined): void {
    if (isContested(run.segment.directory, this.#series.names)) addRun(this.#rest, run);
    else if (this.#series.levelMatters) this.#addByLevel(run, bucketOf);
    else if (bucket !== undefined) this.#addSums(run, bucket);
    else this.#addTallies(run, bucketOf);
  }

  /** Rows of each stream, all of them in one bucket. */
  #addSums(run: SegmentRun, bucket: number): void {
    const { streamIds, columns, largestId } = run.segment;
    const { rows } = columns;
    const table = this.#table;
    const starts = this.#startsUpTo(largestId);
    let { counts } = table;
    for (let i = 0; i < run.count; i++) {
      const stream = streamAt(run, i);
      let start = starts[streamIds[stream]!]!;
      if (start === NOT_LOOKED_UP) {
        start = this.#look(streamIds[stream]!);
        counts = table.counts;
      }
      if (start >= 0) counts[start + bucket]! += rows[stream]!;
      else if (start === ONLY_A_SCAN) this.#leave(run, stream);
    }
  }

  /** Where rows of each stream are counted whatever their levels, by stream id. */
  #startsUpTo(largestId: number): Int32Array {
    if (largestId >= this.#starts.length) {
      const longer = new Int32Array(largestId + 1);
      longer.set(this.#starts);
      this.#starts = longer;
    }
    return this.#starts;
  }

  /** Looks up where the rows of a stream are counted: DROPPED or ONLY_A_SCAN for nowhere. */
  #look(streamId: number): number {
    const number = this.#series.of(streamId, 0);
    const start = number < 0 ? number : this.#table.startOf(number);
    this.#starts[streamId] = start;
    return start;
  }

  /** Entries of each stream, or of groups of them, whatever their levels. */
  #addTallies(run: SegmentRun, bucketOf: Int32Array): void {
    const { streamIds, firstBlocks, columns, directory } = run.segment;
    // Asked for when a stream is in no group: it may have to be read.
    let tally: Tally | undefined;
    const byMinute = this.#byMinute(run);
    const groups = tallyGroups(run.segment);
    for (let i = 0; i < run.count; i++) {
      const stream = streamAt(run, i);
      const common = groups === undefined ? MIXED : this.#seriesOfGroup(run, i);
      if (groups !== undefined && common !== MIXED) {
        const group = stream / GROUP_STREAMS;
        if (common >= 0)
          this.#add(groups, groups.starts[group]!, groups.starts[group + 1]!, common, bucketOf, byMinute);
        i += GROUP_STREAMS - 1;
        continue;
      }
      const number = this.#series.of(streamIds[stream]!, 0);
      if (number === ONLY_A_SCAN || (columns.levels[stream]! & UNTALLIED) !== 0) {
        this.#leave(run, stream);
        continue;
      }
      if (number < 0) continue;
      tally ??= directory.tally;
      const from = tally.starts[firstBlocks[stream]!]!;
      const end = tally.starts[firstBlocks[stream + 1]!]!;
      this.#add(tally, from, end, number, bucketOf, byMinute);
    }
    byMinute?.addTo(this.#table.counts, bucketOf);
  }

  /** Adds entries `from .. end`, all of one series. */
  #add(
    { minutes, counts }: Tally,
    from: number,
    end: number,
    series: number,
    bucketOf: Int32Array,
    byMinute: MinuteCounts | undefined,
  ): void {
    const start = this.#table.startOf(series);
    if (byMinute !== undefined) {
      byMinute.add(start, minutes, counts, from, end);
      return;
    }
    const to = this.#table.counts;
    for (let at = from; at < end; at++) to[start + bucketOf[minutes[at]!]!]! += counts[at]!;
  }

  /** Series of all rows of the group that begins with stream `i` of a run; MIXED when there is no such one, or no such group. */
  #seriesOfGroup(run: SegmentRun, i: number): number {
    const { streamIds, columns } = run.segment;
    const first = streamAt(run, i);
    if (first % GROUP_STREAMS !== 0 || i + GROUP_STREAMS > run.count) return MIXED;
    const number = this.#series.of(streamIds[first]!, 0);
    if (number === ONLY_A_SCAN) return MIXED;
    for (let k = 0; k < GROUP_STREAMS; k++) {
      const stream = first + k;
      if (streamAt(run, i + k) !== stream || (columns.levels[stream]! & UNTALLIED) !== 0) return MIXED;
      if (this.#series.of(streamIds[stream]!, 0) !== number) return MIXED;
    }
    return number;
  }

  /** Where a segment has many entries for each minute of each series: sums by minute, which take half as long to make as sums by bucket. */
  #byMinute(run: SegmentRun): MinuteCounts | undefined {
    const { streamIds, columns } = run.segment;
    const most = (columns.tallyEntries * run.count) / (streamIds.length * ENTRIES_PER_MINUTE * TALLY_MINUTES);
    if (!(most > 1) || columns.totalRows >= MAX_INT32_ROWS) return undefined;
    this.#findSeries(run);
    return this.#series.keys.length < most ? new MinuteCounts() : undefined;
  }

  /** How many series there are shows when the series of each stream is known. */
  #findSeries(run: SegmentRun): void {
    const { streamIds } = run.segment;
    for (let i = 0; i < run.count; i++) this.#series.of(streamIds[streamAt(run, i)]!, 0);
  }

  /** Entries of each stream, or of groups of them, by level. */
  #addByLevel(run: SegmentRun, bucketOf: Int32Array): void {
    const { streamIds, firstBlocks, columns, directory } = run.segment;
    let tally: Tally | undefined;
    const groups = tallyGroups(run.segment);
    for (let i = 0; i < run.count; i++) {
      const stream = streamAt(run, i);
      if (groups !== undefined && this.#prepareGroup(run, i)) {
        const group = stream / GROUP_STREAMS;
        this.#addLevels(groups, groups.starts[group]!, groups.starts[group + 1]!, bucketOf);
        i += GROUP_STREAMS - 1;
      } else if (this.#prepare(streamIds[stream]!, columns.levels[stream]!)) {
        tally ??= directory.tally;
        const { starts } = tally;
        this.#addLevels(tally, starts[firstBlocks[stream]!]!, starts[firstBlocks[stream + 1]!]!, bucketOf);
      } else this.#leave(run, stream);
    }
  }

  #addLevels({ minutes, levels, counts }: Tally, from: number, end: number, bucketOf: Int32Array): void {
    const startOfLevel = this.#startOfLevel;
    const to = this.#table.counts;
    for (let at = from; at < end; at++) to[startOfLevel[levels[at]!]! + bucketOf[minutes[at]!]!]! += counts[at]!;
  }

  /** As `prepare`, for the group that begins with stream `i` of a run. @returns false also when a level of its streams is in several series */
  #prepareGroup(run: SegmentRun, i: number): boolean {
    const { streamIds, columns } = run.segment;
    const first = streamAt(run, i);
    if (first % GROUP_STREAMS !== 0 || i + GROUP_STREAMS > run.count) return false;
    const seriesOfLevel = this.#seriesOfLevel.fill(MIXED);
    for (let k = 0; k < GROUP_STREAMS; k++) {
      const stream = first + k;
      const bits = columns.levels[stream]!;
      if (streamAt(run, i + k) !== stream || (bits & (OWN_LEVEL | UNTALLIED)) !== 0) return false;
      for (let bit = 0; bit <= NO_LEVEL_BIT; bit++) {
        if ((bits & (1 << bit)) === 0) continue;
        const number = this.#series.of(streamIds[stream]!, levelOfBit(bit));
        if (number === ONLY_A_SCAN) return false;
        if (seriesOfLevel[bit] === MIXED) seriesOfLevel[bit] = number;
        else if (seriesOfLevel[bit] !== number) return false;
      }
    }
    for (let bit = 0; bit <= NO_LEVEL_BIT; bit++) {
      const number = seriesOfLevel[bit]!;
      if (number !== MIXED) this.#startOfLevel[levelOfBit(bit)] = number < 0 ? NOWHERE : this.#table.startOf(number);
    }
    return true;
  }

  /** Finds where the rows of each level of a stream go. @returns false when that cannot be told */
  #prepare(streamId: number, bits: number): boolean {
    if ((bits & (OWN_LEVEL | UNTALLIED)) !== 0) return false;
    for (let bit = 0; bit <= NO_LEVEL_BIT; bit++) {
      if ((bits & (1 << bit)) === 0) continue;
      const level = levelOfBit(bit);
      const number = this.#series.of(streamId, level);
      if (number === ONLY_A_SCAN) return false;
      this.#startOfLevel[level] = number < 0 ? NOWHERE : this.#table.startOf(number);
    }
    return true;
  }

  #leave({ source, segment }: SegmentRun, stream: number): void {
    const { streamIds, firstBlocks } = segment;
    this.#rest.addStream(streamIds[stream]!, source, stream, firstBlocks[stream]!, firstBlocks[stream + 1]!);
  }
}

/** Number in the segment of stream `i` of a run. */
function streamAt({ streams }: SegmentRun, i: number): number {
  return streams === undefined ? i : streams[i]!;
}

/** A name that matters may be in the metadata of rows; which of them, is told by stream. */
function isContested({ metadataNames }: DirectoryTables, names: ReadonlySet<string> | undefined): boolean {
  return names === undefined ? metadataNames.length > 0 : metadataNames.some((name) => names.has(name));
}
