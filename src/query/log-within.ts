import { B_LINE_BYTES, B_MAX, B_MIN, B_ROWS, BLOCK_FIELDS, type BlockTable, blockTime } from '../chunk/directory.ts';
import { dayStartNs } from '../model/time.ts';
import type { SegmentRun, SelectedRuns } from '../store/segment-runs.ts';
import type { Stretches } from '../store/stretches.ts';
import type { LogBound } from './log-window.ts';
import { PlannedTask } from './planned-task.ts';
import { DayBounds, PART_BYTES, ROW_BYTES } from './task-plan.ts';

/** More parts than that cost too much. */
const MOST_RESERVED = 1024;

/** What tasks may cost, in bytes of lines and weights of rows and parts. */
export interface TaskCosts {
  /** Of all of them. */
  readonly most: number;
  /** Of each, if they are several. */
  readonly least: number;
  readonly tasks: number;
}

/**
 * All that can be in the answer where its bound is known, when it is little: nothing needs to be put in order then, since all of it is read. Rows
 * that are as good as the bound lie in the bound's day.
 *
 * @param fromNs both ends of the range are included
 * @returns tasks that begin side by side; undefined when they would cost more
 */
export function tasksWithin(
  { runs, others }: SelectedRuns,
  { fromNs, toNs, backward }: { readonly fromNs: bigint; readonly toNs: bigint; readonly backward: boolean },
  bound: LogBound,
  costs: TaskCosts,
): PlannedTask[] | undefined {
  const bounds = new DayBounds(fromNs, toNs);
  bounds.at(bound.day);
  const worst = Number(bound.timeNs - dayStartNs(bound.day));
  const [from, to] = backward ? [Math.max(worst, bounds.from), bounds.to] : [bounds.from, Math.min(worst, bounds.to)];
  const within = new PartsWithin(others.sibling(), from, to, bounds);
  within.reserve(runs, bound.day);
  for (let i = 0; i < others.count && within.cost <= costs.most; i++)
    if (others.days[i] === bound.day) within.addOther(others, i);
  for (const run of runs) if (run.segment.day === bound.day) within.addRun(run, costs.most);
  if (within.cost > costs.most) return undefined;
  return within.task.divided(Math.max(1, Math.min(costs.tasks, Math.floor(within.cost / costs.least))));
}

/** Collects what overlaps a stretch of a day. */
class PartsWithin {
  readonly task: PlannedTask;
  cost = 0;
  readonly #stretches: Stretches;
  /** What is as good as the bound, nanoseconds from the start of the day. */
  readonly #from: number;
  readonly #to: number;
  /** What is asked for. */
  readonly #bounds: DayBounds;

  constructor(stretches: Stretches, from: number, to: number, bounds: DayBounds) {
    this.task = new PlannedTask(stretches);
    this.#stretches = stretches;
    this.#from = from;
    this.#to = to;
    this.#bounds = bounds;
  }

  addOther(others: Stretches, i: number): void {
    if (others.maxs[i]! < this.#from || others.mins[i]! > this.#to) return;
    const stretches = this.#stretches;
    const at = stretches.count;
    stretches.addFrom(others, i);
    const directory = stretches.directory(at);
    if (directory !== undefined) {
      this.#addBlocks(at, directory);
      return;
    }
    const { from, to } = this.#bounds;
    this.task.addLoose(at, Math.max(from, stretches.mins[at]!), Math.min(to, stretches.maxs[at]!));
    this.cost += stretches.lineBytes[at]! + stretches.rows[at]! * ROW_BYTES + PART_BYTES;
  }

  /** Makes room for the streams of runs, which otherwise would be made several times. */
  reserve(runs: readonly SegmentRun[], day: number): void {
    let wanted = 0;
    for (const run of runs) {
      if (run.segment.day !== day || !this.#reaches(run)) continue;
      for (let i = 0; i < run.count; i++) if (this.#overlaps(run, run.streams?.[i] ?? i)) wanted++;
    }
    const most = Math.min(wanted, MOST_RESERVED);
    this.#stretches.reserve(most);
    this.task.reserve(most);
  }

  #reaches({ segment: { columns } }: SegmentRun): boolean {
    return columns.maxNs >= this.#from && columns.minNs <= this.#to;
  }

  #overlaps({ segment: { columns } }: SegmentRun, stream: number): boolean {
    return columns.maxs[stream]! >= this.#from && columns.mins[stream]! <= this.#to;
  }

  /** Stops when it costs too much. */
  addRun(run: SegmentRun, mostCost: number): void {
    if (!this.#reaches(run)) return;
    const { source, segment, streams, count } = run;
    const { streamIds, firstBlocks, directory } = segment;
    const stretches = this.#stretches;
    for (let i = 0; i < count && this.cost <= mostCost; i++) {
      const stream = streams?.[i] ?? i;
      if (!this.#overlaps(run, stream)) continue;
      const at = stretches.count;
      stretches.addStream(streamIds[stream]!, source, stream, firstBlocks[stream]!, firstBlocks[stream + 1]!);
      this.#addBlocks(at, directory);
    }
  }

  #addBlocks(at: number, { blocks }: BlockTable): void {
    const stretches = this.#stretches;
    let first = stretches.firsts[at]!;
    let end = stretches.ends[at]!;
    let bytes = stretches.lineBytes[at]!;
    let rows = stretches.rows[at]!;
    if (end - first > 1) {
      // Blocks of a stream follow each other in time.
      while (first < end && blockTime(blocks, first * BLOCK_FIELDS + B_MAX) < this.#from) first++;
      while (first < end && blockTime(blocks, (end - 1) * BLOCK_FIELDS + B_MIN) > this.#to) end--;
      if (first === end) return;
      bytes = 0;
      rows = 0;
      for (let from = first * BLOCK_FIELDS; from < end * BLOCK_FIELDS; from += BLOCK_FIELDS) {
        bytes += blocks[from + B_LINE_BYTES]!;
        rows += blocks[from + B_ROWS]!;
      }
    }
    this.task.addWithin(at, first, end, this.#bounds.from, this.#bounds.to);
    this.cost += bytes + rows * ROW_BYTES + PART_BYTES;
  }
}
