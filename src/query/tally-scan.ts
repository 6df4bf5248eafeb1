import { B_MAX, B_MIN, B_ROWS, BLOCK_FIELDS, type Directory } from '../chunk/directory.ts';
import { type Labels, labelValue } from '../model/labels.ts';
import { LEVEL_LABEL, LEVEL_NONE, LEVELS } from '../model/level.ts';
import { dayStartNs } from '../model/time.ts';
import { OpenTimes } from '../store/open-times.ts';
import type { Stretches } from '../store/stretches.ts';
import { MinuteBuckets } from './minute-buckets.ts';
import { isFatalError } from './pipeline/needed-labels.ts';
import { ScanRow } from './pipeline/row-state.ts';
import { planText } from './result-cache.ts';
import { upperBound } from './row-range.ts';
import { SampleStore } from './sample-store.ts';
import { type SamplePipeline, samplePipeline } from './scan-pipeline.ts';
import { SeriesIndex } from './series-index.ts';
import { longRuns, type StretchRun, TALLY_MINUTES, type TallyCache, type TallySums } from './tally-cache.ts';
import { namesOf, suits } from './tally-rules.ts';
import { emptyCounts, type SampleScan, type SampleScanResult, type ScanCounts } from './task.ts';

/**
 * Counts that the store's statistics can answer without reading rows: plain counts and rates over whole minutes, grouped by stream
 * labels and detected level, with label filters on these. A stretch of a stream, or a block, that lies in one window edge to edge is
 * added as a whole; of what lies across an edge, the tally (rows per minute and level) is. It costs some nanoseconds a block, so it
 * runs where the query is planned.
 */

const NO_BYTES: Uint8Array = new Uint8Array(0);
const LEVEL_CODES = 256;
/** In place of a series number. */
const DROPPED = -1;
const ONLY_A_SCAN = -2;
const NOT_LOOKED_UP = -3;

const NOT_SUMMED: TallySums = { series: [], columns: [], isKnown: false };

/** Answers what it can; what is left is to be scanned. */
export class TallyScan {
  readonly #scan: SampleScan;
  readonly #pipeline: SamplePipeline | undefined;
  /** Names whose values decide which series a row is in, or whether it counts; undefined: all labels do. */
  readonly #names: ReadonlySet<string> | undefined;
  readonly #index: SeriesIndex;
  readonly #store: SampleStore;
  readonly #row = new ScanRow();
  readonly #counts: ScanCounts = emptyCounts();
  readonly #levelMatters: boolean;
  /** Series by level code (0 when levels do not matter) and stream; neither changes from stretch to stretch. */
  readonly #series: (Int32Array | undefined)[] = [];
  readonly #minutes: MinuteBuckets;
  /** Where rows of a level count, by code; valid for the levels of the stretch at hand. */
  readonly #bucketsOfLevel: (Float64Array | undefined)[] = new Array<Float64Array | undefined>(LEVEL_CODES);
  readonly #levelKnown: Uint8Array = new Uint8Array(LEVEL_CODES);
  /** By segment: names that matter and that rows may have as metadata. */
  readonly #contested = new Map<Directory, readonly string[]>();
  readonly #kept: TallyCache | undefined;
  #largestId = 0;
  #day = Number.NaN;
  #dayBaseNs = 0;

  /** @param kept sums of earlier queries; absent: none are kept */
  constructor(scan: SampleScan, fromNs: number, toNs: number, kept?: TallyCache) {
    this.#kept = kept;
    this.#scan = scan;
    this.#index = new SeriesIndex(scan.grouping);
    this.#names = namesOf(scan);
    this.#levelMatters = this.#names === undefined || this.#names.has(LEVEL_LABEL);
    this.#pipeline = suits(scan) ? samplePipeline(scan) : undefined;
    this.#store = new SampleStore(scan, fromNs, toNs);
    this.#minutes = new MinuteBuckets(this.#store.grid, this.#store.firstBucket);
  }

  /** Adds the rows of every stretch that statistics can answer for. @returns numbers of the stretches still to be scanned */
  take(stretches: Stretches): readonly number[] {
    const pipeline = this.#pipeline;
    const rest: number[] = [];
    this.#largestId = stretches.largestId();
    const done = pipeline === undefined || pipeline.needsLines ? NO_BYTES : this.#takeRuns(stretches, pipeline);
    for (let i = 0; i < stretches.count; i++) {
      if (done[i] === 1) continue;
      if (pipeline === undefined || pipeline.needsLines || !this.#takeOne(stretches, i, pipeline)) rest.push(i);
    }
    return rest;
  }

  #takeOne(stretches: Stretches, i: number, pipeline: SamplePipeline): boolean {
    const directory = stretches.directory(i);
    if (directory === undefined) return this.#takeOpen(stretches, i, pipeline);
    return this.#decides(stretches, i, directory) && this.#add(stretches, i, directory, pipeline);
  }

  /** Counts rows of the head by their times where the stream decides: the end of each bucket is found by halving. */
  #takeOpen(stretches: Stretches, i: number, pipeline: SamplePipeline): boolean {
    const streamId = stretches.streamIds[i]!;
    if (this.#levelMatters || !this.#streamHasAll(stretches.labels(streamId))) return false;
    const open = OpenTimes.of(stretches.part(i));
    if (open === undefined) return false;
    const series = this.#seriesOf(stretches, streamId, 0, pipeline);
    if (series < 0) return series === DROPPED;
    const { grid, firstBucket } = this.#store;
    const buckets = this.#store.bucketsOf(series);
    const baseNs = this.#baseOf(stretches.days[i]!);
    while (open.next()) {
      const { times, to } = open;
      for (let row = open.from; row < to; ) {
        grid.locate(baseNs + times[row]!);
        const next = upperBound(times, row, to, grid.stretchEndNs - baseNs);
        if (grid.bucket >= 0) {
          buckets[grid.bucket - firstBucket]! += next - row;
          this.#counts.rowsMatched += next - row;
        }
        row = next;
      }
    }
    return true;
  }

  /** All names that matter are labels of the stream, which come before metadata of the same name. */
  #streamHasAll(labels: Labels): boolean {
    if (this.#names === undefined) return false;
    for (const name of this.#names) if (labelValue(labels, name) === undefined) return false;
    return true;
  }

  /** Adds what is kept, or worth keeping, of sums over many stretches. @returns 1 for each stretch that was added */
  #takeRuns(stretches: Stretches, pipeline: SamplePipeline): Uint8Array {
    if (this.#kept === undefined) return NO_BYTES;
    const done = new Uint8Array(stretches.count);
    const { op, stages, grouping, options } = this.#scan;
    const plan = planText([op, stages, grouping, options]);
    for (const run of longRuns(stretches)) {
      const sums = this.#kept.sums(plan, stretches, run, (maxSeries) => this.#sum(stretches, run, pipeline, maxSeries));
      if (!sums.isKnown) continue;
      this.#addSums(sums, this.#baseOf(stretches.days[run.from]!));
      done.fill(1, run.from, run.to);
    }
    return done;
  }

  /** Adds up the tallies of neighbouring stretches by series and minute; gives up when these are too many. */
  #sum(stretches: Stretches, { from, to }: StretchRun, pipeline: SamplePipeline, maxSeries: number): TallySums {
    const { tally } = stretches.directory(from)!;
    const { minutes, levels, counts, starts } = tally;
    /** By number of this scan. */
    const columns = new Map<number, Uint32Array>();
    for (let i = from; i < to; i++) {
      const directory = stretches.directory(i)!;
      const [first, end] = [stretches.firsts[i]!, stretches.ends[i]!];
      if (!this.#decides(stretches, i, directory) || !isTallied(directory, first, end)) return NOT_SUMMED;
      const stop = starts[end]!;
      let level = -1;
      let column: Uint32Array | undefined;
      for (let at = starts[first]!; at < stop; at++) {
        if (levels[at] !== level && (level < 0 || this.#levelMatters)) {
          level = levels[at]!;
          const series = this.#seriesOf(stretches, stretches.streamIds[i]!, this.#levelMatters ? level : 0, pipeline);
          if (series === ONLY_A_SCAN) return NOT_SUMMED;
          column = series === DROPPED ? undefined : columns.get(series);
          if (column === undefined && series !== DROPPED) {
            if (columns.size >= maxSeries) return NOT_SUMMED;
            column = new Uint32Array(TALLY_MINUTES);
            columns.set(series, column);
          }
        }
        if (column !== undefined) column[minutes[at]!]! += counts[at]!;
      }
    }
    const { labels } = this.#index;
    return {
      series: [...columns.keys()].map((series) => labels[series]!),
      columns: [...columns.values()],
      isKnown: true,
    };
  }

  #addSums({ series, columns }: TallySums, baseNs: number): void {
    const bucketOf = this.#minutes.of(baseNs);
    let matched = 0;
    for (const [number, column] of columns.entries()) {
      const buckets = this.#store.bucketsOf(this.#index.ofGrouped(series[number]!));
      for (let minute = 0; minute < TALLY_MINUTES; minute++) {
        const count = column[minute]!;
        const bucket = bucketOf[minute]!;
        if (count === 0 || bucket < 0) continue;
        buckets[bucket]! += count;
        matched += count;
      }
    }
    this.#counts.rowsMatched += matched;
  }

  /** No name that matters can be in the metadata of a row. */
  #decides(stretches: Stretches, i: number, directory: Directory): boolean {
    if (stretches.metadataBytes[i] === 0 || directory.metadataNames.length === 0) return true;
    const names = this.#names;
    if (names === undefined) return false;
    let contested = this.#contested.get(directory);
    if (contested === undefined) {
      contested = directory.metadataNames.filter((name) => names.has(name));
      this.#contested.set(directory, contested);
    }
    if (contested.length === 0) return true;
    const labels = stretches.labels(stretches.streamIds[i]!);
    return contested.every((name) => labelValue(labels, name) !== undefined);
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
  #add(stretches: Stretches, i: number, directory: Directory, pipeline: SamplePipeline): boolean {
    const streamId = stretches.streamIds[i]!;
    const first = stretches.firsts[i]!;
    const end = stretches.ends[i]!;
    const baseNs = this.#baseOf(stretches.days[i]!);
    if (this.#levelMatters) {
      if (!this.#prepareLevels(stretches, streamId, directory, first, end, pipeline)) return false;
      this.#addEntries(directory, first, end, baseNs);
      return true;
    }
    const series = this.#seriesOf(stretches, streamId, 0, pipeline);
    if (series < 0) return series === DROPPED;
    const buckets = this.#store.bucketsOf(series);
    if (this.#addWhole(buckets, baseNs + stretches.mins[i]!, baseNs + stretches.maxs[i]!, stretches.rows[i]!))
      return true;
    if (!isTallied(directory, first, end)) return false;
    const { blocks } = directory;
    for (let block = first; block < end; block++) {
      const at = block * BLOCK_FIELDS;
      if (!this.#addWhole(buckets, baseNs + blocks[at + B_MIN]!, baseNs + blocks[at + B_MAX]!, blocks[at + B_ROWS]!))
        this.#addAll(directory, block, baseNs, buckets);
    }
    return true;
  }

  /** Adds rows that all lie in one bucket, or in none. @returns false when they lie in several */
  #addWhole(buckets: Float64Array, minNs: number, maxNs: number, rows: number): boolean {
    const { grid, firstBucket } = this.#store;
    grid.locate(minNs);
    if (grid.stretchEndNs < maxNs) return false;
    if (grid.bucket >= 0) {
      buckets[grid.bucket - firstBucket]! += rows;
      this.#counts.rowsMatched += rows;
    }
    return true;
  }

  /** Finds where the rows of each level go. @returns false when that cannot be told for one */
  #prepareLevels(
    stretches: Stretches,
    streamId: number,
    directory: Directory,
    first: number,
    end: number,
    pipeline: SamplePipeline,
  ): boolean {
    if (!isTallied(directory, first, end)) return false;
    const { levels, starts } = directory.tally;
    const known = this.#levelKnown.fill(0);
    const stop = starts[end]!;
    for (let at = starts[first]!; at < stop; at++) {
      const level = levels[at]!;
      if (known[level] === 1) continue;
      known[level] = 1;
      const series = this.#seriesOf(stretches, streamId, level, pipeline);
      if (series === ONLY_A_SCAN) return false;
      this.#bucketsOfLevel[level] = series === DROPPED ? undefined : this.#store.bucketsOf(series);
    }
    return true;
  }

  /** Adds tallies of the levels that have buckets. */
  #addEntries({ tally }: Directory, first: number, end: number, baseNs: number): void {
    const { minutes, levels, counts, starts } = tally;
    const bucketOf = this.#minutes.of(baseNs);
    const stop = starts[end]!;
    let matched = 0;
    for (let at = starts[first]!; at < stop; at++) {
      const bucket = bucketOf[minutes[at]!]!;
      if (bucket < 0) continue;
      const buckets = this.#bucketsOfLevel[levels[at]!];
      if (buckets === undefined) continue;
      buckets[bucket]! += counts[at]!;
      matched += counts[at]!;
    }
    this.#counts.rowsMatched += matched;
  }

  /** Adds tallies of all levels of a block to one series. */
  #addAll({ tally }: Directory, block: number, baseNs: number, buckets: Float64Array): void {
    const { minutes, counts, starts } = tally;
    const bucketOf = this.#minutes.of(baseNs);
    let matched = 0;
    for (let at = starts[block]!; at < starts[block + 1]!; at++) {
      const bucket = bucketOf[minutes[at]!]!;
      if (bucket < 0) continue;
      buckets[bucket]! += counts[at]!;
      matched += counts[at]!;
    }
    this.#counts.rowsMatched += matched;
  }

  /** Series of the rows of a stream and level, or DROPPED by a filter, or ONLY_A_SCAN can tell. */
  #seriesOf(stretches: Stretches, streamId: number, level: number, pipeline: SamplePipeline): number {
    let series = this.#series[level];
    if (series === undefined) {
      series = new Int32Array(this.#largestId + 1).fill(NOT_LOOKED_UP);
      this.#series[level] = series;
    }
    const known = series[streamId]!;
    if (known !== NOT_LOOKED_UP) return known;
    const found = this.#findSeries(stretches.labels(streamId), level, pipeline);
    series[streamId] = found;
    return found;
  }

  #findSeries(streamLabels: Labels, level: number, pipeline: SamplePipeline): number {
    if (this.#levelMatters && level >= LEVELS.length && level !== LEVEL_NONE) return ONLY_A_SCAN;
    const plain = this.#levelMatters || pipeline.stages !== undefined ? undefined : this.#index.ofStream(streamLabels);
    if (plain !== undefined) return plain;
    const metadata: Labels = !this.#levelMatters || level === LEVEL_NONE ? [] : [LEVEL_LABEL, LEVELS[level]!];
    const row = this.#row;
    row.begin(NO_BYTES, 0, 0, 0n, 0, streamLabels, metadata);
    if (pipeline.stages !== undefined && !pipeline.stages.process(row)) return DROPPED;
    if (isFatalError(row.labels.error, this.#scan.options.hints)) return ONLY_A_SCAN;
    return this.#index.of(row.labels);
  }

  result(): SampleScanResult {
    const series = this.#index.labels;
    return {
      kind: 'samples',
      series,
      firstBucket: this.#store.firstBucket,
      buckets: this.#store.buckets(series.length),
      samples: this.#store.samples(series.length),
      counts: this.#counts,
    };
  }
}

/** Every block has a tally. */
function isTallied({ tally: { starts } }: Directory, first: number, end: number): boolean {
  for (let block = first; block < end; block++) if (starts[block] === starts[block + 1]) return false;
  return true;
}
