import type { Stage } from '../../grammar/ast.ts';
import { B_MAX, B_MIN, BLOCK_FIELDS, blockTime, type DirectoryTables } from '../chunk/directory.ts';
import { dayStartNs } from '../model/time.ts';
import type { SelectedRuns } from '../store/segment-runs.ts';
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
  selected: SelectedRuns,
  query: { readonly fromNs: bigint; readonly toNs: bigint; readonly limit: number; readonly backward: boolean },
  stages: readonly Stage[],
): bigint | undefined {
  const { backward, limit } = query;
  const day = firstDay(selected, backward);
  if (!stages.every((stage) => KEEPING.has(stage.kind)) || day === undefined || limit < 1) return undefined;
  const bounds = new DayBounds(query.fromNs, query.toNs);
  bounds.at(day);
  const known = [
    headWindow(selected.others, day, bounds, limit, backward),
    boundByTally(selected, day, bounds, limit, backward),
  ].filter((offsetNs) => offsetNs !== undefined);
  if (known.length === 0) return undefined;
  return dayStartNs(day) + BigInt(backward ? Math.max(...known) : Math.min(...known));
}

/** The day with the best rows; undefined: there are none. */
function firstDay({ runs, others }: SelectedRuns, backward: boolean): number | undefined {
  let best: number | undefined;
  const take = (day: number): void => {
    if (best === undefined || (backward ? day > best : day < best)) best = day;
  };
  for (const { segment } of runs) take(segment.day);
  for (let i = 0; i < others.count; i++) take(others.days[i]!);
  return best;
}

/** To the minute, nanoseconds from the start of the day. */
function boundByTally(
  selected: SelectedRuns,
  day: number,
  bounds: DayBounds,
  limit: number,
  backward: boolean,
): number | undefined {
  const edge = edgeOf(selected, day, bounds, backward);
  const counts = new Float64Array(MINUTES_PER_DAY + 1);
  let known = backward ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  for (const reach of REACHES) {
    const until = edge + (backward ? -reach : reach) * MINUTE_NS;
    addCounts(counts, selected, day, bounds, { until, known, backward });
    known = until;
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
function edgeOf({ runs, others }: SelectedRuns, day: number, { from, to }: DayBounds, backward: boolean): number {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < others.count; i++) {
    if (others.days[i] !== day) continue;
    min = Math.min(min, others.mins[i]!);
    max = Math.max(max, others.maxs[i]!);
  }
  for (const { segment, streams, count } of runs) {
    const { columns } = segment;
    if (segment.day !== day || (backward ? columns.maxNs <= max : columns.minNs >= min)) continue;
    for (let i = 0; i < count; i++) {
      const stream = streams === undefined ? i : streams[i]!;
      min = Math.min(min, columns.mins[stream]!);
      max = Math.max(max, columns.maxs[stream]!);
    }
  }
  return backward ? Math.min(max, to) : Math.max(min, from);
}

/** Blocks that reach into the stretch of time before (after) `until`, but not into that before (after) `known`. */
interface Reach {
  readonly until: number;
  readonly known: number;
  readonly backward: boolean;
}

function reaches(min: number, max: number, until: number, backward: boolean): boolean {
  return backward ? max >= until : min <= until;
}

/** Adds the rows of whole minutes inside the bounds, of all blocks of a reach. */
function addCounts(
  sums: Float64Array,
  { runs, others }: SelectedRuns,
  day: number,
  bounds: DayBounds,
  reach: Reach,
): void {
  const { until, backward } = reach;
  for (let i = 0; i < others.count; i++) {
    if (!reaches(others.mins[i]!, others.maxs[i]!, until, backward)) continue;
    const directory = others.directory(i);
    if (directory === undefined || others.days[i] !== day) continue;
    addBlocks(sums, directory, others.firsts[i]!, others.ends[i]!, bounds, reach);
  }
  for (const { segment, streams, count } of runs) {
    const { columns, firstBlocks, directory } = segment;
    if (segment.day !== day || !reaches(columns.minNs, columns.maxNs, until, backward)) continue;
    for (let i = 0; i < count; i++) {
      const stream = streams === undefined ? i : streams[i]!;
      if (reaches(columns.mins[stream]!, columns.maxs[stream]!, until, backward))
        addBlocks(sums, directory, firstBlocks[stream]!, firstBlocks[stream + 1]!, bounds, reach);
    }
  }
}

function addBlocks(
  sums: Float64Array,
  { blocks, tally: { minutes, counts, starts } }: DirectoryTables,
  firstBlock: number,
  endBlock: number,
  { from, to }: DayBounds,
  { until, known, backward }: Reach,
): void {
  for (let block = firstBlock; block < endBlock; block++) {
    const max = blockTime(blocks, block * BLOCK_FIELDS + B_MAX);
    const min = blockTime(blocks, block * BLOCK_FIELDS + B_MIN);
    if (!reaches(min, max, until, backward) || reaches(min, max, known, backward)) continue;
    // A minute that a bound cuts counts only in blocks that lie inside it.
    const first = min >= from ? 0 : Math.ceil(from / MINUTE_NS) + 1;
    const last = max <= to ? MINUTES_PER_DAY : Math.floor(to / MINUTE_NS);
    for (let at = starts[block]!; at < starts[block + 1]!; at++)
      if (minutes[at]! >= first && minutes[at]! <= last) sums[minutes[at]!]! += counts[at]!;
  }
}
