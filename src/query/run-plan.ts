import { B_LINE_BYTES, B_ROWS, BLOCK_FIELDS } from '../chunk/directory.ts';
import type { SegmentRun, SelectedRuns } from '../store/segment-runs.ts';
import type { LabelTable } from '../store/shared-labels.ts';
import { RunTask } from './run-task.ts';
import type { ScanPlan } from './scan-plan.ts';
import { isCut, planStretches, ROW_BYTES, startsTask, targetBytes, totalCost } from './task-plan.ts';

/**
 * Cuts a selection to the wanted range (both ends included) and into tasks of similar cost, as `planTasks` does, but whole segments by their
 * blocks, without a look at streams. In the order of the disk; behind them what lies beside blocks or is cut by the range.
 */
export function planSelected(
  { runs, others }: SelectedRuns,
  fromNs: bigint,
  toNs: bigint,
  parallelism: number,
): ScanPlan[] {
  let total = totalCost(others);
  for (const run of runs) total += costOf(run);
  const target = targetBytes(total, parallelism);
  const { tasks, passing } = planStretches(others, fromNs, toNs, target);
  const planner = new RunPlanner(others.labelTable, target);
  for (const run of runs) planner.add(run);
  const whole = planner.finish();
  return [...(tasks.length === 0 ? whole : inOrder([...tasks, ...whole])), ...passing];
}

function inOrder(tasks: ScanPlan[]): ScanPlan[] {
  return tasks.sort((a, b) => a.place - b.place);
}

/** In bytes of lines and weights of rows. */
function costOf({ segment: { columns }, streams }: SegmentRun): number {
  if (streams === undefined) return columns.totalLineBytes + columns.totalRows * ROW_BYTES;
  const { lineBytes, rows } = columns;
  let cost = 0;
  for (let i = 0; i < streams.length; i++) cost += lineBytes[streams[i]!]! + rows[streams[i]!]! * ROW_BYTES;
  return cost;
}

class RunPlanner {
  readonly #labels: LabelTable;
  readonly #target: number;
  readonly #tasks: RunTask[] = [];
  #task: RunTask;
  #cost = 0;

  constructor(labels: LabelTable, target: number) {
    this.#labels = labels;
    this.#target = target;
    this.#task = new RunTask(labels);
  }

  /** Adds a run of a segment that none before is of. */
  add(run: SegmentRun): void {
    if (startsTask(this.#cost, this.#target)) this.#cut();
    const { segment, streams, count } = run;
    const { firstBlocks, directory } = segment;
    const { blocks } = directory;
    let first = 0;
    let firstStream = 0;
    let end = 0;
    for (let i = 0; i < count; i++) {
      const stream = streams === undefined ? i : streams[i]!;
      end = firstBlocks[stream + 1]!;
      for (let block = firstBlocks[stream]!; block < end; block++) {
        const at = block * BLOCK_FIELDS;
        this.#cost += blocks[at + B_LINE_BYTES]! + blocks[at + B_ROWS]! * ROW_BYTES;
        if (!isCut(this.#cost, this.#target, block)) continue;
        this.#task.add({ run, first, end: block + 1, firstStream, endStream: i + 1 });
        this.#cut();
        first = block + 1;
        // The stream goes on in the next task, unless this was its last block.
        firstStream = first < end ? i : i + 1;
      }
    }
    if (first < end) this.#task.add({ run, first, end, firstStream, endStream: count });
  }

  #cut(): void {
    if (!this.#task.isEmpty) {
      this.#tasks.push(this.#task);
      this.#task = new RunTask(this.#labels);
    }
    this.#cost = 0;
  }

  finish(): RunTask[] {
    this.#cut();
    return this.#tasks;
  }
}
