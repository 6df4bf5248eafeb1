import { parseByteSize, parsePromDuration } from '../../grammar/literals.ts';
import { LogError } from '../base/errors.ts';
import { parseGoFloat } from '../base/go/parse-number.ts';

/** Parameters of the query endpoints. Every function here throws LogError BAD_PARAMETER in Loki's words. */

export type Direction = 'forward' | 'backward';

export interface TimeBounds {
  readonly startNs: bigint;
  readonly endNs: bigint;
}

export interface InstantParams {
  readonly query: string;
  readonly timeNs: bigint;
  readonly limit: number;
  readonly direction: Direction;
}

export interface RangeParams extends TimeBounds {
  readonly query: string;
  readonly stepNs: bigint;
  readonly intervalNs: bigint;
  readonly limit: number;
  readonly direction: Direction;
}

const DEFAULT_LIMIT = 100;
const DEFAULT_SINCE_NS = 3_600_000_000_000n;
const MAX_POINTS = 11_000n;
const MAX_INT64 = 2n ** 63n - 1n;
const NS_PER_SECOND = 1_000_000_000;

function bad(message: string): LogError {
  return new LogError('BAD_PARAMETER', message);
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Seconds (with a dot, or at most ten characters), nanoseconds, or RFC 3339, as nanoseconds since the epoch.
 *
 * @throws Error with Go's text
 */
export function parseTimestamp(text: string): bigint {
  if (text.includes('.')) {
    const seconds = /^[+-]?[\d_.]+(?:e[+-]?\d+)?$/i.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN;
    if (Number.isFinite(seconds)) {
      const whole = Math.trunc(seconds);
      const millis = Math.round((seconds - whole) * 1000);
      return BigInt(whole) * BigInt(NS_PER_SECOND) + BigInt(millis) * 1_000_000n;
    }
  }
  if (!/^[+-]?\d+$/.test(text)) {
    const parsed = parseRfc3339(text);
    if (parsed !== undefined) return parsed;
    throw bad(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  if (value > MAX_INT64 || value < -MAX_INT64 - 1n) {
    throw bad(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  }
  return text.length <= 10 ? value * BigInt(NS_PER_SECOND) : value;
}

const RFC3339 = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}:\d{2})$/;

/** Nanoseconds since the epoch, undefined when the text is no RFC 3339 moment. */
function parseRfc3339(text: string): bigint | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [, date, time, fraction = '', zone] = match;
  const ms = Date.parse(`${date}T${time}${zone}`);
  // Date.parse rolls 30 February over; Go refuses it.
  if (Number.isNaN(ms) || !new Date(Date.parse(`${date}T${time}Z`)).toISOString().startsWith(`${date}T${time}`))
    return undefined;
  return BigInt(ms) * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
}

function parseNamedTime(params: URLSearchParams, name: string): bigint | undefined {
  const text = params.get(name);
  if (text === null || text === '') return undefined;
  try {
    return parseTimestamp(text);
  } catch (error) {
    throw bad(`could not parse '${name}' parameter: ${message(error)}`);
  }
}

/** `start` and `end`; `since` (default 1 h) stands in for a missing start. */
export function parseBounds(params: URLSearchParams, nowNs: bigint): TimeBounds {
  const end = parseNamedTime(params, 'end');
  const start = parseNamedTime(params, 'start');
  const since = params.get('since') ?? '';
  let sinceNs = DEFAULT_SINCE_NS;
  if (since !== '') {
    try {
      sinceNs = parsePromDuration(since);
    } catch (error) {
      throw bad(`could not parse 'since' parameter: ${message(error)}`);
    }
  }
  const endNs = end ?? nowNs;
  const newestNs = endNs < nowNs ? endNs : nowNs;
  return { startNs: start ?? newestNs - sinceNs, endNs };
}

/** Float seconds or a Prometheus duration. */
function parseSecondsOrDuration(text: string): bigint {
  const seconds = tryFloat(text);
  if (seconds !== undefined) {
    const ns = seconds * NS_PER_SECOND;
    if (!(ns <= Number(MAX_INT64) && ns >= -Number(MAX_INT64)))
      throw bad(`cannot parse "${text}" to a valid duration. It overflows int64`);
    return BigInt(Math.trunc(ns));
  }
  try {
    return parsePromDuration(text);
  } catch (cause) {
    throw new LogError('BAD_PARAMETER', `cannot parse "${text}" to a valid duration`, { cause });
  }
}

function tryFloat(text: string): number | undefined {
  try {
    return parseGoFloat(text);
  } catch {
    // Not a number: the caller tries a duration next.
    return undefined;
  }
}

function optionalDuration(params: URLSearchParams, name: string): bigint | undefined {
  const text = params.get(name) ?? '';
  return text === '' ? undefined : parseSecondsOrDuration(text);
}

/** `limit` and its likes: Go's Atoi, then above zero. */
export function parseLimit(params: URLSearchParams, name = 'limit', fallback: number = DEFAULT_LIMIT): number {
  const text = params.get(name) ?? '';
  if (text === '') return fallback;
  const value = parseAtoi(text);
  if (value <= 0) throw bad('limit must be a positive value');
  return value;
}

/** Go's strconv.Atoi; values beyond 2^53 are kept only roughly, and no limit allows them. */
export function parseAtoi(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw bad(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  if (value > MAX_INT64 || value < -MAX_INT64 - 1n)
    throw bad(`strconv.Atoi: parsing ${JSON.stringify(text)}: value out of range`);
  return Number(value);
}

function parseDirection(params: URLSearchParams): Direction {
  const text = params.get('direction') ?? '';
  switch (text.toLowerCase()) {
    case '':
    case 'backward':
      return 'backward';
    case 'forward':
      return 'forward';
    default:
      throw bad(`invalid direction '${text}'`);
  }
}

/** A 250th of the range in whole seconds, at least one. */
function defaultStepNs(bounds: TimeBounds): bigint {
  const seconds = (bounds.endNs - bounds.startNs) / 250_000_000_000n;
  return (seconds > 1n ? seconds : 1n) * BigInt(NS_PER_SECOND);
}

/** `start`, `end`, `since`, `step` with the checks that all range-type requests share. */
export function parseSteppedBounds(params: URLSearchParams, nowNs: bigint): TimeBounds & { readonly stepNs: bigint } {
  const bounds = parseBounds(params, nowNs);
  if (bounds.endNs < bounds.startNs) throw bad('end timestamp must not be before or equal to start time');
  const stepNs = optionalDuration(params, 'step') ?? defaultStepNs(bounds);
  if (stepNs <= 0n) throw bad('zero or negative query resolution step widths are not accepted. Try a positive integer');
  if ((bounds.endNs - bounds.startNs) / stepNs > MAX_POINTS) {
    throw bad(
      'exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter',
    );
  }
  return { ...bounds, stepNs };
}

/** `/query_range` */
export function parseRangeParams(params: URLSearchParams, nowNs: bigint): RangeParams {
  const limit = parseLimit(params);
  const direction = parseDirection(params);
  const stepped = parseSteppedBounds(params, nowNs);
  const intervalNs = optionalDuration(params, 'interval') ?? 0n;
  if (intervalNs < 0n) throw bad('interval must be >= 0');
  return { query: params.get('query') ?? '', ...stepped, intervalNs, limit, direction };
}

/** `/query` */
export function parseInstantParams(params: URLSearchParams, nowNs: bigint): InstantParams {
  const limit = parseLimit(params);
  const time = params.get('time') ?? '';
  const timeNs = time === '' ? nowNs : parseTimestamp(time);
  return { query: params.get('query') ?? '', timeNs, limit, direction: parseDirection(params) };
}

export interface VolumeParams extends TimeBounds {
  readonly query: string;
  readonly limit: number;
  readonly targetLabels: readonly string[];
  readonly aggregateBy: 'series' | 'labels';
  /** Only `/index/volume_range` has one. */
  readonly stepNs: bigint | undefined;
}

/** `/index/volume` and `/index/volume_range`; a limit of 0 means the default. */
export function parseVolumeParams(params: URLSearchParams, nowNs: bigint, range: boolean): VolumeParams {
  const text = params.get('limit') ?? '';
  const limit = text === '' ? 0 : parseAtoi(text);
  if (limit < 0) throw bad('limit must be a positive value');
  const aggregateBy = params.get('aggregateBy') ?? '';
  if (aggregateBy !== '' && aggregateBy !== 'series' && aggregateBy !== 'labels')
    throw bad('invalid aggregation option');
  const stepped = range ? parseSteppedBounds(params, nowNs) : undefined;
  const bounds = stepped ?? parseBounds(params, nowNs);
  return {
    query: params.get('query') ?? '',
    startNs: bounds.startNs,
    endNs: bounds.endNs,
    limit: limit === 0 ? DEFAULT_LIMIT : limit,
    targetLabels: (params.get('targetLabels') ?? '').split(',').filter((name) => name !== ''),
    aggregateBy: aggregateBy === 'labels' ? 'labels' : 'series',
    stepNs: stepped?.stepNs,
  };
}

/** `targetBytesPerShard` of `/index/shards`: a size above zero. */
export function parseShardBytes(params: URLSearchParams): number {
  const text = params.get('targetBytesPerShard') ?? '';
  let bytes = 0;
  try {
    bytes = text === '' ? 0 : parseByteSize(text);
  } catch (error) {
    throw bad(message(error));
  }
  if (bytes <= 0) throw bad('targetBytesPerShard must be a positive value');
  return bytes;
}

export interface DetectedFieldsParams extends TimeBounds {
  readonly query: string;
  readonly lineLimit: number;
  readonly fieldLimit: number;
}

/** `/detected_fields` and `/detected_field/{name}/values`; `field_limit` is an alias of `limit`. */
export function parseDetectedFieldsParams(params: URLSearchParams, nowNs: bigint): DetectedFieldsParams {
  const bounds = parseSteppedBounds(params, nowNs);
  const limitName = (params.get('field_limit') ?? '') === '' ? 'limit' : 'field_limit';
  return {
    query: params.get('query') ?? '',
    startNs: bounds.startNs,
    endNs: bounds.endNs,
    lineLimit: parseLimit(params, 'line_limit'),
    fieldLimit: parseLimit(params, limitName, 1000),
  };
}
