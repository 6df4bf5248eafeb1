import type { DamageSource } from '../http/reply/damage-warnings.ts';
import { QueryAnswers, type QueryInfo } from '../http/reply/query-answers.ts';
import type { QueryService, TailService } from '../http/request/parts.ts';
import { TailAnswers } from '../http/tail/tail-answers.ts';
import { ResultCache } from '../query/execute/result-cache.ts';
import { TallyCache } from '../query/statistics/tally-cache.ts';
import { KeptSeries } from '../query/statistics/tally-series.ts';
import { scanTail } from '../query/tail/scan-tail.ts';
import type { TailHub } from '../query/tail/tail-hub.ts';
import type { TaskRunner } from '../query/task/task.ts';
import { warmUp } from '../query/warm-up/warm-up.ts';
import type { RuleQueries } from '../rules/model/rule-query.ts';
import type { SegmentExtent } from '../store/segments/stored-segment.ts';
import type { QueryStore } from '../store/snapshot/query-store.ts';
import type { EngineOptions } from './engine.ts';
import { ruleQueries } from './rule-queries.ts';

/** Characters of a query that the log shows. */
const MAX_LOGGED_QUERY = 2000;
/** A warm-up that has not ended by then is left. */
const WARM_UP_LIMIT_MS = 5000;

export interface QueryPartsOptions extends EngineOptions {
  readonly store: QueryStore & { newestSegment(): SegmentExtent | undefined; readonly damage: DamageSource };
  readonly runner: TaskRunner;
  readonly hub: TailHub;
  /** Now, nanoseconds since the epoch. */
  readonly nowNs: () => bigint;
}

export interface QueryParts {
  readonly queries: QueryService;
  readonly tails: TailService;
  /** Queries on the share of the threads that rules have. */
  readonly rules: RuleQueries;
  /** Runs queries for nobody, so that the code of the next ones is compiled. @param isOver asked before each */
  warm(budgetMs: number, isOver: () => boolean): Promise<void>;
}

/** The reading side of the engine: queries and live tails on an open store. */
export function openQueries(options: QueryPartsOptions): QueryParts {
  const { store, runner, hub, nowNs, limitsFor, settings, metrics, logger } = options;
  const results = new ResultCache(settings.resultCacheBytes);
  const tallies = new TallyCache(settings.tallyCacheBytes);
  watchResults(metrics, results, tallies);
  const note = ({ type, range, stats, tenant, query, tags }: QueryInfo): void => {
    const { execSeconds: seconds, bytesProcessed: bytes, linesProcessed: lines, entriesReturned: returned } = stats;
    metrics.queried(type, range, 200, seconds, bytes);
    const asked = query.slice(0, MAX_LOGGED_QUERY);
    logger.info({ tenant, type, range, query: asked, tags, seconds, bytes, lines, returned }, 'query');
  };
  const queries = new QueryAnswers({
    store,
    damage: store.damage,
    runner,
    results,
    tallies,
    limitsFor,
    nowNs,
    // The answer goes first.
    onQuery: (info) => setImmediate(note, info),
  });
  hub.countWith(scanTail);
  const tails = new TailAnswers({ store, runner, hub, limitsFor, nowNs, maxDurationMs: settings.tailMaxDurationMs });
  const warm = async (budgetMs: number, isOver: () => boolean): Promise<void> => {
    const newest = store.newestSegment();
    if (newest === undefined) return;
    const { tenant } = newest;
    const signal = AbortSignal.timeout(WARM_UP_LIMIT_MS);
    const series = new KeptSeries();
    const deps = { store, runner, limits: limitsFor(tenant), nowNs: nowNs(), tenant, signal, series };
    await warmUp(newest, deps, budgetMs, isOver);
  };
  const rules = ruleQueries({
    deps: { store, runner, results, tallies, series: new KeptSeries() },
    limitsFor,
    nowNs,
  });
  return { queries, tails, rules, warm };
}

function watchResults(metrics: EngineOptions['metrics'], results: ResultCache, tallies: TallyCache): void {
  metrics.watch([
    {
      name: 'halogi_result_cache_bytes',
      help: 'kept partial results of metric queries',
      kind: 'gauge',
      read: () => results.bytes,
    },
    {
      name: 'halogi_tally_cache_bytes',
      help: 'kept sums of rows by series and minute',
      kind: 'gauge',
      read: () => tallies.bytes,
    },
    {
      name: 'halogi_result_cache_hits_total',
      help: 'tasks of metric queries answered by a kept result',
      kind: 'counter',
      read: () => results.hits,
    },
    {
      name: 'halogi_result_cache_misses_total',
      help: 'tasks of metric queries whose result was not kept',
      kind: 'counter',
      read: () => results.misses,
    },
  ]);
}
