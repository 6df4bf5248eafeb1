import type { MetricExpr } from '../../grammar/ast.ts';
import type { Limits } from '../model/limits.ts';
import type { QueryDeps } from '../query/execute/query-deps.ts';
import { type QueryRequest, type QueryResult, runParsed } from '../query/run.ts';
import type { TaskRunner } from '../query/task/task.ts';
import type { QueryCost, RuleQueries, Sample } from '../rules/model/rule-query.ts';
import type { QueryStats } from '../wire/result/stats-json.ts';

/** Of so many threads a rule keeps busy one task at a time: people who wait for an answer go first. */
const SHARE = 0.5;

export interface RuleQueriesOptions {
  readonly deps: Pick<QueryDeps, 'store' | 'runner' | 'series' | 'results' | 'tallies'>;
  readonly limitsFor: (tenant: string) => Limits;
  readonly nowNs: () => bigint;
}

/** The query engine for rules: the same queries, on a share of the threads. */
export function ruleQueries({ deps, limitsFor, nowNs }: RuleQueriesOptions): RuleQueries {
  const runner: TaskRunner = { parallelism: SHARE, run: (task, signal) => deps.runner.run(task, signal) };
  const run = (tenant: string, query: MetricExpr, request: QueryRequest, signal: AbortSignal): Promise<QueryResult> =>
    runParsed(query, request, { ...deps, runner, limits: limitsFor(tenant), nowNs: nowNs(), tenant, signal });
  const base = { query: '', limit: 100, direction: 'backward' } as const;
  return {
    instant: async (tenant, query, timeMs, signal) => {
      const request: QueryRequest = { kind: 'instant', ...base, timeNs: nsOf(timeMs) };
      const { data, stats, done } = await run(tenant, query, request, signal);
      const samples: Sample[] = [];
      if (data.resultType === 'scalar') samples.push({ labels: [], value: data.value });
      else if (data.resultType !== 'streams')
        for (const { labels, values } of data.series) samples.push({ labels, value: values[0]! });
      done?.();
      return { samples, cost: costOf(stats) };
    },
    range: async (tenant, query, { startMs, endMs, stepMs }, signal) => {
      const [startNs, endNs, stepNs] = [nsOf(startMs), nsOf(endMs), nsOf(stepMs)];
      const request: QueryRequest = { kind: 'range', ...base, startNs, endNs, stepNs, intervalNs: 0n };
      const { data, stats, done } = await run(tenant, query, request, signal);
      const samplesByTime = new Map<number, Sample[]>();
      // The points of a range lie on multiples of its step.
      const firstMs = Math.ceil(startMs / stepMs) * stepMs;
      for (let timeMs = firstMs; timeMs <= endMs; timeMs += stepMs) samplesByTime.set(timeMs, []);
      if (data.resultType === 'matrix') {
        for (const { labels, timesMs, values, present } of data.series) {
          for (let point = 0; point < timesMs.length; point++) {
            if (present !== undefined && present[point] === 0) continue;
            const timeMs = timesMs[point]!;
            // A range query begins and ends with whole steps, which may lie outside.
            samplesByTime.get(timeMs)?.push({ labels, value: values[point]! });
          }
        }
      }
      done?.();
      const points = [...samplesByTime].map(([timeMs, samples]) => ({ timeMs, samples }));
      return { points, cost: costOf(stats) };
    },
  };
}

function nsOf(ms: number): bigint {
  return BigInt(Math.round(ms)) * 1_000_000n;
}

function costOf({ execSeconds, bytesProcessed, linesProcessed }: QueryStats): QueryCost {
  return { seconds: execSeconds, bytes: bytesProcessed, lines: linesProcessed };
}
