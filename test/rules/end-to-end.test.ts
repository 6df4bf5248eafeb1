import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type RunningHalogi, startHalogi } from '../support/halogi-process.ts';
import { patientMs } from '../support/patience.ts';
import { Receiver } from '../support/receivers.ts';

/** The real Alertmanager and the real Prometheus, as Debian packs them. */
const WAIT = { timeout: patientMs(30_000), interval: 50 };

let folder: string;
let alertmanager: Receiver;
let prometheus: Receiver;
let server: RunningHalogi;

async function start(): Promise<void> {
  const clients = { main: { url: `${prometheus.url}/api/v1/write` } };
  server = await startHalogi(join(folder, 'data'), [
    '--ruler.alertmanager_url',
    alertmanager.url,
    '--ruler.resend_delay',
    '1s',
    '--ruler.external_labels',
    '{"cluster": "test"}',
    '--ruler.external_url',
    'http://grafana.example',
    '--ruler.remote_write',
    JSON.stringify({ enabled: true, clients }),
  ]);
}

async function killAndStart(): Promise<void> {
  await server.kill();
  await start();
}

async function putGroup(text: string): Promise<void> {
  const response = await fetch(`${server.url}/loki/api/v1/rules/e2e`, { method: 'POST', body: text });
  expect([response.status, await response.text()]).toEqual([202, expect.any(String)]);
}

async function push(app: string, lines: number): Promise<void> {
  const now = BigInt(Date.now()) * 1_000_000n;
  const values = Array.from({ length: lines }, (_, line) => [String(now + BigInt(line)), `error ${line}`]);
  const response = await fetch(`${server.url}/loki/api/v1/push`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ streams: [{ stream: { app }, values }] }),
  });
  expect(response.status).toBe(204);
}

interface Shown {
  readonly state: string;
  readonly activeAt: string;
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at member by member
async function data(path: string): Promise<any> {
  return ((await (await fetch(server.url + path)).json()) as { readonly data: unknown }).data;
}

async function alertOf(name: string): Promise<Shown | undefined> {
  const { alerts } = await data('/prometheus/api/v1/alerts');
  return alerts.find((alert: { labels: { alertname: string } }) => alert.labels.alertname === name);
}

interface Managed {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
}

async function managed(name: string, active = true): Promise<Managed | undefined> {
  const all: readonly Managed[] = await alertmanager.get(`/api/v2/alerts?active=${active}`);
  return all.find((alert) => alert.labels['alertname'] === name);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'halogi-rules-e2e-'));
  [alertmanager, prometheus] = await Promise.all([
    Receiver.alertmanager(join(folder, 'alertmanager')),
    Receiver.prometheus(join(folder, 'prometheus')),
  ]);
  await start();
});
afterAll(async () => {
  await server.stop();
  await Promise.all([alertmanager.end('SIGKILL'), prometheus.end('SIGKILL')]);
  rmSync(folder, { recursive: true });
});

describe('an alert', () => {
  it('goes pending, firing, resolved, and survives kill -9 in each state', async () => {
    await push('pay', 3);
    // What was pushed counts for some seconds, so the alert ends by itself.
    await putGroup(`name: alerts
interval: 1s
rules:
  - alert: Failing
    expr: sum by (app) (count_over_time({app="pay"} |= "error" [20s])) > 0
    for: 6s
    labels: {severity: page}
    annotations: {summary: '{{ $labels.app }} fails {{ $value }} times'}
`);
    await vi.waitFor(async () => {
      const pending = await alertOf('Failing');
      expect(pending?.state).toBe('pending');
      expect(Date.now() - Date.parse(pending!.activeAt)).toBeGreaterThan(3000);
    }, WAIT);
    await killAndStart();
    // It goes on: the seconds that it was pending before are not lost.
    const pending = (await alertOf('Failing'))!;
    expect(Date.now() - Date.parse(pending.activeAt)).toBeGreaterThan(1500);
    await vi.waitFor(async () => expect((await alertOf('Failing'))?.state).toBe('firing'), WAIT);
    await vi.waitFor(async () => expect(await managed('Failing')).toBeDefined(), WAIT);
    const before = (await managed('Failing'))!;
    expect(before).toMatchObject({
      labels: { alertname: 'Failing', app: 'pay', severity: 'page', cluster: 'test' },
      annotations: { summary: expect.stringMatching(/^pay fails \d+ times$/) },
      generatorURL: expect.stringMatching(/^http:\/\/grafana\.example\/explore\?left=/),
    });
    await killAndStart();
    await push('pay', 1);
    await vi.waitFor(async () => expect((await alertOf('Failing'))?.state).toBe('firing'), WAIT);
    await vi.waitFor(async () => {
      const { groups } = await data('/prometheus/api/v1/rules?rule_name=Failing');
      expect(groups[0].rules[0].lastEvaluation).not.toMatch(/^0001/);
    }, WAIT);
    // A restart is no new alert: Alertmanager knows one that began when it began.
    expect((await managed('Failing'))!.startsAt).toBe(before.startsAt);
    // No more lines: it ends, and Alertmanager hears of it, also when the server is killed at that moment.
    await vi.waitFor(async () => expect(await alertOf('Failing')).toBeUndefined(), WAIT);
    await killAndStart();
    await vi.waitFor(async () => expect(await managed('Failing')).toBeUndefined(), WAIT);
    expect(await alertOf('Failing')).toBeUndefined();
  });

  it('waits for an Alertmanager that is away', async () => {
    await alertmanager.end('SIGKILL');
    await putGroup('name: away\ninterval: 1s\nrules: [{alert: Away, expr: vector(1) > 0}]\n');
    await vi.waitFor(async () => expect((await alertOf('Away'))?.state).toBe('firing'), WAIT);
    await vi.waitFor(async () => expect(server.log()).toMatch(/alerts not sent/), WAIT);
    await alertmanager.start();
    await vi.waitFor(async () => expect(await managed('Away')).toBeDefined(), WAIT);
  });
});

describe('recorded samples', () => {
  const RECORDED = 'e2e:lines:count';

  /** Times of the samples that Prometheus has, seconds. */
  async function times(): Promise<readonly number[]> {
    const query = encodeURIComponent(`${RECORDED}{app="rec",cluster="test",kind="x"}[1h]`);
    const answer = await prometheus.get(`/api/v1/query?query=${query}`);
    return answer.data.result.flatMap((series: { values: [number, string][] }) => series.values.map(([time]) => time));
  }

  async function waitForMore(count: number): Promise<void> {
    const before = (await times()).length;
    await vi.waitFor(async () => expect((await times()).length).toBeGreaterThanOrEqual(before + count), WAIT);
  }

  it('are complete over restarts of either side', async () => {
    await push('rec', 5);
    await putGroup(`name: record
interval: 1s
rules:
  - record: ${RECORDED}
    expr: sum by (app) (count_over_time({app="rec"}[1h]))
    labels: {kind: x}
`);
    await waitForMore(3);
    // Prometheus is away for a while: samples wait in the queue.
    await prometheus.end('SIGKILL');
    await vi.waitFor(async () => expect(server.log()).toMatch(/recorded samples not sent, trying again/), WAIT);
    // Halogi is killed while they wait, and evaluates what it missed when it is back.
    await killAndStart();
    await prometheus.start();
    await waitForMore(5);
    await killAndStart();
    await waitForMore(3);
    const found = [...(await times())].sort((a, b) => a - b);
    const missing = found.slice(1).filter((time, i) => Math.round((time - found[i]!) * 1000) !== 1000);
    expect(missing).toEqual([]);
    expect(new Set(found).size).toBe(found.length);
    expect(found.length).toBe(Math.round(found.at(-1)! - found[0]!) + 1);
    expect(found.length).toBeGreaterThan(10);
  });

  it('that are refused are dropped, told of and counted', async () => {
    // Older than everything that Prometheus has: it answers 400.
    await putGroup(`name: old
interval: 1s
query_offset: 30d
rules: [{record: 'e2e:old', expr: vector(1), labels: {kind: x}}]
`);
    await vi.waitFor(async () => expect(server.log()).toMatch(/recorded samples refused/), WAIT);
    await vi.waitFor(async () => {
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      expect(metrics).toMatch(/loki_prometheus_remote_storage_samples_failed_total\{remote_name="main"\} [1-9]/);
    }, WAIT);
    await fetch(`${server.url}/loki/api/v1/rules/e2e/old`, { method: 'DELETE' });
    await waitForMore(2);
  });
});
