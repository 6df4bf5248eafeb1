import { assert } from '../../base/assert.ts';
import { ABSENT } from '../../kernels/field-kernel.ts';
import { EMPTY_LABELS, labelValue } from '../../model/labels.ts';
import type { RowBlock } from '../../model/row-block.ts';
import { dayStartNs } from '../../model/time.ts';
import { SeriesMemory } from '../aggregate/series-memory.ts';
import { isFatalError } from '../pipeline/needed-labels.ts';
import type { FieldReader } from '../pipeline/parsers/field-reader.ts';
import { ERROR_LABEL } from '../pipeline/row/label-names.ts';
import { pipelineError } from '../pipeline/row/pipeline-error.ts';
import { ScanRow } from '../pipeline/row/row-state.ts';
import { firstRowAfter, firstRowFrom, lineBytes, upperBound } from '../task/row-range.ts';
import {
  emptyCounts,
  type PartLoader,
  type SampleScanResult,
  type SampleScanTask,
  type ScanCounts,
} from '../task/task.ts';
import { PartList } from '../task/task-parts.ts';
import { BlockMetadata } from './block-metadata.ts';
import { FieldSeries } from './field-series.ts';
import { leaveOut } from './leave-out.ts';
import { RowSelection } from './row-selection.ts';
import { SampleOptions } from './sample-options.ts';
import { SampleStore } from './sample-store.ts';
import { type DirectSamples, type SamplePipeline, samplePipeline } from './scan-pipeline.ts';
import { SeriesIndex } from './series-index.ts';

/**
 * Scans the parts of a task for a range aggregation. Rows that need no pipeline are added by typed-array arithmetic alone;
 * label sets are looked up once per stream and metadata set of a block, not per row.
 *
 * @throws LogError QUERY_PIPELINE at a row that ends with an error label
 */
export function scanSamples(task: SampleScanTask, load: PartLoader): SampleScanResult {
  const parts = new PartList(task.parts);
  const scan = new SampleScanner(task, parts);
  for (let i = 0; i < parts.count; i++) scan.part(i, load);
  return scan.result();
}

class SampleScanner {
  readonly #task: SampleScanTask;
  readonly #parts: PartList;
  readonly #pipeline: SamplePipeline;
  readonly #index: SeriesIndex;
  readonly #store: SampleStore;
  readonly #memory: SeriesMemory;
  readonly #counts: ScanCounts = emptyCounts();
  readonly #row = new ScanRow();
  readonly #selection = new RowSelection();
  /** Series of the untouched rows of a block by metadata id, -1 for not looked up yet. */
  #seriesOfMetadata = new Int32Array(64);
  readonly #metadata = new BlockMetadata();
  /** Fields of direct rows; -1: none. */
  #valueField = -1;
  #errorField = -1;
  readonly #fieldSeries: FieldSeries;
  readonly #options: SampleOptions;

  constructor(task: SampleScanTask, parts: PartList) {
    this.#task = task;
    this.#parts = parts;
    this.#pipeline = samplePipeline(task.scan);
    this.#memory = new SeriesMemory(task.memory);
    this.#index = new SeriesIndex(task.scan.grouping, this.#memory);
    this.#fieldSeries = new FieldSeries(task.scan.grouping, this.#index);
    this.#options = new SampleOptions(this.#pipeline, this.#index);
    let fromNs = Number.POSITIVE_INFINITY;
    let toNs = Number.NEGATIVE_INFINITY;
    for (const [day, bounds] of parts.daysWanted()) {
      const base = this.#baseOf(dayStartNs(day));
      fromNs = Math.min(fromNs, base + bounds.fromOffsetNs);
      toNs = Math.max(toNs, base + bounds.toOffsetNs);
    }
    this.#store = new SampleStore(task.scan, this.#memory, fromNs, toNs);
  }

  /** Start of a day relative to the first point of the grid. */
  #baseOf(dayNs: bigint): number {
    return Number(dayNs - this.#task.scan.grid.baseNs);
  }

  part(index: number, load: PartLoader): void {
    const pipeline = this.#pipeline;
    if (pipeline.filter?.never === true) return;
    const part = this.#parts.part(index);
    const fromOffsetNs = this.#parts.fromOffsetNs(index);
    const toOffsetNs = this.#parts.toOffsetNs(index);
    const options = this.#options;
    options.begin(part, fromOffsetNs, toOffsetNs);
    for (const block of load(part, options, this.#counts)) {
      const first = firstRowFrom(block, fromOffsetNs);
      const end = firstRowAfter(block, toOffsetNs);
      if (first >= end) continue;
      this.#counts.rowsScanned += end - first;
      if (pipeline.needsLines) this.#counts.bytesScanned += lineBytes(block, first, end);
      try {
        this.#block(block, first, end, options.metadata, options.oneSeries);
      } catch (error) {
        leaveOut(block, error);
      }
    }
  }

  #block(block: RowBlock, first: number, end: number, metadata: boolean, oneSeries: boolean): void {
    const { filter, stages } = this.#pipeline;
    this.#metadata.begin(block);
    this.#forgetSeries(metadata ? block.metadataIdCount : 0);
    if (
      filter === undefined &&
      stages === undefined &&
      oneSeries &&
      this.#task.scan.op !== 'bytes_over_time' &&
      this.#task.scan.op !== 'bytes_rate'
    ) {
      this.#countRuns(block, first, end);
      return;
    }
    this.#selection.choose(block, first, end, filter, this.#pipeline.implied?.needlesOf(block));
    if (stages === undefined) this.#plainRows(block, oneSeries);
    else this.#pipelineRows(block);
  }

  #forgetSeries(idCount: number): void {
    if (this.#seriesOfMetadata.length < idCount) this.#seriesOfMetadata = new Int32Array(idCount * 2);
    this.#seriesOfMetadata.fill(-1, 0, idCount);
  }

  /** Counts rows of one series without looking at any: the end of each bucket is found by halving. */
  #countRuns(block: RowBlock, first: number, end: number): void {
    const { grid, firstBucket, states } = this.#store;
    assert(states !== undefined, 'only counts come without a look at rows');
    const baseNs = this.#baseOf(block.dayStartNs);
    const series = this.#seriesOfStream(block);
    for (let row = first; row < end; ) {
      grid.locate(baseNs + block.times[row]!);
      const next = upperBound(block.times, row, end, grid.stretchEndNs - baseNs);
      if (grid.bucket >= 0) {
        states.locate(series, grid.bucket - firstBucket);
        states.column[states.at]! += next - row;
        this.#counts.rowsMatched += next - row;
      }
      row = next;
    }
  }

  #seriesOfStream(block: RowBlock): number {
    const plain = this.#index.ofStream(block.streamLabels);
    if (plain !== undefined) return plain;
    this.#row.labels.reset(block.streamLabels, EMPTY_LABELS);
    return this.#index.of(this.#row.labels);
  }

  /** Selected rows whose labels nothing changes: counts, or line lengths. */
  #plainRows(block: RowBlock, oneSeries: boolean): void {
    const { grid, firstBucket, state, states } = this.#store;
    assert(state !== undefined && states !== undefined, 'only counts and lengths come without a pipeline');
    const { rows, count } = this.#selection;
    if (count === 0) return;
    if (state.width > 1) block.someLines?.measure(rows, count);
    const { times, lineStarts, lineEnds } = block;
    const baseNs = this.#baseOf(block.dayStartNs);
    const { width } = state;
    let endNs = Number.NEGATIVE_INFINITY;
    let bucket = -1;
    let series = oneSeries ? this.#seriesOfStream(block) : -1;
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      const timeNs = baseNs + times[row]!;
      if (timeNs > endNs) {
        grid.locate(timeNs);
        endNs = grid.stretchEndNs;
        bucket = grid.bucket < 0 ? -1 : grid.bucket - firstBucket;
      }
      if (bucket < 0) continue;
      if (!oneSeries) series = this.#seriesOfRow(block, row);
      states.locate(series, bucket);
      const { column, at } = states;
      column[at]! += 1;
      if (width > 1) column[at + 1]! += lineEnds[row]! - lineStarts[row]!;
      this.#counts.rowsMatched++;
    }
  }

  #seriesOfRow(block: RowBlock, row: number): number {
    const id = block.metadataId(row);
    const known = this.#seriesOfMetadata[id]!;
    if (known >= 0) return known;
    this.#row.labels.reset(block.streamLabels, this.#metadata.of(id));
    this.#checkError(this.#row);
    const series = this.#index.of(this.#row.labels);
    this.#seriesOfMetadata[id] = series;
    return series;
  }

  #checkError(row: ScanRow): void {
    const { labels } = row;
    if (isFatalError(labels.error, this.#task.scan.options.hints)) throw pipelineError(labels.error, labels.result());
  }

  #pipelineRows(block: RowBlock): void {
    const { grid, firstBucket } = this.#store;
    const baseNs = this.#baseOf(block.dayStartNs);
    const { fields, direct } = this.#pipeline;
    if (fields !== undefined) fields.read(block, this.#selection);
    else if (this.#pipeline.needsLines) block.someLines?.need(this.#selection.rows, this.#selection.count);
    const { rows, count } = this.#selection;
    const isDirect = direct !== undefined && fields !== undefined && this.#beginDirect(block, fields, direct);
    let endNs = Number.NEGATIVE_INFINITY;
    let bucket = -1;
    for (let i = 0; i < count; i++) {
      const at = rows[i]!;
      const timeNs = baseNs + block.times[at]!;
      if (timeNs > endNs) {
        grid.locate(timeNs);
        endNs = grid.stretchEndNs;
        bucket = grid.bucket;
      }
      if (bucket < 0) continue;
      const passes = fields?.row(i) === true;
      if (isDirect && passes) this.#directRow(block, at, bucket - firstBucket, timeNs);
      else this.#pipelineRow(block, at, bucket - firstBucket, timeNs);
    }
  }

  /** @returns false when samples of this block take labels */
  #beginDirect(block: RowBlock, fields: FieldReader, { field, as, dropsErrors }: DirectSamples): boolean {
    if (block.fields === undefined || !this.#fieldSeries.begin(block, fields)) return false;
    // A stream can have a label of that name.
    if (dropsErrors && labelValue(block.streamLabels, ERROR_LABEL) !== undefined) return false;
    this.#errorField = dropsErrors ? fields.fieldOfName(ERROR_LABEL) : -1;
    this.#valueField = field === undefined ? -1 : fields.fieldOfName(field);
    if (field === undefined) return true;
    if (this.#valueField < 0) return false;
    fields.convert(field, as);
    return true;
  }

  /** A row whose fields were read ahead and pass. */
  #directRow(block: RowBlock, at: number, bucket: number, timeNs: number): void {
    const fields = this.#pipeline.fields!;
    const direct = this.#pipeline.direct!;
    const valueField = this.#valueField;
    const value = valueField < 0 ? 1 : fields.number;
    const id = block.metadataId(at);
    if (Number.isNaN(value) && fields.start(valueField) === ABSENT && !this.#metadata.mayHave(id, direct.field!))
      return;
    const isUnclear = Number.isNaN(value) || this.#metadata.hasError(id) || this.#isErrorInLine(fields);
    const series = isUnclear ? -2 : this.#fieldSeries.find(fields);
    if (series >= 0) {
      this.#counts.rowsMatched++;
      this.#add(series, bucket, value, timeNs);
      return;
    }
    const found = this.#pipelineRow(block, at, bucket, timeNs);
    if (series === -1 && found !== undefined) this.#fieldSeries.add(fields, found);
  }

  /** A label filter would take such a field for the error of the row. */
  #isErrorInLine(fields: FieldReader): boolean {
    return this.#errorField >= 0 && fields.start(this.#errorField) !== ABSENT;
  }

  /** Runs a row through all stages. @returns its series; undefined when it gives no sample */
  #pipelineRow(block: RowBlock, at: number, bucket: number, timeNs: number): number | undefined {
    const row = this.#row;
    const { stages, sample } = this.#pipeline;
    assert(stages !== undefined, 'a pipeline');
    const metadata = this.#metadata.of(block.metadataId(at));
    if (this.#pipeline.needsLines) block.someLines?.needRow(at);
    row.begin(
      block.bytes,
      block.lineStarts[at]!,
      block.lineEnds[at]!,
      block.dayStartNs,
      block.times[at]!,
      block.streamLabels,
      metadata,
    );
    if (!stages.process(row) || !sample.take(row)) return undefined;
    this.#counts.rowsMatched++;
    const series = row.labels.untouched ? this.#seriesOfRow(block, at) : this.#seriesOfChanged(row);
    this.#add(series, bucket, sample.value, timeNs);
    return series;
  }

  #add(series: number, bucket: number, value: number, timeNs: number): void {
    const { state, states } = this.#store;
    if (state === undefined || states === undefined) {
      this.#store.log!.add(series, value, timeNs);
      return;
    }
    states.locate(series, bucket);
    state.add(states.column, states.at, value, timeNs);
  }

  #seriesOfChanged(row: ScanRow): number {
    this.#checkError(row);
    return this.#index.of(row.labels);
  }

  result(): SampleScanResult {
    const { keys } = this.#index;
    return {
      kind: 'samples',
      keys,
      firstBucket: this.#store.firstBucket,
      buckets: this.#store.buckets(keys.length),
      listed: this.#store.listed(keys.length),
      samples: this.#store.samples(keys.length),
      counts: this.#counts,
      takenBytes: this.#memory.takenBytes,
    };
  }
}
