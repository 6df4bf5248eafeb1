import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningHalogi, startHalogi } from '../support/halogi-process.ts';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'halogi');

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function rules(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(BIN, ['rules', ...args], (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err });
    });
  });
}

const ALERTS = `groups:
  - name: shop
    interval: 60s
    rules:
      - alert: ManyErrors
        expr: sum by (app) (count_over_time({app="shop"} |= "error" [1m])) > 5
        for: 2m
        labels: {severity: page}
        annotations: {summary: '{{ $labels.app }} has {{ $value }} errors'}
      - record: app:lines:count
        expr: sum by (app) (count_over_time({app=~".+"}[1m]))
`;

const TESTS = `rule_files: [alerts.yaml]
evaluation_interval: 1m
tests:
  - name: many errors
    input_streams:
      - stream: '{app="shop"}'
        lines:
          - {line: 'error: out of stock', at: 10s, every: 10s, count: 60}
    alert_rule_test:
      - {eval_time: 2m, alertname: ManyErrors, exp_alerts: []}
      - eval_time: 5m
        alertname: ManyErrors
        exp_alerts:
          - exp_labels: {severity: page, app: shop}
            exp_annotations: {summary: shop has 6 errors}
      - {eval_time: 20m, alertname: ManyErrors}
    logql_expr_test:
      - expr: sum by (app) (count_over_time({app="shop"}[1m]))
        eval_time: 5m
        exp_samples: [{labels: '{app="shop"}', value: 6}]
  - name: nothing
    alert_rule_test: [{eval_time: 5m, alertname: ManyErrors}]
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'halogi-rules-cli-'));
  mkdirSync(join(folder, 'rules'));
  writeFileSync(join(folder, 'alerts.yaml'), ALERTS);
  writeFileSync(join(folder, 'tests.yaml'), TESTS);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('check', () => {
  it('counts what is fine and names what is not', async () => {
    const bad = join(folder, 'bad.yaml');
    writeFileSync(bad, 'groups: [{name: g, rules: [{alert: A, expr: "sum("}]}]');
    const good = join(folder, 'alerts.yaml');
    expect(await rules('check', good)).toEqual({ code: 0, out: `${good}: 1 groups, 2 rules\n`, err: '' });
    const { code, err } = await rules('check', good, bad);
    expect(code).toBe(1);
    expect(err).toMatch(/bad\.yaml: could not parse expression for alert 'A' in group 'g': parse error/);
  });
});

describe('test', () => {
  it('passes', async () => {
    const file = join(folder, 'tests.yaml');
    expect(await rules('test', file)).toEqual({ code: 0, out: `${file}: 2 tests passed\n`, err: '' });
  });

  it('tells what is not as expected', async () => {
    const file = join(folder, 'wrong.yaml');
    writeFileSync(file, TESTS.replace('has 6 errors', 'has 7 errors').replace('value: 6', 'value: 7'));
    const { code, err } = await rules('test', file);
    expect(code).toBe(1);
    expect(err).toMatch(/many errors: alert ManyErrors at 300 s: missing .*has 7 errors.*found .*has 6 errors/);
    expect(err).toMatch(/count_over_time.* at 300 s: missing .*"value":7.*found .*"value":6/);
  });
});

describe('with a server', () => {
  let server: RunningHalogi;
  beforeAll(async () => {
    server = await startHalogi(join(folder, 'data'));
    const nowMs = Date.now();
    const values = Array.from({ length: 120 }, (_, i) => [`${BigInt(nowMs - i * 5000) * 1_000_000n}`, `error ${i}`]);
    const response = await fetch(`${server.url}/loki/api/v1/push`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ streams: [{ stream: { app: 'shop' }, values }] }),
    });
    expect(response.status).toBe(204);
  });
  afterAll(() => server.stop());

  it('syncs a folder: creates, leaves, updates, deletes', async () => {
    const from = join(folder, 'rules');
    const sync = (...more: readonly string[]): Promise<Ended> => rules('sync', '--addr', server.url, ...more, from);
    writeFileSync(join(from, 'shop.yaml'), ALERTS);
    writeFileSync(join(from, 'more.yaml'), 'namespace: a/b\ngroups: [{name: x y, rules: []}]\n');
    expect(await sync('--dry-run')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^created a\/b\/x y\ncreated shop\/shop\n2 created, .* \(dry run/),
    });
    expect((await fetch(`${server.url}/loki/api/v1/rules`)).status).toBe(404);
    expect((await sync()).out).toMatch(/\n2 created, 0 updated, 0 deleted, 0 unchanged\n$/);
    expect((await sync()).out).toBe('0 created, 0 updated, 0 deleted, 2 unchanged\n');
    writeFileSync(join(from, 'shop.yaml'), ALERTS.replace('for: 2m', 'for: 3m'));
    rmSync(join(from, 'more.yaml'));
    expect((await sync('--namespaces', 'shop')).out).toBe(
      'updated shop/shop\n0 created, 1 updated, 0 deleted, 0 unchanged\n',
    );
    expect((await sync()).out).toBe('deleted a/b/x y\n0 created, 0 updated, 1 deleted, 1 unchanged\n');
  });

  it('says what the server refuses', async () => {
    const file = join(folder, 'refused.yaml');
    writeFileSync(file, 'groups: [{name: g, rules: [{alert: A, expr: "sum("}]}]');
    const { code, err } = await rules('sync', '--addr', server.url, '--namespaces', 'refused', file);
    expect(code).toBe(1);
    expect(err).toMatch(/^refused\/g: 400: could not parse expression/);
  });

  it('runs rules over the past', async () => {
    const file = join(folder, 'alerts.yaml');
    const { code, out } = await rules('backtest', '--addr', server.url, '--since', '8m', '--rule', 'ManyErrors', file);
    expect(code).toBe(0);
    expect(out).toMatch(/^ManyErrors \(alerting\): [89] evaluations, 1 series\n/);
    expect(out).toMatch(/\{app="shop", severity="page", alertname="ManyErrors"\} firing for \d+ s\n {4}pending /);
    expect(out).toMatch(/\n {4}firing /);
  });

  it('wrong use ends with 2', async () => {
    for (const args of [['sync'], ['nothing', 'x'], ['sync', '--x', 'y']]) {
      const { code, err } = await rules(...args);
      expect(code).toBe(2);
      expect(err).toMatch(/usage: halogi rules/);
    }
  });
});
