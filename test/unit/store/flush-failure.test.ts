import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeDisk } from '../../../src/base/disk/node-disk.ts';
import { LogStore } from '../../../src/store/store.ts';
import { runFlushTask } from '../../../src/store/write/flush-task.ts';
import { appendRow } from '../../support/store-rows.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'halogi-flush-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

test('a flush that was asked for says why it failed, while the rows stay and are tried again', async () => {
  let failures = 0;
  let broken = true;
  const { promise: worked, resolve } = Promise.withResolvers<void>();
  const store = await LogStore.open({
    disk: nodeDisk,
    dataFolder: folder,
    head: { headBytes: 64 << 20, generationBytes: 32 << 20, maxAgeMs: 3.6e6, idleMs: 3.6e6 },
    cacheBytes: 1 << 20,
    directoryBytes: 1 << 20,
    walSync: 'always',
    walSyncIntervalMs: 1000,
    runFlush: (task) => (broken ? Promise.reject(new Error('the worker is broken')) : runFlushTask(task, nodeDisk)),
    applyLogged: () => undefined,
    now: () => Date.now(),
    events: {
      damage: () => undefined,
      recovered: () => undefined,
      flushed: () => resolve(),
      flushFailed: () => {
        failures++;
      },
      walFailed: () => undefined,
    },
  });
  appendRow(store.sink('fake'), { labels: ['app', 'a'], ns: 1_790_000_000_000_000_000n, line: 'kept' });
  await expect(store.flush()).rejects.toThrow('the worker is broken');
  expect(failures).toBe(1);
  expect(store.stats().headRows).toBe(1);
  broken = false;
  await worked;
  expect(store.stats()).toMatchObject({ headRows: 0, storedRows: 1 });
  await store.flush();
  await store.close();
});
