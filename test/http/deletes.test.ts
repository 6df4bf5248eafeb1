import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type RunningHalogi, startHalogi } from '../support/halogi-process.ts';
import { patientMs } from '../support/patience.ts';

const NS_PER_SECOND = 1_000_000_000n;
const nowSeconds = BigInt(Math.floor(Date.now() / 1000));
const startSeconds = nowSeconds - 3600n;

let root: string;
const servers: RunningHalogi[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'halogi-deletes-'));
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.kill();
  rmSync(root, { recursive: true, force: true });
});

async function start(name: string, environment: Record<string, string> = {}): Promise<RunningHalogi> {
  const server = await startHalogi(join(root, name), [], environment);
  servers.push(server);
  return server;
}

interface Row {
  readonly app: string;
  readonly second: bigint;
  readonly line: string;
  readonly user: string;
}

/** Twenty rows a minute for half an hour: of three streams, of which one comes late. */
const rows: readonly Row[] = Array.from({ length: 600 }, (_, i) => ({
  app: ['a', 'b', 'c'][i % 3]!,
  second: startSeconds + BigInt(i % 3 === 2 ? (i * 7) % 600 : i) * 3n,
  line: `level=${i % 5 === 0 ? 'error' : 'info'} request=${i} status=${i % 7 === 0 ? 500 : 200}`,
  user: `u${i % 4}`,
}));

async function push({ url }: RunningHalogi, some: readonly Row[]): Promise<void> {
  const streams = some.map(({ app, second, line, user }) => ({
    stream: { app },
    values: [[String(second * NS_PER_SECOND), line, { user }]],
  }));
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/loki/api/v1/push`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ streams }),
  });
  expect(response.status).toBe(204);
}

/** Half of the rows in segments, half in the head. */
async function fill(server: RunningHalogi, some: readonly Row[]): Promise<void> {
  const half = Math.floor(some.length / 2);
  await push(server, some.slice(0, half));
  expect((await fetch(`${server.url}/flush`, { method: 'POST' })).status).toBe(204);
  await push(server, some.slice(half));
}

const RANGE = `start=${startSeconds - 60n}&end=${nowSeconds}`;
const QUESTIONS: readonly string[] = [
  ...[
    '{app=~".+"}',
    '{app="a"} |= "status=500"',
    '{app="b"} | logfmt | status="200" | user="u1"',
    'sum by (app) (count_over_time({app=~".+"}[5m]))',
    'sum by (level) (count_over_time({app=~".+"} | logfmt [10m]))',
    'sum(bytes_over_time({app=~".+"}[5m]))',
    'topk(2, sum by (user) (rate({app="a"}[5m])))',
    'sum by (detected_level) (count_over_time({app=~".+"}[1m]))',
  ].flatMap((query) =>
    ['forward', 'backward'].map(
      (direction) =>
        `query_range?${RANGE}&limit=5000&step=60&direction=${direction}&query=${encodeURIComponent(query)}`,
    ),
  ),
  `query_range?${RANGE}&limit=7&query=${encodeURIComponent('{app=~".+"}')}`,
  `series?${RANGE}&match[]=${encodeURIComponent('{app=~".+"}')}`,
  `label/app/values?${RANGE}`,
  `detected_fields?${RANGE}&query=${encodeURIComponent('{app=~".+"}')}`,
  `patterns?${RANGE}&query=${encodeURIComponent('{app=~".+"}')}`,
];

async function answers({ url }: RunningHalogi): Promise<string[]> {
  return Promise.all(
    QUESTIONS.map(async (question) => {
      const response = await fetch(`${url}/loki/api/v1/${question}`);
      expect(response.status, question).toBe(200);
      const { data } = (await response.json()) as { data: Record<string, unknown> & unknown[] };
      if (data && !Array.isArray(data)) delete data['stats'];
      return JSON.stringify(data);
    }),
  );
}

async function request(server: RunningHalogi, query: string, from = startSeconds, to = nowSeconds): Promise<Response> {
  const params = `query=${encodeURIComponent(query)}&start=${from}&end=${to}`;
  return fetch(`${server.url}/loki/api/v1/delete?${params}`, { method: 'POST' });
}

async function list({ url }: RunningHalogi): Promise<{ request_id: string; status: string; deleted_lines: number }[]> {
  return (await fetch(`${url}/loki/api/v1/delete`)).json() as Promise<never>;
}

/** What the requests of the test leave. */
const middle = startSeconds + 900n;
const kept = rows.filter(
  ({ app, second, line, user }) =>
    !(app === 'b') &&
    !(app === 'a' && second <= middle && line.includes('status=500')) &&
    !(app === 'c' && user === 'u2'),
);
const REQUESTS: readonly (readonly [query: string, to: bigint])[] = [
  ['{app="b"}', nowSeconds],
  ['{app="a"} |= "status=500"', middle],
  ['{app="c"} | logfmt | user="u2"', nowSeconds],
];

test('rows are hidden at once on every path, come back when a request is taken back, and stay hidden over a restart', async () => {
  const [deleting, whole, reference] = await Promise.all([start('deleting'), start('whole'), start('reference')]);
  await Promise.all([fill(deleting, rows), fill(whole, rows), fill(reference, kept)]);
  const [all, wanted] = await Promise.all([answers(whole), answers(reference)]);
  expect(await answers(deleting)).toEqual(all);

  const ids: string[] = [];
  for (const [query, to] of REQUESTS) {
    const response = await request(deleting, query, startSeconds, to);
    expect(response.status).toBe(204);
    ids.push(response.headers.get('x-delete-request-id')!);
  }
  expect(await answers(deleting)).toEqual(wanted);
  expect((await list(deleting)).map(({ request_id, status }) => [request_id, status])).toEqual(
    ids.map((id) => [id, 'received']),
  );

  await deleting.kill();
  const again = await start('deleting');
  expect(await answers(again)).toEqual(wanted);

  for (const id of ids) {
    const response = await fetch(`${again.url}/loki/api/v1/delete?request_id=${id}`, { method: 'DELETE' });
    expect(response.status).toBe(204);
  }
  expect(await list(again)).toEqual([]);
  expect(await answers(again)).toEqual(all);
});

test('rows are removed from the files when a request can no longer be taken back', async () => {
  const [deleting, reference] = await Promise.all([
    start('deleting', { HALOGI_DELETES_CANCEL_PERIOD: '0s' }),
    start('reference'),
  ]);
  await Promise.all([fill(deleting, rows), fill(reference, kept)]);
  const wanted = await answers(reference);
  for (const [query, to] of REQUESTS) expect((await request(deleting, query, startSeconds, to)).status).toBe(204);
  expect(await answers(deleting)).toEqual(wanted);
  const isDone = async (): Promise<boolean> => (await list(deleting)).every(({ status }) => status === 'processed');
  const untilMs = Date.now() + patientMs(60_000);
  while (!(await isDone()) && Date.now() < untilMs) await new Promise((resolve) => setTimeout(resolve, 50));
  const done = await list(deleting);
  expect(done.map(({ status }) => status)).toEqual(REQUESTS.map(() => 'processed'));
  expect(done.reduce((sum, { deleted_lines }) => sum + deleted_lines, 0)).toBe(rows.length - kept.length);
  expect(await answers(deleting)).toEqual(wanted);
  expect(await (await fetch(`${deleting.url}/metrics`)).text()).toMatch(
    new RegExp(`^halogi_stored_rows ${kept.length}$`, 'm'),
  );
  const taken = await fetch(`${deleting.url}/loki/api/v1/delete?request_id=${done[0]!.request_id}`, {
    method: 'DELETE',
  });
  expect(taken.status).toBe(400);

  await deleting.kill();
  const again = await start('deleting');
  expect(await answers(again)).toEqual(wanted);
  // What comes after a request was processed stays.
  await push(again, rows.slice(1, 2));
  expect(await answers(again)).not.toEqual(wanted);
});

test('what is wrong with a request is said as Loki says it', async () => {
  const server = await start('refusing', { HALOGI_AUTH_ENABLED: 'true' });
  const call = async (method: string, params: string, tenant = 't'): Promise<string> => {
    const response = await fetch(`${server.url}/loki/api/v1/delete?${params}`, {
      method,
      headers: { 'x-scope-orgid': tenant },
    });
    return `${response.status} ${await response.text()}`;
  };
  const query = `query=${encodeURIComponent('{a="b"}')}`;
  expect(await call('POST', '')).toBe('400 query not set\n');
  expect(await call('POST', 'query=rate')).toBe('400 invalid query expression\n');
  expect(await call('POST', query)).toBe('400 start time not set\n');
  expect(await call('POST', `${query}&start=1`)).toBe(
    '400 invalid start time: require unix seconds or RFC3339 format\n',
  );
  expect(await call('PUT', `${query}&start=1700000000&end=1600000000`)).toBe(
    "400 start time can't be greater than or equal to end time\n",
  );
  expect(await call('PUT', `${query}&start=1700000000&end=9999999999`)).toBe(
    '400 deletes in the future are not allowed\n',
  );
  expect(await call('DELETE', 'request_id=00000000')).toBe('404 could not find delete request with given id\n');
  expect(await call('DELETE', '')).toBe('400 request_id not set\n');
  expect(await call('GET', '')).toBe('200 []');
  expect(await call('POST', `query=${encodeURIComponent('{}')}&start=2026-01-01T00:00:00Z&end=1790000000`)).toBe(
    '204 ',
  );
  expect(await call('GET', '', 'other')).toBe('200 []');
  expect(await call('GET', '')).toContain('"start_time":1767225600,"end_time":1790000000');
});
