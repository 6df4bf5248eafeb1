import { wider } from '../../base/grow.ts';
import { B_LINE_BYTES, B_MAX, B_MIN, B_ROWS, BLOCK_FIELDS, blockTime } from '../../chunk/directory.ts';
import { dayStartNs } from '../../model/time.ts';
import type { SegmentRun, SelectedRuns } from '../../store/snapshot/segment-runs.ts';
import type { Stretches } from '../../store/snapshot/stretches.ts';
import { DayBounds } from '../analysis/day-bounds.ts';
import { daysOf, type LogDay } from './log-days.ts';
import { PlannedTask, shareFrame } from './planned-task.ts';
import { goodness, sliceKey } from './run-slice.ts';
import { costOf, PART_BYTES, ROW_BYTES, TASK_BYTES } from './task-plan.ts';
import { TopHeap } from './top-heap.ts';

const FIRST_MEMBERS = 256;

/**
 * Hands out what is stored in the order in which a log query wants to read it: always the block next whose newest (or oldest) row is
 * the best. Read in this order, no block is touched that could not have held a row of the answer; only what is handed out becomes an
 * object. Days follow each other; within a day a heap has the next block of each stretch. The streams of a whole segment come into it when the
 * best row of the segment is the next: of many segments, most are never looked into.
 */
export class LogOrder {
  readonly #stretches: Stretches;
  readonly #bounds: DayBounds;
  readonly #backward: boolean;
  readonly #task: PlannedTask;
  /** The day that comes next last. */
  readonly #days: LogDay[];
  #day = 0;
  /** Of the day, segments that were not opened, or not all of them: `~number` in the heap. */
  #runs: (SegmentRun | undefined)[] = [];
  /** Of each: streams with keys from here on were opened. */
  #openedFrom = new Float64Array(0);
  /** Key of the bound at hand. */
  #worstKey = Number.NEGATIVE_INFINITY;
  readonly #heap = new TopHeap(0);
  /** Stretches of the day, and what is left of the blocks of each, or of the pieces of one that is in no segment. */
  #members: Int32Array = new Int32Array(0);
  #first: Int32Array = new Int32Array(0);
  #end: Int32Array = new Int32Array(0);
  #memberCount = 0;
  /** Units: neighbouring members `starts[u] .. starts[u + 1]` that share a frame, or a single one. */
  #starts: Int32Array = new Int32Array(1);
  #unitCount = 0;
  #joins = true;

  constructor(selected: SelectedRuns, fromNs: bigint, toNs: bigint, backward: boolean) {
    this.#stretches = selected.runs.length === 0 ? selected.others : selected.others.copy();
    this.#backward = backward;
    this.#bounds = new DayBounds(fromNs, toNs);
    this.#task = new PlannedTask(this.#stretches);
    this.#days = daysOf(selected).sort((a, b) => (backward ? a.day - b.day : b.day - a.day));
  }

  /**
   * What to read first, in tasks that begin side by side; to be asked before anything else. Where no bound is known, it is the best streams of
   * all, without those that share their frames: a few hundred of thousands, out of which a bound mostly comes; their frames are read again if it
   * does not.
   *
   * @param cost wanted sum of line bytes, and weights of rows and parts
   * @param most tasks among which it is divided, at least `leastCost` for each
   */
  first(cost: number, leastCost: number, most: number, boundNs: bigint | undefined): PlannedTask[] {
    this.#joins = boundNs !== undefined;
    const task = new PlannedTask(this.#stretches);
    const taken = this.#fill(task, cost, 0, boundNs);
    if (!this.#joins) this.#join();
    const tasks = Math.max(1, Math.min(most, Math.floor(taken / leastCost)));
    return task.divided(tasks);
  }

  /**
   * What to read next, best first; empty when none is left that can beat the bound. Valid until the next call.
   *
   * @param cost wanted sum of line bytes, and weights of rows and parts
   * @param runBytes line bytes of neighbouring blocks that may come as one part
   * @param boundNs worst time of use
   */
  next(cost: number, runBytes: number, boundNs: bigint | undefined): PlannedTask {
    this.#task.reset();
    this.#fill(this.#task, cost, runBytes, boundNs);
    return this.#task;
  }

  /** @returns the cost of what was added */
  #fill(task: PlannedTask, cost: number, runBytes: number, boundNs: bigint | undefined): number {
    let taken = 0;
    this.#worstKey = this.#keyOfBound(boundNs);
    // Pieces outside of the range add nothing: an empty task would be the end.
    while (taken < cost || task.isEmpty) {
      if (this.#heap.size === 0) {
        if (!this.#nextDay(boundNs)) break;
        continue;
      }
      if (this.#heap.topKey < this.#worstKey) {
        // Whatever is left of this day, and all of the days behind it, is worse.
        this.#heap.clear();
        this.#days.length = 0;
        break;
      }
      if (this.#heap.topItem < 0) this.#openRun(~this.#heap.topItem);
      else taken += this.#take(runBytes, task);
    }
    return taken;
  }

  #keyOfBound(boundNs: bigint | undefined): number {
    if (boundNs === undefined) return Number.NEGATIVE_INFINITY;
    const worst = Number(boundNs - dayStartNs(this.#day));
    return this.#backward ? worst : -worst;
  }

  /** @param boundNs what cannot beat it now never will, and is left aside */
  #nextDay(boundNs: bigint | undefined): boolean {
    const next = this.#days.pop();
    if (next === undefined) return false;
    this.#day = next.day;
    this.#runs = [...next.runs];
    this.#openedFrom = new Float64Array(next.runs.length).fill(Number.POSITIVE_INFINITY);
    this.#bounds.at(next.day);
    this.#worstKey = this.#keyOfBound(boundNs);
    this.#memberCount = 0;
    this.#unitCount = 0;
    this.#heap.reserve(next.members.length + next.runs.length);
    this.#reserve(next.members.length);
    if (next.members.length > 0) this.#addMembers(next.members);
    this.#addUnits(0);
    this.#pushRuns();
    return true;
  }

  #addMembers(members: Int32Array): void {
    const { from, to } = this.#bounds;
    const { mins, maxs } = this.#stretches;
    for (let n = 0; n < members.length; n++) {
      const i = members[n]!;
      if (maxs[i]! >= from && mins[i]! <= to && this.#memberKey(i) >= this.#worstKey) this.#addMember(i);
    }
  }

  /** Puts what was not opened into the heap. */
  #pushRuns(): void {
    for (const [number, run] of this.#runs.entries()) {
      if (run === undefined) continue;
      const key = goodness(run.segment.columns.minNs, run.segment.columns.maxNs, this.#backward);
      this.#pushRun(number, Math.min(key, this.#openedFrom[number]!));
    }
  }

  #pushRun(number: number, key: number): void {
    if (key >= this.#worstKey) this.#heap.push(key, ~number);
  }

  /** Puts the streams of the segment on top of the heap in its place: all that are left, or the best of them where frames do not matter. */
  #openRun(number: number): void {
    this.#heap.pop();
    const run = this.#runs[number]!;
    const below = this.#openedFrom[number]!;
    const from = this.#joins ? Number.NEGATIVE_INFINITY : sliceKey(run, this.#backward, below);
    const first = this.#memberCount;
    this.#addStreams(run, Math.max(from, this.#worstKey), below);
    this.#heap.reserve(this.#memberCount - first);
    this.#addUnits(first);
    this.#openedFrom[number] = from;
    if (from === Number.NEGATIVE_INFINITY) this.#runs[number] = undefined;
    else this.#pushRun(number, from);
  }

  /** Adds streams of a segment with keys `from .. below`. */
  #addStreams({ source, segment, streams, count }: SegmentRun, from: number, below: number): void {
    const { streamIds, firstBlocks, columns } = segment;
    const stretches = this.#stretches;
    for (let i = 0; i < count; i++) {
      const stream = streams === undefined ? i : streams[i]!;
      const key = goodness(columns.mins[stream]!, columns.maxs[stream]!, this.#backward);
      if (key < from || key >= below) continue;
      stretches.addStream(streamIds[stream]!, source, stream, firstBlocks[stream]!, firstBlocks[stream + 1]!);
      if (this.#memberCount === this.#members.length) this.#reserve(this.#memberCount + FIRST_MEMBERS);
      this.#addMember(stretches.count - 1);
    }
  }

  /** Makes room for so many more stretches. */
  #reserve(more: number): void {
    const needed = this.#memberCount + more;
    if (needed <= this.#members.length) return;
    this.#members = wider(this.#members, new Int32Array(needed));
    this.#starts = wider(this.#starts, new Int32Array(needed + 1));
    this.#first = wider(this.#first, new Int32Array(needed));
    this.#end = wider(this.#end, new Int32Array(needed));
  }

  #addMember(i: number): void {
    const at = this.#memberCount++;
    const isLoose = this.#stretches.directory(i) === undefined;
    this.#members[at] = i;
    this.#first[at] = isLoose ? 0 : this.#stretches.firsts[i]!;
    this.#end[at] = isLoose ? this.#pieceCount(i) : this.#stretches.ends[i]!;
  }

  /** Makes units of the members from `from` on. */
  #addUnits(from: number): void {
    const members = this.#members;
    const before = this.#unitCount;
    let units = before;
    for (let at = from; at < this.#memberCount; at++)
      if (!this.#joins || at === from || !shareFrame(this.#stretches, members[at - 1]!, members[at]!))
        this.#starts[units++] = at;
    this.#starts[units] = this.#memberCount;
    this.#unitCount = units;
    // About the best first: later ones then stay where they come in.
    for (let n = before; n < units; n++) {
      const unit = this.#backward ? units - 1 - (n - before) : n;
      this.#heap.push(this.#keyOf(unit), unit);
    }
  }

  /** Makes units anew of what is left, now of neighbours that share a frame. */
  #join(): void {
    this.#joins = true;
    let count = 0;
    for (let at = 0; at < this.#memberCount; at++) {
      if (this.#first[at]! >= this.#end[at]!) continue;
      this.#members[count] = this.#members[at]!;
      this.#first[count] = this.#first[at]!;
      this.#end[count++] = this.#end[at]!;
    }
    this.#memberCount = count;
    this.#unitCount = 0;
    this.#heap.clear();
    this.#addUnits(0);
    this.#pushRuns();
  }

  /** Big loose parts are cut by time. */
  #pieceCount(i: number): number {
    return Math.max(1, Math.ceil(costOf(this.#stretches, i) / TASK_BYTES));
  }

  /** Goodness of the best row that a unit may still have: the larger, the better. */
  #keyOf(unit: number): number {
    const from = this.#starts[unit]!;
    const i = this.#members[from]!;
    const directory = this.#stretches.directory(i);
    const stop = this.#starts[unit + 1]!;
    if (directory === undefined)
      return this.#backward ? this.#pieceEnd(i, this.#end[from]! - 1) : -this.#pieceStart(i, this.#first[from]!);
    if (stop - from > 1) {
      let best = Number.NEGATIVE_INFINITY;
      for (let at = from; at < stop; at++) best = Math.max(best, this.#memberKey(this.#members[at]!));
      return best;
    }
    const { blocks } = directory;
    if (this.#backward) return blockTime(blocks, (this.#end[from]! - 1) * BLOCK_FIELDS + B_MAX);
    return -blockTime(blocks, this.#first[from]! * BLOCK_FIELDS + B_MIN);
  }

  #memberKey(i: number): number {
    return goodness(this.#stretches.mins[i]!, this.#stretches.maxs[i]!, this.#backward);
  }

  /** First time of a piece of a stretch that is in no segment. */
  #pieceStart(i: number, piece: number): number {
    const min = this.#stretches.mins[i]!;
    if (piece === 0) return min;
    return min + Math.floor(((this.#stretches.maxs[i]! - min + 1) * piece) / this.#pieceCount(i));
  }

  #pieceEnd(i: number, piece: number): number {
    return piece + 1 === this.#pieceCount(i) ? this.#stretches.maxs[i]! : this.#pieceStart(i, piece + 1) - 1;
  }

  /** Moves the best unit, or the best blocks of it, to the task. @returns their cost */
  #take(runBytes: number, task: PlannedTask): number {
    const unit = this.#heap.topItem;
    const from = this.#starts[unit]!;
    const stop = this.#starts[unit + 1]!;
    const i = this.#members[from]!;
    if (stop - from > 1) {
      this.#heap.pop();
      let cost = 0;
      for (let at = from; at < stop; at++) {
        const member = this.#members[at]!;
        if (this.#memberKey(member) >= this.#worstKey) cost += this.#add(member, task);
      }
      return cost;
    }
    if (this.#stretches.directory(i) === undefined) {
      const piece = this.#backward ? --this.#end[from]! : this.#first[from]!++;
      const cost = this.#addPiece(i, piece, task);
      this.#again(unit);
      return cost / this.#pieceCount(i) + PART_BYTES;
    }
    return this.#takeBlocks(from, unit, runBytes, task);
  }

  #takeBlocks(member: number, unit: number, runBytes: number, task: PlannedTask): number {
    const i = this.#members[member]!;
    const { blocks } = this.#stretches.directory(i)!;
    let first = this.#first[member]!;
    let end = this.#end[member]!;
    let bytes = 0;
    let rows = 0;
    const begin = first;
    const stop = end;
    do {
      const at = (this.#backward ? --end : first++) * BLOCK_FIELDS;
      bytes += blocks[at + B_LINE_BYTES]!;
      rows += blocks[at + B_ROWS]!;
    } while (bytes < runBytes && first < end);
    if (this.#backward) this.#addBlocks(i, end, stop, task);
    else this.#addBlocks(i, begin, first, task);
    this.#first[member] = first;
    this.#end[member] = end;
    this.#again(unit);
    return bytes + rows * ROW_BYTES + PART_BYTES;
  }

  /** Puts the unit on top of the heap where what is left of it belongs. */
  #again(unit: number): void {
    const member = this.#starts[unit]!;
    if (this.#first[member]! < this.#end[member]!) this.#heap.replaceTop(this.#keyOf(unit));
    else this.#heap.pop();
  }

  /** Adds all of a stretch of a segment. @returns its cost */
  #add(i: number, task: PlannedTask): number {
    this.#addBlocks(i, this.#stretches.firsts[i]!, this.#stretches.ends[i]!, task);
    return costOf(this.#stretches, i) + PART_BYTES;
  }

  #addBlocks(i: number, first: number, end: number, task: PlannedTask): void {
    task.addWithin(i, first, end, this.#bounds.from, this.#bounds.to);
  }

  /** Adds a piece of the time of a stretch that is in no segment. @returns the cost of all of it */
  #addPiece(i: number, piece: number, task: PlannedTask): number {
    const from = Math.max(this.#bounds.from, this.#pieceStart(i, piece));
    const to = Math.min(this.#bounds.to, this.#pieceEnd(i, piece));
    if (from <= to) task.addLoose(i, from, to);
    return costOf(this.#stretches, i);
  }
}
