import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { pino } from 'pino';
import { parsePromDuration } from '../../grammar/literals.ts';
import { parseQuery, parseSelector } from '../../grammar/parse.ts';
import { LogError } from '../base/errors.ts';
import { loadSettings } from '../config/settings.ts';
import { labelsToObject } from '../model/labels.ts';
import { AlertStates } from '../rules/alert/alert-states.ts';
import type { RuleGroup } from '../rules/model/rule-group.ts';
import type { RuleQueries } from '../rules/model/rule-query.ts';
import { parseYaml } from '../rules/parse/parse-yaml.ts';
import { isMap, type YamlMap } from '../rules/parse/rule-error.ts';
import type { Engine } from './engine.ts';
import { Metrics } from './metrics.ts';
import { openEngine } from './open-engine.ts';

/** Time 0 of tests: a midnight, so that every interval begins there. */
const BASE_MS = Date.UTC(2026, 0, 1);
const TENANT = 'fake';
const MAX_LINES = 1_000_000;

interface TestLine {
  readonly line: string;
  readonly atMs: number;
}

interface RuleTest {
  readonly name: string;
  readonly streams: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly lines: readonly TestLine[];
  }[];
  readonly alerts: readonly { readonly atMs: number; readonly name: string; readonly expected: readonly YamlMap[] }[];
  readonly exprs: readonly { readonly atMs: number; readonly expr: string; readonly expected: readonly YamlMap[] }[];
}

/** Unit tests of rules, in the form of promtool's with lines instead of samples; see docs/rules.md. */
export interface RuleTestPlan {
  readonly ruleFiles: readonly string[];
  readonly intervalMs: number;
  readonly tests: readonly RuleTest[];
}

function bad(text: string): LogError {
  return new LogError('BAD_PARAMETER', text);
}

/** @throws LogError BAD_PARAMETER */
export function parseRuleTests(text: string): RuleTestPlan {
  const root = parseYaml(text);
  if (!isMap(root)) throw bad('expected a map with rule_files and tests');
  return {
    ruleFiles: listOf(root['rule_files']).map(String),
    intervalMs: msOf(root['evaluation_interval'] ?? '1m', 'evaluation_interval'),
    tests: mapsOf(root['tests'], 'tests').map((test, index) => parseTest(test, index)),
  };
}

function parseTest(test: YamlMap, index: number): RuleTest {
  const name = String(test['name'] ?? `test ${index + 1}`);
  let count = 0;
  const streams = mapsOf(test['input_streams'], `${name}: input_streams`).map((stream) => {
    const labels: Record<string, string> = {};
    for (const { name: label, value } of parseSelector(String(stream['stream']))) labels[label] = value;
    const lines = mapsOf(stream['lines'], `${name}: lines`).flatMap((line): readonly TestLine[] => {
      const repeat = Number(line['count'] ?? 1);
      count += repeat;
      if (!Number.isSafeInteger(repeat) || count > MAX_LINES) throw bad(`${name}: at most ${MAX_LINES} lines`);
      const atMs = msOf(line['at'] ?? '0s', 'at');
      const everyMs = msOf(line['every'] ?? '1s', 'every');
      return Array.from({ length: repeat }, (_, i) => ({ line: String(line['line']), atMs: atMs + i * everyMs }));
    });
    return { labels, lines };
  });
  const alerts = mapsOf(test['alert_rule_test'], `${name}: alert_rule_test`).map((one) => ({
    atMs: msOf(one['eval_time'], 'eval_time'),
    name: String(one['alertname']),
    expected: mapsOf(one['exp_alerts'], 'exp_alerts'),
  }));
  const exprs = mapsOf(test['logql_expr_test'], `${name}: logql_expr_test`).map((one) => ({
    atMs: msOf(one['eval_time'], 'eval_time'),
    expr: String(one['expr']),
    expected: mapsOf(one['exp_samples'], 'exp_samples'),
  }));
  return { name, streams, alerts, exprs };
}

/** Runs all tests, each on lines of its own. @returns what is not as expected */
export async function runRuleTests(plan: RuleTestPlan, groups: readonly RuleGroup[]): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const test of plan.tests) {
    const folder = mkdtempSync(join(tmpdir(), 'halogi-rules-test-'));
    const settings = loadSettings(['--data', folder, '--limits_config.discover_log_levels', 'false'], {});
    const engine = await openEngine({
      settings,
      limitsFor: () => settings.limits,
      metrics: new Metrics(),
      logger: pino({ level: 'silent' }),
    });
    try {
      await pushStreams(engine, test);
      faults.push(...(await runTest(test, plan, groups, await engine.ruleQueries())));
    } finally {
      await engine.close();
      rmSync(folder, { recursive: true });
    }
  }
  return faults;
}

async function pushStreams(engine: Engine, test: RuleTest): Promise<void> {
  if (test.streams.every((stream) => stream.lines.length === 0)) return;
  const streams = test.streams.map(({ labels, lines }) => ({
    stream: labels,
    // Lines of one time stay apart, and in their order.
    values: lines.map(({ atMs, line }, i) => [
      String(BigInt(BASE_MS + atMs) * 1_000_000n + BigInt(i % 1_000_000)),
      line,
    ]),
  }));
  const { status, body } = await engine.push.push({
    tenant: TENANT,
    kind: 'push',
    contentType: 'application/json',
    contentEncoding: undefined,
    body: Buffer.from(JSON.stringify({ streams })),
  });
  if (status >= 300) throw bad(`${test.name}: ${String(body)}`);
}

async function runTest(
  test: RuleTest,
  plan: RuleTestPlan,
  groups: readonly RuleGroup[],
  queries: RuleQueries,
): Promise<readonly string[]> {
  const faults: string[] = [];
  const { signal } = new AbortController();
  const lastMs = Math.max(0, ...test.alerts.map(({ atMs }) => atMs));
  const firing = new Map<string, object[]>();
  for (const group of groups) {
    const stepMs = group.source.interval === undefined ? plan.intervalMs : group.intervalMs;
    for (const rule of group.rules) {
      const wanted = test.alerts.filter(({ name }) => name === rule.name);
      if (rule.kind !== 'alerting' || wanted.length === 0) continue;
      const states = new AlertStates(rule, { externalLabels: {}, externalUrl: '', resendDelayMs: 0 });
      const range = { startMs: BASE_MS, endMs: BASE_MS + lastMs, stepMs };
      const { points } = await queries.range(TENANT, rule.query, range, signal);
      for (const { timeMs, samples } of points) {
        states.step(samples, timeMs, group.limit);
        for (const { atMs, name } of wanted) {
          const isLast = timeMs <= BASE_MS + atMs && timeMs + stepMs > BASE_MS + atMs;
          if (!isLast) continue;
          const key = `${name} at ${atMs}`;
          const shown = states.alerts().filter((alert) => alert.state === 'firing');
          const found = shown.map(({ labels, annotations }) => {
            const { alertname: _, ...rest } = labels;
            return { exp_labels: rest, exp_annotations: annotations };
          });
          firing.set(key, [...(firing.get(key) ?? []), ...found]);
        }
      }
    }
  }
  for (const { atMs, name, expected } of test.alerts) {
    const found = firing.get(`${name} at ${atMs}`) ?? [];
    const wanted = expected.map((one) => ({
      exp_labels: one['exp_labels'] ?? {},
      exp_annotations: one['exp_annotations'] ?? {},
    }));
    compare(`${test.name}: alert ${name} at ${atMs / 1000} s`, wanted, found, faults);
  }
  for (const { atMs, expr, expected } of test.exprs) {
    const query = parseQuery(expr);
    if (query.kind === 'log' || query.kind === 'variants') throw bad(`${test.name}: expected a metric query: ${expr}`);
    const { samples } = await queries.instant(TENANT, query, BASE_MS + atMs, signal);
    const found = samples.map(({ labels, value }) => ({ labels: labelsToObject(labels), value }));
    const wanted = expected.map((one) => ({
      labels: Object.fromEntries(
        parseSelector(String(one['labels'] ?? '{}'), { allowEmpty: true }).map(({ name, value }) => [name, value]),
      ),
      value: Number(one['value']),
    }));
    compare(`${test.name}: ${expr} at ${atMs / 1000} s`, wanted, found, faults);
  }
  return faults;
}

function compare(what: string, wanted: readonly unknown[], found: readonly unknown[], faults: string[]): void {
  const rest = [...found];
  for (const one of wanted) {
    const at = rest.findIndex((other) => isDeepStrictEqual(sorted(one), sorted(other)));
    if (at < 0) faults.push(`${what}: missing ${JSON.stringify(one)}, found ${JSON.stringify(found)}`);
    else rest.splice(at, 1);
  }
  for (const one of rest) faults.push(`${what}: unexpected ${JSON.stringify(one)}`);
}

function sorted(value: unknown): unknown {
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)] as const),
  );
}

function listOf(raw: unknown): readonly unknown[] {
  return Array.isArray(raw) ? raw : [];
}

function mapsOf(raw: unknown, where: string): readonly YamlMap[] {
  return listOf(raw).map((one) => {
    if (!isMap(one)) throw bad(`${where}: expected a list of maps`);
    return one;
  });
}

function msOf(raw: unknown, where: string): number {
  try {
    return Number(parsePromDuration(String(raw)) / 1_000_000n);
  } catch (cause) {
    throw bad(`${where}: ${(cause as Error).message}`);
  }
}
