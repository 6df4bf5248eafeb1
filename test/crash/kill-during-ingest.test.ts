import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningHalogi, startHalogi } from '../support/halogi-process.ts';
import { countLines, readLines } from '../support/loki-client.ts';
import { type LoadBody, mulberry32, PushLoad, pushBody } from '../support/push-load.ts';

const KILLS = Number(process.env['HALOGI_KILLS'] ?? 3);
const SEED = Number(process.env['HALOGI_SEED'] ?? 20_261_124);
const PUSHERS = 4;
const STREAMS = 12;
/** On a machine that has time for it; the processes that wait for a core take their share. */
const readyWithinMs = (): number => 5000 * Math.max(1, loadavg()[0]! / availableParallelism());
/** Small, so that the head is written to segments several times a round. */
const ARGS = ['--memory.head_bytes', '16MB', '--limits_config.max_entries_limit_per_query', '10000000'];

let folder: string;
let server: RunningHalogi | undefined;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'halogi-kill-'));
});
afterAll(async () => {
  await server?.kill();
  rmSync(folder, { recursive: true });
});

interface Round {
  readonly name: string;
  readonly load: PushLoad;
  readonly startNs: bigint;
  readonly acknowledged: LoadBody[];
  /** Sent, but the connection broke before the answer. */
  readonly unanswered: LoadBody[];
  refused: number;
}

function newRound(number: number): Round {
  const startNs = BigInt(Date.now() - 3_600_000) * 1_000_000n;
  const load = new PushLoad({ seed: SEED + number, round: String(number), startNs, linesPerBody: 400, streamCount: STREAMS });
  return { name: String(number), load, startNs, acknowledged: [], unanswered: [], refused: 0 };
}

/** Pushes one body after the other until the server is gone. */
async function pushUntilKilled(url: string, round: Round): Promise<void> {
  for (;;) {
    const body = round.load.next();
    let answer = await pushBody(url, body.bytes);
    while (answer !== undefined && answer.status !== 204) {
      expect([429, 503]).toContain(answer.status);
      round.refused++;
      await new Promise((resolve) => setTimeout(resolve, 50));
      answer = await pushBody(url, body.bytes);
    }
    if (answer === undefined) {
      round.unanswered.push(body);
      return;
    }
    round.acknowledged.push(body);
  }
}

/** How often each id of a round is read, stream by stream. */
async function readIds(url: string, round: Round): Promise<Uint8Array> {
  const seen = new Uint8Array(round.load.idCount);
  const range = { startNs: round.startNs - 10n ** 9n, endNs: round.startNs + 600n * 10n ** 9n };
  for (let pod = 0; pod < STREAMS; pod++) {
    for (const { line } of await readLines(url, `{app="load", round="${round.name}", pod="p${pod}"}`, range, 10_000_000)) {
      seen[Number(line.slice(3, line.indexOf(' ')))]!++;
    }
  }
  return seen;
}

function counted(url: string, round: Round): Promise<number> {
  return countLines(url, `{app="load", round="${round.name}"}`, {
    startNs: round.startNs - 10n ** 9n,
    endNs: round.startNs + 600n * 10n ** 9n,
  });
}

const idsOf = (body: LoadBody): number[] => Array.from({ length: body.lineCount }, (_, i) => body.firstId + i);

/** Checks what the restarted server has, sends what was unanswered again, and checks that nothing is doubled. */
async function checkRound(url: string, round: Round): Promise<void> {
  const first = await readIds(url, round);
  expect(round.acknowledged.flatMap(idsOf).filter((id) => first[id] !== 1)).toEqual([]);
  for (const body of round.unanswered) {
    // A push is one record: all of it or nothing.
    const times = new Set(idsOf(body).map((id) => first[id]!));
    expect([[0], [1]]).toContainEqual([...times]);
  }
  expect(await counted(url, round)).toBe(first.reduce((sum, times) => sum + times, 0));
  for (const body of round.unanswered) expect((await pushBody(url, body.bytes))?.status).toBe(204);
  await checkComplete(url, round);
}

/** Every line exactly once, told both by reading and by counting. */
async function checkComplete(url: string, round: Round): Promise<void> {
  const seen = await readIds(url, round);
  expect([...seen.entries()].filter(([, times]) => times !== 1)).toEqual([]);
  expect(await counted(url, round)).toBe(round.load.idCount);
}

it(`loses and doubles nothing over ${KILLS} kills at full speed`, { timeout: 60_000 + KILLS * 30_000 }, async () => {
  const random = mulberry32(SEED);
  const rounds: Round[] = [];
  let headsWritten = 0;
  const report: string[] = [];
  let lastMs = performance.now();
  const tick = (name: string): void => { const now = performance.now(); console.log(name, Math.round(now - lastMs)); lastMs = now; };
  server = await startHalogi(folder, ARGS);
  for (let kill = 0; kill < KILLS; kill++) {
    const round = newRound(kill);
    rounds.push(round);
    const { url } = server;
    const pushing = Promise.all(Array.from({ length: PUSHERS }, () => pushUntilKilled(url, round)));
    await new Promise((resolve) => setTimeout(resolve, 600 + random() * 1500));
    tick('push');await server.kill();
    await pushing;
    tick('killed');headsWritten += server.log().split('"head written"').length - 1;
    server = await startHalogi(folder, ARGS);
    expect(server.readyMs).toBeLessThan(readyWithinMs());
    tick('start');await checkRound(server.url, round);tick('check ' + round.load.idCount);
    report.push(`${round.load.idCount} lines, ready after ${Math.round(server.readyMs)} ms`);
  }
  await server.stop();
  server = await startHalogi(folder, ARGS);
  for (const round of rounds) await checkComplete(server.url, round);
  // The load was large enough that kills met a head on its way to disk.
  expect(headsWritten).toBeGreaterThan(0);
  expect(server.log()).not.toContain('damage in the write-ahead log');
  if (process.env['HALOGI_KILLS'] !== undefined) process.stdout.write(`${report.join('\n')}\nheads written: ${headsWritten}\n`);
});
