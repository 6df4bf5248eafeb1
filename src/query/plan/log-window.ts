import type { Stage } from '../../../grammar/ast.ts';
import { B_MAX, B_MIN, BLOCK_FIELDS, blockTime, type DirectoryTables } from '../../chunk/directory.ts';
import { dayStartNs } from '../../model/time.ts';
import type { SelectedRuns } from '../../store/snapshot/segment-runs.ts';
import { DayBounds } from '../analysis/day-bounds.ts';
import { headWindow } from './head-window.ts';

const MINUTE_NS = 60_000_000_000;
const MINUTES_PER_DAY = 1440;
/** What is looked at first holds the wanted rows if they come evenly; then so many times as much. */
const FIRST_REACH = 1.25;
const NEXT_REACH = 8;

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

/** Rows that are as good as its time are all of its day. */
export interface LogBound {
  readonly day: number;
  readonly timeNs: bigint;
}

/**
 * Time that no row of the answer can be worse than, when every stored row counts: statistics, and the times of the head, tell how far back
 * `limit` rows reach. Undefined when stages may drop rows, or not enough rows are known.
 */
export function boundByCounts(
  selected: SelectedRuns,
  query: { readonly fromNs: bigint; readonly toNs: bigint; readonly limit: number; readonly backward: boolean },
  stages: readonly Stage[],
): LogBound | undefined {
  const { backward, limit } = query;
  if (!stages.every((stage) => KEEPING.has(stage.kind)) || limit < 1) return undefined;
  const day = firstDay(selected, backward);
  if (day === undefined) return undefined;
  const bounds = new DayBounds(query.fromNs, query.toNs);
  bounds.at(day);
  const known = [
    headWindow(selected.others, day, bounds, limit, backward),
    boundByTally(selected, day, bounds, limit, backward),
  ].filter((offsetNs) => offsetNs !== undefined);
  if (known.length === 0) return undefined;
  return { day, timeNs: dayStartNs(day) + BigInt(backward ? Math.max(...known) : Math.min(...known)) };
}

/** Time that no selected row in the range is better than; undefined: there is none. */
export function edgeNsOf(
  selected: SelectedRuns,
  query: { readonly fromNs: bigint; readonly toNs: bigint; readonly backward: boolean },
): bigint | undefined {
  const day = firstDay(selected, query.backward);
  if (day === undefined) return undefined;
  const bounds = new DayBounds(query.fromNs, query.toNs);
  bounds.at(day);
  return dayStartNs(day) + BigInt(edgeOf(selected, day, bounds, query.backward));
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

/** Rows by minute; used by one query after the other. */
const counts = new Float64Array(MINUTES_PER_DAY + 1);

/** To the minute, nanoseconds from the start of the day. */
function boundByTally(
  selected: SelectedRuns,
  day: number,
  bounds: DayBounds,
  limit: number,
  backward: boolean,
): number | undefined {
  const edge = edgeOf(selected, day, bounds, backward) / MINUTE_NS;
  counts.fill(0);
  let seen = backward ? MINUTES_PER_DAY : 0;
  for (const reach of reachesOf(selected, day, limit)) {
    // Minute `m` ends at `m` minutes, which belongs to it; the minute before does not.
    const until = backward
      ? Math.max(-1, Math.floor(edge) - reach)
      : Math.min(MINUTES_PER_DAY, Math.ceil(edge) + reach);
    const window = backward ? { first: until + 1, last: seen, backward } : { first: seen, last: until, backward };
    addCounts(counts, selected, day, bounds, window);
    seen = backward ? until : until + 1;
    let rows = 0;
    for (let step = 0; step <= MINUTES_PER_DAY; step++) {
      const minute = backward ? MINUTES_PER_DAY - step : step;
      rows += counts[minute]!;
      if (rows >= limit) return (backward ? minute - 1 : minute) * MINUTE_NS;
    }
  }
  return undefined;
}

/** Minutes from the end of the day's rows that are looked at, one after the other until they hold enough rows. */
function reachesOf({ runs, others }: SelectedRuns, day: number, limit: number): number[] {
  let rows = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < others.count; i++) {
    if (others.days[i] !== day || others.directory(i) === undefined) continue;
    rows += others.rows[i]!;
    min = Math.min(min, others.mins[i]!);
    max = Math.max(max, others.maxs[i]!);
  }
  for (const run of runs) {
    const { columns } = run.segment;
    if (run.segment.day !== day || run.count === 0) continue;
    min = Math.min(min, columns.minNs);
    max = Math.max(max, columns.maxNs);
    if (run.streams === undefined) rows += columns.totalRows;
    else for (let i = 0; i < run.count; i++) rows += columns.rows[run.streams[i]!]!;
  }
  if (rows === 0) return [];
  const reaches: number[] = [];
  let reach = Math.ceil(((FIRST_REACH * limit) / rows) * ((max - min) / MINUTE_NS)) + 1;
  for (; reach < MINUTES_PER_DAY; reach *= NEXT_REACH) reaches.push(reach);
  return [...reaches, MINUTES_PER_DAY];
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

/** Minutes that are looked at, both included; those nearer to the edge were before. */
interface MinuteWindow {
  readonly first: number;
  readonly last: number;
  readonly backward: boolean;
}

function reaches(minNs: number, maxNs: number, { first, last }: MinuteWindow): boolean {
  return maxNs > (first - 1) * MINUTE_NS && minNs <= last * MINUTE_NS;
}

/** Adds the rows of the minutes of a window, of those that lie inside the bounds as a whole. */
function addCounts(
  sums: Float64Array,
  { runs, others }: SelectedRuns,
  day: number,
  bounds: DayBounds,
  window: MinuteWindow,
): void {
  for (let i = 0; i < others.count; i++) {
    if (!reaches(others.mins[i]!, others.maxs[i]!, window)) continue;
    const directory = others.directory(i);
    if (directory === undefined || others.days[i] !== day) continue;
    for (let block = others.firsts[i]!; block < others.ends[i]!; block++)
      addMinutes(sums, directory, block, inside(directory, block, bounds, window));
  }
  for (const { segment, streams, count } of runs) {
    const { columns, firstBlocks, directory } = segment;
    if (segment.day !== day || !reaches(columns.minNs, columns.maxNs, window)) continue;
    for (let i = 0; i < count; i++) {
      const stream = streams === undefined ? i : streams[i]!;
      if (!reaches(columns.mins[stream]!, columns.maxs[stream]!, window)) continue;
      for (let block = firstBlocks[stream]!; block < firstBlocks[stream + 1]!; block++)
        addMinutes(sums, directory, block, window);
    }
  }
}

/** A minute that a bound cuts counts only in blocks that lie inside it. */
function inside(
  { blocks }: DirectoryTables,
  block: number,
  { from, to }: DayBounds,
  { first, last, backward }: MinuteWindow,
): MinuteWindow {
  const min = blockTime(blocks, block * BLOCK_FIELDS + B_MIN);
  const max = blockTime(blocks, block * BLOCK_FIELDS + B_MAX);
  return {
    first: min >= from ? first : Math.max(first, Math.ceil(from / MINUTE_NS) + 1),
    last: max <= to ? last : Math.min(last, Math.floor(to / MINUTE_NS)),
    backward,
  };
}

/** Entries of a block ascend: the walk begins at the end where the window is. */
function addMinutes(
  sums: Float64Array,
  { tally: { minutes, counts, starts } }: DirectoryTables,
  block: number,
  { first, last, backward }: MinuteWindow,
): void {
  let at = starts[block]!;
  let end = starts[block + 1]!;
  if (backward) {
    while (end > at && minutes[end - 1]! > last) end--;
    for (; end > at && minutes[end - 1]! >= first; end--) sums[minutes[end - 1]!]! += counts[end - 1]!;
  } else {
    while (at < end && minutes[at]! < first) at++;
    for (; at < end && minutes[at]! <= last; at++) sums[minutes[at]!]! += counts[at]!;
  }
}
