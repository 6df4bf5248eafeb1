import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type RunningHalogi, startHalogi } from '../support/halogi-process.ts';
import { countLines, readLines } from '../support/loki-client.ts';
import { mulberry32 } from '../support/push-load.ts';

const KILLS = Number(process.env['HALOGI_KILLS'] ?? 4);
const SEED = Number(process.env['HALOGI_SEED'] ?? 20_261_124);
const FLUSHES_PER_ROUND = 14;
const STREAMS = 6;
const LINES = 60;
const START_NS = BigInt(Date.now() - 600_000) * 1_000_000n;
const RANGE = { startNs: START_NS - 1_000_000_000n, endNs: START_NS + 600_000_000_000n };
const ARGS = [
  '--merge.tier_segments',
  '2',
  '--merge.min_age',
  '0s',
  '--merge.cpu_percent',
  '100',
  '--limits_config.max_entries_limit_per_query',
  '1000000',
];

let folder: string;
let server: RunningHalogi | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'halogi-merge-kill-'));
});
afterEach(async () => {
  await server?.kill();
  rmSync(folder, { recursive: true });
});

/** Lines of one push for one stream; every other push is late, so that merges have to sort. */
function linesOf(push: number, stream: number): [string, string][] {
  const base = push % 2 === 0 ? push : push - 2.5;
  return Array.from({ length: LINES }, (_, i) => {
    const ns = START_NS + BigInt(Math.round(base * 100_000_000 + i * 1_000_000 + stream));
    return [String(ns), `push=${push} line=${i} ${'x'.repeat((push * i) % 500)}`];
  });
}

async function push(url: string, number: number): Promise<boolean> {
  const streams = Array.from({ length: STREAMS }, (_, stream) => ({
    stream: { app: 'merge', pod: `p${stream}` },
    values: linesOf(number, stream),
  }));
  const body = JSON.stringify({ streams });
  const headers = { 'content-type': 'application/json' };
  return fetch(`${url}/loki/api/v1/push`, { method: 'POST', headers, body }).then(
    ({ status }) => status === 204,
    () => false,
  );
}

async function expectAll(url: string, pushes: number): Promise<void> {
  for (let stream = 0; stream < STREAMS; stream++) {
    const expected = Array.from({ length: pushes }, (_, number) => linesOf(number, stream))
      .flat()
      .sort(([a], [b]) => (BigInt(a) < BigInt(b) ? -1 : 1));
    const found = await readLines(url, `{app="merge", pod="p${stream}"}`, RANGE, 1_000_000);
    const seen = new Map<string, number>();
    for (const { ns, line } of found) seen.set(`${ns} ${line}`, (seen.get(`${ns} ${line}`) ?? 0) + 1);
    const wrong = expected.filter(([ns, line]) => seen.get(`${ns} ${line}`) !== 1);
    expect(wrong.map(([ns, line]) => [ns, line.slice(0, 16), seen.get(`${ns} ${line}`)])).toEqual([]);
    expect(found.map(({ ns }) => String(ns))).toEqual(expected.map(([ns]) => ns));
  }
  expect(await countLines(url, '{app="merge"}', RANGE)).toBe(pushes * STREAMS * LINES);
}

function mergesOf(running: RunningHalogi): number {
  return running.log().split('"segments merged"').length - 1;
}

it(`loses and doubles nothing over ${KILLS} kills while segments are merged`, {
  timeout: 60_000 + KILLS * 30_000,
}, async () => {
  const random = mulberry32(SEED);
  let pushes = 0;
  let merged = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const running = await startHalogi(folder, ARGS);
    server = running;
    await expectAll(running.url, pushes);
    const killAt = 4 + Math.floor(random() * (FLUSHES_PER_ROUND - 4));
    for (let flush = 0; flush < killAt; flush++) {
      expect(await push(running.url, pushes)).toBe(true);
      pushes++;
      await fetch(`${running.url}/flush`, { method: 'POST' });
      // The thread that merges starts with the first merge, and on a busy machine that takes a while.
      if (flush === 2) await vi.waitUntil(() => mergesOf(running) > 0, { timeout: 20_000, interval: 20 });
    }
    // Wherever the merge that the last flush began is by then.
    await new Promise((resolve) => setTimeout(resolve, random() * 40));
    merged += mergesOf(running);
    await running.kill();
  }
  server = await startHalogi(folder, ARGS);
  await expectAll(server.url, pushes);
  await server.stop();
  expect(merged).toBeGreaterThanOrEqual(KILLS);
  // The index can be made again from the segments alone.
  rmSync(join(folder, 'index'), { recursive: true });
  server = await startHalogi(folder, ARGS);
  await expectAll(server.url, pushes);
  const files = readdirSync(join(folder, 'segments'), { recursive: true, encoding: 'utf8' });
  expect(files.filter((name) => name.endsWith('.seg')).length).toBeLessThan(pushes);
});
