import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WorkerPool } from '../../src/pool/pool.ts';
import { type MergeStore, openMergeStore } from '../support/merge-store.ts';
import { patientMs } from '../support/patience.ts';
import { readAll, type TestRow } from '../support/store-rows.ts';

/** Merges while nothing comes in, in the thread that writes segments. */

const T0 = 20_700n * 86_400_000_000_000n;
const STREAMS = 2500;
/** A slice of work, and then a rest of a second. */
const SLOW = { cpuPercent: 1 };
const WAIT = { timeout: 20_000, interval: 20 };

let folder: string;
let threads: WorkerPool;
let store: MergeStore | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'halogi-quiet-'));
  const fail = (error: unknown): void => {
    throw error;
  };
  threads = new WorkerPool({ scanners: 1, onDamage: fail, onWorkerExit: fail });
});
afterEach(async () => {
  await store?.store.close();
  await threads.close();
  rmSync(folder, { recursive: true });
});

function rowsOf(batch: number): TestRow[] {
  return Array.from({ length: STREAMS }, (_, i) => ({
    labels: ['pod', `p${String(i).padStart(5, '0')}`],
    ns: T0 + BigInt(batch * 1000 + 1) * 1_000_000_000n,
    line: `line ${batch} of ${i}: ${'x'.repeat(i % 50)}`,
  }));
}

async function open(settings: object): Promise<MergeStore> {
  store = await openMergeStore({ folder, threads, settings: { minAgeMs: 1e9, ...settings } });
  return store;
}

test('thin segments become one once nothing comes in, but for the newest', async () => {
  const { store: logs, merges, failures, push } = await open({});
  for (const batch of [0, 1, 2]) {
    await push(rowsOf(batch));
    await logs.flush();
  }
  const before = readAll(logs, 't1', []);
  expect(merges).toEqual([]);
  await vi.waitFor(() => expect(merges).toMatchObject([{ kind: 'thin', sources: 2, rows: 2 * STREAMS }]), WAIT);
  expect(readAll(logs, 't1', []).sort()).toEqual(before.sort());
  expect(before).toHaveLength(3 * STREAMS);
  expect(failures).toEqual([]);
  await push(rowsOf(3));
  await logs.flush();
  await vi.waitFor(() => expect(merges[1]).toMatchObject({ kind: 'thin', sources: 2, rows: 3 * STREAMS }), WAIT);
  expect(readAll(logs, 't1', [])).toHaveLength(4 * STREAMS);
});

test('a flush does not wait for such a merge: it is left, and begun anew later', async () => {
  const merged = vi.spyOn(threads, 'merge');
  const slow = await open(SLOW);
  for (const batch of [0, 1, 2]) {
    await slow.push(rowsOf(batch));
    await slow.store.flush();
  }
  await vi.waitFor(() => expect(merged).toHaveBeenCalledOnce(), WAIT);
  await slow.push(rowsOf(3));
  const startMs = performance.now();
  await slow.store.flush();
  expect(performance.now() - startMs).toBeLessThan(patientMs(1250));
  await expect(merged.mock.results[0]!.value).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  expect([slow.merges, slow.failures]).toEqual([[], []]);
  await slow.store.close();
  const { store: logs, merges } = await open({});
  await vi.waitFor(() => expect(merges).toMatchObject([{ kind: 'thin', sources: 3, rows: 3 * STREAMS }]), WAIT);
  expect(readAll(logs, 't1', [])).toHaveLength(4 * STREAMS);
});
