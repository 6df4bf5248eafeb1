import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort, type RunningHalogi, startHalogi } from '../support/halogi-process.ts';
import { countLines } from '../support/loki-client.ts';
import { patientMs } from '../support/patience.ts';
import { PushLoad, pushBody } from '../support/push-load.ts';
import { logEntry } from '../support/server-log.ts';

const BODIES = 80;
const LINES_PER_BODY = 500;

let folder: string;
let running: RunningHalogi | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'halogi-stop-'));
});
afterEach(async () => {
  await running?.kill();
  running = undefined;
  rmSync(folder, { recursive: true });
});

describe('SIGTERM', () => {
  it('during pushes: ends with 0 in time, and leaves nothing to replay', async () => {
    const startNs = BigInt(Date.now() - 600_000) * 1_000_000n;
    const load = new PushLoad({ seed: 4, round: 'stop', startNs, linesPerBody: LINES_PER_BODY, streamCount: 5 });
    const bodies = Array.from({ length: BODIES }, () => load.next());
    const server = await startHalogi(folder);
    let acknowledged = 0;
    let unanswered = 0;
    let next = 0;
    let stopped: Promise<number | null> | undefined;
    let stopMs = 0;
    const push = async (): Promise<void> => {
      while (next < BODIES) {
        const answer = await pushBody(server.url, bodies[next++]!.bytes);
        if (answer?.status === 204) acknowledged++;
        else {
          // Nothing is accepted any more: the connection is refused, or the answer says so.
          expect([undefined, 503]).toContain(answer?.status);
          unanswered++;
          if (answer === undefined) return;
        }
        if (acknowledged < BODIES / 4 || stopped !== undefined) continue;
        stopMs = performance.now();
        stopped = server.stop();
      }
    };
    await Promise.all([push(), push(), push(), push()]);
    expect(await stopped).toBe(0);
    expect(performance.now() - stopMs).toBeLessThan(patientMs(2500));
    expect(unanswered).toBeGreaterThan(0);

    running = await startHalogi(folder);
    expect(await logEntry(running, 'store opened')).toMatchObject({
      records: 0,
      tornBytes: 0,
      orphans: 0,
      damaged: 0,
      missing: 0,
    });
    const count = await countLines(running.url, '{app="load"}', {
      startNs: startNs - 10n ** 9n,
      endNs: startNs + 60n * 10n ** 9n,
    });
    expect(count).toBeGreaterThanOrEqual(acknowledged * LINES_PER_BODY);
    expect(count).toBeLessThanOrEqual((acknowledged + unanswered) * LINES_PER_BODY);
  });

  it('reaches the server itself through bin/halogi: there is no process between', async () => {
    running = await startHalogi(folder);
    const { pid } = await logEntry(running, '"starting"');
    expect(pid).toBe(running.child.pid);
    process.kill(Number(pid), 'SIGTERM');
    expect(await new Promise((resolve) => running!.child.on('exit', resolve))).toBe(0);
    await logEntry(running, '"stopped"');
  });
});

describe('a second process on the same folder', () => {
  it('ends with an error that names the first, which goes on', async () => {
    running = await startHalogi(folder);
    const second = spawn('bin/halogi', ['serve', '--listen', `127.0.0.1:${await freePort()}`, '--data', folder], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    second.stdout.on('data', (part) => (output += part));
    second.stderr.on('data', (part) => (output += part));
    expect(await new Promise((resolve) => second.on('close', resolve))).toBe(1);
    expect(output).toContain(`cannot start: data folder is in use by process ${running.child.pid}`);
    const load = new PushLoad({
      seed: 5,
      round: 'x',
      startNs: BigInt(Date.now()) * 1_000_000n,
      linesPerBody: 5,
      streamCount: 1,
    });
    expect((await pushBody(running.url, load.next().bytes))?.status).toBe(204);
  });

  it('may start after the first was killed', async () => {
    const first = await startHalogi(folder);
    await first.kill();
    running = await startHalogi(folder);
    await logEntry(running, '"ready"');
  });
});
