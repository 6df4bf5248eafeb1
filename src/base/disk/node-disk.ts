import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readdir, rename, rmdir, stat, statfs, unlink } from 'node:fs/promises';
import { LogError } from '../errors.ts';
import { type Disk, type DiskFile, type DiskSpace, type DiskStat, systemCode } from './disk.ts';

/** The disk of the machine. */
export const nodeDisk: Disk = {
  async mkdir(path: string): Promise<void> {
    await mkdir(path, { recursive: true });
  },

  async list(path: string): Promise<readonly string[]> {
    return (await readdir(path).catch(missingAs<string[]>([]))).sort();
  },

  async stat(path: string): Promise<DiskStat | undefined> {
    const found = await stat(path).catch(missingAs(undefined));
    if (found === undefined) return undefined;
    const kind = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
    return { kind, sizeBytes: found.size, modifiedMs: found.mtimeMs };
  },

  async readAll(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
    const handle = await open(path, 'r').catch(missingAs(undefined));
    if (handle === undefined) return undefined;
    const file = new NodeFile(path, handle);
    try {
      const sizeBytes = await file.sizeBytes();
      if (sizeBytes > maxBytes) {
        throw new LogError(
          'INTERNAL',
          `file too large to read at once: ${path} has ${sizeBytes} bytes, limit ${maxBytes}`,
        );
      }
      const bytes = new Uint8Array(sizeBytes);
      return bytes.subarray(0, await file.read(bytes, 0));
    } finally {
      await file.close();
    }
  },

  async openRead(path: string): Promise<DiskFile> {
    return new NodeFile(path, await open(path, 'r'));
  },

  async create(path: string): Promise<DiskFile> {
    return new NodeFile(path, await open(path, 'wx+'));
  },

  async openWrite(path: string): Promise<DiskFile> {
    return new NodeFile(path, await open(path, 'r+'));
  },

  rename,

  async unlink(path: string): Promise<void> {
    await unlink(path).catch(missingAs(undefined));
  },

  async removeEmptyDir(path: string): Promise<boolean> {
    try {
      await rmdir(path);
      return true;
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT') return true;
      if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
      throw error;
    }
  },

  async syncDir(path: string): Promise<void> {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },

  async space(path: string): Promise<DiskSpace> {
    const found = await statfs(path);
    return { freeBytes: found.bavail * found.bsize, totalBytes: found.blocks * found.bsize };
  },
};

class NodeFile implements DiskFile {
  readonly path: string;
  readonly #handle: FileHandle;

  constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  async write(buffers: readonly Uint8Array[], position: number): Promise<void> {
    let rest = buffers;
    let at = position;
    while (rest.length > 0) {
      const { bytesWritten } = await this.#handle.writev(rest as Uint8Array[], at);
      at += bytesWritten;
      // A short write is followed by another one, which tells the reason (no space, mostly).
      rest = withoutPrefix(rest, bytesWritten);
    }
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    let done = 0;
    while (done < into.length) {
      const { bytesRead } = await this.#handle.read(into, done, into.length - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  }

  async sizeBytes(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  async truncate(sizeBytes: number): Promise<void> {
    await this.#handle.truncate(sizeBytes);
  }

  async datasync(): Promise<void> {
    await this.#handle.datasync();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** What is left of the buffers after their first `byteCount` bytes; empty buffers go too. */
function withoutPrefix(buffers: readonly Uint8Array[], byteCount: number): readonly Uint8Array[] {
  let left = byteCount;
  let i = 0;
  while (i < buffers.length && buffers[i]!.length <= left) left -= buffers[i++]!.length;
  if (i === buffers.length) return [];
  return [buffers[i]!.subarray(left), ...buffers.slice(i + 1)];
}

/** A handler that answers a missing file with a value and lets every other error through. */
function missingAs<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (systemCode(error) === 'ENOENT') return value;
    throw error;
  };
}
