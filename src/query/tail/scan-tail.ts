import { compareText, EMPTY_LABELS, type Labels, labelsKey } from '../../model/labels.ts';
import { LEVEL_IN_METADATA, LEVEL_LABEL, LEVEL_NONE, LEVELS } from '../../model/level.ts';
import { decodeMetadata } from '../../model/metadata-bytes.ts';
import { dayStartNs } from '../../model/time.ts';
import { ScanRow } from '../pipeline/row-state.ts';
import { RowSelection } from '../row-selection.ts';
import { type LogPipeline, logPipeline } from '../scan-pipeline.ts';
import type { ResultLabels, TailColumns, TailScanResult, TailScanTask } from '../task.ts';

/** Runs fresh rows of the wanted streams through the pipeline of a tail. */
export function scanTail(task: TailScanTask): TailScanResult {
  return new TailScanner(task).run();
}

class TailScanner {
  readonly #task: TailScanTask;
  readonly #columns: TailColumns;
  readonly #pipeline: LogPipeline;
  readonly #row = new ScanRow();
  readonly #metadataSets = new Map<string, Labels>();
  readonly #labelSets: ResultLabels[] = [];
  readonly #labelIds = new Map<string, number>();

  constructor(task: TailScanTask) {
    this.#task = task;
    this.#columns = task.columns;
    this.#pipeline = logPipeline(task.stages);
  }

  run(): TailScanResult {
    const { streamIndexes, rowCount, days, offsetsNs } = this.#columns;
    const { wanted, maxRows } = this.#task;
    const timesNs: bigint[] = [];
    const lines: Uint8Array[] = [];
    const labelIds: number[] = [];
    const droppedRows: number[] = [];
    const { rows, count } = this.#filtered(rowCount);
    for (let i = 0; i < count; i++) {
      const at = rows[i]!;
      if (wanted[streamIndexes[at]!] !== 1) continue;
      // Rows that nobody will see are not worth the stages.
      if (lines.length >= maxRows) {
        droppedRows.push(at);
        continue;
      }
      if (!this.#passes(at)) continue;
      const row = this.#row;
      // `end` first: reading it may encode a line that a stage has made.
      const { end } = row;
      lines.push(row.bytes.slice(row.start, end));
      timesNs.push(dayStartNs(days[at]!) + BigInt(offsetsNs[at]!));
      labelIds.push(this.#internLabels(row));
    }
    return {
      kind: 'tail',
      timesNs: BigInt64Array.from(timesNs),
      lines: joined(lines),
      lineEnds: endsOf(lines),
      labelIds: Uint32Array.from(labelIds),
      labelSets: this.#labelSets,
      droppedRows: Uint32Array.from(droppedRows),
    };
  }

  /** Rows of any stream that pass the line filters at the head of the pipeline. */
  #filtered(rowCount: number): RowSelection {
    const selection = new RowSelection();
    const { filter } = this.#pipeline;
    if (filter === undefined) selection.all(0, rowCount);
    else selection.filter(this.#columns, 0, rowCount, filter);
    return selection;
  }

  #passes(at: number): boolean {
    const { bytes, days, offsetsNs, streamIndexes, streams, lineStarts, lineEnds } = this.#columns;
    const labels = streams[streamIndexes[at]!]!;
    this.#row.begin(
      bytes,
      lineStarts[at]!,
      lineEnds[at]!,
      dayStartNs(days[at]!),
      offsetsNs[at]!,
      labels,
      this.#metadata(at),
    );
    const { stages } = this.#pipeline;
    return stages === undefined || stages.process(this.#row);
  }

  /** Structured metadata with the detected level; equal sets are one array, as the row expects it. */
  #metadata(at: number): Labels {
    const { bytes, metadataStarts, metadataEnds, levels } = this.#columns;
    const level = levels[at]!;
    const pairs = decodeMetadata(bytes, metadataStarts[at]!, metadataEnds[at]!);
    if (pairs.length === 0 && level === LEVEL_NONE) return EMPTY_LABELS;
    const key = `${level} ${labelsKey(pairs)}`;
    let set = this.#metadataSets.get(key);
    if (set === undefined) {
      set = level === LEVEL_NONE || level === LEVEL_IN_METADATA ? pairs : withLevel(pairs, LEVELS[level]!);
      this.#metadataSets.set(key, set);
    }
    return set;
  }

  #internLabels(row: ScanRow): number {
    const all = row.labels.result();
    const categorized = this.#task.categorize ? row.labels.categorized() : undefined;
    const key =
      categorized === undefined
        ? labelsKey(all)
        : [categorized.stream, categorized.structuredMetadata, categorized.parsed].map(labelsKey).join('|');
    let id = this.#labelIds.get(key);
    if (id === undefined) {
      id = this.#labelSets.length;
      this.#labelSets.push(categorized === undefined ? { all } : { all, categorized });
      this.#labelIds.set(key, id);
    }
    return id;
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

function joined(lines: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(lines.reduce((sum, line) => sum + line.length, 0));
  let at = 0;
  for (const line of lines) {
    out.set(line, at);
    at += line.length;
  }
  return out;
}

function endsOf(lines: readonly Uint8Array[]): Uint32Array {
  const out = new Uint32Array(lines.length);
  let end = 0;
  for (const [i, line] of lines.entries()) {
    end += line.length;
    out[i] = end;
  }
  return out;
}
