import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nodeDisk } from '../../../src/base/disk/node-disk.ts';
import { listSegments } from '../../../src/store/lifecycle/recover.ts';
import { verifySegments } from '../../../src/store/lifecycle/verify.ts';
import { LogStore } from '../../../src/store/store.ts';
import type { LoggedPush } from '../../../src/store/store-options.ts';
import { runFlushTask } from '../../../src/store/write/flush-task.ts';
import { appendRow, matcher, readAll, rowText, type TestRow } from '../../support/store-rows.ts';

const T0 = 1_790_000_000_000_000_000n;
const A = ['app', 'a', 'pod', 'p1'];
const B = ['app', 'b'];
let folder: string;
let open: LogStore[] = [];

/** A logged push in these tests is JSON of rows. */
function applyLogged(record: LoggedPush, sink: Parameters<typeof appendRow>[0]): void {
  for (const row of JSON.parse(Buffer.from(record.body).toString()) as (Omit<TestRow, 'ns'> & { ns: string })[])
    appendRow(sink, { ...row, ns: BigInt(row.ns) });
}

async function openStore(options: { generationBytes?: number } = {}): Promise<LogStore> {
  const store = await LogStore.open({
    disk: nodeDisk,
    dataFolder: folder,
    head: {
      headBytes: 256 << 20,
      generationBytes: options.generationBytes ?? 128 << 20,
      maxAgeMs: 3.6e6,
      idleMs: 3.6e6,
    },
    cacheBytes: 16 << 20,
    directoryBytes: 1 << 20,
    walSync: 'always',
    walSyncIntervalMs: 1000,
    runFlush: (task) => runFlushTask(task, nodeDisk),
    applyLogged,
    now: () => Date.now(),
    events: { damage: fail, recovered: () => undefined, flushed: () => undefined, flushFailed: fail, walFailed: fail },
  });
  open.push(store);
  return store;
}

function fail(error: unknown): void {
  throw error;
}

async function push(store: LogStore, rows: readonly TestRow[], tenant = 't1'): Promise<void> {
  for (const row of rows) appendRow(store.sink(tenant), row);
  await store.log(
    tenant,
    1,
    Buffer.from(JSON.stringify(rows.map((row) => ({ ...row, ns: String(row.ns) })))),
    Date.now(),
  );
}

function textsOf(rows: readonly TestRow[]): string[] {
  const sorted = [...rows].sort((a, b) => (a.ns < b.ns ? -1 : a.ns > b.ns ? 1 : 0));
  return sorted.map((row) => rowText(row.labels, row.ns, row.line, row.metadata ?? []));
}

function rowsOf(labels: readonly string[], count: number, step = 1_000_000n, from = T0): TestRow[] {
  return Array.from({ length: count }, (_, i) => ({
    labels,
    ns: from + BigInt(i) * step,
    line: `line ${i} of ${labels[1]}`,
  }));
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'halogi-store-'));
  open = [];
});

afterEach(async () => {
  for (const store of open) await store.close();
  rmSync(folder, { recursive: true });
});

describe('a row is seen exactly once', () => {
  test('in the head, from segments, and after a restart', async () => {
    const store = await openStore();
    const rows = [...rowsOf(A, 500), ...rowsOf(B, 30)];
    await push(store, rows);
    const expected = textsOf(rowsOf(A, 500));
    expect(readAll(store, 't1', [matcher('app', 'a')])).toEqual(expected);
    await store.flush();
    expect(readAll(store, 't1', [matcher('app', 'a')])).toEqual(expected);
    expect(readAll(store, 't2', [matcher('app', 'a')])).toEqual([]);
    await store.close();
    const again = await openStore();
    expect(readAll(again, 't1', [matcher('app', 'a')])).toEqual(expected);
    expect(again.stats().headRows).toBe(0);
  });

  test('half in segments and half in the head, late rows merged in time order', async () => {
    const store = await openStore();
    const all = rowsOf(A, 400);
    await push(
      store,
      all.filter((_, i) => i % 2 === 0),
    );
    await store.flush();
    await push(
      store,
      all.filter((_, i) => i % 2 === 1),
    );
    expect(readAll(store, 't1', [matcher('app', 'a')])).toEqual(textsOf(all));
    await store.flush();
    expect(readAll(store, 't1', [matcher('app', 'a')])).toEqual(textsOf(all));
  });

  test('repeats of time and line are dropped, within the head and across a flush', async () => {
    const store = await openStore();
    const rows = rowsOf(A, 50);
    await push(store, rows);
    await push(store, rows);
    expect(store.stats().headRows).toBe(50);
    await store.flush();
    await push(store, [...rows].reverse());
    expect(readAll(store, 't1', [matcher('app', 'a')])).toEqual(textsOf(rows));
  });

  test('equal times keep their order of arrival', async () => {
    const store = await openStore();
    const rows = ['c', 'a', 'b'].map((line) => ({ labels: A, ns: T0, line }));
    await push(store, rows);
    await store.flush();
    expect(readAll(store, 't1', [matcher('app', 'a')])).toEqual(rows.map((row) => rowText(A, T0, row.line, [])));
  });
});

describe('what comes back is what went in', () => {
  test('newlines in lines, empty lines, metadata, levels, several days', async () => {
    const store = await openStore();
    const rows: TestRow[] = [
      { labels: A, ns: T0, line: 'one\ntwo\n' },
      { labels: A, ns: T0 + 1n, line: '' },
      { labels: A, ns: T0 + 2n, line: 'ünï ✓', metadata: ['detected_level', 'Odd', 'trace_id', 'x1'] },
      { labels: A, ns: T0 + 86_400_000_000_000n, line: 'next day', metadata: ['user', 'é'] },
      { labels: A, ns: 5n, line: 'long ago' },
    ];
    await push(store, rows);
    const head = readAll(store, 't1', [matcher('app', 'a')]);
    await store.flush();
    expect(readAll(store, 't1', [matcher('app', 'a')])).toEqual(textsOf(rows));
    expect(head).toEqual(textsOf(rows));
    expect(store.stats().segments).toBe(3);
  });

  test('blocks are cut at their size and read in both directions', async () => {
    const store = await openStore();
    const rows = Array.from({ length: 3000 }, (_, i) => ({
      labels: A,
      ns: T0 + BigInt(i),
      line: `${i} ${'x'.repeat(300)}`,
    }));
    await push(store, rows);
    await store.flush();
    expect(readAll(store, 't1', [matcher('app', 'a')])).toEqual(textsOf(rows));
    const selection = store.select('t1', [matcher('app', 'a')], { startNs: T0, endNs: T0 + 10n });
    expect(selection.stretches.parts().reduce((sum, part) => sum + part.rowCount, 0)).toBeLessThan(1000);
    selection.release();
  });
});

describe('recovery', () => {
  test('rows that were only in the WAL come back', async () => {
    const store = await openStore();
    await push(store, rowsOf(A, 20));
    // A copy of the folder as a crash leaves it: the head was never written.
    const wal = readdirSync(join(folder, 'wal')).map(
      (name) => [name, readFileSync(join(folder, 'wal', name))] as const,
    );
    await store.close();
    rmSync(join(folder, 'segments'), { recursive: true });
    rmSync(join(folder, 'index'), { recursive: true });
    for (const name of readdirSync(join(folder, 'wal'))) rmSync(join(folder, 'wal', name));
    for (const [name, bytes] of wal) writeFileSync(join(folder, 'wal', name), bytes);
    const again = await openStore();
    expect(readAll(again, 't1', [matcher('app', 'a')])).toEqual(textsOf(rowsOf(A, 20)));
  });

  test('a lost index is rebuilt from the segments', async () => {
    const store = await openStore();
    await push(store, [...rowsOf(A, 100), ...rowsOf(B, 100)]);
    await store.flush();
    await push(store, rowsOf(A, 100, 1_000_000n, T0 + 1_000_000_000n));
    await store.close();
    rmSync(join(folder, 'index'), { recursive: true });
    const again = await openStore();
    expect(readAll(again, 't1', [matcher('app', 'a')])).toHaveLength(200);
    expect(readAll(again, 't1', [matcher('app', 'b')])).toHaveLength(100);
  });

  test('a damaged block is left out and told; verify finds every flipped bit', async () => {
    const store = await openStore();
    await push(store, rowsOf(A, 100));
    await store.close();
    const [path] = [...(await listSegments(nodeDisk, folder))];
    expect((await verifySegments(nodeDisk, folder)).problems).toEqual([]);
    const good = readFileSync(path!);
    for (let at = 0; at < good.length; at += 7) {
      const bad = Buffer.from(good);
      bad[at]! ^= 0x10;
      writeFileSync(path!, bad);
      expect((await verifySegments(nodeDisk, folder)).problems.length, `byte ${at}`).toBeGreaterThan(0);
    }
    const bad = Buffer.from(good);
    bad[20]! ^= 1;
    writeFileSync(path!, bad);
    const again = await openStore();
    const damage: string[] = [];
    expect(readAll(again, 't1', [matcher('app', 'a')], undefined, damage)).toEqual([]);
    expect(damage[0]).toContain(path!);
  });
});

test('retention drops whole segments and their files', async () => {
  const store = await openStore();
  const day = 86_400_000_000_000n;
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  await push(store, [
    { labels: A, ns: nowNs - 3n * day, line: 'old' },
    { labels: A, ns: nowNs, line: 'new' },
  ]);
  await store.flush();
  expect(await store.applyRetention({ periodMs: () => 86_400_000, maxBytes: 0, minFreeBytes: 0 })).toBe(1);
  expect(readAll(store, 't1', [matcher('app', 'a')])).toHaveLength(1);
  expect((await listSegments(nodeDisk, folder)).size).toBe(1);
  expect(await store.applyRetention({ periodMs: () => 0, maxBytes: 1_000_000, minFreeBytes: 0 })).toBe(0);
  expect(await store.applyRetention({ periodMs: () => 0, maxBytes: 1, minFreeBytes: 0 })).toBe(1);
  expect((await listSegments(nodeDisk, folder)).size).toBe(0);
});
