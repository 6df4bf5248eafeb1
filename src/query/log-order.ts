import { B_LINE_BYTES, B_LINES, B_MAX, B_MIN, B_ROWS, BLOCK_FIELDS } from '../chunk/directory.ts';
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
  readonly #days: (readonly [number, readonly number[]])[];
  #day = 0;
  /** Key of the bound at hand. */
  #worstKey = Number.NEGATIVE_INFINITY;
  #heap = new TopHeap(0);
  /** Units of the day: neighbouring stretches `members[starts[u] .. starts[u + 1]]` that share a frame, or a single one. */
  #members: readonly number[] = [];
  #starts: number[] = [0];
  /** Of a single stretch: what is left of its blocks, or of the pieces of a loose part. */
  #first: number[] = [];
  #end: number[] = [];

  constructor(stretches: Stretches, fromNs: bigint, toNs: bigint, backward: boolean) {
    this.#stretches = stretches;
    this.#backward = backward;
    this.#bounds = new DayBounds(fromNs, toNs);
    const byDay = new Map<number, number[]>();
    for (let i = 0; i < stretches.count; i++) {
      const list = byDay.get(stretches.days[i]!);
      if (list === undefined) byDay.set(stretches.days[i]!, [i]);
      else list.push(i);
    }
    this.#days = [...byDay].sort((a, b) => (backward ? a[0] - b[0] : b[0] - a[0]));
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
        if (!this.#nextDay()) break;
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

  #nextDay(): boolean {
    const next = this.#days.pop();
    if (next === undefined) return false;
    const [day, all] = next;
    this.#day = day;
    this.#bounds.at(day);
    const { from, to } = this.#bounds;
    const { mins, maxs } = this.#stretches;
    const members = all.filter((i) => maxs[i]! >= from && mins[i]! <= to);
    this.#members = members;
    this.#starts = [];
    this.#first = [];
    this.#end = [];
    for (const [at, i] of members.entries()) {
      if (at > 0 && this.#sharesFrame(members[at - 1]!, i)) continue;
      this.#starts.push(at);
      const isLoose = this.#stretches.directory(i) === undefined;
      this.#first.push(isLoose ? 0 : this.#stretches.firsts[i]!);
      this.#end.push(isLoose ? this.#pieceCount(i) : this.#stretches.ends[i]!);
    }
    this.#heap = new TopHeap(this.#starts.length);
    for (let unit = 0; unit < this.#starts.length; unit++) this.#heap.push(this.#keyOf(unit), unit);
    this.#starts.push(members.length);
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
    const cost = this.#stretches.lineBytes[i]! + this.#stretches.rows[i]! * ROW_BYTES;
    return Math.max(1, Math.ceil(cost / TASK_BYTES));
  }

  /** Goodness of the best row that a unit may still have: the larger, the better. */
  #keyOf(unit: number): number {
    const from = this.#starts[unit]!;
    const i = this.#members[from]!;
    const directory = this.#stretches.directory(i);
    const stop = this.#starts[unit + 1] ?? this.#members.length;
    if (directory === undefined) {
      const [first, last] = this.#piece(unit, this.#backward ? this.#end[unit]! - 1 : this.#first[unit]!);
      return this.#backward ? last : -first;
    }
    if (stop - from > 1) {
      let best = Number.NEGATIVE_INFINITY;
      for (let at = from; at < stop; at++) best = Math.max(best, this.#memberKey(this.#members[at]!));
      return best;
    }
    const { blocks } = directory;
    if (this.#backward) return blocks[(this.#end[unit]! - 1) * BLOCK_FIELDS + B_MAX]!;
    return -blocks[this.#first[unit]! * BLOCK_FIELDS + B_MIN]!;
  }

  #memberKey(i: number): number {
    return this.#backward ? this.#stretches.maxs[i]! : -this.#stretches.mins[i]!;
  }

  /** First and last time of a piece of a loose part. */
  #piece(unit: number, piece: number): readonly [number, number] {
    const i = this.#members[this.#starts[unit]!]!;
    const min = this.#stretches.mins[i]!;
    const span = this.#stretches.maxs[i]! - min + 1;
    const count = this.#pieceCount(i);
    return [min + Math.floor((span * piece) / count), min + Math.floor((span * (piece + 1)) / count) - 1];
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
        if (this.#memberKey(member) >= this.#worstKey) cost += this.#add(member, undefined, task);
      }
      return cost;
    }
    if (this.#stretches.directory(i) === undefined) {
      const piece = this.#backward ? --this.#end[unit]! : this.#first[unit]!++;
      const cost = this.#add(i, this.#piece(unit, piece), task);
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

  /** Adds all of a stretch, or a piece of its time. */
  #add(i: number, piece: readonly [number, number] | undefined, task: PlannedTask): number {
    const { firsts, ends, mins, maxs, lineBytes, rows } = this.#stretches;
    const { from, to } = this.#bounds;
    if (this.#stretches.directory(i) === undefined) {
      const fromOffsetNs = Math.max(from, piece?.[0] ?? mins[i]!);
      const toOffsetNs = Math.min(to, piece?.[1] ?? maxs[i]!);
      if (fromOffsetNs <= toOffsetNs) task.addLoose(i, fromOffsetNs, toOffsetNs);
    } else task.addBlocks(i, firsts[i]!, ends[i]!, from, to);
    return lineBytes[i]! + rows[i]! * ROW_BYTES;
  }
}
