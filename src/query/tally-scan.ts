import type { Stage } from '../../grammar/ast.ts';
import { type Labels, labelValue } from '../model/labels.ts';
import { LEVEL_LABEL, LEVEL_NONE, LEVELS } from '../model/level.ts';
import { dayStartNs } from '../model/time.ts';
import type { PartRef, PartTally, QueryStore } from '../store/select.ts';
import { addPredicateLabels, isFatalError } from './pipeline/needed-labels.ts';
import { ScanRow } from './pipeline/row-state.ts';
import { SampleStore } from './sample-store.ts';
import { type SamplePipeline, samplePipeline } from './scan-pipeline.ts';
import { SeriesIndex } from './series-index.ts';
import { emptyCounts, type SampleScan, type SampleScanResult, type ScanCounts } from './task.ts';

/**
 * Counts that the store's tallies (rows per minute, level and stretch of a stream) can answer without reading rows: plain
 * counts and rates over whole minutes, grouped by stream labels and detected level, with label filters on these. It costs some
 * nanoseconds a minute and stream, so it runs where the query is planned.
 */

const MINUTE_NS = 60_000_000_000;
const NO_BYTES: Uint8Array = new Uint8Array(0);
const LEVEL_CODES = 256;
/** In place of a series number: rows of this stream and level must be scanned. */
const ONLY_A_SCAN = -2;
const UNKNOWN: Float64Array = new Float64Array(0);

/** Answers what it can of the parts; the others are left to be scanned. */
export class TallyScan {
  readonly #scan: SampleScan;
  readonly #pipeline: SamplePipeline | undefined;
  /** Names whose values decide which series a row is in, or whether it counts; undefined: all labels do. */
  readonly #names: ReadonlySet<string> | undefined;
  readonly #index: SeriesIndex;
  readonly #store: SampleStore;
  readonly #row = new ScanRow();
  readonly #counts: ScanCounts = emptyCounts();
  /** Series by stream and level; neither changes from part to part. */
  readonly #series = new Map<number, number>();
  readonly #levelMatters: boolean;
  /** By level code: where its rows count, undefined when a filter drops them, UNKNOWN when it was not looked up for the part. */
  readonly #bucketsOfLevel: (Float64Array | undefined)[] = new Array<Float64Array | undefined>(LEVEL_CODES).fill(
    UNKNOWN,
  );

  constructor(scan: SampleScan, fromNs: number, toNs: number) {
    this.#scan = scan;
    this.#index = new SeriesIndex(scan.grouping);
    this.#names = namesOf(scan);
    this.#levelMatters = this.#names === undefined || this.#names.has(LEVEL_LABEL);
    this.#pipeline = suits(scan) ? samplePipeline(scan) : undefined;
    this.#store = new SampleStore(scan, fromNs, toNs);
  }

  /** Adds the rows of every part that has a fitting tally. @returns the parts that are still to be scanned */
  take(parts: readonly PartRef[], store: QueryStore): readonly PartRef[] {
    const pipeline = this.#pipeline;
    if (pipeline === undefined || pipeline.needsLines || store.tallyOf === undefined) return parts;
    const rest: PartRef[] = [];
    for (const part of parts) {
      const tally = store.tallyOf(part);
      if (tally === undefined || !this.#decides(part, tally) || !this.#add(part, tally, pipeline)) rest.push(part);
    }
    return rest;
  }

  /** No name that matters can be in the metadata of a row. */
  #decides(part: PartRef, tally: PartTally): boolean {
    if (tally.metadataNames.length === 0) return true;
    if (this.#names === undefined) return false;
    for (const name of this.#names) {
      if (tally.metadataNames.includes(name) && labelValue(part.streamLabels, name) === undefined) return false;
    }
    return true;
  }

  /** @returns false, and nothing added, when a row's level is a text of its own or a row fails in the pipeline */
  #add(part: PartRef, tally: PartTally, pipeline: SamplePipeline): boolean {
    const { minutes, levels, counts, from, to } = tally;
    const bucketsOfLevel = this.#bucketsOfLevel;
    bucketsOfLevel.fill(UNKNOWN);
    for (let i = from; i < to; i++) {
      const level = levels[i]!;
      if (bucketsOfLevel[level] !== UNKNOWN) continue;
      const series = this.#seriesOf(part, level, pipeline);
      if (series === undefined) return false;
      bucketsOfLevel[level] = series < 0 ? undefined : this.#store.bucketsOf(series);
    }
    const { grid, firstBucket } = this.#store;
    const baseNs = Number(dayStartNs(part.day) - this.#scan.grid.baseNs);
    let endNs = Number.NEGATIVE_INFINITY;
    let at = -1;
    let matched = 0;
    for (let i = from; i < to; i++) {
      const timeNs = baseNs + minutes[i]! * MINUTE_NS;
      if (timeNs > endNs) {
        grid.locate(timeNs);
        endNs = grid.stretchEndNs;
        at = grid.bucket < 0 ? -1 : grid.bucket - firstBucket;
      }
      const buckets = bucketsOfLevel[levels[i]!];
      if (at < 0 || buckets === undefined) continue;
      buckets[at]! += counts[i]!;
      matched += counts[i]!;
    }
    this.#counts.rowsMatched += matched;
    return true;
  }

  /** Series of the rows of one level, -1 when a filter drops them, undefined when only a scan can tell. */
  #seriesOf(part: PartRef, level: number, pipeline: SamplePipeline): number | undefined {
    const key = part.streamId * LEVEL_CODES + (this.#levelMatters ? level : 0);
    const known = this.#series.get(key);
    if (known !== undefined) return known === ONLY_A_SCAN ? undefined : known;
    const found = this.#findSeries(part, level, pipeline);
    this.#series.set(key, found ?? ONLY_A_SCAN);
    return found;
  }

  #findSeries(part: PartRef, level: number, pipeline: SamplePipeline): number | undefined {
    if (this.#levelMatters && level >= LEVELS.length && level !== LEVEL_NONE) return undefined;
    const metadata: Labels = !this.#levelMatters || level === LEVEL_NONE ? [] : [LEVEL_LABEL, LEVELS[level]!];
    const row = this.#row;
    row.begin(NO_BYTES, 0, 0, 0n, 0, part.streamLabels, metadata);
    if (pipeline.stages !== undefined && !pipeline.stages.process(row)) return -1;
    if (isFatalError(row.labels.error, this.#scan.options.hints)) return undefined;
    return this.#index.of(row.labels);
  }

  result(): SampleScanResult {
    const series = this.#index.labels;
    return {
      kind: 'samples',
      series,
      firstBucket: this.#store.firstBucket,
      buckets: this.#store.buckets(series.length),
      samples: [],
      counts: this.#counts,
    };
  }
}

/** Plain counts over a grid whose every edge is a whole minute. */
export function suits({ op, unwrap, grid, stages }: SampleScan): boolean {
  if (unwrap !== undefined || (op !== 'count_over_time' && op !== 'rate' && op !== 'absent_over_time')) return false;
  const wholeMinutes =
    grid.baseNs % BigInt(MINUTE_NS) === 0n &&
    grid.rangeNs % MINUTE_NS === 0 &&
    (grid.count === 1 || grid.stepNs % MINUTE_NS === 0);
  return wholeMinutes && stages.every(isLabelStage);
}

/** Stages that read and change labels alone. */
function isLabelStage(stage: Stage): boolean {
  return stage.kind === 'label-filter' || stage.kind === 'drop' || stage.kind === 'keep';
}

/** Names that the grouping or a filter looks at; undefined when all labels matter. */
function namesOf({ grouping, stages }: SampleScan): ReadonlySet<string> | undefined {
  if (grouping.without) return undefined;
  const names = new Set(grouping.labels);
  for (const stage of stages) if (stage.kind === 'label-filter') addPredicateLabels(stage.predicate, names);
  return names;
}
