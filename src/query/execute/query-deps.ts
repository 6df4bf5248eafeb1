import type { Limits } from '../../model/limits.ts';
import type { QueryStore } from '../../store/snapshot/query-store.ts';
import type { TallyCache } from '../statistics/tally-cache.ts';
import type { KeptSeries } from '../statistics/tally-series.ts';
import type { TaskRunner } from '../task/task.ts';
import type { ResultCache } from './result-cache.ts';

/** What a query runs with: handed down by the server, a request at a time. */
export interface QueryDeps {
  readonly store: QueryStore;
  readonly runner: TaskRunner;
  readonly limits: Limits;
  readonly nowNs: bigint;
  readonly tenant: string;
  readonly signal: AbortSignal;
  /** Partial results of metric scans that are kept between queries; absent: none are. */
  readonly results?: ResultCache;
  /** Sums of tallies by series and segment; absent: none are kept. Of use with `series` only. */
  readonly tallies?: TallyCache;
  /** Series of plans that statistics answer, kept between queries; absent: none are. */
  readonly series?: KeptSeries;
}
