import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningHalogi, startHalogi } from '../support/halogi-process.ts';
import { countLines, readLines } from '../support/loki-client.ts';
import { patientMs } from '../support/patience.ts';

/** `HALOGI_TRICKLE=1000` for a long run. */
const FLUSHES = Number(process.env['HALOGI_TRICKLE'] ?? 200);
const STREAMS = 5000;
/** Each flush has some of the streams, one row each. */
const STREAMS_PER_FLUSH = 500;
const FLUSHES_PER_LOOK = Math.floor(FLUSHES / 5);
/** The newest row is a few seconds old, all within a minute, so that a day border is rarely crossed. */
const START_NS = BigInt(Date.now() - 60_000) * 1_000_000n;
const RANGE = { startNs: START_NS - 1_000_000_000n, endNs: START_NS + 60_000_000_000n };
const MIB = 1024 * 1024;

let folder: string;
let server: RunningHalogi | undefined;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'halogi-trickle-'));
});
afterAll(async () => {
  await server?.kill();
  rmSync(folder, { recursive: true });
});

const lineOf = (flush: number, stream: number): string =>
  `flush=${flush} stream=${stream} msg="a line of a quiet stream"`;
const streamOf = (flush: number, i: number): number => (flush * STREAMS_PER_FLUSH + i) % STREAMS;

function bodyOf(flush: number): string {
  const streams = Array.from({ length: STREAMS_PER_FLUSH }, (_, i) => {
    const stream = streamOf(flush, i);
    const ns = START_NS + BigInt(flush) * 100_000_000n + BigInt(i);
    return { stream: { job: 'trickle', pod: `p${stream}` }, values: [[String(ns), lineOf(flush, stream)]] };
  });
  return JSON.stringify({ streams });
}

async function post(url: string, path: string, body?: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url + path, { method: 'POST', headers, ...(body === undefined ? {} : { body }) });
  expect(response.status, await response.text()).toBeLessThan(300);
}

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1] ?? Number.NaN);
}

interface Look {
  readonly files: number;
  readonly handles: number;
  readonly residentBytes: number;
  readonly queryMs: number;
}

/** Waits for the merges that are due, asks, and checks the answers. */
async function look({ url, child }: RunningHalogi, flushes: number): Promise<Look> {
  await expect.poll(() => metric(url, 'halogi_segments'), { timeout: patientMs(5000) }).toBeLessThan(30);
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const startMs = performance.now();
    expect(await countLines(url, '{job="trickle"} |= "quiet"', RANGE)).toBe(flushes * STREAMS_PER_FLUSH);
    times.push(performance.now() - startMs);
  }
  for (const stream of [0, 7, STREAMS - 1]) {
    const expected = Array.from({ length: flushes }, (_, flush) => flush).filter((flush) => {
      const first = streamOf(flush, 0);
      return stream >= first && stream < first + STREAMS_PER_FLUSH;
    });
    const lines = await readLines(url, `{job="trickle", pod="p${stream}"}`, RANGE);
    expect(lines.map(({ line }) => line)).toEqual(expected.map((flush) => lineOf(flush, stream)));
  }
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return {
    files: readdirSync(join(folder, 'segments'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.seg'),
    ).length,
    handles: readdirSync(`/proc/${child.pid}/fd`).length,
    residentBytes: Number(/VmRSS:\s+(\d+)/.exec(status)![1]) * 1024,
    queryMs: times.sort((a, b) => a - b)[2]!,
  };
}

it(`${STREAMS} streams in ${FLUSHES} flushes of few rows: files, handles, memory and time stay flat`, {
  timeout: 60_000 + FLUSHES * 500,
}, async () => {
  server = await startHalogi(folder, ['--merge.min_age', '0s', '--merge.cpu_percent', '100']);
  const looks: Look[] = [];
  for (let flush = 0; flush < FLUSHES; flush++) {
    await post(server.url, '/loki/api/v1/push', bodyOf(flush));
    await post(server.url, '/flush');
    if ((flush + 1) % FLUSHES_PER_LOOK === 0) looks.push(await look(server, flush + 1));
  }
  if (process.env['HALOGI_TRICKLE'] !== undefined) process.stdout.write(`${JSON.stringify(looks, null, 1)}\n`);
  expect(await metric(server.url, 'halogi_merges_total')).toBeGreaterThan(FLUSHES / 10);
  expect(await metric(server.url, 'halogi_merge_failures_total')).toBe(0);
  const [first, last] = [looks[0]!, looks.at(-1)!];
  expect(last.files).toBeLessThan(30);
  expect(last.handles).toBeLessThan(first.handles + 60);
  // Heaps of the threads grow to where their garbage collection begins; that depends on the machine more than on the data.
  expect(last.residentBytes).toBeLessThan(first.residentBytes + 250 * MIB);
  // Five times the rows, each of them read; unmerged, five times the blocks of one row too.
  expect(last.queryMs).toBeLessThan(5 * first.queryMs + patientMs(25));
  await server.stop();
  server = await startHalogi(folder, ['--merge.min_age', '0s']);
  await look(server, FLUSHES_PER_LOOK * 5);
});
