import type { Disk } from '../../src/base/disk/disk.ts';
import type { WalRecord } from '../../src/wal/format.ts';
import { type ReplayResult, replayWal, type WalDamage } from '../../src/wal/replay.ts';
import { WalWriter, type WalWriterOptions } from '../../src/wal/writer.ts';

export const WAL_DIR = '/data/wal';

export function openWal(disk: Disk, options: Partial<WalWriterOptions> = {}): Promise<WalWriter> {
  return WalWriter.open({ disk, dir: WAL_DIR, nextSeq: 1, sync: 'always', syncIntervalMs: 1000, ...options });
}

/** A record that says its number, with a body of some size. */
export function record(number: number, bodyBytes = 20): WalRecord {
  const body = new Uint8Array(bodyBytes).fill(number);
  return { kind: number % 3, tenant: `tenant-${number}`, arrivalMs: 1_700_000_000_000 + number, body };
}

export interface Replayed extends ReplayResult {
  readonly found: readonly { readonly seq: number; readonly record: WalRecord }[];
  readonly damages: readonly WalDamage[];
  /** Numbers of the records, by arrival time. */
  readonly numbers: readonly number[];
}

/** Replays and keeps everything; bodies are copied. */
export async function replayAll(disk: Disk, afterSeq = 0): Promise<Replayed> {
  const found: { seq: number; record: WalRecord }[] = [];
  const damages: WalDamage[] = [];
  const result = await replayWal({
    disk,
    dir: WAL_DIR,
    afterSeq,
    apply: (each, seq) => found.push({ seq, record: { ...each, body: each.body.slice() } }),
    onDamage: (damage) => damages.push(damage),
  });
  const numbers = found.map((each) => each.record.arrivalMs - 1_700_000_000_000);
  return { ...result, found, damages, numbers };
}
