import type { RangeOp } from '../../../grammar/ast.ts';
import { LogError } from '../../base/errors.ts';

/**
 * What a range aggregation keeps of the samples of one bucket: a few float64 columns, so that buckets of a series are one
 * array, cross a thread by transfer, and merge. Column 0 always counts the samples; 0 means that the bucket is empty.
 */
export interface RangeState {
  readonly width: number;
  /** Adds a sample to the state at index `at`. Samples of a bucket arrive in time order within a stream only. */
  add(state: Float64Array, at: number, value: number, timeNs: number): void;
  /** Adds the state at `from[fromAt]`, not empty and of later buckets or other streams, to the one at `to[at]`. */
  merge(to: Float64Array, at: number, from: Float64Array, fromAt: number): void;
  /** The value of a state that is not empty. */
  value(state: Float64Array, at: number): number;
}

/** Count only; also answers absent_over_time. */
function countState(perSecond: number): RangeState {
  return {
    width: 1,
    add(state, at) {
      state[at]! += 1;
    },
    merge(to, at, from, fromAt) {
      to[at]! += from[fromAt]!;
    },
    value: (state, at) => state[at]! / perSecond,
  };
}

/** Count, sum. */
function sumState(perSecond: number): RangeState {
  return {
    width: 2,
    add(state, at, value) {
      state[at]! += 1;
      state[at + 1]! += value;
    },
    merge(to, at, from, fromAt) {
      to[at]! += from[fromAt]!;
      to[at + 1]! += from[fromAt + 1]!;
    },
    value: (state, at) => state[at + 1]! / perSecond,
  };
}

/** Count, best value; NaN gives way to anything. */
function extremeState(sign: 1 | -1): RangeState {
  const better = (a: number, b: number): boolean => Number.isNaN(b) || (a - b) * sign > 0;
  const take = (state: Float64Array, at: number, count: number, value: number): void => {
    if (state[at] === 0 || better(value, state[at + 1]!)) state[at + 1] = value;
    state[at]! += count;
  };
  return {
    width: 2,
    add: (state, at, value) => take(state, at, 1, value),
    merge: (to, at, from, fromAt) => take(to, at, from[fromAt]!, from[fromAt + 1]!),
    value: (state, at) => state[at + 1]!,
  };
}

/** Count, value, time of the earliest or latest sample; of equal times the one that came first, or last. */
function edgeState(first: boolean): RangeState {
  const take = (state: Float64Array, at: number, count: number, value: number, timeNs: number): void => {
    if (state[at] === 0 || (first ? timeNs < state[at + 2]! : timeNs >= state[at + 2]!)) {
      state[at + 1] = value;
      state[at + 2] = timeNs;
    }
    state[at]! += count;
  };
  return {
    width: 3,
    add: (state, at, value, timeNs) => take(state, at, 1, value, timeNs),
    merge: (to, at, from, fromAt) => take(to, at, from[fromAt]!, from[fromAt + 1]!, from[fromAt + 2]!),
    value: (state, at) => state[at + 1]!,
  };
}

/** Mean of two means by weight, without the overflow of a sum; an infinite mean stays until its opposite or NaN comes. */
function mergeMeans(meanA: number, countA: number, meanB: number, countB: number): number {
  if (!Number.isFinite(meanA) || !Number.isFinite(meanB)) return meanA + meanB;
  const share = countB / (countA + countB);
  return meanA * (1 - share) + meanB * share;
}

/** Count, mean. */
const averageState: RangeState = {
  width: 2,
  add(state, at, value) {
    const count = state[at]! + 1;
    const mean = state[at + 1]!;
    state[at] = count;
    state[at + 1] =
      Number.isFinite(mean) && Number.isFinite(value) ? mean + (value / count - mean / count) : mean + value;
  },
  merge(to, at, from, fromAt) {
    to[at + 1] = mergeMeans(to[at + 1]!, to[at]!, from[fromAt + 1]!, from[fromAt]!);
    to[at]! += from[fromAt]!;
  },
  value: (state, at) => state[at + 1]!,
};

/** Count, mean, sum of squared distances: Welford's method, merged after Chan, Golub and LeVeque. */
function varianceState(root: boolean): RangeState {
  return {
    width: 3,
    add(state, at, value) {
      const count = state[at]! + 1;
      const delta = value - state[at + 1]!;
      state[at] = count;
      state[at + 1]! += delta / count;
      state[at + 2]! += delta * (value - state[at + 1]!);
    },
    merge(to, at, from, fromAt) {
      const countA = to[at]!;
      const countB = from[fromAt]!;
      const count = countA + countB;
      const delta = from[fromAt + 1]! - to[at + 1]!;
      to[at] = count;
      to[at + 1]! += (delta * countB) / count;
      to[at + 2]! += from[fromAt + 2]! + (delta * delta * countA * countB) / count;
    },
    value(state, at) {
      const variance = state[at + 2]! / state[at]!;
      return root ? Math.sqrt(variance) : variance;
    },
  };
}

/** The operations whose samples must be kept one by one. */
export function keepsSamples(op: RangeOp): boolean {
  return op === 'quantile_over_time' || op === 'rate_counter';
}

/**
 * State of an operation. `rangeNs` is the window; `unwrapped` tells `rate` of numbers from `rate` of entries.
 *
 * @throws LogError INTERNAL for operations that keep samples
 */
export function rangeState(op: RangeOp, rangeNs: number, unwrapped: boolean): RangeState {
  const seconds = rangeNs / 1e9;
  switch (op) {
    case 'count_over_time':
    case 'absent_over_time':
      return countState(1);
    case 'rate':
      return unwrapped ? sumState(seconds) : countState(seconds);
    case 'bytes_over_time':
    case 'sum_over_time':
      return sumState(1);
    case 'bytes_rate':
      return sumState(seconds);
    case 'min_over_time':
      return extremeState(-1);
    case 'max_over_time':
      return extremeState(1);
    case 'first_over_time':
      return edgeState(true);
    case 'last_over_time':
      return edgeState(false);
    case 'avg_over_time':
      return averageState;
    case 'stdvar_over_time':
      return varianceState(false);
    case 'stddev_over_time':
      return varianceState(true);
    case 'quantile_over_time':
    case 'rate_counter':
      throw new LogError('INTERNAL', `${op} has no bucket state`);
  }
}
