import type { LogExpr } from '../../../grammar/ast.ts';
import type { SelectedRuns } from '../../store/snapshot/segment-runs.ts';
import type { Stretches } from '../../store/snapshot/stretches.ts';
import type { EntryFormat } from '../../wire/result/entry-json.ts';
import { LogOrder } from '../plan/log-order.ts';
import { boundByCounts, edgeNsOf, type LogBound } from '../plan/log-window.ts';
import { tasksWithin } from '../plan/log-within.ts';
import type { PlannedTask } from '../plan/planned-task.ts';
import { TASK_BYTES } from '../plan/task-plan.ts';
import { FoundByTask, LogHits, mergeHits } from '../result/log-hits.ts';
import { SharedBound } from '../task/shared-bound.ts';
import type { LogScanTask, ScanCounts, TaskRunner } from '../task/task.ts';
import { lanesOf, runUnordered } from './task-queue.ts';

/** What a log query wants of the parts that were selected for it. */
export interface LogQuery {
  readonly expr: LogExpr;
  /** Both ends included. */
  readonly fromNs: bigint;
  readonly toNs: bigint;
  readonly limit: number;
  readonly backward: boolean;
  readonly categorize: boolean;
  /** How entries are to be written; absent: not at all. */
  readonly format?: EntryFormat | undefined;
  /** Filters have left out nearly everything: what remains will most likely be read to its end. */
  readonly isRare?: boolean;
}

export interface ScanDeps {
  readonly runner: TaskRunner;
  readonly signal: AbortSignal;
  addCounts(counts: ScanCounts): void;
  /** Told how many tasks were started. */
  onTasks(count: number): void;
}

/** Tasks grow with what was read in vain: a filter that lets little through is better served by few messages. */
const FIRST_TASK_BYTES = 4 * 1024 * 1024;
const GROWTH = 8;
/** About a millisecond: less is not worth a message to another thread. */
const LEAST_TASK_BYTES = 1536 * 1024;
/** Neighbouring blocks of a stream come as one part once tasks are this many times as large. */
const RUNS_PER_TASK = 16;

/**
 * The first `limit` rows in the asked direction. Blocks are read in the order of their newest (or oldest) row, and no block that cannot
 * beat the worst row found so far; as they lie where statistics tell beforehand which ones these are, and they are few.
 */
export async function runLogQuery(query: LogQuery, selected: SelectedRuns, deps: ScanDeps): Promise<LogHits> {
  const { backward, limit, categorize, format } = query;
  const { stages } = query.expr;
  const known = boundByCounts(selected, query, stages);
  const bound = boundOf(selected, query, known);
  const { first, order } = beginning(selected, query, known, deps.runner);
  let best = LogHits.none;
  let givenBytes = query.isRare === true ? rareStart(selected.others, deps.runner.parallelism) : 0;
  const next = (): LogScanTask | undefined => {
    const cost = Math.min(TASK_BYTES, Math.max(FIRST_TASK_BYTES, givenBytes / GROWTH));
    const planned = first.shift() ?? order?.next(cost, cost / RUNS_PER_TASK, bound.get());
    if (planned === undefined || planned.isEmpty) return undefined;
    givenBytes += cost;
    deps.onTasks(1);
    return { kind: 'logs', parts: planned.parts(), stages, limit, backward, categorize, format, bound: bound.memory };
  };
  await runUnordered(next, deps.runner, deps.signal, (result, task) => {
    if (result.kind !== 'logs') return;
    deps.addCounts(result.counts);
    best = mergeHits(best, new FoundByTask(result, task), backward, limit);
    if (best.length >= limit) bound.tighten(best.timeNs(limit - 1));
  });
  return best;
}

function boundOf(selected: SelectedRuns, query: LogQuery, known: LogBound | undefined): SharedBound {
  const edgeNs = known === undefined && query.limit > 0 ? edgeNsOf(selected, query) : undefined;
  if (edgeNs !== undefined) return SharedBound.counting(query.backward, edgeNs);
  const bound = new SharedBound(query.backward);
  if (known !== undefined) bound.tighten(known.timeNs);
  return bound;
}

/** Tasks that begin side by side, and what tells those behind them; absent: there are none. */
interface Beginning {
  readonly first: PlannedTask[];
  readonly order?: LogOrder;
}

function beginning(
  selected: SelectedRuns,
  query: LogQuery,
  known: LogBound | undefined,
  runner: TaskRunner,
): Beginning {
  const { parallelism } = runner;
  const most = parallelism * FIRST_TASK_BYTES;
  if (known !== undefined) {
    // What a bound leaves is all read.
    const all = tasksWithin(selected, query, known, { most, least: LEAST_TASK_BYTES, tasks: parallelism });
    if (all !== undefined) return { first: all };
  }
  const order = new LogOrder(selected, query.fromNs, query.toNs, query.backward);
  if (query.isRare === true) return { first: [], order };
  if (known !== undefined) return { first: order.first(most, LEAST_TASK_BYTES, parallelism, known.timeNs), order };
  // One for each lane, so that none begins with something else while there is no bound.
  return { first: order.first(most, LEAST_TASK_BYTES / 2, lanesOf(runner), undefined), order };
}

/** Bytes to begin with as if they had been given, so that what there is makes about four tasks for each worker. */
function rareStart({ count, lineBytes }: Stretches, parallelism: number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += lineBytes[i]!;
  return (total * GROWTH) / (4 * Math.max(1, parallelism));
}
