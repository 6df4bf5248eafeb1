import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type RunningHalogi, startHalogi } from '../support/halogi-process.ts';
import { countLines, readLines } from '../support/loki-client.ts';
import { patientMs } from '../support/patience.ts';
import { type LoadBody, PushLoad, pushBody } from '../support/push-load.ts';

const DISK_MB = 72;
const BALLAST_MB = 40;
/** So many in a row, with a while between them, and no flush makes room any more. */
const REFUSALS = 8;
const LINES_PER_BODY = 1000;
const ARGS = ['--memory.head_bytes', '24MB', '--limits_config.max_entries_limit_per_query', '10000000'];

/** A file system of its own that can fill up; the reason when this user may not mount one. */
function mountSmallDisk(folder: string): string | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'tmpfs', folder], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const mountPoint = mkdtempSync(join(tmpdir(), 'halogi-full-'));
const refusal = mountSmallDisk(mountPoint);
const folder = join(mountPoint, 'data');
const ballast = join(mountPoint, 'ballast');
let server: RunningHalogi | undefined;

beforeAll(() => {
  if (refusal === undefined) writeFileSync(ballast, Buffer.alloc(BALLAST_MB << 20, 1));
  else process.stderr.write(`test of a full disk skipped, no tmpfs can be mounted: ${refusal}\n`);
});
afterAll(async () => {
  await server?.kill();
  if (refusal === undefined) execFileSync('umount', ['-l', mountPoint]);
  rmdirSync(mountPoint);
});

const startNs = BigInt(Date.now() - 600_000) * 1_000_000n;
const RANGE = { startNs: startNs - 10n ** 9n, endNs: startNs + 60n * 10n ** 9n };

/**
 * Pushes until some bodies in a row are refused: after the first one a flush that is under way may still make room.
 *
 * @returns all that were refused
 */
async function pushUntilFull(url: string, load: PushLoad, acknowledged: LoadBody[]): Promise<LoadBody[]> {
  const refused: LoadBody[] = [];
  for (let inRow = 0; inRow < REFUSALS; ) {
    const body = load.next();
    const answer = await pushBody(url, body.bytes);
    if (answer?.status === 204) {
      acknowledged.push(body);
      inRow = 0;
      continue;
    }
    expect(answer).toEqual({ status: 503, retryAfter: expect.stringMatching(/^\d+$/) });
    refused.push(body);
    inRow++;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return refused;
}

async function pushUntilTaken(url: string, body: LoadBody): Promise<void> {
  const startMs = performance.now();
  for (;;) {
    const answer = await pushBody(url, body.bytes);
    if (answer?.status === 204) return;
    expect(answer?.status).toBe(503);
    expect(performance.now() - startMs).toBeLessThan(patientMs(7500));
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const idsOf = (body: LoadBody): number[] => Array.from({ length: body.lineCount }, (_, i) => body.firstId + i);

it.skipIf(refusal !== undefined)(
  'a full disk refuses pushes, answers queries, and takes pushes again when there is room',
  async () => {
    const load = new PushLoad({
      seed: 9,
      round: 'full',
      startNs,
      linesPerBody: LINES_PER_BODY,
      streamCount: 4,
      noiseLength: 400,
    });
    const acknowledged: LoadBody[] = [];
    server = await startHalogi(folder, ARGS);
    // Room kept aside for a start on the full disk, made in the first second.
    await vi.waitFor(() => expect(statSync(join(folder, 'RESERVE')).size).toBe(8 << 20), 10_000);
    const refused = await pushUntilFull(server.url, load, acknowledged);
    expect(acknowledged.length).toBeGreaterThan(10);

    // Reads go on, and see at least all that was acknowledged; refused pushes may be among it.
    const counted = (await countLines(server.url, '{app="load"}', RANGE)) / LINES_PER_BODY;
    expect(counted).toBeGreaterThanOrEqual(acknowledged.length);
    expect(counted).toBeLessThanOrEqual(acknowledged.length + refused.length);
    expect((await pushBody(server.url, load.next().bytes))?.status).toBe(503);
    expect((await fetch(`${server.url}/ready`)).status).toBeLessThan(600);

    // Killed on the full disk: it starts there, too, and has everything.
    await server.kill();
    server = await startHalogi(folder, ARGS);
    await expectAll(server.url, acknowledged);

    rmSync(ballast);
    await pushUntilTaken(server.url, refused[0]!);
    acknowledged.push(refused[0]!);
    for (let i = 0; i < 5; i++) {
      const body = load.next();
      await pushUntilTaken(server.url, body);
      acknowledged.push(body);
    }
    await server.kill();
    server = await startHalogi(folder, ARGS);
    await expectAll(server.url, acknowledged);
    expect(await server.stop()).toBe(0);
  },
);

/** Every acknowledged line is read exactly once; lines of refused bodies at most once. */
async function expectAll(url: string, acknowledged: readonly LoadBody[]): Promise<void> {
  const seen = new Map<number, number>();
  for (let pod = 0; pod < 4; pod++) {
    for (const { line } of await readLines(url, `{app="load", pod="p${pod}"}`, RANGE, 10_000_000)) {
      const id = Number(line.slice(3, line.indexOf(' ')));
      seen.set(id, (seen.get(id) ?? 0) + 1);
    }
  }
  const missing = acknowledged.filter((body) => idsOf(body).some((id) => !seen.has(id)));
  expect(missing.map(({ firstId }) => firstId)).toEqual([]);
  expect([...seen].filter(([, times]) => times > 1)).toEqual([]);
  expect(await countLines(url, '{app="load"}', RANGE)).toBe(seen.size);
}
