import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningHalogi, startHalogi } from '../support/halogi-process.ts';
import { patientMs } from '../support/patience.ts';

/** Between a query that is heavy and one that is light; a server that one query blocks needs its whole time-out, a minute. */
const HONEST_MS = 5000;
const MAX_RSS_BYTES = 512 * 1024 * 1024;

let folder: string;
let server: RunningHalogi;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'halogi-hostile-queries-'));
  server = await startHalogi(folder, [], { HALOGI_LIMITS_CONFIG_QUERY_TIMEOUT: '20s' });
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  await push(
    'small',
    Array.from({ length: 200 }, (_, i) => [String(nowNs - BigInt(i)), `line ${i} level=info`]),
  );
});

afterAll(async () => {
  await server?.kill();
  rmSync(folder, { recursive: true, force: true });
});

async function push(app: string, values: readonly (readonly string[])[]): Promise<void> {
  const response = await fetch(`${server.url}/loki/api/v1/push`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ streams: [{ stream: { app }, values }] }),
  });
  expect([response.status, await response.text()]).toEqual([204, '']);
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly ms: number;
}

async function ask(query: string, limit = 5000): Promise<Answer> {
  const startMs = performance.now();
  const body = new URLSearchParams({ query, limit: String(limit) });
  const response = await fetch(`${server.url}/loki/api/v1/query_range`, { method: 'POST', body });
  const text = await response.text();
  return { status: response.status, text: text.slice(0, 2000), ms: performance.now() - startMs };
}

function rssBytes(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))![1]) * 1024;
}

/** Runs a query several times at once; small ones beside it must be answered soon, and memory must not grow beyond the limit. */
async function besideHonest(query: string, times = 4): Promise<readonly Answer[]> {
  let isOver = false;
  let worstRss = 0;
  const hostile = Promise.all(Array.from({ length: times }, () => ask(query))).finally(() => (isOver = true));
  do {
    const honest = await ask('{app="small"} |= "line 7"', 10);
    expect([honest.status, honest.text]).toEqual([200, expect.stringContaining('line 7')]);
    expect(honest.ms).toBeLessThan(patientMs(HONEST_MS) / 4);
    worstRss = Math.max(worstRss, rssBytes());
  } while (!isOver);
  expect(worstRss).toBeLessThan(MAX_RSS_BYTES);
  return hostile;
}

/** Label functions around label functions. */
function nested(depth: number, wrap: (inner: string, level: number) => string, core: string): string {
  return Array.from({ length: depth }).reduce<string>((inner, _, level) => wrap(inner, level), core);
}

describe('queries that make the main thread work', () => {
  test.each([
    [
      'a label that doubles',
      nested(40, (q) => `label_replace(${q}, "a", "$1$1", "a", "(.*)")`, 'label_replace(vector(1), "a", "xy", "", "")'),
    ],
    [
      'a label that grows tenfold',
      nested(
        20,
        (q) => `label_replace(${q}, "a", "$1$1$1$1$1$1$1$1$1$1", "a", "(.*)")`,
        'label_replace(vector(1), "a", "x", "", "")',
      ),
    ],
    [
      'labels that take turns',
      nested(
        60,
        (q, i) => `label_replace(${q}, "${i % 2 ? 'a' : 'b'}", "$1$1", "${i % 2 ? 'b' : 'a'}", "(.*)")`,
        'label_replace(vector(1), "a", "x", "", "")',
      ),
    ],
    [
      'a label that grows in an aggregation',
      `sum by (a) (${nested(40, (q) => `label_replace(${q}, "a", "$1$1", "a", "(.*)")`, 'label_replace(vector(1), "a", "xy", "", "")')})`,
    ],
  ])('%s', async (_name, query) => {
    const answers = await besideHonest(query);
    for (const { status, text } of answers) {
      expect(status).toBe(400);
      expect(text).toContain('label_replace');
    }
  });
});

describe('templates that go on', () => {
  test.each([
    [
      'a regex that looks to the end of the text from each place',
      'regexReplaceAll "a[^b]*b|a" (repeat 1000000 "a") "x"',
    ],
    ['the same as a count', 'count "a[^b]*b|a" (repeat 3000000 "a")'],
    ['the same with groups', 'regexReplaceAllLiteral "(a+)c|(a)" (repeat 500000 "a") ""'],
    [
      'nested loops that make texts',
      'range $i := fromJson "[1,2,3,4,5,6,7,8,9,10]" }}{{ range $j := fromJson "[1,2,3,4,5,6,7,8,9,10]" }}{{ range $k := fromJson "[1,2,3,4,5,6,7,8,9,10]" }}{{ len (repeat 9000000 "x") }}{{ end }}{{ end }}{{ end',
    ],
    [
      'texts that are made and thrown away',
      'len (repeat 9000000 "x" | upper | replace "X" "yz" | trunc 9000000 | lower | b64enc)',
    ],
  ])('%s', { timeout: 120_000 }, async (_name, template) => {
    const answers = await besideHonest(`{app="small"} | line_format \`{{ ${template} }}\``);
    for (const { status } of answers) expect([200, 400, 504]).toContain(status);
  });
});
