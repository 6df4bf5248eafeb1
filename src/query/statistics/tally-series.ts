import { RecentMap } from '../../base/recent-map.ts';
import { compareLabels, type Labels, labelsOfKey, labelValue } from '../../model/labels.ts';
import { LEVEL_LABEL, LEVEL_NONE, LEVELS } from '../../model/level.ts';
import type { LabelTable } from '../../store/segments/shared-labels.ts';
import { planText } from '../analysis/plan-text.ts';
import { isFatalError } from '../pipeline/needed-labels.ts';
import { ScanRow } from '../pipeline/row/row-state.ts';
import { type SamplePipeline, samplePipeline } from '../scan/scan-pipeline.ts';
import { SeriesIndex } from '../scan/series-index.ts';
import type { SampleScan } from '../task/task.ts';
import { namesOf } from './tally-rules.ts';

/** In place of a series number: a filter drops the rows. */
export const DROPPED = -1;
/** In place of a series number: the level is a text of its own, or rows fail in the pipeline. */
export const ONLY_A_SCAN = -2;
const NOT_LOOKED_UP = -3;
const LACKS = 1;
const HAS_ALL = 2;

const NO_BYTES: Uint8Array = new Uint8Array(0);
/** About what a series costs: its labels, and its key. */
const SERIES_BYTES = 250;
const TABLE_BYTES = 4000;

let nextId = 1;

/**
 * Numbers the series of a plan by stream and level, for as long as it is kept: neither the labels of a stream nor what a plan does with them
 * ever changes, and looking at the labels of thousands of streams takes longer than adding up their rows.
 */
export class TallySeries {
  /** Of all that were ever made. */
  readonly id: number = nextId++;
  readonly labelTable: LabelTable;
  /** Names whose values decide which series a row is in, or whether it counts; undefined: all labels do. */
  readonly names: ReadonlySet<string> | undefined;
  /** Rows of different levels may be in different series. */
  readonly levelMatters: boolean;
  readonly #scan: SampleScan;
  readonly #pipeline: SamplePipeline;
  readonly #index: SeriesIndex;
  readonly #row = new ScanRow();
  /** By level code (0 when levels do not matter), then by stream id. */
  readonly #columns: (Int32Array | undefined)[] = [];
  /** By stream id: whether `streamHasAll`, 0 where nobody asked. */
  #having: Uint8Array = new Uint8Array(0);
  #order: Int32Array = new Int32Array(0);
  readonly #labels: Labels[] = [];

  constructor(scan: SampleScan, labelTable: LabelTable) {
    this.#scan = scan;
    this.labelTable = labelTable;
    // Whatever is added up, the labels decide where: lines are not looked at for them.
    this.#pipeline = samplePipeline({ ...scan, op: 'count_over_time' });
    this.#index = new SeriesIndex(scan.grouping);
    this.names = namesOf(scan);
    this.levelMatters = this.names === undefined || this.names.has(LEVEL_LABEL);
  }

  /** Lines decide, so statistics cannot. */
  get needsLines(): boolean {
    return this.#pipeline.needsLines;
  }

  /** Label sets by series number. */
  get labels(): readonly Labels[] {
    const { keys } = this.#index;
    for (let i = this.#labels.length; i < keys.length; i++) this.#labels.push(labelsOfKey(keys[i]!));
    return this.#labels;
  }

  /** Keys of the label sets, by series number. */
  get keys(): readonly string[] {
    return this.#index.keys;
  }

  /** About what it holds. */
  get bytes(): number {
    let bytes = TABLE_BYTES + this.keys.length * SERIES_BYTES + this.#order.byteLength + this.#having.byteLength;
    for (const column of this.#columns) bytes += column?.byteLength ?? 0;
    return bytes;
  }

  /** Series of the rows of a stream and level, DROPPED or ONLY_A_SCAN. @param level 0 when levels do not matter */
  of(streamId: number, level: number): number {
    let column = this.#columns[level];
    if (column === undefined || streamId >= column.length) {
      const longer = new Int32Array(streamId + 1 + (streamId >> 3)).fill(NOT_LOOKED_UP);
      longer.set(column ?? []);
      column = longer;
      this.#columns[level] = column;
    }
    const known = column[streamId]!;
    if (known !== NOT_LOOKED_UP) return known;
    const found = this.#find(this.labelTable.labels(streamId), level);
    column[streamId] = found;
    return found;
  }

  /** All names that matter are labels of the stream, which come before metadata of the same name. */
  streamHasAll(streamId: number): boolean {
    const { names } = this;
    if (names === undefined) return false;
    if (streamId >= this.#having.length) {
      const longer = new Uint8Array(streamId + 1 + (streamId >> 3));
      longer.set(this.#having);
      this.#having = longer;
    }
    if (this.#having[streamId] === 0) {
      const labels = this.labelTable.labels(streamId);
      this.#having[streamId] = [...names].every((name) => labelValue(labels, name) !== undefined) ? HAS_ALL : LACKS;
    }
    return this.#having[streamId] === HAS_ALL;
  }

  /** Numbers of all series so far, in the order of their labels. */
  order(): Int32Array {
    const { labels } = this;
    if (this.#order.length < labels.length)
      this.#order = Int32Array.from(labels.keys()).sort((a, b) => compareLabels(labels[a]!, labels[b]!));
    return this.#order;
  }

  #find(streamLabels: Labels, level: number): number {
    if (this.levelMatters && level >= LEVELS.length && level !== LEVEL_NONE) return ONLY_A_SCAN;
    const { stages } = this.#pipeline;
    const plain = this.levelMatters || stages !== undefined ? undefined : this.#index.ofStream(streamLabels);
    if (plain !== undefined) return plain;
    const metadata: Labels = !this.levelMatters || level === LEVEL_NONE ? [] : [LEVEL_LABEL, LEVELS[level]!];
    const row = this.#row;
    row.begin(NO_BYTES, 0, 0, 0n, 0, streamLabels, metadata);
    if (stages !== undefined && !stages.process(row)) return DROPPED;
    if (isFatalError(row.labels.error, this.#scan.options.hints)) return ONLY_A_SCAN;
    return this.#index.of(row.labels);
  }
}

/** What is kept of all plans together; the last one is kept in any case. */
const MAX_BYTES = 4 * 1024 * 1024;
const MAX_ENTRIES = 64;

/** Series of plans that come again and again, least recently used first to go. */
export class KeptSeries {
  readonly #entries = new RecentMap<string, TallySeries>({
    maxWeight: MAX_BYTES,
    maxEntries: MAX_ENTRIES,
    keepsLast: true,
  });

  of(tenant: string, scan: SampleScan, labelTable: LabelTable): TallySeries {
    const { op, stages, grouping, options } = scan;
    const key = `${tenant} ${planText([op, stages, grouping, options])}`;
    const known = this.#entries.get(key);
    const series = known?.labelTable === labelTable ? known : new TallySeries(scan, labelTable);
    // Entries grow with use, so they are weighed each time.
    this.#entries.set(key, series, series.bytes);
    return series;
  }
}
