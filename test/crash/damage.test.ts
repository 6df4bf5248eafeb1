import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningHalogi, startHalogi } from '../support/halogi-process.ts';
import { countLines, readLines } from '../support/loki-client.ts';
import { copyAsKilled, jsonBody, openStore } from '../support/open-store.ts';
import { logEntries, logEntry } from '../support/server-log.ts';
import { matcher, readAll } from '../support/store-rows.ts';

const T0 = BigInt(Date.now() - 60_000) * 1_000_000n;
const RANGE = { startNs: T0 - 10n ** 9n, endNs: T0 + 10n ** 9n };
const BATCHES = 6;
const LINES = 40;

let root: string;
let folder: string;
let running: RunningHalogi | undefined;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'halogi-damage-'));
  folder = join(root, 'data');
});
afterEach(async () => {
  await running?.kill();
  running = undefined;
  rmSync(root, { recursive: true });
});

/** Lines that do not compress away, so that a flipped bit hits one of them. */
function batchLines(batch: number): string[] {
  return Array.from(
    { length: LINES },
    (_, i) => `batch=${batch} line=${i} ${((batch * LINES + i + 1) * 2_654_435_761).toString(36)}`,
  );
}

async function pushBatch(url: string, batch: number): Promise<void> {
  const body = jsonBody('a', T0 + BigInt(batch * 1000), batchLines(batch)).toString();
  const response = await fetch(`${url}/loki/api/v1/push`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  expect(response.status).toBe(204);
}

/** Endpoints that answer from rows, statistics or the index. */
const ANSWERS = [
  'query_range',
  'labels',
  'label/app/values',
  'series',
  'index/stats',
  'index/volume',
  'index/volume_range',
  'patterns',
  'detected_labels',
  'detected_fields',
];

/** The warnings of an answer as one text. */
async function warningsOf(url: string, path: string, query: string, { startNs, endNs } = RANGE): Promise<string> {
  const params = new URLSearchParams({ query, start: String(startNs), end: String(endNs) });
  if (path === 'series') params.set('match[]', query);
  const response = await fetch(`${url}/loki/api/v1/${path}?${params}`);
  expect([path, response.status]).toEqual([path, 200]);
  const { warnings = [] } = (await response.json()) as { warnings?: string[] };
  return warnings.join('\n');
}

async function flush(url: string): Promise<void> {
  expect((await fetch(`${url}/flush`, { method: 'POST' })).status).toBeLessThan(300);
}

function flipBit(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = bytes[at]! ^ 0x10;
  writeFileSync(path, bytes);
}

/** Numbers of the batches that are read whole; a batch that is there in part fails the test. */
async function wholeBatches(url: string): Promise<number[]> {
  const lines = (await readLines(url, '{app="a"}', RANGE)).map(({ line }) => line);
  const batches = Array.from({ length: BATCHES }, (_, batch) => batch).filter((batch) =>
    lines.includes(batchLines(batch)[0]!),
  );
  expect(lines).toEqual(batches.flatMap(batchLines));
  expect(await countLines(url, '{app="a"}', RANGE)).toBe(lines.length);
  return batches;
}

const filesIn = (path: string): string[] => (existsSync(path) ? readdirSync(path) : []);
const segmentFiles = (): string[] =>
  readdirSync(join(folder, 'segments'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.seg'))
    .map((name) => join(folder, 'segments', name))
    .sort();

/** One segment a batch, written and closed by a real server. */
async function writeSegments(): Promise<void> {
  const server = await startHalogi(folder);
  for (let batch = 0; batch < BATCHES; batch++) {
    await pushBatch(server.url, batch);
    await flush(server.url);
  }
  expect(await server.stop()).toBe(0);
}

describe('a bit flips', () => {
  it('in the middle of the WAL: that record is put aside, the others are there', async () => {
    const server = await startHalogi(folder);
    for (let batch = 0; batch < BATCHES; batch++) await pushBatch(server.url, batch);
    await server.kill();
    const [name] = readdirSync(join(folder, 'wal'));
    const path = join(folder, 'wal', name!);
    const records = readFileSync(path);
    const marker = records.subarray(32, 36);
    const third = records.indexOf(marker, records.indexOf(marker, 36) + 4);
    flipBit(path, third + 60);

    running = await startHalogi(folder);
    expect(await wholeBatches(running.url)).toEqual([0, 1, 3, 4, 5]);
    expect(logEntries(running, 'damage in the data folder')).toMatchObject([
      { level: 'error', damage: { kind: 'wal', file: path, offset: third } },
    ]);
    // The bytes, and a note of what is lost.
    expect(filesIn(join(folder, 'quarantine')).length).toBe(2);
    expect(await warningsOf(running.url, 'query_range', '{app="a"}')).toMatch(/1 damaged part of the write-ahead log/);
    // What is written from now on lives on beside the damage.
    await pushBatch(running.url, 2);
    await running.stop();
    running = await startHalogi(folder);
    expect(await wholeBatches(running.url)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(logEntries(running, 'damage in the data folder')).toEqual([]);
    expect(await warningsOf(running.url, 'query_range', '{app="a"}')).toMatch(/1 damaged part of the write-ahead log/);
  });

  it('in a segment: its block is left out, the rest is read, and every answer says so', async () => {
    await writeSegments();
    const [first, second, third] = segmentFiles();
    flipBit(second!, 20);
    truncateSync(third!, 30);
    rmSync(first!);
    running = await startHalogi(folder);
    expect(await wholeBatches(running.url)).toEqual([3, 4, 5]);
    expect(await logEntry(running, 'store opened')).toMatchObject({ missing: 1 });
    const told = logEntries(running, 'damage in the data folder').map(
      ({ damage }) => damage as Record<string, unknown>,
    );
    expect(told.filter(({ file }) => file === second)).toMatchObject([{ kind: 'block', offset: expect.any(Number) }]);
    expect(told.some(({ file }) => file === third)).toBe(true);

    const lost = /2 damaged blocks.*1 missing segment|1 missing segment.*2 damaged blocks/;
    for (const path of ANSWERS)
      expect([path, await warningsOf(running.url, path, '{app="a"}')]).toEqual([path, expect.stringMatching(lost)]);
    expect(await warningsOf(running.url, 'query', 'sum(count_over_time({app="a"}[1h]))')).toMatch(lost);
    expect(await warningsOf(running.url, 'query_range', '{app="b"}')).toMatch(/\(1 missing segment\): up to 40 rows/);
    expect(await warningsOf(running.url, 'query_range', '{app="a"}', { startNs: 1n, endNs: 2n })).toBe('');

    const listed = (await (await fetch(`${running.url}/halogi/api/v1/damage`)).json()) as { data: object[] };
    expect(listed.data).toHaveLength(3);
    expect(listed.data).toContainEqual(
      expect.objectContaining({ kind: 'segment_missing', file: first, lost: expect.objectContaining({ rows: LINES }) }),
    );
    const metrics = await (await fetch(`${running.url}/metrics`)).text();
    expect(metrics).toContain('halogi_damaged_segments 3');
    expect(metrics).toContain('halogi_damage_total{kind="block"} 2');
    expect((await fetch(`${running.url}/ready`)).status).toBe(200);
  });

  it.each(['CURRENT', 'MANIFEST', '.log', '.ldb'])(
    'in %s of the index: it is built again from the segments',
    async (part) => {
      await writeSegments();
      const index = join(folder, 'index');
      if (part === '.ldb') {
        // A start writes what the log of the index holds to a table.
        await (await startHalogi(folder)).stop();
      }
      const name = readdirSync(index).find((file) => file.startsWith(part) || file.endsWith(part))!;
      const bytes = readFileSync(join(index, name));
      for (let at = 3; at < bytes.length; at += 50) bytes[at] = bytes[at]! ^ 0x10;
      writeFileSync(join(index, name), bytes);
      running = await startHalogi(folder);
      expect(await wholeBatches(running.url)).toEqual([0, 1, 2, 3, 4, 5]);
      const opened = (await logEntry(running, 'store opened')) as { adopted: number };
      expect(logEntries(running, 'damage in the data folder').length + opened.adopted).toBeGreaterThan(0);
      await running.stop();
      running = await startHalogi(folder);
      expect(await wholeBatches(running.url)).toEqual([0, 1, 2, 3, 4, 5]);
      expect(logEntries(running, 'damage in the data folder')).toEqual([]);
    },
  );
});

describe('any byte of the index', () => {
  it('may be wrong: the store opens, and every line is read', async () => {
    const live = join(root, 'live');
    for (let batch = 0; batch < 3; batch++) {
      // Each start writes the log of the index to a table, so that there is one of each kind of file.
      const { store, push } = await openStore(live);
      await push('t', jsonBody('a', T0 + BigInt(batch * 1000), batchLines(batch)));
      await store.close();
    }
    const expected = 3 * LINES;
    let rebuilt = 0;
    for (const name of readdirSync(join(live, 'index')).filter((file) => !file.startsWith('LO'))) {
      const size = readFileSync(join(live, 'index', name)).length;
      for (let at = 0; at < size; at += Math.max(1, Math.floor(size / 25))) {
        copyAsKilled(live, folder);
        flipBit(join(folder, 'index', name), at);
        const opened = await openStore(folder);
        const rows = readAll(opened.store, 't', [matcher('app', 'a')]);
        expect([name, at, rows.length, new Set(rows).size]).toEqual([name, at, expected, expected]);
        rebuilt += opened.recovered.adopted > 0 ? 1 : 0;
        await opened.store.close();
      }
    }
    expect(rebuilt).toBeGreaterThan(10);
  });
});
