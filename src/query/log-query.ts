import type { LogExpr } from '../../grammar/ast.ts';
import type { Labels } from '../model/labels.ts';
import { labelsKey } from '../model/labels.ts';
import type { Stretches } from '../store/stretches.ts';
import { decodeLine, inTextOrder } from '../wire/json-text.ts';
import type { ResultEntry, ResultStream } from '../wire/result-json.ts';
import { LogOrder } from './log-order.ts';
import { boundByTally } from './log-window.ts';
import type { PlannedTask } from './planned-task.ts';
import { SharedBound } from './shared-bound.ts';
import type { LogScanResult, LogScanTask, ResultLabels, ScanCounts, TaskRunner } from './task.ts';
import { TASK_BYTES } from './task-plan.ts';
import { runUnordered } from './task-queue.ts';

/** What a log query wants of the parts that were selected for it. */
export interface LogQuery {
  readonly expr: LogExpr;
  /** Both ends included. */
  readonly fromNs: bigint;
  readonly toNs: bigint;
  readonly limit: number;
  readonly backward: boolean;
  readonly categorize: boolean;
  /** Filters have left out nearly everything: what remains will most likely be read to its end. */
  readonly isRare?: boolean;
}

/** One row of the answer. */
export interface LogRow {
  readonly timeNs: bigint;
  readonly line: string;
  readonly labels: ResultLabels;
}

export interface ScanDeps {
  readonly runner: TaskRunner;
  readonly signal: AbortSignal;
  addCounts(counts: ScanCounts): void;
  /** Told how many tasks were started. */
  onTasks(count: number): void;
}

/** What a task found, with the label sets that were asked for. */
class TaskRows {
  readonly result: LogScanResult;
  readonly #sets: (ResultLabels | undefined)[] = [];

  constructor(result: LogScanResult) {
    this.result = result;
  }

  /** The same object for the same set of the task. */
  labels(row: number): ResultLabels {
    const id = this.result.labelIds[row]!;
    let labels = this.#sets[id];
    if (labels === undefined) {
      labels = JSON.parse(this.result.labelSets[id]!) as ResultLabels;
      this.#sets[id] = labels;
    }
    return labels;
  }
}

interface Candidate {
  readonly timeNs: bigint;
  readonly streamId: number;
  /** Task that found it; rows of one stream and time come in the order of tasks. */
  readonly task: number;
  readonly rows: TaskRows;
  readonly row: number;
}

/** Tasks grow with what was read in vain: a filter that lets little through is better served by few messages. */
const FIRST_TASK_BYTES = 2 * 1024 * 1024;
const GROWTH = 8;
/** Neighbouring blocks of a stream come as one part once tasks are this many times as large. */
const RUNS_PER_TASK = 16;

/**
 * The first `limit` rows in the asked direction. Blocks are read in the order of their newest (or oldest) row, and no block that cannot
 * beat the worst row found so far.
 */
export async function runLogQuery(query: LogQuery, stretches: Stretches, deps: ScanDeps): Promise<LogRow[]> {
  const { backward, limit, categorize } = query;
  const { stages } = query.expr;
  const order = new LogOrder(stretches, query.fromNs, query.toNs, backward);
  const bound = new SharedBound(backward);
  const known = boundByTally(stretches, query, stages);
  if (known !== undefined) bound.tighten(known);
  let best: Candidate[] = [];
  let givenBytes = query.isRare === true ? rareStart(stretches, deps.runner.parallelism) : 0;
  const given: PlannedTask[] = [];
  const next = (): LogScanTask | undefined => {
    const cost = Math.min(TASK_BYTES, Math.max(FIRST_TASK_BYTES, givenBytes / GROWTH));
    const planned = order.next(cost, cost / RUNS_PER_TASK, bound.get());
    if (planned.isEmpty) return undefined;
    givenBytes += cost;
    given.push(planned);
    deps.onTasks(1);
    return { kind: 'logs', parts: planned.parts(), stages, limit, backward, categorize, bound: bound.memory };
  };
  await runUnordered(next, deps.runner, deps.signal, (result, task) => {
    if (result.kind !== 'logs') return;
    deps.addCounts(result.counts);
    best = merged(best, candidatesOf(result, task, given[task]!), backward, limit);
    if (best.length >= limit) bound.tighten(best[limit - 1]!.timeNs);
  });
  return best.map(toRow);
}

/** Bytes to begin with as if they had been given, so that what there is makes about four tasks for each worker. */
function rareStart({ count, lineBytes }: Stretches, parallelism: number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += lineBytes[i]!;
  return (total * GROWTH) / (4 * Math.max(1, parallelism));
}

function candidatesOf(result: LogScanResult, task: number, planned: PlannedTask): Candidate[] {
  const found: Candidate[] = [];
  const rows = new TaskRows(result);
  for (let row = 0; row < result.timesNs.length; row++) {
    const streamId = planned.streamId(result.partIndexes[row]!);
    found.push({ timeNs: result.timesNs[row]!, streamId, task, rows, row });
  }
  return found;
}

/** The best rows of two lists that are in order each. */
function merged(a: readonly Candidate[], b: readonly Candidate[], backward: boolean, limit: number): Candidate[] {
  if (a.length === 0) return b.slice(0, limit);
  const out: Candidate[] = [];
  let i = 0;
  let j = 0;
  while (out.length < limit && (i < a.length || j < b.length)) {
    if (j === b.length || (i < a.length && isBefore(a[i]!, b[j]!, backward))) out.push(a[i++]!);
    else out.push(b[j++]!);
  }
  return out;
}

function isBefore(a: Candidate, b: Candidate, backward: boolean): boolean {
  if (a.timeNs !== b.timeNs) return a.timeNs < b.timeNs !== backward;
  if (a.streamId !== b.streamId) return a.streamId < b.streamId !== backward;
  return a.task < b.task;
}

function toRow({ timeNs, rows, row }: Candidate): LogRow {
  const { result } = rows;
  const start = row === 0 ? 0 : result.lineEnds[row - 1]!;
  return {
    timeNs,
    line: decodeLine(result.lines, start, result.lineEnds[row]!),
    labels: rows.labels(row),
  };
}

/** Keeps the first row, then each row at least `intervalNs` away from the last one kept, over all streams. */
export function thinRows(rows: readonly LogRow[], intervalNs: bigint): readonly LogRow[] {
  if (intervalNs <= 0n) return rows;
  const kept: LogRow[] = [];
  let lastNs: bigint | undefined;
  for (const row of rows) {
    const distance =
      lastNs === undefined ? intervalNs : row.timeNs > lastNs ? row.timeNs - lastNs : lastNs - row.timeNs;
    if (distance < intervalNs) continue;
    kept.push(row);
    lastNs = row.timeNs;
  }
  return kept;
}

/**
 * Groups rows by their complete label set, or by their stream labels when they are categorised, and orders the streams by
 * their printed labels; descending when asked.
 */
export function groupRows(rows: readonly LogRow[], categorize: boolean, descending: boolean): ResultStream[] {
  const bySet = new Map<ResultLabels, { labels: Labels; entries: ResultEntry[] }>();
  const byKey = new Map<string, { labels: Labels; entries: ResultEntry[] }>();
  for (const row of rows) {
    let stream = bySet.get(row.labels);
    const categories = categorize ? row.labels.categorized : undefined;
    if (stream === undefined) {
      const labels = categories?.stream ?? row.labels.all;
      const key = labelsKey(labels);
      stream = byKey.get(key) ?? { labels, entries: [] };
      byKey.set(key, stream);
      bySet.set(row.labels, stream);
    }
    stream.entries.push(
      categories === undefined
        ? { timeNs: row.timeNs, line: row.line }
        : {
            timeNs: row.timeNs,
            line: row.line,
            structuredMetadata: categories.structuredMetadata,
            parsed: categories.parsed,
          },
    );
  }
  return inTextOrder([...byKey.values()], descending);
}
