import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeDisk } from '../../src/base/disk/node-disk.ts';
import { replayWal } from '../../src/wal/replay.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'halogi-crash-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Appends without end, eight at a time, and prints each number once it is acknowledged. */
const APPENDER = `
const { WalWriter } = await import(process.argv[1] + '/wal/writer.ts');
const { nodeDisk } = await import(process.argv[1] + '/base/disk/node-disk.ts');
const [, , dir, from] = process.argv;
const wal = await WalWriter.open({ disk: nodeDisk, dir, nextSeq: 1, maxSegmentBytes: 300_000, sync: 'always', syncIntervalMs: 0 });
let next = Number(from);
const client = async () => {
  for (;;) {
    const number = next++;
    await wal.append({ kind: 1, tenant: 'a', arrivalMs: number, body: new Uint8Array((number * 7919) % 20_000).fill(number) });
    process.stdout.write(number + '\\n');
  }
};
await Promise.all(Array.from({ length: 8 }, client));
`;
const source = new URL('../../src', import.meta.url).href;

/** Runs the appender until it has acknowledged some records, then kills it; returns the acknowledged numbers. */
async function appendAndKill(dir: string, from: number, ackCount: number): Promise<number[]> {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--input-type=module', '-e', APPENDER, source, dir, String(from)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let text = '';
  for await (const piece of child.stdout!) {
    text += piece;
    if (text.split('\n').length > ackCount) child.kill('SIGKILL');
  }
  return text.split('\n').slice(0, -1).map(Number);
}

describe('a killed writer', () => {
  it('has lost nothing that it acknowledged, over several crashes', async () => {
    const acknowledged: number[] = [];
    for (const [round, ackCount] of [40, 133, 70].entries()) {
      const acks = await appendAndKill(folder, round * 100_000, ackCount);
      expect(acks.length).toBeGreaterThanOrEqual(ackCount);
      acknowledged.push(...acks);
      await tearLastFile();
      const found = new Set<number>();
      await replayWal({
        disk: nodeDisk,
        dir: folder,
        quarantineDir: join(folder, 'quarantine'),
        afterSeq: 0,
        apply: ({ arrivalMs, body }) => {
          expect(body.length).toBe((arrivalMs * 7919) % 20_000);
          found.add(arrivalMs);
        },
        onDamage: (damage) => expect.unreachable(damage.reason),
      });
      expect(acknowledged.filter((number) => !found.has(number))).toEqual([]);
    }
  });

  /** Leaves bytes behind the last record, as a write does that the crash cut short. */
  async function tearLastFile(): Promise<void> {
    const last = join(
      folder,
      (await readdir(folder))
        .filter((name) => name.endsWith('.wal'))
        .sort()
        .at(-1)!,
    );
    truncateSync(last, (await stat(last)).size + 1000);
  }
});
