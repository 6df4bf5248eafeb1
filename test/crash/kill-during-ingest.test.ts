import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningHalogi, startHalogi } from '../support/halogi-process.ts';
import { type AskOptions, countLines, readLines } from '../support/loki-client.ts';
import { patientMs } from '../support/patience.ts';
import { type LoadBody, mulberry32, PushLoad, pushBody } from '../support/push-load.ts';

const KILLS = Number(process.env['HALOGI_KILLS'] ?? 3);
const SEED = Number(process.env['HALOGI_SEED'] ?? 20_261_124);
const PUSHERS = 4;
const STREAMS = 12;
/** 1000 lines each, about 14 MB together. */
const BODIES_PER_ROUND = 120;
/** On a machine that has time for it; the processes that wait for a core take their share. */
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
  readonly startNs: bigint;
  /** Made before the clock runs; sent from the front. */
  readonly bodies: readonly LoadBody[];
  sentCount: number;
  readonly acknowledged: LoadBody[];
  /** Sent, but the connection broke before the answer. */
  readonly unanswered: LoadBody[];
}

function newRound(number: number): Round {
  const startNs = BigInt(Date.now() - 3_600_000) * 1_000_000n;
  const load = new PushLoad({
    seed: SEED + number,
    round: String(number),
    startNs,
    linesPerBody: 1000,
    streamCount: STREAMS,
  });
  const bodies = Array.from({ length: BODIES_PER_ROUND }, () => load.next());
  return { name: String(number), startNs, bodies, sentCount: 0, acknowledged: [], unanswered: [] };
}

/** Pushes one body after the other until the server is gone; a refused one is sent again. */
async function pushUntilKilled(url: string, round: Round, onAcknowledged: () => void): Promise<void> {
  while (round.sentCount < round.bodies.length) {
    const body = round.bodies[round.sentCount++]!;
    let answer = await pushBody(url, body.bytes);
    while (answer !== undefined && answer.status !== 204) {
      expect([429, 503]).toContain(answer.status);
      expect(answer.retryAfter).not.toBeNull();
      await new Promise((resolve) => setTimeout(resolve, 50));
      answer = await pushBody(url, body.bytes);
    }
    if (answer === undefined) {
      round.unanswered.push(body);
      return;
    }
    round.acknowledged.push(body);
    onAcknowledged();
  }
}

/** Several pushers at once; the process is killed some time after so many acknowledgements, wherever it is then. */
async function pushAndKill(running: RunningHalogi, round: Round, killAfter: number, delayMs: number): Promise<void> {
  let killed: Promise<void> | undefined;
  const onAcknowledged = (): void => {
    if (round.acknowledged.length < killAfter) return;
    killed ??= new Promise((resolve) => setTimeout(resolve, delayMs)).then(() => running.kill());
  };
  await Promise.all(Array.from({ length: PUSHERS }, () => pushUntilKilled(running.url, round, onAcknowledged)));
  expect(killed).toBeDefined();
  await killed;
}

/** How often each id of a round is read, stream by stream. */
async function readIds(url: string, round: Round): Promise<Uint8Array> {
  const seen = new Uint8Array(round.bodies.length * round.bodies[0]!.lineCount);
  for (let pod = 0; pod < STREAMS; pod++) {
    for (const { line } of await readLines(
      url,
      `{app="load", round="${round.name}", pod="p${pod}"}`,
      rangeOf(round),
      10_000_000,
    )) {
      seen[Number(line.slice(3, line.indexOf(' ')))]!++;
    }
  }
  return seen;
}

const rangeOf = ({ startNs }: Round): AskOptions => ({
  startNs: startNs - 10n ** 9n,
  endNs: startNs + 60n * 10n ** 9n,
});
const counted = (url: string, round: Round): Promise<number> =>
  countLines(url, `{app="load", round="${round.name}"}`, rangeOf(round));

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

/** Every line that was sent exactly once, told both by reading and by counting. */
async function checkComplete(url: string, round: Round): Promise<void> {
  const expected = new Uint8Array(round.bodies.length * round.bodies[0]!.lineCount);
  for (const body of [...round.acknowledged, ...round.unanswered])
    expected.fill(1, body.firstId, body.firstId + body.lineCount);
  expect(Buffer.compare(await readIds(url, round), expected)).toBe(0);
  expect(await counted(url, round)).toBe(expected.reduce((sum, times) => sum + times, 0));
}

it(`loses and doubles nothing over ${KILLS} kills at full speed`, { timeout: 60_000 + KILLS * 30_000 }, async () => {
  const random = mulberry32(SEED);
  const rounds: Round[] = [];
  let headsWritten = 0;
  server = await startHalogi(folder, ARGS);
  for (let kill = 0; kill < KILLS; kill++) {
    const round = newRound(kill);
    rounds.push(round);
    await pushAndKill(server, round, Math.ceil((0.2 + 0.7 * random()) * BODIES_PER_ROUND), random() * 30);
    headsWritten += server.log().split('"head written"').length - 1;
    server = await startHalogi(folder, ARGS);
    expect(server.readyMs).toBeLessThan(patientMs(1250));
    await checkRound(server.url, round);
    if (process.env['HALOGI_KILLS'] !== undefined) report(kill, round, server);
  }
  await server.stop();
  server = await startHalogi(folder, ARGS);
  for (const round of rounds) await checkComplete(server.url, round);
  // The load was large enough for heads to be written while it went on.
  expect(headsWritten).toBeGreaterThan(0);
});

function report(kill: number, round: Round, { readyMs, log }: RunningHalogi): void {
  const opened = log()
    .split('\n')
    .find((line) => line.includes('store opened'));
  process.stdout.write(
    `kill ${kill}: ${round.acknowledged.length} acknowledged, ${round.unanswered.length} unanswered, ready ${Math.round(readyMs)} ms, ${opened}\n`,
  );
}
