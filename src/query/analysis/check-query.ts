import type { MetricExpr, Query } from '../../../grammar/ast.ts';
import { formatGoDuration, formatPromDuration } from '../../../grammar/literals.ts';
import { assertNever } from '../../base/assert.ts';
import { LogError } from '../../base/errors.ts';
import type { Limits } from '../../model/limits.ts';
import type { TimeRange } from '../../model/time.ts';
import { NS_PER_MS } from '../../model/time.ts';
import { logExpressions, metricAggregations } from './metric-parts.ts';

/** Checks of a query against the limits of a tenant, with Loki's texts. All throw LogError. */

const NO_SELECTOR =
  'parse error : queries require at least one regexp or equality matcher that does not have an empty-compatible value. For instance, app=~".*" does not meet this requirement, but app=~".+" will';

/** What Loki refuses although it parses: approx_topk, and aggregations over plain numbers. */
export function checkExpression(expr: MetricExpr): void {
  switch (expr.kind) {
    case 'vector-agg':
      if (expr.op === 'approx_topk') {
        throw new LogError('QUERY_EXECUTION', 'approx_topk is not enabled. See -limits.shard_aggregations');
      }
      if (expr.expr.kind === 'literal') throw new LogError('QUERY_INVALID', NO_SELECTOR);
      checkExpression(expr.expr);
      return;
    case 'label-replace':
      checkExpression(expr.expr);
      return;
    case 'binary':
      checkExpression(expr.left);
      checkExpression(expr.right);
      return;
    case 'range-agg':
    case 'literal':
    case 'vector':
      return;
    default:
      assertNever(expr);
  }
}

export function checkQueryLength(startNs: bigint, endNs: bigint, limits: Limits): void {
  const limitNs = BigInt(limits.maxQueryLengthMs) * NS_PER_MS;
  if (limitNs <= 0n || endNs - startNs <= limitNs) return;
  const [length, limit] = [formatGoDuration(endNs - startNs), formatPromDuration(limitNs)];
  throw new LogError(
    'QUERY_LIMIT',
    `the query time range exceeds the limit (query length: ${length}, limit: ${limit})`,
  );
}

export function checkEntriesLimit(limit: number, limits: Limits): void {
  const most = limits.maxEntriesLimitPerQuery;
  if (most <= 0 || limit <= most) return;
  throw new LogError(
    'QUERY_LIMIT',
    `max entries limit per query exceeded, limit > max_entries_limit_per_query (${limit} > ${most})`,
  );
}

/** max_query_range: the longest window of a range aggregation. Loki answers 500; the fault is the caller's. */
export function checkRangeInterval(query: Query, limits: Limits): void {
  const limitNs = BigInt(limits.maxQueryRangeMs) * NS_PER_MS;
  if (limitNs <= 0n || query.kind === 'log') return;
  const ranges = query.kind === 'variants' ? [query.of] : metricAggregations(query).map(({ range }) => range.range);
  for (const { rangeNs } of ranges) {
    if (rangeNs > limitNs) {
      throw new LogError(
        'QUERY_LIMIT',
        `[interval] value exceeds limit: [${formatPromDuration(rangeNs)}] > [${formatPromDuration(limitNs)}]`,
      );
    }
  }
}

/** Number of matchers, required labels, and the least number of labels of every selector. */
export function checkSelectors(query: Query, limits: Limits): void {
  for (const { matchers } of logExpressions(query)) {
    const most = limits.maxStreamsMatchersPerQuery;
    if (most > 0 && matchers.length > most) {
      throw new LogError(
        'QUERY_LIMIT',
        `max streams matchers per query exceeded, matchers-count > limit (${matchers.length} > ${most})`,
      );
    }
    const present = [...new Set(matchers.map((matcher) => matcher.name))];
    const missing = limits.requiredLabels.filter((name) => !present.includes(name));
    if (missing.length > 0) {
      throw new LogError(
        'QUERY_LIMIT',
        `stream selector is missing required matchers [${missing.join(', ')}], labels present in the query were [${present.join(', ')}]`,
      );
    }
    if (present.length < limits.minimumLabelsNumber) {
      throw new LogError(
        'QUERY_LIMIT',
        `stream selector has less label matchers than required: (present: [${present.join(', ')}], number_present: ${present.length}, required_number_label_matchers: ${limits.minimumLabelsNumber})`,
      );
    }
  }
}

/** max_query_lookback moves a start that is too old; undefined when nothing of the range is left. */
export function clampStart(startNs: bigint, endNs: bigint, nowNs: bigint, limits: Limits): bigint | undefined {
  if (limits.maxQueryLookbackMs <= 0) return startNs;
  const oldestNs = nowNs - BigInt(limits.maxQueryLookbackMs) * NS_PER_MS;
  if (endNs < oldestNs) return undefined;
  return startNs < oldestNs ? oldestNs : startNs;
}

/** max_query_bytes_read: line bytes behind the selected parts. */
export function checkBytesRead(bytes: number, limits: Limits): void {
  if (limits.maxQueryBytesRead <= 0 || bytes <= limits.maxQueryBytesRead) return;
  throw new LogError(
    'QUERY_LIMIT',
    `the query would read too many bytes (query: ${binarySize(bytes)}, limit: ${binarySize(limits.maxQueryBytesRead)}); consider adding more specific stream selectors or reduce the time range of the query`,
  );
}

/** `36 KiB`, `1.5 MiB`, `10 B`: one decimal below ten. */
function binarySize(bytes: number): string {
  if (bytes < 10) return `${bytes} B`;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
  const power = Math.min(Math.floor(Math.log(bytes) / Math.log(1024)), units.length - 1);
  const value = Math.floor((bytes / 1024 ** power) * 10 + 0.5) / 10;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${units[power]}`;
}

/** Checks a range and applies max_query_lookback; undefined when nothing of it is left. */
export function usableStart(
  { startNs, endNs }: TimeRange,
  deps: { readonly limits: Limits; readonly nowNs: bigint },
): bigint | undefined {
  if (startNs > endNs) {
    throw new LogError('QUERY_INVALID', 'this data is no longer available, it is past now - max_query_lookback (0s)');
  }
  checkQueryLength(startNs, endNs, deps.limits);
  return clampStart(startNs, endNs, deps.nowNs, deps.limits);
}
