import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningHalogi, startHalogi } from '../support/halogi-process.ts';
import { readLines } from '../support/loki-client.ts';
import { copyAsKilled, jsonBody, type OpenedStore, openStore } from '../support/open-store.ts';
import { logEntry } from '../support/server-log.ts';
import { matcher, readAll } from '../support/store-rows.ts';

const T0 = BigInt(Date.now() - 60_000) * 1_000_000n;
const FIRST = ['first', 'zweite 🛒', 'third\nof two lines'];
const LAST = ['last one', 'very last one'];

let root: string;
let template: string;
let walFile: string;
let walBytes: number;
let running: RunningHalogi | undefined;

/** A folder whose newest WAL file holds one record only, of the lines `LAST`; `FIRST` and `flushed` are in older ones. */
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'halogi-tail-'));
  template = join(root, 'template');
  const live = join(root, 'live');
  const flushed = await openStore(live);
  await flushed.push('t', jsonBody('a', T0 - 1000n, ['flushed']));
  await flushed.store.close();
  const first = await openStore(live);
  await first.push('t', jsonBody('a', T0, FIRST));
  copyAsKilled(live, join(root, 'middle'));
  await first.store.close();
  const last = await openStore(join(root, 'middle'));
  await last.push('t', jsonBody('a', T0 + 1000n, LAST));
  copyAsKilled(join(root, 'middle'), template);
  await last.store.close();
  walFile = readdirSync(join(template, 'wal')).sort().at(-1)!;
  walBytes = statSync(join(template, 'wal', walFile)).size;
});
afterEach(async () => {
  await running?.kill();
  running = undefined;
  rmSync(root, { recursive: true });
});

/** A copy of the template with the newest WAL file cut to so many bytes. */
function cutTo(keptBytes: number): string {
  const folder = join(root, 'cut');
  copyAsKilled(template, folder);
  truncateSync(join(folder, 'wal', walFile), keptBytes);
  return folder;
}

function linesOf({ store }: OpenedStore): string[] {
  return readAll(store, 't', [matcher('app', 'a')]).map((row) =>
    JSON.parse(/"(?:[^"\\]|\\.)*"/.exec(row.slice(row.indexOf(' ')))![0]),
  );
}

describe('the newest WAL file cut', () => {
  it('at every byte: older lines are there, the cut record is not, and the log goes on', async () => {
    expect(walBytes).toBeGreaterThan(80);
    for (let keptBytes = walBytes; keptBytes >= 0; keptBytes--) {
      const folder = cutTo(keptBytes);
      const opened = await openStore(folder);
      const expected = ['flushed', ...FIRST, ...(keptBytes === walBytes ? LAST : [])];
      expect([keptBytes, linesOf(opened)]).toEqual([keptBytes, expected]);
      expect(opened.damages).toEqual([]);
      if (keptBytes % 16 !== 0) {
        await opened.store.close();
        continue;
      }
      // Sent again, killed again: now it is stored, once.
      await opened.push('t', jsonBody('a', T0 + 1000n, LAST));
      const killed = join(root, 'killed');
      copyAsKilled(folder, killed);
      await opened.store.close();
      const again = await openStore(killed);
      expect([keptBytes, linesOf(again)]).toEqual([keptBytes, ['flushed', ...FIRST, ...LAST]]);
      expect(again.damages).toEqual([]);
      await again.store.close();
    }
  });

  it.each([1, 20])('by %i bytes, under the real server', async (cutBytes) => {
    running = await startHalogi(cutTo(walBytes - cutBytes), ['--auth_enabled', 'true']);
    const found = await readLines(running.url, '{app="a"}', {
      startNs: T0 - 10_000n,
      endNs: T0 + 10_000n,
      tenant: 't',
    });
    expect(found.map(({ line }) => line)).toEqual(['flushed', ...FIRST]);
    expect(await logEntry(running, 'store opened')).toMatchObject({ records: 1, tornBytes: walBytes - cutBytes - 32 });
  });
});
