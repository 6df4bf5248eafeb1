import type { LogExpr, MetricExpr, Query, RangeAggExpr, VariantsExpr, VectorAggExpr } from '../../grammar/ast.ts';
import { LogError } from '../base/errors.ts';
import type { Limits } from '../model/limits.ts';
import { NS_PER_MS } from '../model/time.ts';
import type { EntryFormat } from '../wire/result/entry-json.ts';
import { CATEGORIZE_LABELS, type ResultData } from '../wire/result/result-json.ts';
import type { QueryStats } from '../wire/result/stats-json.ts';
import { MergedSeries } from './aggregate/merged-series.ts';
import type { MetricValue } from './aggregate/series-set.ts';
import {
  checkEntriesLimit,
  checkExpression,
  checkQueryLength,
  checkRangeInterval,
  checkSelectors,
  clampStart,
} from './analysis/check-query.ts';
import { type EvaluationGrid, floorTo, instantGrid, rangeGrid } from './analysis/grid.ts';
import { parseText } from './analysis/selectors.ts';
import { evaluateLimited } from './execute/evaluate.ts';
import { MetricScans } from './execute/metric-scans.ts';
import type { QueryDeps } from './execute/query-deps.ts';
import { type QueryExplain, QueryWork } from './execute/query-work.ts';
import { type LogScan, scanWith } from './execute/scan-log.ts';
import { throwIfAborted } from './execute/task-queue.ts';
import { evaluateVariants } from './execute/variants.ts';
import { streamsOfHits } from './result/hit-streams.ts';
import { joinHits, type LogHits, thinHits } from './result/log-hits.ts';
import { matrixData, vectorData } from './result/metric-result.ts';
import { checkStages } from './scan/scan-pipeline.ts';

interface RequestBase {
  readonly query: string;
  /** Log queries only, but always checked. */
  readonly limit: number;
  readonly direction: 'forward' | 'backward';
  /** As asked for by header; `categorize-labels` has a meaning, others are echoed. */
  readonly encodingFlags?: readonly string[];
  /** Entries of log queries in the format of `/api/prom`. */
  readonly legacy?: boolean;
  /** Cut series beyond the limit off with a warning instead of failing; Loki does so for Grafana's drill-down app. */
  readonly truncateSeries?: boolean;
}

/** `/query` at one time, or `/query_range` over a range with an included start and an excluded end. */
export type QueryRequest =
  | (RequestBase & { readonly kind: 'instant'; readonly timeNs: bigint })
  | (RequestBase & {
      readonly kind: 'range';
      readonly startNs: bigint;
      readonly endNs: bigint;
      readonly stepNs: bigint;
      readonly intervalNs: bigint;
    });

export interface QueryResult {
  readonly data: ResultData;
  readonly stats: QueryStats;
  readonly warnings: readonly string[];
  /** What was planned and done, for `?explain=true`. */
  readonly explain: QueryExplain;
  /** To be called when nobody looks at the data any more: it may lie in memory that the next answer can use. */
  readonly done?: (() => void) | undefined;
}

/**
 * Runs a query of either kind.
 *
 * @throws LogError with Loki's text and, where it differs from the code's kind, its status
 */
export async function runQuery(request: QueryRequest, deps: QueryDeps): Promise<QueryResult> {
  const query = parseText(request.query);
  return runParsed(query, request, deps);
}

/** As `runQuery`, for a query that was parsed (and perhaps changed) before. */
export async function runParsed(query: Query, request: QueryRequest, deps: QueryDeps): Promise<QueryResult> {
  checkQuery(query, request, deps.limits);
  const work = new QueryWork(deps);
  throwIfAborted(work.signal);
  const warnings: string[] = [];
  const { data, done }: Answer =
    query.kind === 'log'
      ? { data: await runLog(query, request, deps, work) }
      : await runMetric(query, request, deps, work, warnings);
  const returned =
    data.resultType === 'streams' ? data.entryCount : data.resultType === 'scalar' ? 1 : data.series.length;
  return { data, stats: work.stats(returned), warnings, explain: work.explain(), done };
}

type Answer = Pick<QueryResult, 'data' | 'done'>;

/** Everything that can be said against a query before it reads anything. */
function checkQuery(query: Query, request: QueryRequest, limits: Limits): void {
  if (query.kind === 'variants' && !limits.enableMultiVariantQueries) {
    throw new LogError('QUERY_INVALID', 'multi variant queries are disabled for this instance');
  }
  if (query.kind === 'log' && request.kind === 'instant') {
    throw new LogError(
      'QUERY_INVALID',
      'log queries are not supported as an instant query type, please change your query to a range query type',
    );
  }
  if (query.kind !== 'log' && query.kind !== 'variants') checkExpression(query);
  checkStages(query);
  if (request.kind === 'range') checkQueryLength(request.startNs, request.endNs, limits);
  if (query.kind === 'log') checkEntriesLimit(request.limit, limits);
  checkSelectors(query, limits);
  checkRangeInterval(query, limits);
}

async function runLog(expr: LogExpr, request: QueryRequest, deps: QueryDeps, work: QueryWork): Promise<ResultData> {
  if (request.kind === 'instant') throw new LogError('INTERNAL', 'instant log query');
  const flags = request.encodingFlags ?? [];
  const categorize = flags.includes(CATEGORIZE_LABELS);
  const backward = request.direction === 'backward';
  const { startNs, endNs, limit } = request;
  const format: EntryFormat = request.legacy === true ? 'legacy' : categorize ? 'categorized' : 'plain';
  const scan = { expr, startNs, endNs, limit, backward, categorize, format };
  const hits =
    request.intervalNs > 0n
      ? await scanThinned(scan, request.intervalNs, deps, work)
      : await scanWith(scan, deps, work);
  const descending = backward && crossesSplit(startNs, endNs, deps.limits);
  const streams = streamsOfHits(hits, descending);
  return {
    resultType: 'streams',
    streams,
    entryCount: hits.length,
    ...(flags.length > 0 ? { encodingFlags: flags } : {}),
  };
}

/**
 * Rows at least `intervalNs` apart. Query splitting shows here: each split is cut to the limit and thinned on its own, and the
 * next one is only asked for what is left of the limit.
 */
async function scanThinned(scan: LogScan, intervalNs: bigint, deps: QueryDeps, work: QueryWork): Promise<LogHits> {
  const splitNs = BigInt(deps.limits.splitQueriesByIntervalMs) * NS_PER_MS;
  const splits: { startNs: bigint; endNs: bigint }[] = [];
  for (let from = scan.startNs; from < scan.endNs || splits.length === 0; ) {
    const next = splitNs > 0n ? floorTo(from, splitNs) + splitNs : scan.endNs;
    const to = next < scan.endNs ? next : scan.endNs;
    splits.push({ startNs: from, endNs: to });
    if (to === from) break;
    from = to;
  }
  if (scan.backward) splits.reverse();
  const lists: LogHits[] = [];
  let limit = scan.limit;
  for (const split of splits) {
    if (limit <= 0) break;
    const hits = thinHits(await scanWith({ ...scan, ...split, limit }, deps, work), intervalNs);
    limit -= hits.length;
    lists.push(hits);
  }
  return joinHits(lists);
}

/** The range does not lie within one interval of query splitting, which decides the order of streams and series. */
function crossesSplit(startNs: bigint, endNs: bigint, limits: Limits): boolean {
  const splitNs = BigInt(limits.splitQueriesByIntervalMs) * NS_PER_MS;
  return splitNs > 0n && startNs / splitNs !== (endNs - 1n) / splitNs;
}

/** Points to evaluate at; undefined when max_query_lookback leaves none. */
function gridOf(request: QueryRequest, { limits, nowNs }: QueryDeps): EvaluationGrid | undefined {
  if (request.kind === 'instant') {
    return clampStart(request.timeNs, request.timeNs, nowNs, limits) === undefined
      ? undefined
      : instantGrid(request.timeNs);
  }
  const startNs = clampStart(request.startNs, request.endNs, nowNs, limits);
  if (startNs === undefined) return undefined;
  return rangeGrid(startNs, request.endNs, request.stepNs, limits.splitQueriesByIntervalMs > 0);
}

async function runMetric(
  query: MetricExpr | VariantsExpr,
  request: QueryRequest,
  deps: QueryDeps,
  work: QueryWork,
  warnings: string[],
): Promise<Answer> {
  const grid = gridOf(request, deps);
  if (grid === undefined) return { data: { resultType: request.kind === 'instant' ? 'vector' : 'matrix', series: [] } };
  const scans = new MetricScans(grid, deps, work);
  const context = {
    count: grid.count,
    maxSeries: deps.limits.maxQuerySeries,
    ...(request.truncateSeries === true ? { onTruncated: (limit: number) => noteTruncated(limit, warnings) } : {}),
    scan: (range: RangeAggExpr, outer: VectorAggExpr | undefined, folded: boolean) => scans.scan(range, outer, folded),
  };
  let value: MetricValue;
  try {
    value =
      query.kind === 'variants'
        ? await evaluateVariants(query, context, warnings)
        : await evaluateLimited(query, context);
  } finally {
    scans.close();
  }
  throwIfAborted(work.signal);
  if (request.kind === 'instant') return { data: vectorData(query, value, grid) };
  const data = matrixData(value, grid, crossesSplit(request.startNs, request.endNs, deps.limits));
  return { data, done: value instanceof MergedSeries ? () => value.giveBack() : undefined };
}

function noteTruncated(limit: number, warnings: string[]): void {
  const text = `maximum number of series (${limit}) reached for a single query; returning partial results`;
  if (!warnings.includes(text)) warnings.push(text);
}
