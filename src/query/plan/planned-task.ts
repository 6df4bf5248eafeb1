import { wider } from '../../base/grow.ts';
import { orderBy } from '../../base/order-by.ts';
import { B_LINES, B_MAX, B_MIN, BLOCK_FIELDS, blockTime } from '../../chunk/directory.ts';
import { withOwnPages } from '../../store/snapshot/part-source.ts';
import type { PartRef } from '../../store/snapshot/select.ts';
import type { Stretches } from '../../store/snapshot/stretches.ts';
import { taskHeads } from '../task/task-heads.ts';
import {
  IN_HEAD,
  LOOSE,
  P_END,
  P_FIRST,
  P_FROM,
  P_LABELS,
  P_SOURCE,
  P_STREAM,
  P_TO,
  PART_FIELDS,
  type TaskParts,
  type TaskSegment,
  WHOLE_FROM,
  WHOLE_TO,
} from '../task/task-parts.ts';
import { type BlockRuns, BlockRunsList, type ScanPlan, taskSegment } from './scan-plan.ts';

/** Blocks below this share a compressed frame with their neighbours, and are read with them. */
const SMALL_BLOCK_BYTES = 128 * 1024;

/** Two stretches are one small block each, in the same frame. */
export function shareFrame(stretches: Stretches, a: number, b: number): boolean {
  const { sources, firsts, ends, lineBytes } = stretches;
  if (sources[a] !== sources[b] || sources[a]! < 0 || ends[a]! - firsts[a]! !== 1 || ends[b]! - firsts[b]! !== 1)
    return false;
  if (lineBytes[a]! >= SMALL_BLOCK_BYTES || lineBytes[b]! >= SMALL_BLOCK_BYTES) return false;
  const { blocks } = stretches.directory(a)!;
  return blocks[firsts[a]! * BLOCK_FIELDS + B_LINES] === blocks[firsts[b]! * BLOCK_FIELDS + B_LINES];
}

/** Numbers of a piece: stretch, first block and the one behind the last; for what is in no segment, these are 0. */
const PIECE_FIELDS = 3;
const FIRST_PIECES = 64;
const NO_INTS = new Int32Array(0);
const NO_FLOATS = new Float64Array(0);

/**
 * What a task reads, as numbers of stretches: it is sent to a thread when it runs, which it does not when its result is known.
 */
export class PlannedTask implements ScanPlan {
  readonly #stretches: Stretches;
  #pieces: Int32Array = NO_INTS;
  #length = 0;
  /** First and last wanted time of each piece, `WHOLE_FROM` and `WHOLE_TO` for all of it; of use where a piece is cut. */
  #times: Float64Array = NO_FLOATS;
  #isCut = false;

  constructor(stretches: Stretches) {
    this.#stretches = stretches;
  }

  /** Order on disk of the first piece. */
  get place(): number {
    return this.#stretches.place(this.#pieces[0]!, this.#pieces[1]!);
  }

  /** Makes room for so many pieces at once. */
  reserve(pieces: number): void {
    if (pieces * PIECE_FIELDS > this.#pieces.length) this.#grow(pieces);
  }

  #grow(pieces: number): void {
    this.#pieces = wider(this.#pieces, new Int32Array(pieces * PIECE_FIELDS));
    if (this.#isCut) this.#times = wider(this.#times, new Float64Array(pieces * 2));
  }

  /** Begins anew, in the same memory. */
  reset(): void {
    this.#length = 0;
    this.#isCut = false;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Adds the rows of a stretch that is in no segment in a range of time. */
  addLoose(i: number, fromOffsetNs: number, toOffsetNs: number): void {
    this.#add(i, 0, 0, fromOffsetNs, toOffsetNs);
  }

  /** Adds the rows of blocks `first .. end` of a stretch, cut to a range of time; nothing when they lie outside of it. */
  addBlocks(i: number, first: number, end: number, from: number, to: number): void {
    const { blocks } = this.#stretches.directory(i)!;
    const min = blockTime(blocks, first * BLOCK_FIELDS + B_MIN);
    const max = blockTime(blocks, (end - 1) * BLOCK_FIELDS + B_MAX);
    if (min > to || max < from) return;
    if (min >= from && max <= to) this.addWhole(i, first, end);
    else this.#add(i, first, end, Math.max(min, from), Math.min(max, to));
  }

  /** The same; only where the range cuts the stretch is there a need to look at the times of blocks. */
  addWithin(i: number, first: number, end: number, from: number, to: number): void {
    const { mins, maxs } = this.#stretches;
    if (mins[i]! >= from && maxs[i]! <= to) this.addWhole(i, first, end);
    else this.addBlocks(i, first, end, from, to);
  }

  /** Adds all rows of blocks `first .. end` of a stretch. */
  addWhole(i: number, first: number, end: number): void {
    this.#add(i, first, end, WHOLE_FROM, WHOLE_TO);
  }

  #add(i: number, first: number, end: number, fromOffsetNs: number, toOffsetNs: number): void {
    const at = this.#length;
    if (at === this.#pieces.length) this.#grow(Math.max(FIRST_PIECES, (at / PIECE_FIELDS) * 2));
    if (!this.#isCut && fromOffsetNs !== WHOLE_FROM) this.#beginTimes();
    if (this.#isCut) {
      const timesAt = (at / PIECE_FIELDS) * 2;
      this.#times[timesAt] = fromOffsetNs;
      this.#times[timesAt + 1] = toOffsetNs;
    }
    this.#pieces[at] = i;
    this.#pieces[at + 1] = first;
    this.#pieces[at + 2] = end;
    this.#length = at + PIECE_FIELDS;
  }

  /** All pieces up to now are whole. */
  #beginTimes(): void {
    this.#isCut = true;
    const size = (this.#pieces.length / PIECE_FIELDS) * 2;
    if (this.#times.length < size) this.#times = new Float64Array(size);
    for (let piece = 0; piece < this.#length / PIECE_FIELDS; piece++) {
      this.#times[piece * 2] = WHOLE_FROM;
      this.#times[piece * 2 + 1] = WHOLE_TO;
    }
  }

  #fromTime(piece: number): number {
    return this.#isCut ? this.#times[piece * 2]! : WHOLE_FROM;
  }

  #toTime(piece: number): number {
    return this.#isCut ? this.#times[piece * 2 + 1]! : WHOLE_TO;
  }

  /** The same as some tasks of about as many pieces, each in the order of the disk. What shares a frame stays together, so that it is read once. */
  divided(tasks: number): PlannedTask[] {
    if (tasks === 1) return [this];
    const count = this.#length / PIECE_FIELDS;
    const stretches = new Float64Array(count);
    for (let piece = 0; piece < count; piece++) stretches[piece] = this.#pieces[piece * PIECE_FIELDS]!;
    const order = orderBy(stretches, (a, b) => a - b);
    /** Where groups of pieces that share a frame begin. */
    const starts: number[] = [];
    for (let at = 0; at < count; at++)
      if (at === 0 || !shareFrame(this.#stretches, stretches[order[at - 1]!]!, stretches[order[at]!]!)) starts.push(at);
    starts.push(count);
    const parts = Array.from({ length: tasks }, () => new PlannedTask(this.#stretches));
    for (const part of parts) part.reserve(Math.ceil(count / tasks) + FIRST_PIECES);
    const taskOf = sharedOut(starts, tasks);
    for (let group = 0; group + 1 < starts.length; group++)
      for (let at = starts[group]!; at < starts[group + 1]!; at++) parts[taskOf[group]!]!.#addFrom(this, order[at]!);
    return parts.filter((one) => !one.isEmpty);
  }

  #addFrom(other: PlannedTask, piece: number): void {
    const at = piece * PIECE_FIELDS;
    const [first, end] = [other.#pieces[at + 1]!, other.#pieces[at + 2]!];
    this.#add(other.#pieces[at]!, first, end, other.#fromTime(piece), other.#toTime(piece));
  }

  /** Stream of piece number `piece`, in the order in which pieces were added. */
  streamId(piece: number): number {
    return this.#stretches.streamIds[this.#pieces[piece * PIECE_FIELDS]!]!;
  }

  /** All pieces as parts, in the order in which they were added. */
  parts(metadataNames?: ReadonlySet<string>): TaskParts {
    const { sources, streamIds, labelTable } = this.#stretches;
    const pieces = this.#pieces;
    const count = this.#length / PIECE_FIELDS;
    const numbers = new Float64Array(count * PART_FIELDS);
    const segments: TaskSegment[] = [];
    const heads: number[] = [];
    const loose: PartRef[] = [];
    const numberOf = new Map<number, number>();
    let source = -1;
    let segment = -1;
    for (let i = 0; i < count; i++) {
      const from = i * PIECE_FIELDS;
      const at = i * PART_FIELDS;
      const stretch = pieces[from]!;
      const streamId = streamIds[stretch]!;
      numbers[at + P_STREAM] = streamId;
      numbers[at + P_LABELS] = labelTable.placeOf(streamId);
      numbers[at + P_FROM] = this.#fromTime(i);
      numbers[at + P_TO] = this.#toTime(i);
      if (sources[stretch]! < 0) {
        const isOpen = this.#stretches.headPages(stretch) !== undefined;
        numbers[at + P_SOURCE] = isOpen ? IN_HEAD : LOOSE;
        numbers[at + P_FIRST] = isOpen
          ? heads.push(stretch) - 1
          : loose.push(withOwnPages(this.#stretches.part(stretch))) - 1;
        continue;
      }
      if (sources[stretch] !== source) {
        source = sources[stretch]!;
        segment =
          numberOf.get(source) ?? segments.push(taskSegment(this.#stretches.segments[source]!, metadataNames)) - 1;
        numberOf.set(source, segment);
      }
      numbers[at + P_SOURCE] = segment;
      numbers[at + P_FIRST] = pieces[from + 1]!;
      numbers[at + P_END] = pieces[from + 2]!;
    }
    return { count, numbers, segments, labels: labelTable.shared, heads: taskHeads(this.#stretches, heads), loose };
  }

  wholeBlocks(): BlockRuns[] | undefined {
    if (this.#isCut) return undefined;
    const { sources, segments } = this.#stretches;
    const list = new BlockRunsList();
    for (let at = 0; at < this.#length; at += PIECE_FIELDS) {
      list.begin(segments[sources[this.#pieces[at]!]!]!.path);
      list.add(this.#pieces[at + 1]!, this.#pieces[at + 2]!);
    }
    return list.runs;
  }
}

/** The task of each group, the largest first to the task that has least. */
function sharedOut(starts: readonly number[], tasks: number): Int32Array {
  const groups = starts.length - 1;
  const sizes = Float64Array.from({ length: groups }, (_, group) => starts[group]! - starts[group + 1]!);
  const given = new Float64Array(tasks);
  const taskOf = new Int32Array(groups);
  for (const group of orderBy(sizes, (a, b) => a - b)) {
    const least = given.indexOf(Math.min(...given));
    given[least]! -= sizes[group]!;
    taskOf[group] = least;
  }
  return taskOf;
}
