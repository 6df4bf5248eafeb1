import type { LogExpr } from '../../../grammar/ast.ts';
import { printOneLine } from '../../../grammar/print.ts';
import type { Limits } from '../../model/limits.ts';
import { runsOf, type Selection } from '../../store/snapshot/query-store.ts';
import { sumsOf } from '../../store/snapshot/segment-runs.ts';
import type { QueryStats } from '../../wire/result/stats-json.ts';
import { addCounts, emptyCounts, type ScanCounts, type TaskRunner } from '../task/task.ts';
import { withTimeout } from './task-queue.ts';

/** One selector that a query reads. */
export interface ExplainStep {
  readonly query: string;
  readonly startNs: string;
  readonly endNs: string;
  readonly streams: number;
  readonly parts: number;
  readonly chunks: number;
  readonly rows: number;
  readonly lineBytes: number;
  readonly compressedBytes: number;
}

export interface QueryExplain {
  readonly steps: readonly ExplainStep[];
  readonly tasks: number;
  /** Tasks that a kept result answered. */
  readonly tasksKept: number;
  readonly counts: Readonly<ScanCounts>;
  readonly execSeconds: number;
}

/** What a running query shares: its signal with the time-out, and its counts. */
export class QueryWork {
  readonly runner: TaskRunner;
  readonly signal: AbortSignal;
  readonly counts: ScanCounts = emptyCounts();
  selectedBytes = 0;
  #tasks = 0;
  #tasksKept = 0;
  #chunks = 0;
  readonly #steps: ExplainStep[] = [];
  readonly #startedMs = performance.now();

  constructor({ runner, signal, limits }: { runner: TaskRunner; signal: AbortSignal; limits: Limits }) {
    this.runner = runner;
    this.signal = withTimeout(signal, limits.queryTimeoutMs);
  }

  addCounts(counts: ScanCounts): void {
    addCounts(this.counts, counts);
  }

  onTasks(count: number): void {
    this.#tasks += count;
  }

  onKept(count: number): void {
    this.#tasksKept += count;
  }

  /** Notes what was selected for a log expression; the range includes both ends. */
  addStep(expr: LogExpr, selection: Selection, startNs: bigint, endNs: bigint): void {
    const { streams, parts, rows, lineBytes } = sumsOf(runsOf(selection));
    this.selectedBytes += lineBytes;
    this.#chunks += selection.chunkCount;
    this.#steps.push({
      query: printOneLine(expr),
      startNs: startNs.toString(),
      endNs: endNs.toString(),
      streams,
      parts,
      chunks: selection.chunkCount,
      rows,
      lineBytes,
      compressedBytes: selection.compressedBytes,
    });
  }

  #execSeconds(): number {
    return (performance.now() - this.#startedMs) / 1000;
  }

  stats(entriesReturned: number): QueryStats {
    const { counts } = this;
    return {
      execSeconds: this.#execSeconds(),
      queueSeconds: 0,
      tasks: this.#tasks,
      entriesReturned,
      linesProcessed: counts.rowsScanned,
      bytesProcessed: counts.bytesScanned,
      linesMatched: counts.rowsMatched,
      chunksMatched: this.#chunks,
      chunksRead: counts.blocksRead,
      compressedBytes: counts.compressedBytes,
      decompressedBytes: counts.decompressedBytes,
      headLines: counts.headRows,
      headBytes: counts.headBytes,
      duplicates: counts.duplicates,
    };
  }

  explain(): QueryExplain {
    return {
      steps: this.#steps,
      tasks: this.#tasks,
      tasksKept: this.#tasksKept,
      counts: this.counts,
      execSeconds: this.#execSeconds(),
    };
  }
}
