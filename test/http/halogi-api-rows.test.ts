import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningHalogi, startHalogi } from '../support/halogi-process.ts';

const BASE_NS = BigInt(Date.now() - 60_000) * 1_000_000n;
let halogi: RunningHalogi;

beforeAll(async () => {
  halogi = await startHalogi(mkdtempSync(join(tmpdir(), 'halogi-rows-')));
  const values = (app: string, count: number, timeNs: (i: number) => bigint): unknown => ({
    stream: { app, kind: 'rows' },
    values: Array.from({ length: count }, (_, i) => [`${timeNs(i)}`, `${app} line ${i} "ü"`]),
  });
  const streams = [
    values('a', 1500, () => BASE_NS + 500n),
    values('b', 1500, () => BASE_NS + 500n),
    values('c', 1000, (i) => BASE_NS + BigInt(i)),
  ];
  const answer = await fetch(`${halogi.url}/loki/api/v1/push`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ streams }),
  });
  expect(answer.status).toBe(204);
}, 60_000);
afterAll(() => halogi?.stop());

type Row = readonly [number, string, string, object?];

async function ask(
  params: Record<string, string>,
): Promise<{ rows: Row[]; apps: string[]; end: Record<string, unknown> }> {
  const all = new URLSearchParams({
    query: '{kind="rows"}',
    start: `${BASE_NS}`,
    end: `${BASE_NS + 5000n}`,
    ...params,
  });
  const answer = await fetch(`${halogi.url}/halogi/api/v1/rows?${all}`);
  expect(answer.status).toBe(200);
  const lines = (await answer.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const apps: string[] = [];
  for (const line of lines) if (line.labels !== undefined) apps[line.set] = line.labels.app;
  return { rows: lines.filter((line) => Array.isArray(line)) as unknown as Row[], apps, end: lines.at(-1).end };
}

test.each(['backward', 'forward'])(
  '%s: the cursor misses no row and repeats none at one time',
  async (direction) => {
    const seen: string[] = [];
    const times: bigint[] = [];
    for (let cursor = '', more = true; more; ) {
      const { rows, apps, end } = await ask({ direction, limit: '700', ...(cursor === '' ? {} : { cursor }) });
      for (const [set, time, line] of rows) {
        expect(line.startsWith(`${apps[set]} line `)).toBe(true);
        seen.push(`${time} ${line}`);
        times.push(BigInt(time));
      }
      cursor = end['cursor'] as string;
      more = end['more'] as boolean;
    }
    expect(seen.length).toBe(4000);
    expect(new Set(seen).size).toBe(4000);
    const sorted = [...times].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    expect(times).toEqual(direction === 'forward' ? sorted : sorted.reverse());
    const whole = await ask({ direction, limit: '100000' });
    expect(whole.rows.map(([, time, line]) => `${time} ${line}`)).toEqual(seen);
    expect(whole.end['more']).toBe(false);
  },
  60_000,
);

test.each([
  ['a wrong cursor', { cursor: 'x' }],
  ['a metric query', { query: 'rate({kind="rows"}[1m])' }],
  ['a syntax error', { query: '{' }],
])('%s is refused with 400', async (_name, params) => {
  const all = new URLSearchParams({ query: '{kind="rows"}', ...params });
  expect((await fetch(`${halogi.url}/halogi/api/v1/rows?${all}`)).status).toBe(400);
});
