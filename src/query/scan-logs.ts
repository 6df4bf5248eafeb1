import type { Labels } from '../model/labels.ts';
import { labelsKey } from '../model/labels.ts';
import type { RowBlock } from '../model/row-block.ts';
import { dayStartNs } from '../model/time.ts';
import { leaveOut } from './leave-out.ts';
import { ScanRow } from './pipeline/row-state.ts';
import { firstRowAfter, firstRowFrom, lineBytes } from './row-range.ts';
import { RowSelection } from './row-selection.ts';
import { type LogPipeline, logPipeline } from './scan-pipeline.ts';
import { SharedBound } from './shared-bound.ts';
import {
  emptyCounts,
  type LogScanResult,
  type LogScanTask,
  type PartLoader,
  type ResultLabels,
  type ScanCounts,
} from './task.ts';
import { PartList } from './task-parts.ts';

/** Scans the parts of a task for the first `limit` rows in the asked direction. */
export function scanLogs(task: LogScanTask, load: PartLoader): LogScanResult {
  const parts = new PartList(task.parts);
  const scan = new LogScanner(task, parts);
  for (const index of readingOrder(parts, task.backward)) scan.part(index, load);
  return scan.result();
}

/** Below this, blocks share frames with their neighbours, and jumping between frames costs more than rows that come too late. */
const SMALL_PART_BYTES = 128 * 1024;
/** Lines are decoded so many at a time at least, where they are decoded on demand. */
const MIN_NEEDED_ROWS = 64;

/** Best rows first where parts are large, in the order of the disk where they are small. */
function readingOrder(parts: PartList, backward: boolean): number[] {
  const order = Array.from({ length: parts.count }, (_, index) => index);
  let bytes = 0;
  for (const index of order) bytes += parts.lineBytes(index);
  if (bytes / Math.max(1, parts.count) >= SMALL_PART_BYTES) return order;
  // Of one stream, later blocks come first when rows are wanted backward.
  const sign = backward ? -1 : 1;
  const places = Float64Array.from(order, (index) => parts.place(index));
  return order.sort((a, b) => sign * (places[a]! - places[b]!));
}

/** A row that may be in the answer; its line was copied, for blocks are reused. */
interface Found {
  readonly timeNs: bigint;
  readonly line: Uint8Array;
  readonly part: number;
  readonly labelId: number;
}

class LogScanner {
  readonly #task: LogScanTask;
  readonly #parts: PartList;
  readonly #pipeline: LogPipeline;
  readonly #counts: ScanCounts = emptyCounts();
  readonly #row = new ScanRow();
  readonly #selection = new RowSelection();
  #found: Found[] = [];
  /** Time of the worst row kept at the last sort; no row beyond it can be in the answer. */
  #boundNs: bigint | undefined;
  /** The same of all tasks of the query. */
  readonly #shared: SharedBound | undefined;
  readonly #labelSets: ResultLabels[] = [];
  readonly #labelIds = new Map<string, number>();
  #labelIdOfMetadata = new Map<number, number>();
  #metadataSets: (Labels | undefined)[] = [];

  constructor(task: LogScanTask, parts: PartList) {
    this.#task = task;
    this.#parts = parts;
    this.#pipeline = logPipeline(task.stages);
    this.#shared = task.bound === undefined ? undefined : new SharedBound(task.backward, task.bound);
  }

  part(index: number, load: PartLoader): void {
    const { backward, limit } = this.#task;
    const bounds = this.#bounds(index);
    if (bounds === undefined || this.#pipeline.filter?.never === true) return;
    const part = this.#parts.part(index);
    const options = {
      fromOffsetNs: bounds.from,
      toOffsetNs: bounds.to,
      lines: true,
      lazy: true,
      metadata: true,
      reverse: backward,
      needles: this.#pipeline.needles,
      anyOf: this.#pipeline.anyOf,
    };
    let taken = 0;
    for (const block of load(part, options, this.#counts)) {
      const first = firstRowFrom(block, bounds.from);
      const end = firstRowAfter(block, bounds.to);
      if (first >= end) continue;
      try {
        taken += this.#block(block, first, end, index, limit - taken);
      } catch (error) {
        leaveOut(block, error);
      }
      if (taken >= limit) break;
    }
    // Sorting once gives a bound for the parts that follow; after that only when as much again has come in.
    const full = this.#boundNs === undefined ? limit : 2 * limit;
    if (this.#found.length >= full) this.#keepBest();
  }

  /** The range of a part, less what cannot beat the rows found so far; undefined when nothing is left. */
  #bounds(index: number): { from: number; to: number } | undefined {
    let from = this.#parts.fromOffsetNs(index);
    let to = this.#parts.toOffsetNs(index);
    // What other tasks have found can only be better than what was found here, and holds when nothing was.
    const boundNs = this.#shared?.get() ?? this.#boundNs;
    if (boundNs !== undefined) {
      const worst = Number(boundNs - dayStartNs(this.#parts.day(index)));
      if (this.#task.backward) from = Math.max(from, worst);
      else to = Math.min(to, worst);
    }
    return from > to ? undefined : { from, to };
  }

  /** Runs the rows of a block through the pipeline, in the asked direction, until enough have passed. */
  #block(block: RowBlock, first: number, end: number, part: number, wanted: number): number {
    this.#labelIdOfMetadata = new Map();
    this.#metadataSets = [];
    const { filter, fields } = this.#pipeline;
    // Reading ahead pays where it drops rows; otherwise rows are looked at until there are enough.
    const drops = fields?.drops === true && block.fields !== undefined;
    if (filter === undefined && !drops) return this.#unfiltered(block, first, end, part, wanted);
    this.#counts.rowsScanned += end - first;
    this.#counts.bytesScanned += lineBytes(block, first, end);
    if (filter === undefined) this.#selection.all(first, end);
    else this.#selection.filter(block, first, end, filter);
    if (drops) fields.read(block, this.#selection);
    const { rows, count } = this.#selection;
    return this.#takeUntil(block, rows, count, part, wanted);
  }

  /** Takes chosen rows in the asked direction until enough have passed; their lines are decoded a few at a time. */
  #takeUntil(block: RowBlock, rows: Uint32Array, count: number, part: number, wanted: number): number {
    const { backward } = this.#task;
    let taken = 0;
    for (let done = 0; done < count && taken < wanted; ) {
      const some = Math.min(count - done, Math.max(wanted - taken, MIN_NEEDED_ROWS));
      const from = backward ? count - done - some : done;
      block.someLines?.need(rows.subarray(from, from + some), some);
      for (let i = 0; i < some && taken < wanted; i++) {
        if (this.#take(block, rows[backward ? from + some - 1 - i : from + i]!, part)) taken++;
      }
      done += some;
    }
    return taken;
  }

  #unfiltered(block: RowBlock, first: number, end: number, part: number, wanted: number): number {
    const { backward } = this.#task;
    let taken = 0;
    let done = 0;
    while (done < end - first && taken < wanted) {
      const some = Math.min(end - first - done, Math.max(wanted - taken, MIN_NEEDED_ROWS));
      const from = backward ? end - done - some : first + done;
      this.#selection.all(from, from + some);
      block.someLines?.need(this.#selection.rows, some);
      for (let i = 0; i < some && taken < wanted; i++) {
        const row = backward ? from + some - 1 - i : from + i;
        this.#counts.rowsScanned++;
        this.#counts.bytesScanned += block.lineEnds[row]! - block.lineStarts[row]!;
        if (this.#take(block, row, part)) taken++;
      }
      done += some;
    }
    return taken;
  }

  #take(block: RowBlock, at: number, part: number): boolean {
    const row = this.#row;
    const metadataId = block.metadataId(at);
    const metadata = this.#metadataSets[metadataId] ?? block.metadata(metadataId);
    this.#metadataSets[metadataId] = metadata;
    row.begin(
      block.bytes,
      block.lineStarts[at]!,
      block.lineEnds[at]!,
      block.dayStartNs,
      block.times[at]!,
      block.streamLabels,
      metadata,
    );
    const { stages } = this.#pipeline;
    if (stages !== undefined && !stages.process(row)) return false;
    this.#counts.rowsMatched++;
    this.#found.push({
      timeNs: block.dayStartNs + BigInt(block.times[at]!),
      // Not `slice`: of a Buffer that is a view, and the block's memory is overwritten by the next one.
      line: new Uint8Array(row.bytes.subarray(row.start, row.end)),
      part,
      labelId: row.labels.untouched ? this.#untouchedLabels(row, metadataId) : this.#internLabels(row),
    });
    return true;
  }

  #untouchedLabels(row: ScanRow, metadataId: number): number {
    let id = this.#labelIdOfMetadata.get(metadataId);
    if (id === undefined) {
      id = this.#internLabels(row);
      this.#labelIdOfMetadata.set(metadataId, id);
    }
    return id;
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

  /** Keeps the best `limit` rows; ties are broken by stream, and keep their order within one. */
  #keepBest(): void {
    const { backward, limit } = this.#task;
    const parts = this.#parts;
    const sign = backward ? -1 : 1;
    this.#found.sort((a, b) => {
      if (a.timeNs !== b.timeNs) return a.timeNs < b.timeNs ? -sign : sign;
      return sign * (parts.streamId(a.part) - parts.streamId(b.part));
    });
    if (this.#found.length < limit) return;
    this.#found.length = limit;
    this.#boundNs = this.#found[limit - 1]!.timeNs;
    this.#shared?.tighten(this.#boundNs);
  }

  result(): LogScanResult {
    this.#keepBest();
    const found = this.#found;
    const lines = new Uint8Array(found.reduce((sum, row) => sum + row.line.length, 0));
    const lineEnds = new Uint32Array(found.length);
    let end = 0;
    for (const [i, row] of found.entries()) {
      lines.set(row.line, end);
      end += row.line.length;
      lineEnds[i] = end;
    }
    const numbers = new Map<number, number>();
    for (const { labelId } of found) if (!numbers.has(labelId)) numbers.set(labelId, numbers.size);
    return {
      kind: 'logs',
      timesNs: BigInt64Array.from(found, (row) => row.timeNs),
      lines,
      lineEnds,
      partIndexes: Uint32Array.from(found, (row) => row.part),
      labelIds: Uint32Array.from(found, (row) => numbers.get(row.labelId)!),
      labelSets: Array.from(numbers.keys(), (id) => JSON.stringify(this.#labelSets[id])),
      counts: this.#counts,
    };
  }
}
