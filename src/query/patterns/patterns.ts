import { compareText } from '../../model/labels.ts';
import { dayStartNs, type TimeRange } from '../../model/time.ts';
import type { Stretches } from '../../store/snapshot/stretches.ts';
import type { PatternRow } from '../../wire/result/metadata-json.ts';
import { checkQueryLength, usableStart } from '../analysis/check-query.ts';
import { floorTo } from '../analysis/grid.ts';
import { compileSelector, parseSelectorOnly } from '../analysis/selectors.ts';
import type { QueryDeps } from '../execute/query-deps.ts';
import { runTasks, withTimeout } from '../execute/task-queue.ts';
import { planTasks } from '../plan/task-plan.ts';
import { DrainTree } from './drain-tree.ts';
import { LineWords } from './line-words.ts';
import { printPattern } from './pattern-text.ts';

/** Clients show no more. */
const MAX_PATTERNS = 500;
/** Lines that are looked at; of more, one in so many. The frequent patterns of a day do not take the millions of lines that have them. */
const MAX_LINES = 100_000;
const NS_PER_SECOND = 1_000_000_000n;

export interface Patterns {
  readonly rows: readonly PatternRow[];
  /** 1: every line was looked at; else one line in so many, which stands for its neighbours. */
  readonly stride: number;
}

/**
 * Patterns of all stored lines of a selector with their counts per step, the most frequent first. Where there are too many lines,
 * evenly spread ones stand for their neighbours: counts still add up to all lines, while those of single patterns are estimates.
 *
 * @param range start included, end not
 * @throws LogError for the selector, or when the query takes too long
 */
export async function queryPatterns(
  selector: string,
  range: TimeRange & { readonly stepNs: bigint },
  deps: QueryDeps,
): Promise<Patterns> {
  const matchers = compileSelector(parseSelectorOnly(selector));
  checkQueryLength(range.startNs, range.endNs, deps.limits);
  const startNs = usableStart(range, deps);
  if (startNs === undefined || startNs >= range.endNs) return { rows: [], stride: 1 };
  // Times of samples are whole seconds.
  const stepNs = ((range.stepNs + NS_PER_SECOND - 1n) / NS_PER_SECOND) * NS_PER_SECOND;
  const baseNs = floorTo(startNs, stepNs);
  const toNs = range.endNs - 1n;
  const signal = withTimeout(deps.signal, deps.limits.queryTimeoutMs);
  const selection = deps.store.select(deps.tenant, matchers, { startNs, endNs: toNs });
  const trees = new Map<string, DrainTree>();
  const words = new LineWords();
  const stride = Math.max(1, Math.ceil(rowsWithin(selection.stretches, startNs, toNs) / MAX_LINES));
  try {
    const planned = planTasks(selection.stretches, startNs, toNs, deps.runner.parallelism);
    const tasks = planned.map((task) => ({
      kind: 'patterns' as const,
      parts: task.parts(),
      stride,
      baseNs,
      stepNs: Number(stepNs),
    }));
    await runTasks(tasks, deps.runner, signal, (result) => {
      if (result.kind !== 'patterns') return;
      for (const { level, tokens, buckets, lines } of result.patterns) {
        const tree = trees.get(level) ?? new DrainTree();
        trees.set(level, tree);
        words.readTokens(tokens);
        const cluster = tree.add(words);
        for (let i = 0; i < buckets.length; i++) cluster.count(buckets[i]!, lines[i]!);
      }
    });
  } finally {
    selection.release();
  }
  return { rows: rowsOf(trees, baseNs / NS_PER_SECOND, stepNs / NS_PER_SECOND), stride };
}

/** About how many rows of the stretches lie in a range, both ends included. */
function rowsWithin({ count, days, mins, maxs, rows }: Stretches, fromNs: bigint, toNs: bigint): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const dayNs = dayStartNs(days[i]!);
    const from = Math.max(mins[i]!, Number(fromNs - dayNs));
    const to = Math.min(maxs[i]!, Number(toNs - dayNs));
    if (from <= to) sum += (rows[i]! * (to - from + 1)) / (maxs[i]! - mins[i]! + 1);
  }
  return sum;
}

function rowsOf(trees: ReadonlyMap<string, DrainTree>, baseSeconds: bigint, stepSeconds: bigint): PatternRow[] {
  const rows: { readonly row: PatternRow; readonly total: number }[] = [];
  for (const [level, tree] of trees) {
    for (const [pattern, lines] of linesByPattern(tree)) {
      const samples = [...lines]
        .sort((a, b) => a[0] - b[0])
        .map(([bucket, count]): [number, number] => [Number(baseSeconds + BigInt(bucket) * stepSeconds), count]);
      rows.push({ row: { pattern, level, samples }, total: samples.reduce((sum, [, count]) => sum + count, 0) });
    }
  }
  rows.sort((a, b) => b.total - a.total || compareText(a.row.pattern, b.row.pattern));
  return rows.slice(0, MAX_PATTERNS).map(({ row }) => row);
}

/** Templates of different trees can print the same. */
function linesByPattern(tree: DrainTree): Map<string, Map<number, number>> {
  const found = new Map<string, Map<number, number>>();
  for (const { tokens, lines } of tree.clusters) {
    const pattern = printPattern(tokens);
    const known = found.get(pattern);
    if (known === undefined) found.set(pattern, new Map(lines));
    else for (const [bucket, count] of lines) known.set(bucket, (known.get(bucket) ?? 0) + count);
  }
  return found;
}
