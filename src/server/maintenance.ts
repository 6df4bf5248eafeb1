import { join } from 'node:path';
import { lockFolder } from '../base/disk/folder-lock.ts';
import { nodeDisk } from '../base/disk/node-disk.ts';
import { LogError } from '../base/errors.ts';
import type { Settings } from '../config/settings.ts';
import { WorkerPool } from '../pool/pool.ts';
import { verifySegments } from '../store/lifecycle/verify.ts';
import { Metrics } from './metrics.ts';
import { openStore } from './open-store.ts';
import { StorePushService } from './push-service.ts';

/** `halogi verify` and `halogi repair`: work on a data folder without serving it. Both write their findings line by line. */

export type Say = (line: string) => void;

/**
 * Reads every byte of every segment; changes nothing, and may run beside a server.
 *
 * @returns 0 when all is well, 1 when something is damaged
 */
export async function verify(settings: Settings, say: Say): Promise<number> {
  const { segments, blocks, rows, problems } = await verifySegments(nodeDisk, settings.dataDir);
  for (const problem of problems) say(`damaged: ${problem}`);
  say(
    `${segments} segments, ${blocks} blocks, ${rows} rows: ${problems.length === 0 ? 'all checksums are right' : `${problems.length} damaged`}`,
  );
  return problems.length === 0 ? 0 : 1;
}

/**
 * Builds the index anew from the segment files, and replays the WAL. The old index is kept in `quarantine/`; segments that cannot be
 * read go there too.
 *
 * @returns 0 when nothing was lost, 1 when something could not be read
 * @throws LogError FOLDER_LOCKED while a server runs on the folder
 */
export async function repair(settings: Settings, say: Say): Promise<number> {
  const folder = settings.dataDir;
  if ((await nodeDisk.stat(folder)) === undefined) throw new LogError('CONFIG_INVALID', `no data folder at ${folder}`);
  const lock = lockFolder(folder);
  try {
    const index = join(folder, 'index');
    if ((await nodeDisk.stat(index)) !== undefined) {
      await nodeDisk.mkdir(join(folder, 'quarantine'));
      const kept = join(folder, 'quarantine', `index-${new Date().toISOString().replaceAll(':', '-')}`);
      await nodeDisk.rename(index, kept);
      say(`the old index is now ${kept}`);
    }
  } finally {
    lock.release();
  }
  let damaged = 0;
  const pool = new WorkerPool({
    scanners: 1,
    onDamage: ({ path, reason }) => say(`damaged: ${path}: ${reason}`),
    onWorkerExit: (error) => say(`a worker thread died: ${String(error)}`),
  });
  const metrics = new Metrics();
  const pushes = new StorePushService({
    limitsFor: () => settings.limits,
    maxBodyBytes: settings.maxBodyBytes,
    maxDecompressedBytes: settings.maxDecompressedBytes,
    metrics,
    nowNs: () => BigInt(Date.now()) * 1_000_000n,
    tails: { tap: (_tenant, sink) => sink },
  });
  try {
    const store = await openStore({ ...settings, merge: { ...settings.merge, tierSegments: 0 } }, pool, pushes, {
      damage: ({ file, reason, quarantinedAs }) => {
        damaged++;
        say(`damaged: ${file}: ${reason}${quarantinedAs === undefined ? '' : `, kept as ${quarantinedAs}`}`);
      },
      recovered: (counts) => say(`taken in: ${JSON.stringify(counts)}`),
      flushed: ({ rows, segments }) => say(`${rows} rows of the write-ahead log written to ${segments} segments`),
      flushFailed: (error) => say(`cannot write: ${String(error)}`),
      walFailed: (error) => say(`cannot write the write-ahead log: ${String(error)}`),
    });
    await store.close();
  } finally {
    await pool.close();
  }
  say(damaged === 0 ? 'repaired; nothing was lost' : `repaired; ${damaged} things could not be read`);
  return damaged === 0 ? 0 : 1;
}
