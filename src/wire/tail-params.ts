import { LogError } from '../base/errors.ts';
import { parseAtoi, parseBounds, parseLimit } from './query-params.ts';

export interface TailParams {
  readonly query: string;
  /** Entries of the past that are sent first. */
  readonly limit: number;
  readonly startNs: bigint;
  readonly delayMs: number;
}

const MAX_DELAY_SECONDS = 5;

/**
 * Parameters of a live tail.
 *
 * @throws LogError BAD_PARAMETER in Loki's words
 */
export function parseTailParams(params: URLSearchParams, nowNs: bigint): TailParams {
  const limit = parseLimit(params);
  const { startNs } = parseBounds(params, nowNs);
  const delayText = params.get('delay_for') ?? '';
  const delaySeconds = delayText === '' ? 0 : parseAtoi(delayText);
  if (delaySeconds > MAX_DELAY_SECONDS) {
    throw new LogError('BAD_PARAMETER', `delay_for can't be greater than ${MAX_DELAY_SECONDS}`);
  }
  return { query: params.get('query') ?? '', limit, startNs, delayMs: Math.max(0, delaySeconds) * 1000 };
}
