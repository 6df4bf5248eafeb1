import { dayStartNs } from '../model/time.ts';
import type { PartRef } from '../store/select.ts';
import type { TaskPart } from './task.ts';

/** 16 MiB: about 10 ms of scanning, so that a message to a worker (0.1 ms) costs little and cores stay evenly busy. */
const TASK_BYTES = 16 * 1024 * 1024;
/** Rows weigh too: a part of many tiny lines costs more than its bytes. */
const ROW_BYTES = 32;

/** A stretch of a part with the times of its first and last possible row. */
export interface Piece extends TaskPart {
  readonly minNs: bigint;
  readonly maxNs: bigint;
  readonly cost: number;
}

/**
 * Cuts the parts to the wanted range (both ends included), and big parts into pieces by time. Pieces without a possible row
 * are left out.
 */
export function cutPieces(parts: readonly PartRef[], fromNs: bigint, toNs: bigint): Piece[] {
  const pieces: Piece[] = [];
  for (const part of parts) {
    const dayNs = dayStartNs(part.day);
    const from = Math.max(part.minOffsetNs, Number(fromNs - dayNs));
    const to = Math.min(part.maxOffsetNs, Number(toNs - dayNs));
    if (from > to) continue;
    const spanNs = part.maxOffsetNs - part.minOffsetNs + 1;
    const cost = (part.lineBytes + part.rowCount * ROW_BYTES) * ((to - from + 1) / spanNs);
    const count = Math.min(Math.ceil(cost / TASK_BYTES), to - from + 1) || 1;
    for (let i = 0; i < count; i++) {
      const first = from + Math.floor(((to - from + 1) * i) / count);
      const last = from + Math.floor(((to - from + 1) * (i + 1)) / count) - 1;
      pieces.push({
        part,
        fromOffsetNs: first,
        toOffsetNs: last,
        minNs: dayNs + BigInt(first),
        maxNs: dayNs + BigInt(last),
        cost: cost / count,
      });
    }
  }
  return pieces;
}

/** Joins neighbouring pieces into tasks of similar cost; at least one per worker when there are enough pieces. */
export function groupPieces(pieces: readonly Piece[], parallelism: number): TaskPart[][] {
  let total = 0;
  for (const piece of pieces) total += piece.cost;
  const target = Math.min(TASK_BYTES, total / Math.max(1, parallelism));
  const tasks: TaskPart[][] = [];
  let current: TaskPart[] = [];
  let cost = 0;
  for (const piece of pieces) {
    current.push({ part: piece.part, fromOffsetNs: piece.fromOffsetNs, toOffsetNs: piece.toOffsetNs });
    cost += piece.cost;
    if (cost < target) continue;
    tasks.push(current);
    current = [];
    cost = 0;
  }
  if (current.length > 0) tasks.push(current);
  return tasks;
}
