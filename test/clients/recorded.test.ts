import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningHalogi, startHalogi } from '../support/halogi-process.ts';
import { type FoundLine, readLines } from '../support/loki-client.ts';

interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Tenant of the recordings that name none. */
const NO_TENANT = 'fallback';
/** Headers that belong to the connection of the recording. */
const CONNECTION_HEADERS = ['connection', 'content-length', 'host'];

const folder = mkdtempSync(join(tmpdir(), 'halogi-recorded-'));
let server: RunningHalogi;
beforeAll(async () => {
  server = await startHalogi(folder, ['--auth_enabled', 'true']);
  for (const client of ['promtail', 'fluent-bit']) await sendAll(client);
});
afterAll(async () => {
  await server.kill();
  rmSync(folder, { recursive: true });
});

/** Sends all requests of a client in their order, just as they came. */
async function sendAll(client: string): Promise<void> {
  const recordings = join(import.meta.dirname, 'recorded', client);
  const bodies = readdirSync(recordings).filter((name) => name.endsWith('.bin'));
  expect(bodies.length).toBeGreaterThan(5);
  for (const name of bodies.sort()) {
    const request = JSON.parse(readFileSync(join(recordings, name.replace('.bin', '.json')), 'utf8')) as RecordedRequest;
    const headers = new Headers(Object.entries(request.headers).filter(([header]) => !CONNECTION_HEADERS.includes(header)));
    if (!headers.has('x-scope-orgid')) headers.set('x-scope-orgid', NO_TENANT);
    const response = await fetch(server.url + request.path, { method: request.method, headers, body: readFileSync(join(recordings, name)) });
    expect([client, name, response.status]).toEqual([client, name, 204]);
  }
}

const DAY_START = BigInt(Date.UTC(2026, 10, 22)) * 1_000_000n;
const RANGE = { startNs: DAY_START, endNs: DAY_START + 3n * 86_400n * 10n ** 9n };
const find = (tenant: string, query: string): Promise<FoundLine[]> => readLines(server.url, query, { ...RANGE, tenant });

async function statusOf(path: string, tenant?: string): Promise<number> {
  const response = await fetch(server.url + path, { headers: tenant === undefined ? {} : { 'x-scope-orgid': tenant } });
  await response.arrayBuffer();
  return response.status;
}

/** All that the recordings must give; told by their README. */
function expectRecorded(): void {
  it('Promtail: labels, metadata and CRI times of every line', async () => {
    const cart = await find('team-a', '{container="cart", stream="stdout"}');
    expect(cart.length).toBe(600);
    for (const { labels, line, ns } of cart) {
      const fields = JSON.parse(line) as Record<string, string>;
      expect(labels).toMatchObject({ container: 'cart', service_name: 'cart', level: fields['level'], trace_id: fields['trace_id'], detected_level: fields['level'] });
      expect(Object.keys(labels)).toContain('cluster');
      expect(new Date(Number(ns / 1_000_000n)).toISOString()).toMatch(/^2026-11-23T/);
    }
    expect(cart.some(({ line }) => line.includes('장바구니 담기 🛒'))).toBe(true);
    // CRI writes nanoseconds, and they are not cut.
    expect(cart.some(({ ns }) => ns % 1000n !== 0n)).toBe(true);
    expect((await find('team-a', '{container="cart", stream="stderr"}')).length).toBe(12);
    expect((await find('team-a', '{container="coredns"}')).length).toBe(600);
  });

  it('Promtail: structured metadata can be asked for', async () => {
    const [first] = await find('team-a', '{container="cart", stream="stdout"}');
    const traceId = first!.labels['trace_id']!;
    const found = await find('team-a', `{container="cart", stream="stdout"} | trace_id="${traceId}"`);
    expect(found.map(({ labels }) => labels['trace_id'])).toContain(traceId);
    expect(found.length).toBeLessThan(600);
  });

  it('Fluent Bit: JSON lines with label keys and metadata, gzip', async () => {
    const found = await find('team-b', '{job="fluent-bit", cluster="dev"}');
    expect(found.length).toBe(12);
    for (const { labels, line, ns } of found) {
      expect(labels).toMatchObject({ n: '42', trace_id: 'a6a3a4506513270e269e0d37f2a74de4', kubernetes_pod_name: 'cart-7d9f' });
      expect(JSON.parse(line)).toMatchObject({ log: '장바구니 담기 ok' });
      expect(ns % 1000n).not.toBe(0n);
    }
    expect(new Set(found.map(({ ns }) => ns)).size).toBe(12);
  });

  it('Fluent Bit: key=value lines, plain defaults and OTLP', async () => {
    const pairs = [...(await find('team-b', '{job="fluent-bit-kv"}')), ...(await find(NO_TENANT, '{job="fluent-bit-kv"}'))];
    expect(pairs.map(({ line }) => line)).toEqual(Array(12).fill('log="장바구니 담기 ok" level="info" ok=true none=null'));
    expect((await find(NO_TENANT, '{job="fluent-bit", env="dev"}')).length).toBe(6);
    const otlp = await find(NO_TENANT, '{service_name="unknown_service", job=""}');
    expect(otlp.filter(({ line }) => line === '장바구니 담기 ok').length).toBe(12);
    expect(otlp.filter(({ line }) => line === 'disk "sda" at 91%\tline').length).toBe(6);
  });

  it('tenants are kept apart', async () => {
    expect(await find('team-b', '{container="cart"}')).toEqual([]);
    expect(await find('team-a', '{job="fluent-bit"}')).toEqual([]);
    expect(await find('nobody', '{job=~".+"}')).toEqual([]);
    expect(await statusOf('/loki/api/v1/labels')).toBe(401);
    expect(await statusOf('/loki/api/v1/labels', 'team-a')).toBe(200);
  });
}

/** Every line of every tenant, in an order of its own. */
async function everything(): Promise<string[]> {
  const lines: string[] = [];
  for (const tenant of ['team-a', 'team-b', NO_TENANT]) {
    for (const { labels, ns, line } of await find(tenant, '{service_name=~".+"}')) {
      lines.push(`${tenant} ${JSON.stringify(Object.entries(labels).sort())} ${ns} ${line}`);
    }
  }
  return lines.sort();
}

let fromHead: string[];
describe('recorded pushes, from the head', () => {
  beforeAll(async () => {
    fromHead = await everything();
  });
  expectRecorded();
});

describe('recorded pushes, from segments', () => {
  beforeAll(async () => {
    const response = await fetch(`${server.url}/flush`, { method: 'POST', headers: { 'x-scope-orgid': 'team-a' } });
    expect(response.status).toBeLessThan(300);
    expect(await (await fetch(`${server.url}/metrics`)).text()).toMatch(/^halogi_head_rows 0$/m);
  });
  expectRecorded();

  it('they are the same rows, to the byte and the nanosecond', async () => {
    expect(fromHead.length).toBe(1212 + 12 * 3 + 6 * 2);
    expect(await everything()).toEqual(fromHead);
  });
});
