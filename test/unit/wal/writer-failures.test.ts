import { describe, expect, it } from 'vitest';
import type { LogError } from '../../../src/base/errors.ts';
import { walFileNames } from '../../../src/wal/format.ts';
import type { WalWriter } from '../../../src/wal/writer.ts';
import { type DiskCall, MemoryDisk } from '../../support/memory-disk.ts';
import { openWal, record, replayAll, WAL_DIR } from '../../support/wal-fixture.ts';

/** Appends records one after the other; returns the numbers of those that were stored, and the codes of the others. */
async function appendEach(wal: WalWriter, numbers: readonly number[]): Promise<{ stored: number[]; codes: string[] }> {
  const stored: number[] = [];
  const codes: string[] = [];
  for (const number of numbers) {
    await wal.append(record(number)).then(
      () => stored.push(number),
      (error: LogError) => codes.push(error.code),
    );
  }
  return { stored, codes };
}

describe('WalWriter on a failing disk', () => {
  it('refuses while the disk is full, keeps what it has, and goes on in the same file when there is room', async () => {
    const disk = new MemoryDisk();
    const wal = await openWal(disk);
    await wal.append(record(1));
    disk.capacityBytes = disk.usedBytes() + 30;
    const { stored, codes } = await appendEach(wal, [2, 3]);
    expect([stored, codes]).toEqual([[], ['DISK_FULL', 'DISK_FULL']]);
    expect((await replayAll(disk.crash())).numbers).toEqual([1]);
    disk.capacityBytes = Number.POSITIVE_INFINITY;
    await wal.append(record(4));
    const replayed = await replayAll(disk.crash());
    expect(replayed).toMatchObject({ numbers: [1, 4], damages: [], tornBytes: 0 });
    expect(await disk.list(WAL_DIR)).toHaveLength(1);
    expect(wal.stats.failures).toBe(2);
    expect(wal.queuedBytes).toBe(0);
    await wal.close();
  });

  it('leaves a file for good when a write fails for another reason', async () => {
    const disk = new MemoryDisk();
    const wal = await openWal(disk);
    await wal.append(record(1));
    disk.failNext('write', 'EIO');
    await expect(wal.append(record(2))).rejects.toMatchObject({ code: 'WAL_WRITE' });
    await wal.append(record(3));
    await wal.close();
    expect(await disk.list(WAL_DIR)).toHaveLength(2);
    expect(await replayAll(disk.crash())).toMatchObject({ numbers: [1, 3], damages: [] });
  });

  it('refuses the whole group of a failed sync, and goes on in a new file of the same segment', async () => {
    const disk = new MemoryDisk();
    const wal = await openWal(disk);
    await wal.append(record(1));
    disk.failNext('datasync', 'EIO');
    const group = await Promise.allSettled([wal.append(record(2)), wal.append(record(3))]);
    expect(group.map((each) => each.status)).toEqual(['rejected', 'rejected']);
    await wal.append(record(4));
    expect(wal.rotate()).toBe(1);
    await wal.append(record(5));
    const replayed = await replayAll(disk.crash());
    expect(replayed).toMatchObject({ numbers: [1, 4, 5], damages: [] });
    expect(replayed.found.map((each) => each.seq)).toEqual([1, 1, 2]);
    expect(await disk.list(WAL_DIR)).toHaveLength(3);
    await wal.deleteThrough(1);
    expect(walFileNames(await disk.list(WAL_DIR)).map(({ seq }) => seq)).toEqual([2]);
    await wal.close();
  });

  it.each<DiskCall>(['create', 'write', 'datasync', 'syncDir'])(
    'loses nothing acknowledged and starts again when %s fails, at the first record or later',
    async (call) => {
      for (const code of ['EIO', 'ENOSPC']) {
        for (const before of [0, 1, 2]) {
          const disk = new MemoryDisk();
          const failures: LogError[] = [];
          const wal = await openWal(disk, { maxSegmentBytes: 120, onFailure: (error) => failures.push(error) });
          const first = await appendEach(wal, [1, 2, 3].slice(0, before));
          disk.failNext(call, code);
          const second = await appendEach(wal, [4, 5, 6, 7]);
          const stored = [...first.stored, ...second.stored];
          expect(stored.length).toBeGreaterThanOrEqual(before + 3);
          expect(second.codes.every((each) => each === (code === 'EIO' ? 'WAL_WRITE' : 'DISK_FULL'))).toBe(true);
          expect(failures.length).toBeGreaterThanOrEqual(second.codes.length);
          const replayed = await replayAll(disk.crash());
          expect(replayed.numbers).toEqual(stored);
          expect(replayed.damages).toEqual([]);
          await wal.close();
          expect((await replayAll(disk)).numbers).toEqual(stored);
        }
      }
    },
  );

  it('leaves the tail of a write behind when it cannot be cut off; replay reports it and finds all else', async () => {
    const disk = new MemoryDisk();
    const wal = await openWal(disk);
    await wal.append(record(1));
    disk.failNext('write', 'EIO');
    disk.failNext('truncate', 'EIO');
    await expect(wal.append(record(2, 200))).rejects.toMatchObject({ code: 'WAL_WRITE' });
    await wal.append(record(3));
    await wal.close();
    const { numbers, damages } = await replayAll(disk);
    expect(numbers).toEqual([1, 3]);
    expect(damages).toHaveLength(1);
  });

  it('does not trust a file after a failed sync of the interval', async () => {
    const disk = new MemoryDisk();
    const failures: string[] = [];
    const wal = await openWal(disk, {
      sync: 'interval',
      syncIntervalMs: 0,
      onFailure: (error) => failures.push(error.code),
    });
    disk.failNext('datasync', 'EIO');
    await wal.append(record(1));
    await new Promise((resolve) => setTimeout(resolve, 0));
    await wal.append(record(2));
    await wal.close();
    expect(failures).toEqual(['WAL_WRITE']);
    expect((await replayAll(disk)).numbers).toEqual([1, 2]);
    expect(await disk.list(WAL_DIR)).toHaveLength(2);
  });

  it('tells of a last sync that failed', async () => {
    const disk = new MemoryDisk();
    const wal = await openWal(disk, { sync: 'interval', syncIntervalMs: 1e6 });
    await wal.append(record(1));
    disk.failNext('datasync', 'EIO');
    await expect(wal.close()).rejects.toMatchObject({ code: 'WAL_WRITE' });
  });
});
