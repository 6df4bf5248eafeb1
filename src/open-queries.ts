import type { EngineOptions } from './engine.ts';
import type { QueryService, TailService } from './http/parts.ts';
import { QueryAnswers } from './http/query-answers.ts';
import { TailAnswers } from './http/tail-answers.ts';
import type { TailHub } from './query/tail/tail-hub.ts';
import type { TaskRunner } from './query/task.ts';
import type { QueryStore } from './store/query-store.ts';

/** Characters of a query that the log shows. */
const MAX_LOGGED_QUERY = 2000;

export interface QueryPartsOptions extends EngineOptions {
  readonly store: QueryStore;
  readonly runner: TaskRunner;
  readonly hub: TailHub;
  /** Now, nanoseconds since the epoch. */
  readonly nowNs: () => bigint;
}

export interface QueryParts {
  readonly queries: QueryService;
  readonly tails: TailService;
}

/** The reading side of the engine: queries and live tails on an open store. */
export function openQueries(options: QueryPartsOptions): QueryParts {
  const { store, runner, hub, nowNs, limitsFor, settings, metrics, logger } = options;
  const queries = new QueryAnswers({
    store,
    runner,
    limitsFor,
    nowNs,
    onQuery: ({ type, range, stats, tenant, query, tags }) => {
      const { execSeconds: seconds, bytesProcessed: bytes, linesProcessed: lines, entriesReturned: returned } = stats;
      metrics.queried(type, range, 200, seconds, bytes);
      logger.info(
        { tenant, type, range, query: query.slice(0, MAX_LOGGED_QUERY), tags, seconds, bytes, lines, returned },
        'query',
      );
    },
  });
  const tails = new TailAnswers({ store, runner, hub, limitsFor, nowNs, maxDurationMs: settings.tailMaxDurationMs });
  return { queries, tails };
}
