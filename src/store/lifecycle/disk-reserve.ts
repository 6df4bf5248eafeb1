import { join } from 'node:path';
import { type Disk, isDiskFull } from '../../base/disk/disk.ts';
import { LogError } from '../../base/errors.ts';

/** What a start needs at most: the lock, and a table and a manifest of the index (4 MiB each at most), with room to spare. */
const RESERVE_BYTES = 8 * 1024 * 1024;
const WRITE_BYTES = 1024 * 1024;
const RESERVE_FILE = 'RESERVE';

/**
 * Room that is kept aside in the data folder for a start on a full disk: LevelDB cannot be opened without writing. The file
 * is given up for such a start; until there is room to make it anew, pushes are refused, so that they cannot fill what it left.
 */
export class DiskReserve {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #path: string;
  #state: 'unknown' | 'kept' | 'missing' = 'unknown';
  #checking: Promise<void> | undefined;

  constructor(disk: Disk, dataFolder: string) {
    this.#disk = disk;
    this.#folder = dataFolder;
    this.#path = join(dataFolder, RESERVE_FILE);
  }

  /** True when the reserve was given up, or could not be made. */
  get isMissing(): boolean {
    return this.#state === 'missing';
  }

  /** Does something that needs a little room; when the disk is full, does it again with the room of the reserve. */
  async spend<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      const isFull = isDiskFull(error) || (error instanceof LogError && error.code === 'DISK_FULL');
      if (!isFull || (await this.#disk.stat(this.#path)) === undefined) throw error;
      await this.#disk.unlink(this.#path);
      this.#state = 'missing';
      return await run();
    }
  }

  /** Makes the file, if it is not there and there is room for it. Does not fail: it says what it found by `isMissing`. */
  check(): Promise<void> {
    if (this.#state === 'kept') return Promise.resolve();
    this.#checking ??= this.#make().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  /** Resolves when no check is under way. */
  async settle(): Promise<void> {
    await this.#checking;
  }

  async #make(): Promise<void> {
    try {
      const found = await this.#disk.stat(this.#path);
      if (found?.sizeBytes !== RESERVE_BYTES) await this.#write();
      this.#state = 'kept';
    } catch {
      // No room, or a disk that refuses to write: either way pushes have nowhere to go.
      this.#state = 'missing';
    }
  }

  async #write(): Promise<void> {
    await this.#disk.unlink(this.#path);
    const { freeBytes } = await this.#disk.space(this.#folder);
    if (freeBytes < 2 * RESERVE_BYTES)
      throw new LogError('DISK_FULL', `only ${freeBytes} bytes are free in ${this.#folder}`);
    const file = await this.#disk.create(this.#path);
    try {
      const bytes = new Uint8Array(WRITE_BYTES);
      for (let at = 0; at < RESERVE_BYTES; at += WRITE_BYTES) await file.write([bytes], at);
      await file.datasync();
    } finally {
      await file.close();
    }
  }
}
