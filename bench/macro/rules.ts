import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchContext } from '../context.ts';
import type { Manifest } from '../logs/manifest.ts';
import { HttpClient } from '../process/http-client.ts';
import { processUse } from '../process/proc.ts';
import { startHalogi } from '../process/server.ts';
import { pause, quantile } from '../process/statistics.ts';
import { loadedFolder } from './load.ts';

const GROUPS = 50;
const RULES_PER_GROUP = 20;
/** Rules have their turn within a minute; so long both halves run. */
const MEASURE_MS = 120_000;
const QUICK_MS = 5000;
const THINK_MS = 50;

export interface RulesResult {
  readonly rules: number;
  readonly evaluations: number;
  readonly missed: number;
  readonly failed: number;
  readonly queries: number;
  readonly p50WithoutMs: number;
  readonly p50WithMs: number;
  readonly p99WithoutMs: number;
  readonly p99WithMs: number;
  readonly residentWithoutBytes: number;
  readonly residentWithBytes: number;
}

const QUESTIONS: readonly { readonly query: string; readonly step?: string }[] = [
  { query: '{namespace="shop"}' },
  { query: '{cluster="prod"} |= "error"' },
  { query: 'sum by (app) (rate({cluster="prod"}[1m]))', step: '60' },
  { query: 'sum by (app) (rate({cluster="prod"} |= "error" [1m]))', step: '60' },
];

const EXPRESSIONS: readonly string[] = [
  'sum by (app) (count_over_time({namespace="shop"} |= "error" [5m])) > 1000000',
  'sum by (app) (rate({cluster="prod"}[1m]))',
  'sum(count_over_time({app="api-gateway"} |~ "timeout|refused" [5m])) > 1000000',
  'sum by (namespace) (count_over_time({cluster="prod"}[5m]))',
];

/** Latency of people's queries without and with 1,000 rules in 50 groups at 1 m, on the loaded store. */
export async function runRules(context: BenchContext): Promise<RulesResult> {
  const { options, dataset, runFolder, log } = context;
  const { manifest } = dataset;
  const measureMs = options.isQuick ? QUICK_MS : MEASURE_MS;
  const folder = join(runFolder, 'rules');
  cpSync(loadedFolder(context), folder, { recursive: true });
  const server = await startHalogi(options.program, folder);
  const client = new HttpClient(server.url, 1);
  try {
    log(`rules: queries without rules for ${measureMs / 1000} s`);
    await ask(client, manifest, measureMs / 4);
    const without = await ask(client, manifest, measureMs);
    const residentWithoutBytes = processUse(server.pid).residentBytes;
    // Rules look at the newest lines of the store, which lie in the past.
    const offsetS = Math.max(0, Math.round((Date.now() - manifest.endMs) / 1000));
    for (let group = 0; group < GROUPS; group++) await putGroup(server.url, group, offsetS, options.isQuick);
    log(`rules: the same with ${GROUPS * RULES_PER_GROUP} rules`);
    const withRules = await ask(client, manifest, measureMs);
    const residentWithBytes = processUse(server.pid).residentBytes;
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    return {
      rules: GROUPS * RULES_PER_GROUP,
      evaluations: total(metrics, 'loki_prometheus_rule_evaluations_total'),
      missed: total(metrics, 'loki_prometheus_rule_group_iterations_missed_total'),
      failed: total(metrics, 'loki_prometheus_rule_evaluation_failures_total'),
      queries: withRules.length,
      p50WithoutMs: quantile(without, 0.5),
      p50WithMs: quantile(withRules, 0.5),
      p99WithoutMs: quantile(without, 0.99),
      p99WithMs: quantile(withRules, 0.99),
      residentWithoutBytes,
      residentWithBytes,
    };
  } finally {
    client.close();
    await server.stop();
  }
}

async function putGroup(url: string, group: number, offsetS: number, isQuick: boolean): Promise<void> {
  const rules = Array.from({ length: RULES_PER_GROUP }, (_, rule) => {
    const expr = EXPRESSIONS[rule % EXPRESSIONS.length]!;
    return expr.includes('>') ? { alert: `Alert${rule}`, expr } : { record: `bench:rule:${rule}`, expr };
  });
  const body = { name: `group ${group}`, interval: isQuick ? '5s' : '1m', query_offset: `${offsetS}s`, rules };
  const response = await fetch(`${url}/loki/api/v1/rules/bench`, { method: 'POST', body: JSON.stringify(body) });
  if (response.status !== 202) throw new Error(`rules: ${response.status} ${await response.text()}`);
}

/** One client that asks, waits and asks again. @returns times of answers, milliseconds */
async function ask(client: HttpClient, { startMs, endMs }: Manifest, durationMs: number): Promise<number[]> {
  const timesMs: number[] = [];
  const start = `${Math.floor(endMs - (endMs - startMs) / 24)}000000`;
  const untilMs = performance.now() + durationMs;
  for (let i = 0; performance.now() < untilMs; i++) {
    const question = QUESTIONS[i % QUESTIONS.length]!;
    // No kept results: the second half would have them all.
    const range = { start, end: `${endMs - (i % 600) * 100}000000`, limit: '100' };
    const reply = await client.get('/loki/api/v1/query_range', { ...question, ...range });
    if (reply.status !== 200) throw new Error(`${question.query}: ${reply.status} ${reply.body.toString()}`);
    timesMs.push(reply.ms);
    await pause(THINK_MS);
  }
  return timesMs;
}

/** Sum of a metric over its labels. */
function total(metrics: string, name: string): number {
  let sum = 0;
  for (const line of metrics.split('\n')) if (line.startsWith(`${name}{`)) sum += Number(line.split(' ').at(-1));
  return sum;
}
