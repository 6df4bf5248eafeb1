import { B_LINE_BYTES, B_LINES, B_MAX, B_MIN, B_ROWS, BLOCK_FIELDS, blockTime } from '../chunk/directory.ts';
import { dayStartNs } from '../model/time.ts';
import type { Stretches } from '../store/stretches.ts';
import { PlannedTask } from './planned-task.ts';
import { DayBounds, ROW_BYTES, TASK_BYTES } from './task-plan.ts';
import { TopHeap } from './top-heap.ts';

/** Blocks below this share a compressed frame with their neighbours, and are read with them. */
const SMALL_BLOCK_BYTES = 128 * 1024;

/**
 * Hands out what is stored in the order in which a log query wants to read it: always the block next whose newest (or oldest) row is
 * the best. Read in this order, no block is touched that could not have held a row of the answer; only what is handed out becomes an
 * object. Days follow each other; within a day a heap has the next block of each stretch.
 */
export class LogOrder {
  readonly #stretches: Stretches;
  readonly #bounds: DayBounds;
  readonly #backward: boolean;
  /** Stretches by day, the day that comes next last. */
  readonly #days: (readonly [number, Int32Array])[];
  #day = 0;
  /** Key of the bound at hand. */
  #worstKey = Number.NEGATIVE_INFINITY;
  #heap = new TopHeap(0);
  /** Units of the day: neighbouring stretches `members[starts[u] .. starts[u + 1]]` that share a frame, or a single one. */
  #members: Int32Array = new Int32Array(0);
  #starts: Int32Array = new Int32Array(1);
  /** Of a single stretch: what is left of its blocks, or of the pieces of one that is in no segment. */
  #first: Int32Array = new Int32Array(0);
  #end: Int32Array = new Int32Array(0);

  constructor(stretches: Stretches, fromNs: bigint, toNs: bigint, backward: boolean) {
    this.#stretches = stretches;
    this.#backward = backward;
    this.#bounds = new DayBounds(fromNs, toNs);
    this.#days = [...membersByDay(stretches)].sort((a, b) => (backward ? a[0] - b[0] : b[0] - a[0]));
  }

  /**
   * What to read next, best first; empty when none is left that can beat the bound.
   *
   * @param cost wanted sum of line bytes and row weights
   * @param runBytes line bytes of neighbouring blocks that may come as one part
   * @param boundNs worst time of use
   */
  next(cost: number, runBytes: number, boundNs: bigint | undefined): PlannedTask {
    const task = new PlannedTask(this.#stretches);
    let left = cost;
    // Pieces outside of the range add nothing: an empty task would be the end.
    while (left > 0 || task.isEmpty) {
      if (this.#heap.size === 0) {
        if (!this.#nextDay(boundNs)) break;
        continue;
      }
      this.#worstKey = this.#keyOfBound(boundNs);
      if (this.#heap.topKey < this.#worstKey) {
        // Whatever is left of this day, and all of the days behind it, is worse.
        this.#heap = new TopHeap(0);
        this.#days.length = 0;
        break;
      }
      left -= this.#take(runBytes, task);
    }
    return task;
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
    const [day, members] = next;
    this.#day = day;
    this.#bounds.at(day);
    const { from, to } = this.#bounds;
    const { mins, maxs } = this.#stretches;
    const worst = this.#keyOfBound(boundNs);
    let count = 0;
    for (let at = 0; at < members.length; at++) {
      const i = members[at]!;
      if (maxs[i]! >= from && mins[i]! <= to && this.#memberKey(i) >= worst) members[count++] = i;
    }
    this.#members = members;
    this.#starts = new Int32Array(count + 1);
    this.#first = new Int32Array(count);
    this.#end = new Int32Array(count);
    let units = 0;
    for (let at = 0; at < count; at++) {
      const i = members[at]!;
      if (at > 0 && this.#sharesFrame(members[at - 1]!, i)) continue;
      this.#starts[units] = at;
      const isLoose = this.#stretches.directory(i) === undefined;
      this.#first[units] = isLoose ? 0 : this.#stretches.firsts[i]!;
      this.#end[units++] = isLoose ? this.#pieceCount(i) : this.#stretches.ends[i]!;
    }
    this.#starts[units] = count;
    this.#heap = new TopHeap(units);
    // About the best first: later ones then stay where they come in.
    for (let n = 0; n < units; n++) {
      const unit = this.#backward ? units - 1 - n : n;
      this.#heap.push(this.#keyOf(unit), unit);
    }
    return true;
  }

  /** Both are one small block, in the same frame. */
  #sharesFrame(a: number, b: number): boolean {
    const { sources, firsts, ends, lineBytes } = this.#stretches;
    if (sources[a] !== sources[b] || sources[a]! < 0 || ends[a]! - firsts[a]! !== 1 || ends[b]! - firsts[b]! !== 1)
      return false;
    if (lineBytes[a]! >= SMALL_BLOCK_BYTES || lineBytes[b]! >= SMALL_BLOCK_BYTES) return false;
    const { blocks } = this.#stretches.directory(a)!;
    return blocks[firsts[a]! * BLOCK_FIELDS + B_LINES] === blocks[firsts[b]! * BLOCK_FIELDS + B_LINES];
  }

  /** Big loose parts are cut by time. */
  #pieceCount(i: number): number {
    return Math.max(1, Math.ceil(this.#costOf(i) / TASK_BYTES));
  }

  /** Goodness of the best row that a unit may still have: the larger, the better. */
  #keyOf(unit: number): number {
    const from = this.#starts[unit]!;
    const i = this.#members[from]!;
    const directory = this.#stretches.directory(i);
    const stop = this.#starts[unit + 1]!;
    if (directory === undefined)
      return this.#backward ? this.#pieceEnd(i, this.#end[unit]! - 1) : -this.#pieceStart(i, this.#first[unit]!);
    if (stop - from > 1) {
      let best = Number.NEGATIVE_INFINITY;
      for (let at = from; at < stop; at++) best = Math.max(best, this.#memberKey(this.#members[at]!));
      return best;
    }
    const { blocks } = directory;
    if (this.#backward) return blockTime(blocks, (this.#end[unit]! - 1) * BLOCK_FIELDS + B_MAX);
    return -blockTime(blocks, this.#first[unit]! * BLOCK_FIELDS + B_MIN);
  }

  #memberKey(i: number): number {
    return this.#backward ? this.#stretches.maxs[i]! : -this.#stretches.mins[i]!;
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
      const piece = this.#backward ? --this.#end[unit]! : this.#first[unit]!++;
      const cost = this.#addPiece(i, piece, task);
      this.#again(unit);
      return cost / this.#pieceCount(i);
    }
    return this.#takeBlocks(unit, i, runBytes, task);
  }

  #takeBlocks(unit: number, i: number, runBytes: number, task: PlannedTask): number {
    const { blocks } = this.#stretches.directory(i)!;
    let first = this.#first[unit]!;
    let end = this.#end[unit]!;
    let bytes = 0;
    let rows = 0;
    const { from, to } = this.#bounds;
    const [begin, stop] = [first, end];
    do {
      const at = (this.#backward ? --end : first++) * BLOCK_FIELDS;
      bytes += blocks[at + B_LINE_BYTES]!;
      rows += blocks[at + B_ROWS]!;
    } while (bytes < runBytes && first < end);
    if (this.#backward) task.addBlocks(i, end, stop, from, to);
    else task.addBlocks(i, begin, first, from, to);
    this.#first[unit] = first;
    this.#end[unit] = end;
    this.#again(unit);
    return bytes + rows * ROW_BYTES;
  }

  /** Puts the unit on top of the heap where what is left of it belongs. */
  #again(unit: number): void {
    if (this.#first[unit]! < this.#end[unit]!) this.#heap.replaceTop(this.#keyOf(unit));
    else this.#heap.pop();
  }

  /** Adds all of a stretch of a segment. @returns its cost */
  #add(i: number, task: PlannedTask): number {
    const { firsts, ends } = this.#stretches;
    const { from, to } = this.#bounds;
    task.addBlocks(i, firsts[i]!, ends[i]!, from, to);
    return this.#costOf(i);
  }

  /** Adds a piece of the time of a stretch that is in no segment. @returns the cost of all of it */
  #addPiece(i: number, piece: number, task: PlannedTask): number {
    const from = Math.max(this.#bounds.from, this.#pieceStart(i, piece));
    const to = Math.min(this.#bounds.to, this.#pieceEnd(i, piece));
    if (from <= to) task.addLoose(i, from, to);
    return this.#costOf(i);
  }

  #costOf(i: number): number {
    return this.#stretches.lineBytes[i]! + this.#stretches.rows[i]! * ROW_BYTES;
  }
}

/** Numbers of the stretches of each day, ascending. */
function membersByDay({ days, count }: Stretches): Map<number, Int32Array> {
  const counts = new Map<number, number>();
  // Neighbours mostly are of one day.
  for (let i = 0, end = 0; i < count; i = end) {
    while (end < count && days[end] === days[i]) end++;
    counts.set(days[i]!, (counts.get(days[i]!) ?? 0) + end - i);
  }
  const members = new Map<number, Int32Array>();
  for (const [day, size] of counts) members.set(day, new Int32Array(size));
  const filled = new Map<number, number>();
  for (let i = 0, end = 0; i < count; i = end) {
    const day = days[i]!;
    const list = members.get(day)!;
    let at = filled.get(day) ?? 0;
    for (; end < count && days[end] === day; end++) list[at++] = end;
    filled.set(day, at);
  }
  return members;
}
