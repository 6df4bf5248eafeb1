import type { LogExpr } from '../../grammar/ast.ts';
import { LogError } from '../base/errors.ts';
import { compileSelector, parseText } from '../query/analysis/selectors.ts';
import { checkStages } from '../query/scan/scan-pipeline.ts';
import type { Tombstone } from '../store/tenant/tombstones.ts';

export type DeleteStatus = 'received' | 'processed';

/** A delete request as it is kept; times are milliseconds since the epoch, both ends included. */
export interface DeleteRequest {
  readonly id: string;
  readonly query: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly createdMs: number;
  readonly status: DeleteStatus;
  /** Rows that were removed, and their line bytes; of a request that is not processed, so far. */
  readonly rows: number;
  readonly lineBytes: number;
}

export interface DeleteParams {
  readonly query: string;
  readonly startMs: number;
  readonly endMs: number;
}

const SECONDS_PATTERN = /^\d{10}$/;
const RFC3339_PATTERN = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const INTERVAL_PATTERN = /^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/;
const ALL_STREAMS = /^\s*\{\s*\}/;
const MAX_QUERY_LENGTH = 128 * 1024;

/** Unix seconds of ten digits, or RFC 3339. @returns undefined for anything else */
function parseDeleteTime(text: string): number | undefined {
  if (SECONDS_PATTERN.test(text)) return Number(text) * 1000;
  const ms = RFC3339_PATTERN.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/**
 * Reads the parameters of a new request, which are those of the URL.
 *
 * @throws LogError BAD_PARAMETER in Loki's words
 */
export function parseDeleteParams(params: URLSearchParams, nowMs: number): DeleteParams {
  const query = params.get('query') ?? '';
  if (query === '') throw new LogError('BAD_PARAMETER', 'query not set');
  parseDeleteQuery(query);
  const startText = params.get('start') ?? '';
  if (startText === '') throw new LogError('BAD_PARAMETER', 'start time not set');
  const startMs = requireTime(startText, 'start');
  const endText = params.get('end') ?? '';
  const endMs = endText === '' ? nowMs : requireTime(endText, 'end');
  if (endMs > nowMs) throw new LogError('BAD_PARAMETER', 'deletes in the future are not allowed');
  if (startMs >= endMs) throw new LogError('BAD_PARAMETER', "start time can't be greater than or equal to end time");
  const interval = params.get('max_interval') ?? '';
  // Requests are never split here, so it is only checked.
  if (interval !== '' && !INTERVAL_PATTERN.test(interval))
    throw new LogError('BAD_PARAMETER', "invalid max_interval: valid time units are 's', 'm', 'h'");
  return { query, startMs, endMs };
}

/** @throws LogError BAD_PARAMETER */
export function requireTime(text: string, name: 'start' | 'end'): number {
  const ms = parseDeleteTime(text);
  if (ms === undefined)
    throw new LogError('BAD_PARAMETER', `invalid ${name} time: require unix seconds or RFC3339 format`);
  return ms;
}

/** @throws LogError BAD_PARAMETER for all but a log query */
function parseDeleteQuery(text: string): LogExpr {
  try {
    if (text.length > MAX_QUERY_LENGTH) throw new LogError('QUERY_INVALID', 'too long');
    // Loki takes an empty selector here, which the language does not have: it stands for all streams.
    const isForAll = ALL_STREAMS.test(text);
    const query = parseText(isForAll ? text.replace(ALL_STREAMS, '{any="stream"}') : text);
    if (query.kind !== 'log') throw new LogError('QUERY_INVALID', 'no log query');
    checkStages(query);
    compileSelector(query.matchers);
    return isForAll ? { ...query, matchers: [] } : query;
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw new LogError('BAD_PARAMETER', 'invalid query expression', { cause });
  }
}

const NS_PER_MS = 1_000_000n;

/** What a request hides. */
export function tombstoneOf({ id, query, startMs, endMs }: DeleteRequest): Tombstone {
  const { matchers, stages } = parseDeleteQuery(query);
  return {
    id,
    matchers: compileSelector(matchers),
    startNs: BigInt(Math.floor(startMs)) * NS_PER_MS,
    endNs: BigInt(Math.floor(endMs)) * NS_PER_MS,
    stages,
    text: query,
  };
}
