import { describe, expect, it, vi } from 'vitest';
import { deletedMarkers, walFileNames } from '../../../src/wal/format.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { openWal, record, replayAll, WAL_DIR } from '../../support/wal-fixture.ts';

const seqsOf = async (disk: MemoryDisk): Promise<number[]> =>
  walFileNames(await disk.list(WAL_DIR)).map(({ seq }) => seq);

describe('WalWriter', () => {
  it('has a record on the medium when append resolves', async () => {
    const disk = new MemoryDisk();
    const wal = await openWal(disk);
    for (let i = 1; i <= 3; i++) {
      await wal.append(record(i));
      const { numbers, found } = await replayAll(disk.crash());
      expect(numbers).toEqual(Array.from({ length: i }, (_, j) => j + 1));
      expect(found.at(-1)).toEqual({ seq: 1, record: record(i) });
    }
    await wal.close();
  });

  it('keeps tenants and bodies of every kind of size', async () => {
    const disk = new MemoryDisk();
    const wal = await openWal(disk);
    const records = [0, 1, 1_500_000].map((size) => record(size % 7, size));
    records.push({ kind: 255, tenant: 'ü'.repeat(100), arrivalMs: 0.5, body: new Uint8Array(3) });
    records.push({ kind: 0, tenant: '', arrivalMs: -1, body: new Uint8Array(0) });
    await Promise.all(records.map((each) => wal.append(each)));
    await wal.close();
    expect((await replayAll(disk)).found.map((each) => each.record)).toEqual(records);
  });

  it('syncs once for all that gathered during a sync', async () => {
    const disk = new MemoryDisk();
    const wal = await openWal(disk);
    const resume = disk.pause('datasync');
    const first = wal.append(record(1));
    await vi.waitFor(() => expect(disk.trace.at(-1)).toMatch(/^datasync/));
    const later = [2, 3, 4, 5].map((number) => wal.append(record(number)));
    expect(wal.queuedBytes).toBeGreaterThan(5 * 20);
    resume();
    await Promise.all([first, ...later]);
    expect(wal.stats).toMatchObject({ records: 5, groups: 2, syncs: 2, failures: 0 });
    expect(wal.queuedBytes).toBe(0);
    expect(disk.trace.map((line) => line.split(' ')[0])).toEqual([
      'create',
      'write',
      'datasync',
      'syncDir',
      'write',
      'datasync',
    ]);
    await wal.close();
  });

  it('rotates at once and switches files in order', async () => {
    const disk = new MemoryDisk();
    const wal = await openWal(disk, { nextSeq: 7 });
    const appended = [wal.append(record(1)), wal.append(record(2))];
    expect(wal.currentSeq).toBe(7);
    expect(wal.rotate()).toBe(7);
    expect(wal.currentSeq).toBe(8);
    appended.push(wal.append(record(3)));
    expect(wal.rotate()).toBe(8);
    expect(wal.rotate()).toBe(9);
    appended.push(wal.append(record(4)));
    await Promise.all(appended);
    await wal.close();
    const { found } = await replayAll(disk.crash());
    expect(found.map((each) => [each.seq, each.record.arrivalMs % 10])).toEqual([
      [7, 1],
      [7, 2],
      [8, 3],
      [10, 4],
    ]);
  });

  it('begins a new segment before one grows over its size', async () => {
    const disk = new MemoryDisk();
    const wal = await openWal(disk, { maxSegmentBytes: 300 });
    await Promise.all([1, 2, 3, 4, 5].map((number) => wal.append(record(number, 100))));
    await wal.append(record(6, 1000));
    await wal.append(record(7, 10));
    await wal.close();
    const { found } = await replayAll(disk);
    expect(found.map((each) => each.seq)).toEqual([1, 1, 2, 2, 3, 4, 5]);
  });

  it('deletes segments, also the one whose file is still open, but never the current one', async () => {
    const disk = new MemoryDisk();
    const wal = await openWal(disk);
    for (let i = 1; i <= 4; i++) {
      await wal.append(record(i));
      wal.rotate();
    }
    await wal.deleteThrough(2);
    expect(await seqsOf(disk.crash())).toEqual([3, 4]);
    await wal.deleteThrough(4);
    expect(await seqsOf(disk)).toEqual([]);
    expect(deletedMarkers(await disk.list(WAL_DIR))).toEqual([4]);
    await expect(wal.deleteThrough(5)).rejects.toThrow('still open');
    await wal.append(record(5));
    expect((await replayAll(disk)).numbers).toEqual([5]);
    await wal.close();
  });

  it('never goes on in a segment that is there already', async () => {
    const disk = new MemoryDisk();
    const first = await openWal(disk, { nextSeq: 5 });
    await first.append(record(1));
    await first.close();
    const second = await openWal(disk, { nextSeq: 3 });
    expect(second.currentSeq).toBe(6);
    await second.close();
  });

  it('refuses what cannot wait, is too large, or comes after close', async () => {
    const disk = new MemoryDisk();
    const wal = await openWal(disk, { maxQueuedBytes: 500 });
    const first = wal.append(record(1, 5000));
    await expect(wal.append(record(2, 10))).rejects.toMatchObject({ code: 'MEMORY_PRESSURE' });
    await first;
    await wal.append(record(3, 400));
    const huge = { ...record(4), body: { length: 2 ** 29 } as Uint8Array };
    await expect(wal.append(huge)).rejects.toMatchObject({ code: 'PUSH_TOO_LARGE' });
    const last = wal.append(record(5));
    await wal.close();
    await last;
    await wal.close();
    await expect(wal.append(record(6))).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    expect((await replayAll(disk.crash())).numbers).toEqual([1, 3, 5]);
  });

  it('syncs by the interval, and at the latest when it is closed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const disk = new MemoryDisk();
      const wal = await openWal(disk, { sync: 'interval', syncIntervalMs: 50 });
      await wal.append(record(1));
      await wal.append(record(2));
      expect(wal.stats.syncs).toBe(0);
      expect((await replayAll(disk.crash())).numbers).toEqual([]);
      vi.advanceTimersByTime(50);
      await vi.waitFor(() => expect(wal.stats.syncs).toBe(1));
      expect((await replayAll(disk.crash())).numbers).toEqual([1, 2]);
      await wal.append(record(3));
      await wal.close();
      expect((await replayAll(disk.crash())).numbers).toEqual([1, 2, 3]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('syncs a segment before the next one is written', async () => {
    const disk = new MemoryDisk();
    const wal = await openWal(disk, { sync: 'interval', syncIntervalMs: 1e6 });
    await wal.append(record(1));
    wal.rotate();
    await wal.append(record(2));
    expect((await replayAll(disk.crash())).numbers).toEqual([1]);
    await wal.close();
  });
});
