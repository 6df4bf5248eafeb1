import { describe, expect, it } from 'vitest';
import { crc32c } from '../../../src/base/crc32c.ts';
import { FILE_HEADER_BYTES, RECORD_HEAD_BYTES, walFileNames } from '../../../src/wal/format.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { openWal, record, replayAll, WAL_DIR } from '../../support/wal-fixture.ts';

const RECORD_BYTES = RECORD_HEAD_BYTES + 'tenant-1'.length + 20;

/** A log of segments with given records, closed, and the paths of its files. */
async function logOf(segments: readonly (readonly number[])[]): Promise<{ disk: MemoryDisk; paths: string[] }> {
  const disk = new MemoryDisk();
  const wal = await openWal(disk);
  for (const numbers of segments) {
    for (const number of numbers) await wal.append(record(number));
    wal.rotate();
  }
  await wal.close();
  return { disk, paths: (await disk.list(WAL_DIR)).map((name) => `${WAL_DIR}/${name}`) };
}

function copyOf(disk: MemoryDisk): MemoryDisk {
  const copy = new MemoryDisk();
  for (const [path, file] of disk.files) copy.put(path, file.bytes);
  return copy;
}

describe('replayWal', () => {
  it('answers an empty or missing folder', async () => {
    expect(await replayAll(new MemoryDisk(), 4)).toMatchObject({ lastSeq: 4, records: 0, bytes: 0, tornBytes: 0 });
  });

  it('leaves out what is stored elsewhere, and files that are not of the log', async () => {
    const { disk } = await logOf([[1, 2], [3], [4, 5]]);
    disk.put(`${WAL_DIR}/notes.txt`, new Uint8Array(5));
    disk.put(`${WAL_DIR}/000000000009-00-zz.wal`, new Uint8Array(5));
    const result = await replayAll(disk, 1);
    expect(result).toMatchObject({ lastSeq: 3, records: 3, numbers: [3, 4, 5], tornBytes: 0, damages: [] });
    expect(result.bytes).toBe(2 * FILE_HEADER_BYTES + 3 * RECORD_BYTES);
    expect((await replayAll(disk, 3)).lastSeq).toBe(3);
  });

  it('cuts a torn tail at every byte of the last record, and reads the same again', async () => {
    const { disk, paths } = await logOf([[1], [2, 3]]);
    const path = paths[1]!;
    const whole = disk.bytesOf(path);
    for (let length = 0; length < whole.length; length++) {
      const torn = copyOf(disk);
      torn.put(path, whole.subarray(0, length));
      const goodBytes =
        length < FILE_HEADER_BYTES ? 0 : FILE_HEADER_BYTES + (length < whole.length - RECORD_BYTES ? 0 : RECORD_BYTES);
      const numbers = goodBytes > FILE_HEADER_BYTES ? [1, 2] : [1];
      const result = await replayAll(torn);
      expect(result).toMatchObject({ lastSeq: 2, numbers, tornBytes: length - goodBytes, damages: [] });
      expect(await replayAll(torn.crash())).toMatchObject({ numbers, tornBytes: 0, damages: [] });
    }
  });

  it('takes zeros or noise at the end of the last file for a torn tail', async () => {
    const { disk, paths } = await logOf([[1, 2]]);
    const whole = disk.bytesOf(paths[0]!);
    for (const tail of [new Uint8Array(9000), new Uint8Array(1).fill(255), whole.subarray(FILE_HEADER_BYTES, -1)]) {
      const torn = copyOf(disk);
      torn.put(paths[0]!, Buffer.concat([whole, tail]));
      const cut = await replayAll(torn);
      expect(cut.damages).toEqual([]);
      expect((await replayAll(torn)).tornBytes).toBe(0);
    }
  });

  it('does not take a damaged last record for a torn one, nor an emptied file for one that had nothing', async () => {
    const { disk, paths } = await logOf([[1], [2, 3]]);
    const bytes = disk.bytesOf(paths[1]!).slice();
    bytes[bytes.length - 5]! ^= 4;
    const flipped = copyOf(disk);
    flipped.put(paths[1]!, bytes);
    const startByte = FILE_HEADER_BYTES + RECORD_BYTES;
    const result = await replayAll(flipped);
    expect(result).toMatchObject({ numbers: [1, 2], tornBytes: 0, damages: [{ file: paths[1], startByte }] });
    expect(flipped.bytesOf(result.damages[0]!.quarantinedAs!)).toEqual(bytes.subarray(startByte));

    const emptied = copyOf(disk);
    emptied.put(paths[0]!, new Uint8Array(0));
    expect(await replayAll(emptied)).toMatchObject({
      numbers: [2, 3],
      damages: [{ file: paths[0], reason: 'the file is empty' }],
    });
  });

  it('quarantines a torn tail of an earlier file loudly, and goes on', async () => {
    const { disk, paths } = await logOf([[1, 2], [3]]);
    const whole = disk.bytesOf(paths[0]!);
    disk.put(paths[0]!, whole.subarray(0, -5));
    const { numbers, damages } = await replayAll(disk);
    expect(numbers).toEqual([1, 3]);
    const startByte = FILE_HEADER_BYTES + RECORD_BYTES;
    expect(damages).toMatchObject([{ file: paths[0], startByte, endByte: whole.length - 5 }]);
    const copy = disk.bytesOf(damages[0]!.quarantinedAs!);
    expect(Buffer.compare(copy, whole.subarray(startByte, -5))).toBe(0);
    expect(damages[0]!.quarantinedAs).toMatch(/^\/data\/quarantine\//);
    expect(disk.bytesOf(paths[0]!).length).toBe(whole.length - 5);
  });

  it('loses one record at most to a flipped bit anywhere in an earlier file', async () => {
    const { disk, paths } = await logOf([[1, 2, 3], [4]]);
    const path = paths[0]!;
    const whole = disk.bytesOf(path);
    for (let at = 0; at < whole.length; at++) {
      const damaged = copyOf(disk);
      const bytes = whole.slice();
      bytes[at] = bytes[at]! ^ (1 << (at % 8));
      damaged.put(path, bytes);
      const hit = at < FILE_HEADER_BYTES ? 0 : 1 + Math.floor((at - FILE_HEADER_BYTES) / RECORD_BYTES);
      const { numbers, damages } = await replayAll(damaged);
      expect(numbers).toEqual([1, 2, 3, 4].filter((number) => number !== hit));
      expect(damages).toHaveLength(1);
      expect(damages[0]).toMatchObject({
        startByte: hit === 0 ? 0 : FILE_HEADER_BYTES + (hit - 1) * RECORD_BYTES,
        endByte: hit === 0 ? FILE_HEADER_BYTES : FILE_HEADER_BYTES + hit * RECORD_BYTES,
      });
    }
  });

  it('finds what is behind damage in the last file too, and cuts only its end', async () => {
    const { disk, paths } = await logOf([[1, 2, 3, 4]]);
    const bytes = disk.bytesOf(paths[0]!).slice();
    bytes[FILE_HEADER_BYTES + RECORD_BYTES + 30] = 99;
    disk.put(paths[0]!, Buffer.concat([bytes, new Uint8Array(7)]));
    const result = await replayAll(disk);
    expect(result).toMatchObject({ numbers: [1, 3, 4], tornBytes: 7 });
    expect(result.damages).toHaveLength(1);
  });

  it('does not take records inside a body for records of the log', async () => {
    const other = await logOf([[8, 9]]);
    const stolen = other.disk.bytesOf(other.paths[0]!).slice(FILE_HEADER_BYTES);
    const disk = new MemoryDisk();
    const wal = await openWal(disk);
    await wal.append({ ...record(1), body: stolen });
    await wal.append(record(2));
    wal.rotate();
    await wal.append(record(3));
    await wal.close();
    const path = `${WAL_DIR}/${(await disk.list(WAL_DIR))[0]}`;
    const bytes = disk.bytesOf(path).slice();
    bytes[FILE_HEADER_BYTES + 4] = bytes[FILE_HEADER_BYTES + 4]! ^ 1;
    disk.put(path, bytes);
    expect((await replayAll(disk)).numbers).toEqual([2, 3]);
  });

  it('reads records that are larger than its window, with others around them', async () => {
    const disk = new MemoryDisk();
    const wal = await openWal(disk);
    const sizes = [10, 3_000_000, 10, 1_048_570, 5, 1_048_600];
    for (const [i, size] of sizes.entries()) await wal.append(record(i, size));
    await wal.close();
    const { found } = await replayAll(disk);
    expect(found.map((each) => each.record.body.length)).toEqual(sizes);
    expect(found.every((each, i) => Buffer.compare(each.record.body, record(i, sizes[i]).body) === 0)).toBe(true);
  });

  it('finds a record behind damage wherever the window of the search ends', async () => {
    const window = 1024 * 1024;
    const firstSize = window - RECORD_HEAD_BYTES - 'tenant-1'.length;
    for (let shift = -6; shift <= 6; shift++) {
      const disk = new MemoryDisk();
      const wal = await openWal(disk);
      await wal.append(record(1, firstSize + shift));
      await wal.append(record(2));
      await wal.close();
      const path = `${WAL_DIR}/${(await disk.list(WAL_DIR))[0]}`;
      disk.bytesOf(path)[FILE_HEADER_BYTES + 5]! ^= 1;
      expect((await replayAll(disk)).numbers).toEqual([2]);
    }
  });

  it('goes on when the damage cannot be copied', async () => {
    const { disk, paths } = await logOf([[1, 2], [3]]);
    disk.put(paths[0]!, disk.bytesOf(paths[0]!).subarray(0, -1));
    disk.failNext('write', 'ENOSPC');
    const { numbers, damages } = await replayAll(disk);
    expect(numbers).toEqual([1, 3]);
    expect(damages[0]).toMatchObject({ quarantinedAs: undefined, cause: { code: 'ENOSPC' } });
  });

  it('stops at a version it does not know', async () => {
    const { disk, paths } = await logOf([[1]]);
    const bytes = disk.bytesOf(paths[0]!).slice();
    const view = new DataView(bytes.buffer);
    view.setUint32(8, 2, true);
    view.setUint32(28, crc32c(bytes, 0, 28), true);
    disk.put(paths[0]!, bytes);
    await expect(replayAll(disk)).rejects.toMatchObject({ code: 'FORMAT_UNKNOWN' });
  });

  it('passes on what apply throws, and says which file cannot be read', async () => {
    const { disk, paths } = await logOf([[1]]);
    disk.failNext('read', 'EIO');
    await expect(replayAll(disk)).rejects.toMatchObject({ code: 'WAL_CORRUPT', details: { path: paths[0] } });
  });

  it('sorts files by number, not by text', () => {
    const names = ['1000000000000-00-00000001.wal', '000000000002-01-00000001.wal', '000000000002-00-ffffffff.wal'];
    expect(walFileNames(names).map((file) => file.seq)).toEqual([2, 2, 1e12]);
    expect(walFileNames(['2-00-00000001.wal', '000000000002-00-0000000G.wal', 'LOCK'])).toEqual([]);
  });
});
