import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/**
 * Files as workers read them: with synchronous positional reads into memory that is reused. A worker has nothing else to do
 * meanwhile, and a synchronous read costs a third of an asynchronous one.
 */
export class SyncFile {
  readonly path: string;
  readonly #descriptor: number;

  constructor(path: string) {
    this.path = path;
    this.#descriptor = openSync(path, 'r');
  }

  /** @returns bytes read; fewer than asked for only at the end of the file */
  read(into: Uint8Array, length: number, position: number): number {
    let done = 0;
    while (done < length) {
      const count = readSync(this.#descriptor, into, done, length - done, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  sizeBytes(): number {
    return fstatSync(this.#descriptor).size;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** Most files that one thread keeps open: far below the usual limit of 1,024 descriptors for a process. */
const MAX_OPEN_FILES = 128;

/** Caches of this thread. */
const caches = new Set<SyncFileCache>();

/** Closes a file in all caches of this thread: one that was removed takes its room on the disk until then. */
export function closeCachedFile(path: string): void {
  for (const cache of caches) cache.forget(path);
}

/** Open files of one thread, the least recently used closed first. */
export class SyncFileCache {
  readonly #files = new Map<string, SyncFile>();

  get(path: string): SyncFile {
    let file = this.#files.get(path);
    if (file !== undefined) {
      this.#files.delete(path);
    } else {
      caches.add(this);
      file = new SyncFile(path);
      if (this.#files.size >= MAX_OPEN_FILES) {
        const oldest = this.#files.entries().next().value!;
        this.#files.delete(oldest[0]);
        oldest[1].close();
      }
    }
    this.#files.set(path, file);
    return file;
  }

  forget(path: string): void {
    this.#files.get(path)?.close();
    this.#files.delete(path);
  }

  close(): void {
    caches.delete(this);
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }
}
