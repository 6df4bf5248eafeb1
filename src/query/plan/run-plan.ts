import { B_LINE_BYTES, B_ROWS, BLOCK_FIELDS } from '../../chunk/directory.ts';
import type { SegmentRun, SelectedRuns } from '../../store/snapshot/segment-runs.ts';
import { RunTask } from './run-task.ts';
import type { ScanPlan } from './scan-plan.ts';
import { TaskCutter } from './task-cutter.ts';
import { planStretches, ROW_BYTES, targetBytes, totalCost } from './task-plan.ts';

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
  const cutter = new TaskCutter(() => new RunTask(others.labelTable), target);
  for (const run of runs) cutRun(run, cutter);
  const whole: ScanPlan[] = [...tasks, ...cutter.finish()];
  return [...whole.sort((a, b) => a.place - b.place), ...passing];
}

/** In bytes of lines and weights of rows. */
function costOf({ segment: { columns }, streams }: SegmentRun): number {
  if (streams === undefined) return columns.totalLineBytes + columns.totalRows * ROW_BYTES;
  const { lineBytes, rows } = columns;
  let cost = 0;
  for (let i = 0; i < streams.length; i++) cost += lineBytes[streams[i]!]! + rows[streams[i]!]! * ROW_BYTES;
  return cost;
}

/** Adds the blocks of a run to tasks; none before is of its segment. */
function cutRun(run: SegmentRun, cutter: TaskCutter<RunTask>): void {
  cutter.enterSegment();
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
      cutter.count(blocks[at + B_LINE_BYTES]! + blocks[at + B_ROWS]! * ROW_BYTES);
      if (!cutter.isCutBehind(block)) continue;
      cutter.current.add({ run, first, end: block + 1, firstStream, endStream: i + 1 });
      cutter.cut();
      first = block + 1;
      // The stream goes on in the next task, unless this was its last block.
      firstStream = first < end ? i : i + 1;
    }
  }
  if (first < end) cutter.current.add({ run, first, end, firstStream, endStream: count });
}
