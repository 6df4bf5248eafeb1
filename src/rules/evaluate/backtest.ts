import { parsePromDuration } from '../../../grammar/literals.ts';
import { labelsToObject } from '../../model/labels.ts';
import { type AlertOptions, AlertStates } from '../alert/alert-states.ts';
import type { Rule, TextMap } from '../model/rule-group.ts';
import type { QueryCost, RangeAnswer, RuleQueries } from '../model/rule-query.ts';
import { parseGroup } from '../parse/parse-group.ts';
import { errorText, isMap, ruleError } from '../parse/rule-error.ts';

/** Evaluations of one backtest, as many as a range query has points. */
const MAX_STEPS = 11_000;
/** Series of the answer; the others are counted. */
const MAX_SERIES = 500;
const DEFAULT_SPAN_MS = 86_400_000;

export interface BacktestRequest {
  readonly rule: Rule;
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

/** A time in which an alert was pending or firing; RFC 3339, `until` absent when it went on at the end. */
interface Span {
  readonly state: string;
  readonly from: string;
  until?: string;
}

export interface BacktestSeries {
  readonly labels: TextMap;
  readonly annotations?: TextMap;
  /** Alerting rules. */
  readonly spans?: readonly Span[];
  readonly firingSeconds?: number;
  /** Recording rules. */
  readonly samples?: number;
}

export interface BacktestAnswer {
  readonly type: 'alerting' | 'recording';
  readonly name: string;
  readonly query: string;
  readonly start: string;
  readonly end: string;
  readonly intervalSeconds: number;
  readonly evaluations: number;
  readonly series: readonly BacktestSeries[];
  readonly seriesLeftOut: number;
  readonly cost: { readonly seconds: number; readonly bytesProcessed: number; readonly linesProcessed: number };
}

/**
 * Reads `{rule, start, end, interval}`; the last day at the interval of the server when nothing is said.
 *
 * @throws LogError BAD_PARAMETER
 */
export function parseBacktest(raw: unknown, defaultIntervalMs: number, nowMs: number): BacktestRequest {
  if (!isMap(raw) || !isMap(raw['rule'])) throw ruleError('expected a map with rule, and perhaps start, end, interval');
  const place = { origin: 'api', namespace: 'backtest', defaultIntervalMs } as const;
  const { rules, intervalMs } = parseGroup(
    { name: 'backtest', interval: raw['interval'], rules: [raw['rule']] },
    place,
  );
  const endMs = momentOf(raw['end'], 'end') ?? nowMs;
  const startMs = momentOf(raw['start'], 'start') ?? endMs - sinceOf(raw['since']);
  if (endMs < startMs) throw ruleError('end timestamp must not be before start time');
  const steps = Math.floor((endMs - startMs) / intervalMs) + 1;
  if (steps > MAX_STEPS)
    throw ruleError(`${steps} evaluations, a backtest may have ${MAX_STEPS}: take a larger interval`);
  return { rule: rules[0]!, startMs, endMs, stepMs: intervalMs };
}

/** Runs a rule over a past range: one range query, then the states of its alerts step by step. @throws LogError */
export async function backtest(
  tenant: string,
  { rule, startMs, endMs, stepMs }: BacktestRequest,
  queries: RuleQueries,
  options: AlertOptions,
  signal: AbortSignal,
): Promise<BacktestAnswer> {
  const answer = await queries.range(tenant, rule.query, { startMs, endMs, stepMs }, signal);
  const series = rule.kind === 'alerting' ? alertSeries(rule, answer, options) : recordedSeries(rule, answer);
  return {
    type: rule.kind,
    name: rule.name,
    query: rule.queryText,
    start: timeText(startMs),
    end: timeText(endMs),
    intervalSeconds: stepMs / 1000,
    evaluations: answer.points.length,
    series: series.slice(0, MAX_SERIES),
    seriesLeftOut: Math.max(0, series.length - MAX_SERIES),
    cost: costOf(answer.cost),
  };
}

function costOf({ seconds, bytes, lines }: QueryCost): BacktestAnswer['cost'] {
  return { seconds, bytesProcessed: bytes, linesProcessed: lines };
}

function alertSeries(
  rule: Extract<Rule, { kind: 'alerting' }>,
  { points }: RangeAnswer,
  options: AlertOptions,
): readonly BacktestSeries[] {
  const states = new AlertStates(rule, options);
  const found = new Map<
    string,
    { labels: TextMap; annotations: TextMap; spans: Span[]; firingMs: number; fromMs: number }
  >();
  for (const { timeMs, samples } of points) {
    try {
      states.step(samples, timeMs, 0);
    } catch (cause) {
      throw ruleError(errorText(cause), cause);
    }
    for (const alert of states.all()) {
      const key = JSON.stringify(alert.labels);
      let one = found.get(key);
      if (one === undefined) {
        one = { labels: alert.labels, annotations: alert.annotations, spans: [], firingMs: 0, fromMs: 0 };
        found.set(key, one);
      }
      if (alert.state === 'firing') one.annotations = alert.annotations;
    }
    const stateByKey = new Map(states.alerts().map((alert) => [JSON.stringify(alert.labels), alert.state] as const));
    for (const [key, one] of found) {
      const state = stateByKey.get(key);
      const last = one.spans.at(-1);
      const open = last !== undefined && last.until === undefined ? last : undefined;
      if (open?.state === state) continue;
      if (open !== undefined) {
        open.until = timeText(timeMs);
        if (open.state === 'firing') one.firingMs += timeMs - one.fromMs;
      }
      if (state === undefined) continue;
      one.spans.push({ state, from: timeText(timeMs) });
      one.fromMs = timeMs;
    }
  }
  const endMs = points.at(-1)?.timeMs ?? 0;
  return [...found.values()].map(({ labels, annotations, spans, firingMs, fromMs }) => {
    const last = spans.at(-1);
    const rest = last?.state === 'firing' && last.until === undefined ? endMs - fromMs : 0;
    return { labels, annotations, spans, firingSeconds: (firingMs + rest) / 1000 };
  });
}

function recordedSeries(rule: Rule, { points }: RangeAnswer): readonly BacktestSeries[] {
  const found = new Map<string, { labels: TextMap; samples: number }>();
  for (const { samples } of points) {
    for (const sample of samples) {
      const labels = { ...labelsToObject(sample.labels), ...rule.labels, __name__: rule.name };
      const key = JSON.stringify(labels);
      const one = found.get(key);
      if (one === undefined) found.set(key, { labels, samples: 1 });
      else one.samples++;
    }
  }
  return [...found.values()];
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

function sinceOf(raw: unknown): number {
  if (raw === undefined || raw === null) return DEFAULT_SPAN_MS;
  try {
    return Number(parsePromDuration(String(raw)) / 1_000_000n);
  } catch (cause) {
    throw ruleError(`since: ${errorText(cause)}`, cause);
  }
}

/** RFC 3339, or a unix time in seconds or nanoseconds. */
function momentOf(raw: unknown, name: string): number | undefined {
  if (raw === undefined || raw === null || raw === '') return undefined;
  const text = String(raw);
  if (/^\d{1,10}(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000);
  if (/^\d{11,19}$/.test(text)) return Number(BigInt(text) / 1_000_000n);
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw ruleError(`${name}: expected a time such as 2026-01-02T15:04:05Z, found "${text}"`);
  return ms;
}
