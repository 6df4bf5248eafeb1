/**
 * The only door to stored files. Everything that is durable goes through a `Disk`, so tests can run on a twin that fills up,
 * tears writes or records every call, and so another medium can take its place. Paths are plain strings with `/`.
 * Implemented over node:fs in `base/disk/node-disk.ts`. All calls reject with the error of the system (`code` is `ENOSPC`, `EIO`, ...).
 */
export interface Disk {
  /** Makes the folder and its parents; fine when it exists. */
  mkdir(path: string): Promise<void>;
  /** Names in a folder, sorted; empty when the folder is missing. */
  list(path: string): Promise<readonly string[]>;
  /** Undefined when there is nothing at the path. */
  stat(path: string): Promise<DiskStat | undefined>;
  /** Undefined when the file is missing. For small files: the caller knows a limit and rejects a larger one. */
  readAll(path: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /** Opens for reading; rejects with `ENOENT` when missing. */
  openRead(path: string): Promise<DiskFile>;
  /** Makes a new file for reading and writing; rejects with `EEXIST` when there is one. */
  create(path: string): Promise<DiskFile>;
  /** Opens an existing file for reading and writing. */
  openWrite(path: string): Promise<DiskFile>;
  /** Replaces what is at `to`, in one step. Durable after `syncDir` of the folder. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; fine when it is missing. */
  unlink(path: string): Promise<void>;
  /** Removes a folder if it is empty; returns false when it is not, true when it is gone. */
  removeEmptyDir(path: string): Promise<boolean>;
  /** Makes names durable that were added to, renamed in or removed from the folder. */
  syncDir(path: string): Promise<void>;
  /** Space of the file system that holds the path, as a process without privileges sees it. */
  space(path: string): Promise<DiskSpace>;
}

/** An open file. Positions are bytes from its start. */
export interface DiskFile {
  readonly path: string;
  /** Writes all buffers, one behind the other, from `position` on. After a rejection any prefix may have been written. */
  write(buffers: readonly Uint8Array[], position: number): Promise<void>;
  /** Fills `into` from `position` on; returns the bytes read, fewer only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  sizeBytes(): Promise<number>;
  truncate(sizeBytes: number): Promise<void>;
  /** fdatasync: data and size are on the medium when it resolves. */
  datasync(): Promise<void>;
  close(): Promise<void>;
}

export interface DiskStat {
  readonly kind: 'file' | 'folder' | 'other';
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

export interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** The system's name of an error (`ENOSPC`, `EIO`), if it has one. */
export function systemCode(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return undefined;
}

/** True for errors that say that there is no room left: a full disk or a used-up quota. */
export function isDiskFull(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOSPC' || code === 'EDQUOT';
}
