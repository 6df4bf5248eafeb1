import { RecentMap } from '../../base/recent-map.ts';
import { compareText, EMPTY_LABELS, type Labels, labelsKey } from '../../model/labels.ts';
import { LEVEL_IN_METADATA, LEVEL_LABEL, LEVEL_NONE, LEVELS } from '../../model/level.ts';
import { decodeMetadata } from '../../model/metadata-bytes.ts';
import { dayStartNs } from '../../model/time.ts';
import { type EntryLabels, entryLabelsKey } from '../../wire/result/entry-json.ts';
import { TailWriter } from '../../wire/result/tail-json.ts';
import type { LineFilterChain } from '../pipeline/filters/line-filter.ts';
import { ScanRow } from '../pipeline/row/row-state.ts';
import { type LogPipeline, logPipeline } from '../scan/scan-pipeline.ts';
import type { TailAnswer, TailColumns, TailQuery, TailScanResult, TailScanTask } from '../task/task.ts';
import { MAX_NAMED } from './dropped-rows.ts';
import { TailKernel } from './tail-kernel.ts';

/** Runs fresh rows through the pipelines of tails, and writes those that pass as they are sent. */
export function scanTail({ columns, queries }: TailScanTask): TailScanResult {
  const metadata = new MetadataSets(columns);
  kernel ??= new TailKernel();
  kernel.begin(columns);
  return { kind: 'tail', answers: queries.map((query) => new TailScanner(query, columns, metadata).run()) };
}

/** It serves one scan after the other. */
let wantedRows = new Uint32Array(4096);
let kernel: TailKernel | undefined;

/** Of the queries scanned last: a tail asks the same a few times a second. */
const MAX_PIPELINES = 64;
const pipelines = new RecentMap<string, LogPipeline>({ maxEntries: MAX_PIPELINES });

function pipelineOf({ text, stages }: TailQuery): LogPipeline {
  const known = pipelines.get(text);
  if (known !== undefined) return known;
  const pipeline = logPipeline(stages);
  pipelines.set(text, pipeline);
  return pipeline;
}

class TailScanner {
  readonly #query: TailQuery;
  readonly #columns: TailColumns;
  readonly #metadata: MetadataSets;
  readonly #pipeline: LogPipeline;
  readonly #row = new ScanRow();
  #day: number | undefined;
  #dayStartNs = 0n;
  readonly #labelSets = new Map<string, EntryLabels>();
  /** Labels of rows that the stages leave as they are: found without making them. */
  readonly #untouched = new Map<Labels, Map<Labels, EntryLabels>>();

  constructor(query: TailQuery, columns: TailColumns, metadata: MetadataSets) {
    this.#query = query;
    this.#columns = columns;
    this.#metadata = metadata;
    this.#pipeline = pipelineOf(query);
  }

  run(): TailAnswer {
    const { days, offsetsNs } = this.#columns;
    const { maxRows, maxBytes, format } = this.#query;
    const writer = new TailWriter(format);
    const taken: number[] = [];
    const dropped = new DroppedOf(this.#columns);
    const count = this.#filtered();
    for (let i = 0; i < count; i++) {
      const at = wantedRows[i]!;
      const isFull = taken.length >= maxRows || writer.byteLength >= maxBytes;
      if (isFull && this.#pipeline.stages === undefined) {
        dropped.add(at);
        continue;
      }
      const row = this.#begin(at);
      if (!(this.#pipeline.stages?.process(row) ?? true)) continue;
      if (isFull) {
        dropped.add(at);
        continue;
      }
      // `end` first: reading it may encode a line that a stage has made.
      const { end } = row;
      writer.add(days[at]!, offsetsNs[at]!, row.bytes, row.start, end, this.#labels(row, at));
      taken.push(at);
    }
    return {
      entries: writer.finish(),
      ends: Uint32Array.from(writer.ends),
      rows: Uint32Array.from(taken),
      droppedRows: Uint32Array.from(dropped.rows),
      droppedCounts: dropped.counts,
      lastDroppedRows: dropped.lastRows,
    };
  }

  /** Puts wanted rows that pass the line filters, and those that may pass the label filters, into `wantedRows`. @returns how many */
  #filtered(): number {
    const { rowCount, streamIndexes } = this.#columns;
    const { wanted } = this.#query;
    const { filter, fields } = this.#pipeline;
    if (filter?.never === true) return 0;
    if (wantedRows.length < rowCount) wantedRows = new Uint32Array(rowCount);
    let count = 0;
    for (let at = 0; at < rowCount; at++) if (wanted[streamIndexes[at]!] === 1) wantedRows[count++] = at;
    if (filter !== undefined) {
      const passed = kernel!.filter(filter, wantedRows, count);
      count = passed >= 0 ? passed : this.#testEach(filter, count);
    }
    return fields?.drops === true ? kernel!.dropByFields(fields, wantedRows, count) : count;
  }

  #testEach(filter: LineFilterChain, count: number): number {
    const { bytes, lineStarts, lineEnds } = this.#columns;
    let passed = 0;
    for (let i = 0; i < count; i++) {
      const at = wantedRows[i]!;
      if (filter.test(bytes, lineStarts[at]!, lineEnds[at]!)) wantedRows[passed++] = at;
    }
    return passed;
  }

  #begin(at: number): ScanRow {
    const { bytes, days, offsetsNs, streamIndexes, streams, lineStarts, lineEnds } = this.#columns;
    const row = this.#row;
    const day = days[at]!;
    if (day !== this.#day) {
      this.#day = day;
      this.#dayStartNs = dayStartNs(day);
    }
    row.begin(
      bytes,
      lineStarts[at]!,
      lineEnds[at]!,
      this.#dayStartNs,
      offsetsNs[at]!,
      streams[streamIndexes[at]!]!,
      this.#metadata.of(at),
    );
    return row;
  }

  #labels(row: ScanRow, at: number): EntryLabels {
    if (!row.labels.untouched) return this.#internLabels(row);
    const stream = this.#columns.streams[this.#columns.streamIndexes[at]!]!;
    const bySet = this.#untouched.get(stream) ?? new Map<Labels, EntryLabels>();
    this.#untouched.set(stream, bySet);
    const set = this.#metadata.of(at);
    const labels = bySet.get(set) ?? this.#internLabels(row);
    bySet.set(set, labels);
    return labels;
  }

  #internLabels(row: ScanRow): EntryLabels {
    const all = row.labels.result();
    const made: EntryLabels =
      this.#query.format === 'categorized' ? { all, categorized: row.labels.categorized() } : { all };
    const key = entryLabelsKey(made);
    const labels = this.#labelSets.get(key) ?? made;
    this.#labelSets.set(key, labels);
    return labels;
  }
}

/** Rows that were too many, the first ones by name. */
class DroppedOf {
  readonly rows: number[] = [];
  /** By stream, without those in `rows`. */
  readonly counts: Uint32Array;
  readonly lastRows: Uint32Array;
  readonly #streamIndexes: Uint32Array;

  constructor({ streams, streamIndexes }: TailColumns) {
    this.counts = new Uint32Array(streams.length);
    this.lastRows = new Uint32Array(streams.length);
    this.#streamIndexes = streamIndexes;
  }

  add(at: number): void {
    if (this.rows.length < MAX_NAMED) {
      this.rows.push(at);
      return;
    }
    const stream = this.#streamIndexes[at]!;
    this.counts[stream]!++;
    this.lastRows[stream] = at;
  }
}

/** Structured metadata of rows with the detected level. Equal sets are one array, as rows expect it, and are decoded once for all tails. */
class MetadataSets {
  readonly #columns: TailColumns;
  readonly #sets = new Map<string, Labels>();
  /** By level, of rows without metadata: most rows. */
  readonly #ofLevel: (Labels | undefined)[] = [];
  readonly #ofRow = new Map<number, Labels>();

  constructor(columns: TailColumns) {
    this.#columns = columns;
  }

  of(at: number): Labels {
    const { metadataStarts, metadataEnds, levels } = this.#columns;
    const level = levels[at]!;
    const start = metadataStarts[at]!;
    const end = metadataEnds[at]!;
    if (start === end) {
      this.#ofLevel[level] ??=
        level === LEVEL_NONE || level === LEVEL_IN_METADATA ? EMPTY_LABELS : [LEVEL_LABEL, LEVELS[level]!];
      return this.#ofLevel[level]!;
    }
    let set = this.#ofRow.get(at);
    if (set === undefined) {
      set = this.#decoded(level, start, end);
      this.#ofRow.set(at, set);
    }
    return set;
  }

  #decoded(level: number, start: number, end: number): Labels {
    const pairs = decodeMetadata(this.#columns.bytes, start, end);
    const key = `${level} ${labelsKey(pairs)}`;
    let set = this.#sets.get(key);
    if (set === undefined) {
      set = level === LEVEL_NONE || level === LEVEL_IN_METADATA ? pairs : withLevel(pairs, LEVELS[level]!);
      this.#sets.set(key, set);
    }
    return set;
  }
}

function withLevel(pairs: Labels, level: string): Labels {
  const out: string[] = [];
  let placed = false;
  for (let i = 0; i < pairs.length; i += 2) {
    if (!placed && compareText(pairs[i]!, LEVEL_LABEL) > 0) {
      out.push(LEVEL_LABEL, level);
      placed = true;
    }
    out.push(pairs[i]!, pairs[i + 1]!);
  }
  if (!placed) out.push(LEVEL_LABEL, level);
  return out;
}
