import type { Disk, DiskFile } from '../../src/base/disk/disk.ts';

export type WatchedCall = 'create' | 'write' | 'datasync' | 'rename' | 'syncDir' | 'unlink';

/**
 * A disk that makes changes one at a time and tells of each before it does: `before` may take a snapshot, in which no other change is
 * half done, or fail in its stead.
 */
export function watchedDisk(disk: Disk, before: (call: WatchedCall, path: string) => void): Disk {
  let last: Promise<unknown> = Promise.resolve();
  const change = <T>(call: WatchedCall, path: string, make: () => Promise<T>): Promise<T> => {
    const made = last.then(() => {
      before(call, path);
      return make();
    });
    last = made.catch(() => undefined);
    return made;
  };
  const file = (inner: DiskFile): DiskFile => ({
    path: inner.path,
    write: (buffers, position) => change('write', inner.path, () => inner.write(buffers, position)),
    datasync: () => change('datasync', inner.path, () => inner.datasync()),
    read: (into, position) => inner.read(into, position),
    sizeBytes: () => inner.sizeBytes(),
    truncate: (sizeBytes) => inner.truncate(sizeBytes),
    close: () => inner.close(),
  });
  return {
    ...disk,
    create: async (path) => file(await change('create', path, () => disk.create(path))),
    openWrite: async (path) => file(await disk.openWrite(path)),
    rename: (from, to) => change('rename', to, () => disk.rename(from, to)),
    syncDir: (path) => change('syncDir', path, () => disk.syncDir(path)),
    unlink: (path) => change('unlink', path, () => disk.unlink(path)),
  };
}
