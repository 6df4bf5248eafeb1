import type { Disk, DiskFile } from '../../src/base/disk.ts';

export type WatchedCall = 'create' | 'write' | 'datasync' | 'rename' | 'syncDir' | 'unlink';

/** A disk that tells of every change before it makes it; `before` may take a snapshot, or fail in its stead. */
export function watchedDisk(disk: Disk, before: (call: WatchedCall, path: string) => void): Disk {
  const file = (inner: DiskFile): DiskFile => ({
    path: inner.path,
    write: async (buffers, position) => {
      before('write', inner.path);
      await inner.write(buffers, position);
    },
    datasync: async () => {
      before('datasync', inner.path);
      await inner.datasync();
    },
    read: (into, position) => inner.read(into, position),
    sizeBytes: () => inner.sizeBytes(),
    truncate: (sizeBytes) => inner.truncate(sizeBytes),
    close: () => inner.close(),
  });
  return {
    ...disk,
    create: async (path) => {
      before('create', path);
      return file(await disk.create(path));
    },
    openWrite: async (path) => file(await disk.openWrite(path)),
    rename: async (from, to) => {
      before('rename', to);
      await disk.rename(from, to);
    },
    syncDir: async (path) => {
      before('syncDir', path);
      await disk.syncDir(path);
    },
    unlink: async (path) => {
      before('unlink', path);
      await disk.unlink(path);
    },
  };
}
