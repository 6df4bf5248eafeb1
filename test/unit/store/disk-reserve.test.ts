import { expect, test } from 'vitest';
import { LogError } from '../../../src/base/errors.ts';
import { DiskReserve } from '../../../src/store/lifecycle/disk-reserve.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';

const RESERVE = '/data/RESERVE';
const MIB = 1024 * 1024;

async function keptOn(disk: MemoryDisk): Promise<DiskReserve> {
  const reserve = new DiskReserve(disk, '/data');
  await reserve.check();
  return reserve;
}

test('the reserve is real bytes, made once', async () => {
  const disk = new MemoryDisk();
  disk.capacityBytes = 100 * MIB;
  expect((await keptOn(disk)).isMissing).toBe(false);
  expect(disk.bytesOf(RESERVE).length).toBe(8 * MIB);
  const callCount = disk.trace.length;
  await keptOn(disk);
  expect(disk.trace.length).toBe(callCount);
});

test('a part of a reserve, from a crash, is made whole', async () => {
  const disk = new MemoryDisk();
  disk.put(RESERVE, new Uint8Array(5));
  await keptOn(disk);
  expect(disk.bytesOf(RESERVE).length).toBe(8 * MIB);
});

test('without room it is missing, until there is room', async () => {
  const disk = new MemoryDisk();
  disk.capacityBytes = 10 * MIB;
  const reserve = await keptOn(disk);
  expect(reserve.isMissing).toBe(true);
  disk.capacityBytes = 20 * MIB;
  await reserve.check();
  expect(reserve.isMissing).toBe(false);
});

test('it is spent on what fails for want of room, which is then done again', async () => {
  const disk = new MemoryDisk();
  const reserve = await keptOn(disk);
  let calls = 0;
  const opened = await reserve.spend(async () => {
    calls++;
    if (disk.files.has(RESERVE)) throw new LogError('DISK_FULL', 'no room');
    return 'open';
  });
  expect([opened, calls, reserve.isMissing]).toEqual(['open', 2, true]);
});

test('other failures, and a full disk without a reserve, are passed on after one try', async () => {
  const disk = new MemoryDisk();
  const reserve = await keptOn(disk);
  let calls = 0;
  const failWith = (error: Error): Promise<void> =>
    reserve.spend(async () => {
      calls++;
      throw error;
    });
  await expect(failWith(new Error('other'))).rejects.toThrow('other');
  expect([calls, disk.files.has(RESERVE)]).toEqual([1, true]);
  await disk.unlink(RESERVE);
  await expect(failWith(new LogError('DISK_FULL', 'no room'))).rejects.toThrow('no room');
  expect(calls).toBe(2);
});
