import { B_LINE_BYTES, B_ROWS, BLOCK_FIELDS } from '../chunk/directory.ts';
import { dayStartNs } from '../model/time.ts';
import type { Stretches } from '../store/stretches.ts';
import type { TaskPart } from './task.ts';

/** 16 MiB: about 10 ms of scanning, so that a message to a worker (0.1 ms) costs little and cores stay evenly busy. */
export const TASK_BYTES: number = 16 * 1024 * 1024;
/** Rows weigh too: a part of many tiny lines costs more than its bytes. */
export const ROW_BYTES = 32;

/** A range of time (both ends included), as offsets within days. */
export class DayBounds {
  readonly #fromNs: bigint;
  readonly #toNs: bigint;
  #day = Number.NaN;
  /** Bounds in nanoseconds from the start of the day that was asked for; they may lie outside the day. */
  from = 0;
  to = 0;

  constructor(fromNs: bigint, toNs: bigint) {
    this.#fromNs = fromNs;
    this.#toNs = toNs;
  }

  /** Sets `from` and `to` for a day. */
  at(day: number): void {
    if (day === this.#day) return;
    this.#day = day;
    const startNs = dayStartNs(day);
    this.from = Number(this.#fromNs - startNs);
    this.to = Number(this.#toNs - startNs);
  }
}

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
  wanted: readonly number[] = Array.from({ length: stretches.count }, (_, i) => i),
): TaskPart[][] {
  let total = 0;
  for (const i of wanted) total += costOf(stretches, i);
  const tasks = new TaskList(Math.min(TASK_BYTES, total / Math.max(1, parallelism)));
  const bounds = new DayBounds(fromNs, toNs);
  for (const i of inDiskOrder(stretches, wanted)) {
    bounds.at(stretches.days[i]!);
    const from = Math.max(stretches.mins[i]!, bounds.from);
    const to = Math.min(stretches.maxs[i]!, bounds.to);
    if (from > to) continue;
    if (stretches.directory(i) === undefined) tasks.addLoose(stretches, i, from, to);
    else tasks.addBlocks(stretches, i, from, to);
  }
  return tasks.finish();
}

function costOf(stretches: Stretches, i: number): number {
  return stretches.lineBytes[i]! + stretches.rows[i]! * ROW_BYTES;
}

/** Nearly always they are. */
function inDiskOrder(stretches: Stretches, wanted: readonly number[]): readonly number[] {
  let last = -1;
  for (const i of wanted) {
    const place = stretches.place(i);
    if (place < last) return [...wanted].sort((a, b) => stretches.place(a) - stretches.place(b));
    last = place;
  }
  return wanted;
}

class TaskList {
  readonly #target: number;
  readonly #tasks: TaskPart[][] = [];
  #current: TaskPart[] = [];
  #cost = 0;

  constructor(target: number) {
    this.#target = target;
  }

  /** A part that is not made of blocks is cut by time when it is big. */
  addLoose(stretches: Stretches, i: number, from: number, to: number): void {
    const spanNs = stretches.maxs[i]! - stretches.mins[i]! + 1;
    const cost = costOf(stretches, i) * ((to - from + 1) / spanNs);
    const count = Math.min(Math.ceil(cost / TASK_BYTES), to - from + 1) || 1;
    const part = stretches.part(i);
    for (let piece = 0; piece < count; piece++) {
      const fromOffsetNs = from + Math.floor(((to - from + 1) * piece) / count);
      const toOffsetNs = from + Math.floor(((to - from + 1) * (piece + 1)) / count) - 1;
      this.#add({ part, fromOffsetNs, toOffsetNs }, cost / count);
    }
  }

  addBlocks(stretches: Stretches, i: number, from: number, to: number): void {
    const { blocks } = stretches.directory(i)!;
    const end = stretches.ends[i]!;
    let first = stretches.firsts[i]!;
    let cost = 0;
    for (let block = first; block < end; block++) {
      const at = block * BLOCK_FIELDS;
      cost += blocks[at + B_LINE_BYTES]! + blocks[at + B_ROWS]! * ROW_BYTES;
      if (this.#cost + cost < this.#target && block + 1 < end) continue;
      const part = stretches.part(i, first, block + 1);
      const fromOffsetNs = Math.max(from, part.minOffsetNs);
      const toOffsetNs = Math.min(to, part.maxOffsetNs);
      this.#add({ part, fromOffsetNs, toOffsetNs }, cost);
      first = block + 1;
      cost = 0;
    }
  }

  #add(part: TaskPart, cost: number): void {
    this.#current.push(part);
    this.#cost += cost;
    if (this.#cost < this.#target) return;
    this.#tasks.push(this.#current);
    this.#current = [];
    this.#cost = 0;
  }

  finish(): TaskPart[][] {
    if (this.#current.length > 0) this.#tasks.push(this.#current);
    return this.#tasks;
  }
}
