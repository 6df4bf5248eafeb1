import { NS_PER_MS } from '../../model/time.ts';

/** Evaluation points of a query: `count` of them from `startNs` on, `stepNs` apart. */
export interface EvaluationGrid {
  readonly startNs: bigint;
  readonly stepNs: bigint;
  readonly count: number;
}

/** One point, for an instant query. */
export function instantGrid(timeNs: bigint): EvaluationGrid {
  return { startNs: timeNs, stepNs: 1_000_000_000n, count: 1 };
}

/**
 * Points of a range query. With query splitting on (Loki's default), the start is moved down and the end up to multiples of
 * the step since the epoch.
 */
export function rangeGrid(startNs: bigint, endNs: bigint, stepNs: bigint, align: boolean): EvaluationGrid {
  const first = align ? floorTo(startNs, stepNs) : startNs;
  const last = align ? -floorTo(-endNs, stepNs) : endNs;
  return { startNs: first, stepNs, count: Number((last - first) / stepNs) + 1 };
}

/** Time of every point in milliseconds since the epoch. */
export function pointTimesMs(grid: EvaluationGrid): number[] {
  const { startNs, stepNs, count } = grid;
  const times = new Array<number>(count);
  if (startNs >= 0n && stepNs % NS_PER_MS === 0n) {
    // Whole milliseconds apart: nothing has to be cut off but once.
    const [firstMs, stepMs] = [Number(startNs / NS_PER_MS), Number(stepNs / NS_PER_MS)];
    for (let i = 0; i < count; i++) times[i] = firstMs + i * stepMs;
  } else for (let i = 0; i < count; i++) times[i] = Number((startNs + BigInt(i) * stepNs) / NS_PER_MS);
  return times;
}

/** Largest multiple of `unit` that is not above `value`. */
export function floorTo(value: bigint, unit: bigint): bigint {
  const rest = value % unit;
  return rest < 0n ? value - rest - unit : value - rest;
}
