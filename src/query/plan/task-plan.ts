import { orderBy } from '../../base/order-by.ts';
import { B_LINE_BYTES, B_MAX, B_MIN, B_ROWS, BLOCK_FIELDS, blockTime } from '../../chunk/directory.ts';
import { BLOCKS_PER_SEGMENT, type Stretches } from '../../store/snapshot/stretches.ts';
import { DayBounds } from '../analysis/day-bounds.ts';
import { PlannedTask } from './planned-task.ts';
import { TaskCutter } from './task-cutter.ts';

/** 16 MiB: about 10 ms of scanning, so that a message to a worker (0.1 ms) costs little and cores stay evenly busy. */
export const TASK_BYTES: number = 16 * 1024 * 1024;
/** Rows weigh too: a part of many tiny lines costs more than its bytes. */
export const ROW_BYTES = 32;
/** So do parts of log queries: labels, times and place of one take as long as a search of so many bytes of lines. */
export const PART_BYTES: number = 12 * 1024;

/**
 * Cuts stretches to the wanted range (both ends included) and into tasks of similar cost; at least one for each worker when there are
 * enough blocks. In the order of the disk, where small blocks of neighbouring streams share compressed frames.
 *
 * @param wanted numbers of stretches; absent: all
 */
export function planTasks(
  stretches: Stretches,
  fromNs: bigint,
  toNs: bigint,
  parallelism: number,
  wanted?: readonly number[],
): PlannedTask[] {
  const target = targetBytes(totalCost(stretches, wanted), parallelism);
  const { tasks, passing } = planStretches(stretches, fromNs, toNs, target, wanted);
  return [...tasks, ...passing];
}

/** What tasks are made of, in bytes of lines and weights of rows. */
export function totalCost(stretches: Stretches, wanted?: readonly number[]): number {
  const count = wanted?.length ?? stretches.count;
  let total = 0;
  for (let n = 0; n < count; n++) total += costOf(stretches, wanted?.[n] ?? n);
  return total;
}

/** Tasks of whole blocks of segments; and apart, so that the results of these can be kept, tasks of all else. */
interface PlannedStretches {
  readonly tasks: PlannedTask[];
  readonly passing: PlannedTask[];
}

/** As `planTasks`, into tasks of about a cost. */
export function planStretches(
  stretches: Stretches,
  fromNs: bigint,
  toNs: bigint,
  target: number,
  wanted?: readonly number[],
): PlannedStretches {
  const count = wanted?.length ?? stretches.count;
  const tasks = new TaskList(stretches, target);
  const passing = new TaskList(stretches, target);
  const bounds = new DayBounds(fromNs, toNs);
  const order = diskOrder(stretches, wanted, count);
  for (let n = 0; n < count; n++) {
    const i = order?.[n] ?? n;
    bounds.at(stretches.days[i]!);
    const from = Math.max(stretches.mins[i]!, bounds.from);
    const to = Math.min(stretches.maxs[i]!, bounds.to);
    if (from > to) continue;
    if (stretches.directory(i) === undefined) passing.addLoose(i, from, to);
    else tasks.addBlocks(i, from, to, passing);
  }
  return { tasks: tasks.finish(), passing: passing.finish() };
}

/** Tasks for each worker, where they are not too small for that: what one task takes longer is made up for by the others. */
const TASKS_PER_WORKER = 2;
/** Less is not worth a message and a scan that begins anew: the two take half a millisecond on a machine that was idle. */
const LEAST_TASK_BYTES = 2 * 1024 * 1024;

/** What a task should cost. A power of two, so that the tasks of a range that moves on stay the same as long as their blocks do. */
export function targetBytes(totalBytes: number, parallelism: number): number {
  const workers = Math.max(1, parallelism);
  const least = Math.min(LEAST_TASK_BYTES, totalBytes / workers);
  const share = Math.max(1, least, totalBytes / (workers * TASKS_PER_WORKER));
  return Math.min(TASK_BYTES, 2 ** Math.floor(Math.log2(share)));
}

/** Of a stretch, in bytes of lines and weights of rows. */
export function costOf(stretches: Stretches, i: number): number {
  return stretches.lineBytes[i]! + stretches.rows[i]! * ROW_BYTES;
}

/** Wanted stretches in the order of the disk, which they nearly always are in; undefined: all as they are numbered. */
function diskOrder(
  stretches: Stretches,
  wanted: readonly number[] | undefined,
  count: number,
): ArrayLike<number> | undefined {
  let last = -1;
  for (let n = 0; n < count; n++) {
    const place = stretches.place(wanted?.[n] ?? n);
    if (place < last) return sorted(stretches, wanted, count);
    last = place;
  }
  return wanted;
}

function sorted(stretches: Stretches, wanted: readonly number[] | undefined, count: number): ArrayLike<number> {
  const places = new Float64Array(count);
  for (let n = 0; n < count; n++) places[n] = stretches.place(wanted?.[n] ?? n);
  const order = orderBy(places, (a, b) => places[a]! - places[b]!);
  return wanted === undefined ? order : Array.from(order, (at) => wanted[at]!);
}

class TaskList {
  readonly #stretches: Stretches;
  readonly #cutter: TaskCutter<PlannedTask>;
  #segment = -1;

  constructor(stretches: Stretches, target: number) {
    this.#stretches = stretches;
    this.#cutter = new TaskCutter(() => new PlannedTask(stretches), target);
  }

  /** A part that is not made of blocks is cut by time when it is big. */
  addLoose(i: number, from: number, to: number): void {
    const stretches = this.#stretches;
    const spanNs = stretches.maxs[i]! - stretches.mins[i]! + 1;
    const cost = costOf(stretches, i) * ((to - from + 1) / spanNs);
    const count = Math.min(Math.ceil(cost / TASK_BYTES), to - from + 1) || 1;
    for (let piece = 0; piece < count; piece++) {
      const fromOffsetNs = from + Math.floor(((to - from + 1) * piece) / count);
      const toOffsetNs = from + Math.floor(((to - from + 1) * (piece + 1)) / count) - 1;
      this.#cutter.current.addLoose(i, fromOffsetNs, toOffsetNs);
      this.#count(cost / count);
    }
  }

  /** Blocks that the range cuts go to `edges`. */
  addBlocks(i: number, from: number, to: number, edges: TaskList): void {
    const stretches = this.#stretches;
    const { blocks } = stretches.directory(i)!;
    const end = stretches.ends[i]!;
    this.#enter(stretches.place(i));
    let first = stretches.firsts[i]!;
    if (end - first === 1 && from === stretches.mins[i] && to === stretches.maxs[i]) {
      this.#addSmall(i, first);
      return;
    }
    let cost = 0;
    for (let block = first; block < end; block++) {
      const at = block * BLOCK_FIELDS;
      const blockCost = blocks[at + B_LINE_BYTES]! + blocks[at + B_ROWS]! * ROW_BYTES;
      if (blockTime(blocks, at + B_MIN) < from || blockTime(blocks, at + B_MAX) > to) {
        this.#addRun(i, first, block, cost);
        edges.#cutter.current.addBlocks(i, block, block + 1, from, to);
        edges.#count(blockCost);
        first = block + 1;
        cost = 0;
        continue;
      }
      cost += blockCost;
      if (!this.#cutter.isCutBehind(block, cost)) continue;
      this.#addRun(i, first, block + 1, cost);
      this.#cutter.cut();
      first = block + 1;
      cost = 0;
    }
    this.#addRun(i, first, end, cost);
  }

  /** A whole stretch of one block, of which there are many: as `addBlocks` has it, but for a look at the block. */
  #addSmall(i: number, block: number): void {
    const cutter = this.#cutter;
    cutter.current.addWhole(i, block, block + 1);
    cutter.count(costOf(this.#stretches, i));
    if (cutter.isCutBehind(block)) cutter.cut();
  }

  #enter(place: number): void {
    const segment = Math.floor(place / BLOCKS_PER_SEGMENT);
    if (segment !== this.#segment) this.#cutter.enterSegment();
    this.#segment = segment;
  }

  #addRun(i: number, first: number, end: number, cost: number): void {
    if (first === end) return;
    this.#cutter.current.addWhole(i, first, end);
    this.#count(cost);
  }

  /** Cuts when what was added makes the task large enough. */
  #count(cost: number): void {
    this.#cutter.count(cost);
    if (this.#cutter.isFull) this.#cutter.cut();
  }

  finish(): PlannedTask[] {
    return this.#cutter.finish();
  }
}
