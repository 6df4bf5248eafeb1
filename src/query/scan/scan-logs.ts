import { orderBy } from '../../base/order-by.ts';
import { compareLabels, type Labels, labelsKey } from '../../model/labels.ts';
import type { RowBlock } from '../../model/row-block.ts';
import { dayStartNs } from '../../model/time.ts';
import type { LoadOptions } from '../../store/snapshot/select.ts';
import { labelText } from '../../wire/json/json-text.ts';
import { type EntryFormat, entryEnd, entryLabelsKey, streamJson } from '../../wire/result/entry-json.ts';
import { KeptBases } from '../pipeline/row/kept-bases.ts';
import type { Base } from '../pipeline/row/label-base.ts';
import { ScanRow } from '../pipeline/row/row-state.ts';
import { firstRowAfter, firstRowFrom, lineBytes } from '../task/row-range.ts';
import { SharedBound } from '../task/shared-bound.ts';
import { emptyCounts, type LogScanResult, type LogScanTask, type PartLoader, type ScanCounts } from '../task/task.ts';
import { PartList } from '../task/task-parts.ts';
import { FoundRows, OWN_LABELS } from './found-rows.ts';
import { leaveOut } from './leave-out.ts';
import { logResult } from './log-result.ts';
import type { FoundLabels } from './printed-labels.ts';
import { RowSelection } from './row-selection.ts';
import { type LogPipeline, logPipeline } from './scan-pipeline.ts';

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
function readingOrder(parts: PartList, backward: boolean): Iterable<number> {
  const places = new Float64Array(parts.count);
  let bytes = 0;
  for (let index = 0; index < places.length; index++) bytes += parts.lineBytes(index);
  if (bytes / Math.max(1, parts.count) >= SMALL_PART_BYTES) return places.keys();
  // Of one stream, later blocks come first when rows are wanted backward.
  const sign = backward ? -1 : 1;
  for (let index = 0; index < places.length; index++) places[index] = sign * parts.place(index);
  return orderBy(places, (a, b) => places[a]! - places[b]!);
}

/** Memory of one scan after the other. */
const selection = new RowSelection();
let scanCount = 0;

/** What a scan asks of each part; one object for all of them. */
type LogOptions = LoadOptions & { fromOffsetNs: number; toOffsetNs: number };

function optionsOf({ needles, anyOf, metadataTexts }: LogPipeline, backward: boolean): LogOptions {
  return {
    fromOffsetNs: 0,
    toOffsetNs: 0,
    lines: true,
    lazy: true,
    metadata: true,
    lazyMetadata: true,
    reverse: backward,
    needles,
    anyOf,
    metadataTexts,
  };
}

class LogScanner {
  readonly #task: LogScanTask;
  readonly #parts: PartList;
  readonly #pipeline: LogPipeline;
  /** Of the part at work. */
  readonly #options: LogOptions;
  readonly #counts: ScanCounts = emptyCounts();
  readonly #bases: KeptBases;
  readonly #row: ScanRow;
  readonly #selection = selection;
  readonly #found: FoundRows = FoundRows.take();
  /** Time of the worst row kept at the last sort; no row beyond it can be in the answer. */
  #boundNs: bigint | undefined;
  /** The same of all tasks of the query. */
  readonly #shared: SharedBound | undefined;
  #lastBoundNs: bigint | undefined;
  #lastDay = 0;
  #lastOffset = 0;
  readonly #number = ++scanCount;
  readonly #labelSets: FoundLabels[] = [];
  /** Sets that the stages have made, by what tells them apart. */
  readonly #labelIds = new Map<string, number>();
  /** Of the block at work, by number of the metadata. */
  #labelIdOfMetadata: (number | undefined)[] = [];
  #metadataSets: (Labels | undefined)[] = [];
  #lastStream: Labels = [];
  #lastStreamSet = -1;
  /** Of the part at work. */
  #day = 0;
  #streamId = 0;

  constructor(task: LogScanTask, parts: PartList) {
    this.#task = task;
    this.#parts = parts;
    this.#bases = KeptBases.of(task.parts.labels.id);
    this.#row = new ScanRow(this.#bases);
    this.#pipeline = logPipeline(task.stages);
    this.#options = optionsOf(this.#pipeline, task.backward);
    this.#shared = task.bound === undefined ? undefined : new SharedBound(task.backward, task.bound);
  }

  part(index: number, load: PartLoader): void {
    const { limit } = this.#task;
    if (!this.#narrow(index) || this.#pipeline.filter?.never === true) return;
    const part = this.#parts.part(index);
    this.#day = part.day;
    this.#streamId = part.streamId;
    this.#bases.streamId = part.streamId;
    const options = this.#options;
    const { fromOffsetNs, toOffsetNs } = options;
    let taken = 0;
    for (const block of load(part, options, this.#counts)) {
      const first = firstRowFrom(block, fromOffsetNs);
      const end = firstRowAfter(block, toOffsetNs);
      if (first >= end) continue;
      const before = this.#found.count;
      try {
        taken += this.#block(block, first, end, limit - taken);
      } catch (error) {
        leaveOut(block, error);
      }
      this.#shared?.count(this.#day, this.#found.offsetsNs, before, this.#found.count, limit);
      if (taken >= limit) break;
    }
    // Sorting once gives a bound for the parts that follow; after that only when as much again has come in.
    const full = this.#boundNs === undefined ? limit : 2 * limit;
    if (this.#found.count >= full) this.#keepBest();
  }

  /** Asks for the range of a part, less what cannot beat the rows found so far. @returns false when nothing is left */
  #narrow(index: number): boolean {
    const options = this.#options;
    options.fromOffsetNs = this.#parts.fromOffsetNs(index);
    options.toOffsetNs = this.#parts.toOffsetNs(index);
    // What other tasks have found can only be better than what was found here, and holds when nothing was.
    const boundNs = this.#shared?.get() ?? this.#boundNs;
    if (boundNs !== undefined) {
      const worst = this.#offsetOf(boundNs, this.#parts.day(index));
      if (this.#task.backward) options.fromOffsetNs = Math.max(options.fromOffsetNs, worst);
      else options.toOffsetNs = Math.min(options.toOffsetNs, worst);
    }
    return options.fromOffsetNs <= options.toOffsetNs;
  }

  /** Nanoseconds from the start of a day; mostly the same as for the part before. */
  #offsetOf(boundNs: bigint, day: number): number {
    if (boundNs !== this.#lastBoundNs || day !== this.#lastDay) {
      this.#lastBoundNs = boundNs;
      this.#lastDay = day;
      this.#lastOffset = Number(boundNs - dayStartNs(day));
    }
    return this.#lastOffset;
  }

  /** Runs the rows of a block through the pipeline, in the asked direction, until enough have passed. */
  #block(block: RowBlock, first: number, end: number, wanted: number): number {
    this.#labelIdOfMetadata = [];
    this.#metadataSets = [];
    const { filter, fields } = this.#pipeline;
    const implied = this.#pipeline.implied?.needlesOf(block);
    // Reading ahead pays where it drops rows; otherwise rows are looked at until there are enough.
    const drops = fields?.drops === true && block.fields !== undefined;
    if (filter === undefined && implied === undefined && !drops) return this.#unfiltered(block, first, end, wanted);
    this.#counts.rowsScanned += end - first;
    this.#counts.bytesScanned += lineBytes(block, first, end);
    this.#selection.choose(block, first, end, filter, implied);
    if (drops) fields.read(block, this.#selection);
    const { rows, count } = this.#selection;
    return this.#takeUntil(block, rows, count, wanted);
  }

  /** Takes chosen rows in the asked direction until enough have passed; their lines are decoded a few at a time. */
  #takeUntil(block: RowBlock, rows: Uint32Array, count: number, wanted: number): number {
    const { backward } = this.#task;
    let taken = 0;
    for (let done = 0; done < count && taken < wanted; ) {
      const some = Math.min(count - done, Math.max(wanted - taken, MIN_NEEDED_ROWS));
      const from = backward ? count - done - some : done;
      block.someLines?.need(rows, some, from);
      for (let i = 0; i < some && taken < wanted; i++) {
        if (this.#take(block, rows[backward ? from + some - 1 - i : from + i]!)) taken++;
      }
      done += some;
    }
    return taken;
  }

  #unfiltered(block: RowBlock, first: number, end: number, wanted: number): number {
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
        if (this.#take(block, row)) taken++;
      }
      done += some;
    }
    return taken;
  }

  #take(block: RowBlock, at: number): boolean {
    const row = this.#row;
    const metadataId = block.metadataId(at);
    const { stages } = this.#pipeline;
    const known = stages === undefined ? this.#labelIdOfMetadata[metadataId] : undefined;
    if (known !== undefined) {
      // A row as it is stored, with labels that were met in this block.
      this.#counts.rowsMatched++;
      const { bytes, lineStarts, lineEnds, times } = block;
      this.#found.add(this.#day, times[at]!, this.#streamId, known, bytes, lineStarts[at]!, lineEnds[at]!);
      return true;
    }
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
    if (stages !== undefined && !stages.process(row)) return false;
    this.#counts.rowsMatched++;
    if (row.labels.untouched) this.#add(row, block.times[at]!, this.#untouchedLabels(row, metadataId));
    else if (this.#task.format === undefined) this.#add(row, block.times[at]!, this.#internLabels(row));
    else this.#addPrinted(row, block.times[at]!, this.#task.format);
    return true;
  }

  #add(row: ScanRow, offsetNs: number, labelId: number): void {
    // `end` first: reading it may encode a line that a stage has made.
    const { end } = row;
    this.#found.add(this.#day, offsetNs, this.#streamId, labelId, row.bytes, row.start, end);
  }

  /** Labels that a stage has made mostly differ from row to row: they are printed at once, and forgotten. */
  #addPrinted(row: ScanRow, offsetNs: number, format: EntryFormat): void {
    if (format === 'categorized') {
      const categorized = row.labels.categorized();
      const { stream } = categorized;
      this.#add(row, offsetNs, this.#streamSet(stream));
      this.#found.addLabels('', '', entryEnd({ all: stream, categorized }, format));
      return;
    }
    const labels = { all: row.labels.result() };
    this.#add(row, offsetNs, OWN_LABELS);
    this.#found.addLabels(streamJson(labels, format), labelText(labels.all), '');
  }

  /** Set of the stream labels of a row, which mostly are those of the row before. */
  #streamSet(stream: Labels): number {
    if (this.#lastStreamSet >= 0 && compareLabels(this.#lastStream, stream) === 0) return this.#lastStreamSet;
    const key = labelsKey(stream);
    let id = this.#labelIds.get(key);
    if (id === undefined) {
      const categorized = { stream, structuredMetadata: [], parsed: [] };
      id = this.#labelSets.push({ all: stream, categorized }) - 1;
      this.#labelIds.set(key, id);
    }
    this.#lastStream = stream;
    this.#lastStreamSet = id;
    return id;
  }

  /** When a base comes twice because it was not kept, the printed labels are the same. */
  #untouchedLabels(row: ScanRow, metadataId: number): number {
    let id = this.#labelIdOfMetadata[metadataId];
    if (id === undefined) {
      const { base } = row.labels;
      if (base.scan !== this.#number) {
        base.scan = this.#number;
        base.scanSet = this.#labelSets.push(this.#labelsOf(row, base.labels, base)) - 1;
      }
      id = base.scanSet;
      this.#labelIdOfMetadata[metadataId] = id;
    }
    return id;
  }

  #internLabels(row: ScanRow): number {
    const labels = this.#labelsOf(row, row.labels.result());
    const key = entryLabelsKey(labels);
    let id = this.#labelIds.get(key);
    if (id === undefined) {
      id = this.#labelSets.push(labels) - 1;
      this.#labelIds.set(key, id);
    }
    return id;
  }

  /** @param base of a row that no stage has touched */
  #labelsOf(row: ScanRow, all: Labels, base?: Base): FoundLabels {
    const categorized = this.#task.categorize ? row.labels.categorized() : undefined;
    return { all, categorized, base };
  }

  #keepBest(): void {
    const { backward, limit } = this.#task;
    this.#found.keepBest(limit, backward);
    if (this.#found.count < limit) return;
    this.#boundNs = this.#found.timeNs(limit - 1);
    this.#shared?.tighten(this.#boundNs);
  }

  result(): LogScanResult {
    this.#keepBest();
    const result = logResult(this.#found, this.#labelSets, this.#task.format, this.#counts);
    this.#found.giveBack();
    return result;
  }
}
