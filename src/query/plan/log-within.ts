import { dayStartNs } from '../../model/time.ts';
import type { SegmentRun, SelectedRuns } from '../../store/snapshot/segment-runs.ts';
import type { Stretches } from '../../store/snapshot/stretches.ts';
import { DayBounds } from '../analysis/day-bounds.ts';
import type { LogBound } from './log-window.ts';
import { PlannedTask } from './planned-task.ts';
import { costOf, PART_BYTES } from './task-plan.ts';

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
    if (others.directory(i) !== undefined) {
      const [streamId, source] = [others.streamIds[i]!, others.sources[i]!];
      stretches.addBlocksWithin(streamId, source, others.firsts[i]!, others.ends[i]!, this.#from, this.#to);
      this.#planBlocks(at);
      return;
    }
    stretches.addFrom(others, i);
    const { from, to } = this.#bounds;
    this.task.addLoose(at, Math.max(from, stretches.mins[at]!), Math.min(to, stretches.maxs[at]!));
    this.#count(at);
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
    const { source, streams, count } = run;
    const stretches = this.#stretches;
    for (let i = 0; i < count && this.cost <= mostCost; i++) {
      const at = stretches.count;
      stretches.addStreamWithin(source, streams?.[i] ?? i, this.#from, this.#to);
      this.#planBlocks(at);
    }
  }

  /** Plans the stretch at a place, if one was added. */
  #planBlocks(at: number): void {
    const stretches = this.#stretches;
    if (at === stretches.count) return;
    this.task.addWithin(at, stretches.firsts[at]!, stretches.ends[at]!, this.#bounds.from, this.#bounds.to);
    this.#count(at);
  }

  #count(at: number): void {
    this.cost += costOf(this.#stretches, at) + PART_BYTES;
  }
}
