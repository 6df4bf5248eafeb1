import { describe, expect, it } from 'vitest';
import { checkFolderFormat, FORMAT_TEXT } from '../../../src/base/disk/folder-format.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';

describe('checkFolderFormat', () => {
  it('marks a new folder durably, and accepts it from then on', async () => {
    const disk = new MemoryDisk();
    await checkFolderFormat(disk, '/data');
    const after = disk.crash();
    expect(new TextDecoder().decode(after.bytesOf('/data/FORMAT'))).toBe('halogi 1\n');
    await checkFolderFormat(after, '/data');
    expect(after.trace).toEqual([]);
    expect(FORMAT_TEXT).toBe('halogi 1\n');
  });

  it('goes on after a crash between its steps', async () => {
    const disk = new MemoryDisk();
    disk.put('/data/FORMAT.tmp', new Uint8Array(3));
    disk.put('/data/FORMAT', new Uint8Array(0));
    await checkFolderFormat(disk, '/data');
    expect(await disk.list('/data')).toEqual(['FORMAT']);
  });

  it.each(['halogi 2\n', 'loki\n', '\0'])('refuses %j', async (text) => {
    const disk = new MemoryDisk();
    disk.put('/data/FORMAT', new TextEncoder().encode(text));
    await expect(checkFolderFormat(disk, '/data')).rejects.toMatchObject({ code: 'FORMAT_UNKNOWN' });
  });
});
