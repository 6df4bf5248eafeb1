import type { Stage } from '../../grammar/ast.ts';
import { B_MAX, B_MIN, BLOCK_FIELDS, blockTime } from '../chunk/directory.ts';
import { dayStartNs } from '../model/time.ts';
import type { Stretches } from '../store/stretches.ts';
import { headWindow } from './head-window.ts';
import { DayBounds } from './task-plan.ts';

const MINUTE_NS = 60_000_000_000;
const MINUTES_PER_DAY = 1440;
/** Minutes from the end of the day's rows that are looked at, one after the other until they hold enough rows. */
const REACHES = [5, 60, MINUTES_PER_DAY];

/** Stages that let every row through. */
const KEEPING: ReadonlySet<Stage['kind']> = new Set<Stage['kind']>([
  'line-format',
  'label-format',
  'json',
  'logfmt',
  'regexp',
  'pattern',
  'unpack',
  'decolorize',
  'drop',
  'keep',
]);

/**
 * Time that no row of the answer can be worse than, when every stored row counts: statistics, and the times of the head, tell how far back
 * `limit` rows reach. Undefined when stages may drop rows, or not enough rows are known.
 */
export function boundByCounts(
  stretches: Stretches,
  query: { readonly fromNs: bigint; readonly toNs: bigint; readonly limit: number; readonly backward: boolean },
  stages: readonly Stage[],
): bigint | undefined {
  if (!stages.every((stage) => KEEPING.has(stage.kind)) || stretches.count === 0 || query.limit < 1) return undefined;
  const { backward, limit } = query;
  let day = stretches.days[0]!;
  for (let i = 1; i < stretches.count; i++)
    if (backward ? stretches.days[i]! > day : stretches.days[i]! < day) day = stretches.days[i]!;
  const bounds = new DayBounds(query.fromNs, query.toNs);
  bounds.at(day);
  const known = [
    headWindow(stretches, day, bounds, limit, backward),
    boundByTally(stretches, day, bounds, limit, backward),
  ].filter((offsetNs) => offsetNs !== undefined);
  if (known.length === 0) return undefined;
  return dayStartNs(day) + BigInt(backward ? Math.max(...known) : Math.min(...known));
}

/** To the minute, nanoseconds from the start of the day. */
function boundByTally(
  stretches: Stretches,
  day: number,
  bounds: DayBounds,
  limit: number,
  backward: boolean,
): number | undefined {
  const edge = edgeOf(stretches, day, bounds, backward);
  for (const reach of REACHES) {
    const until = edge + (backward ? -reach : reach) * MINUTE_NS;
    const counts = countsByMinute(stretches, day, bounds, until, backward);
    let rows = 0;
    for (let step = 0; step <= MINUTES_PER_DAY; step++) {
      const minute = backward ? MINUTES_PER_DAY - step : step;
      rows += counts[minute]!;
      // Minute `m` ends at `m` minutes, which belongs to it; the minute before does not.
      if (rows >= limit) return (backward ? minute - 1 : minute) * MINUTE_NS;
    }
  }
  return undefined;
}

/** Newest (oldest) possible row of the day. */
function edgeOf(stretches: Stretches, day: number, { from, to }: DayBounds, backward: boolean): number {
  let edge = backward ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  for (let i = 0; i < stretches.count; i++) {
    if (stretches.days[i] !== day) continue;
    edge = backward ? Math.max(edge, stretches.maxs[i]!) : Math.min(edge, stretches.mins[i]!);
  }
  return backward ? Math.min(edge, to) : Math.max(edge, from);
}

/** Rows of whole minutes inside the bounds, of all blocks that reach into the stretch of time before (after) `until`. */
function countsByMinute(
  stretches: Stretches,
  day: number,
  { from, to }: DayBounds,
  until: number,
  backward: boolean,
): Float64Array {
  const sums = new Float64Array(MINUTES_PER_DAY + 1);
  for (let i = 0; i < stretches.count; i++) {
    const directory = stretches.directory(i);
    if (directory === undefined || stretches.days[i] !== day) continue;
    if (backward ? stretches.maxs[i]! < until : stretches.mins[i]! > until) continue;
    const { minutes, counts, starts } = directory.tally;
    const { blocks } = directory;
    for (let block = stretches.firsts[i]!; block < stretches.ends[i]!; block++) {
      const max = blockTime(blocks, block * BLOCK_FIELDS + B_MAX);
      const min = blockTime(blocks, block * BLOCK_FIELDS + B_MIN);
      if (backward ? max < until : min > until) continue;
      // A minute that a bound cuts counts only in blocks that lie inside it.
      const first = min >= from ? 0 : Math.ceil(from / MINUTE_NS) + 1;
      const last = max <= to ? MINUTES_PER_DAY : Math.floor(to / MINUTE_NS);
      for (let at = starts[block]!; at < starts[block + 1]!; at++)
        if (minutes[at]! >= first && minutes[at]! <= last) sums[minutes[at]!]! += counts[at]!;
    }
  }
  return sums;
}
