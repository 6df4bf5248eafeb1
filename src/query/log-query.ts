import type { LogExpr } from '../../grammar/ast.ts';
import type { Labels } from '../model/labels.ts';
import { compareText, labelsKey } from '../model/labels.ts';
import type { PartRef } from '../store/select.ts';
import { decodeLine, labelText } from '../wire/json-text.ts';
import type { ResultEntry, ResultStream } from '../wire/result-json.ts';
import type { LogScanResult, ResultLabels, ScanCounts, TaskPart, TaskRunner } from './task.ts';
import { cutPieces, groupPieces, type Piece } from './task-plan.ts';
import { runTasks } from './task-queue.ts';

/** What a log query wants of the parts that were selected for it. */
export interface LogQuery {
  readonly expr: LogExpr;
  /** Both ends included. */
  readonly fromNs: bigint;
  readonly toNs: bigint;
  readonly limit: number;
  readonly backward: boolean;
  readonly categorize: boolean;
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

interface Candidate {
  readonly timeNs: bigint;
  readonly streamId: number;
  readonly result: LogScanResult;
  readonly row: number;
}

/**
 * The first `limit` rows in the asked direction. Parts are scanned in waves, newest (or oldest) first, and the scan stops as
 * soon as no part that is left can hold a row that would still make it into the answer.
 */
export async function runLogQuery(query: LogQuery, parts: readonly PartRef[], deps: ScanDeps): Promise<LogRow[]> {
  const { backward, limit } = query;
  let pieces = cutPieces(parts, query.fromNs, query.toNs);
  pieces.sort(backward ? (a, b) => compare(b.maxNs, a.maxNs) : (a, b) => compare(a.minNs, b.minNs));
  let best: Candidate[] = [];
  while (pieces.length > 0) {
    const bound = best.length >= limit ? best[limit - 1]!.timeNs : undefined;
    if (bound !== undefined) pieces = narrowed(pieces, bound, backward);
    const tasks = nextWave(pieces, deps.runner.parallelism);
    if (tasks.length === 0) break;
    pieces = pieces.slice(tasks.reduce((sum, task) => sum + task.length, 0));
    deps.onTasks(tasks.length);
    const wave = tasks.map((task) => ({
      kind: 'logs' as const,
      parts: task,
      stages: query.expr.stages,
      limit,
      backward,
      categorize: query.categorize,
    }));
    const found: Candidate[] = [];
    await runTasks(wave, deps.runner, deps.signal, (result, index) => {
      if (result.kind !== 'logs') return;
      deps.addCounts(result.counts);
      pushCandidates(found, result, wave[index]!.parts);
    });
    best = mergeCandidates(best, found, backward, limit);
  }
  return best.map(toRow);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Pieces that can still hold a row as good as the worst kept one. */
function narrowed(pieces: readonly Piece[], boundNs: bigint, backward: boolean): Piece[] {
  return pieces.filter((piece) => (backward ? piece.maxNs >= boundNs : piece.minNs <= boundNs));
}

/** The next tasks: one per worker, each of at most the usual cost. */
function nextWave(pieces: readonly Piece[], parallelism: number): TaskPart[][] {
  const lanes = Math.max(1, parallelism);
  const tasks = groupPieces(pieces, 1).slice(0, lanes);
  if (tasks.length >= lanes || tasks.length === 0) return tasks;
  const count = tasks.reduce((sum, task) => sum + task.length, 0);
  return groupPieces(pieces.slice(0, count), lanes);
}

function pushCandidates(found: Candidate[], result: LogScanResult, parts: readonly TaskPart[]): void {
  for (let row = 0; row < result.timesNs.length; row++) {
    const { streamId } = parts[result.partIndexes[row]!]!.part;
    found.push({ timeNs: result.timesNs[row]!, streamId, result, row });
  }
}

/** Sorts stably, so that rows of one stream and time keep the order in which they were found. */
function mergeCandidates(
  best: Candidate[],
  found: readonly Candidate[],
  backward: boolean,
  limit: number,
): Candidate[] {
  const all = best.concat(found);
  const sign = backward ? -1 : 1;
  all.sort((a, b) => sign * (compare(a.timeNs, b.timeNs) || a.streamId - b.streamId));
  return all.length > limit ? all.slice(0, limit) : all;
}

function toRow({ timeNs, result, row }: Candidate): LogRow {
  const start = row === 0 ? 0 : result.lineEnds[row - 1]!;
  return {
    timeNs,
    line: decodeLine(result.lines, start, result.lineEnds[row]!),
    labels: result.labelSets[result.labelIds[row]!]!,
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
  const keyed = [...byKey.values()].map((stream) => ({ text: labelText(stream.labels), stream }));
  keyed.sort((a, b) => compareText(a.text, b.text) * (descending ? -1 : 1));
  return keyed.map(({ stream }) => stream);
}
