import { Level } from 'level';
import { nodeDisk } from '../base/disk/node-disk.ts';
import { LogError } from '../base/errors.ts';
import { type Kv, type KvEntry, type KvOperation, SCAN_PAGE_ENTRIES } from './kv.ts';

/** Raw bytes that a page of a scan may hold before it is handed out. */
const SCAN_PAGE_BYTES = 4 * 1024 * 1024;

/** Opening writes what the log of LevelDB holds (at most 4 MiB) to a table, and a new manifest; several times that is safe. */
const MIN_FREE_TO_REOPEN_BYTES = 16 * 1024 * 1024;

type Database = Level<string, Uint8Array>;

/**
 * Opens a LevelDB folder, making it when missing. LevelDB locks the folder for the process by means of the system.
 *
 * @throws LogError FOLDER_LOCKED when another process has it open; DISK_FULL; INDEX_CORRUPT when it cannot be opened for another reason
 */
export async function openLevelKv(folder: string): Promise<Kv> {
  const database: Database = new Level(folder, { keyEncoding: 'utf8', valueEncoding: 'view', createIfMissing: true });
  try {
    await database.open();
  } catch (error) {
    throw asLogError(error, folder);
  }
  return new LevelKv(database, folder);
}

/**
 * A database that outlives failed writes. LevelDB refuses all writes after one that failed until it is opened anew, so that is
 * done before the next write, once there is room for it: till then the open database answers reads.
 */
class LevelKv implements Kv {
  readonly #folder: string;
  readonly #database: Database;
  /** Why the database must be opened anew before the next write. */
  #failure: LogError | undefined;
  #reopening: Promise<void> | undefined;

  constructor(database: Database, folder: string) {
    this.#database = database;
    this.#folder = folder;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    await this.#readable();
    try {
      return await this.#database.get(key);
    } catch (error) {
      throw asLogError(error, this.#folder);
    }
  }

  getSync(key: string): Uint8Array | undefined {
    if (this.#failure !== undefined && this.#database.status !== 'open') throw this.#failure;
    try {
      return this.#database.getSync(key);
    } catch (error) {
      throw asLogError(error, this.#folder);
    }
  }

  async *scan(gte: string, lt: string): AsyncGenerator<readonly KvEntry[]> {
    await this.#readable();
    const iterator = this.#database.iterator({ gte, lt, highWaterMarkBytes: SCAN_PAGE_BYTES });
    try {
      for (;;) {
        const page = await iterator.nextv(SCAN_PAGE_ENTRIES);
        if (page.length === 0) return;
        yield page.map(([key, value]) => ({ key, value }));
      }
    } catch (error) {
      throw asLogError(error, this.#folder);
    } finally {
      await iterator.close();
    }
  }

  async batch(operations: readonly KvOperation[]): Promise<void> {
    await this.#writable();
    try {
      await this.#database.batch([...operations], { sync: true });
    } catch (error) {
      this.#failure = asLogError(error, this.#folder);
      throw this.#failure;
    }
  }

  async clear(): Promise<void> {
    await this.#writable();
    try {
      await this.#database.clear();
    } catch (error) {
      this.#failure = asLogError(error, this.#folder);
      throw this.#failure;
    }
  }

  async close(): Promise<void> {
    await this.#reopening?.catch(() => 'it is closed then');
    await this.#database.close();
  }

  async #readable(): Promise<void> {
    if (this.#failure !== undefined && this.#database.status !== 'open') await this.#writable();
  }

  async #writable(): Promise<void> {
    if (this.#failure === undefined) return;
    this.#reopening ??= this.#reopen(this.#failure).finally(() => {
      this.#reopening = undefined;
    });
    await this.#reopening;
  }

  async #reopen(failure: LogError): Promise<void> {
    const { freeBytes } = await nodeDisk.space(this.#folder);
    if (freeBytes < MIN_FREE_TO_REOPEN_BYTES) throw failure;
    try {
      await this.#database.close();
      await this.#database.open();
      this.#failure = undefined;
    } catch (error) {
      throw asLogError(error, this.#folder);
    }
  }
}

/** LevelDB's own words are in the innermost cause; the only sign of a full disk is the system's text in them. */
function asLogError(error: unknown, folder: string): LogError {
  if (error instanceof LogError) return error;
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  const text = inner instanceof Error ? inner.message : String(inner);
  const code = inner instanceof Error && 'code' in inner ? inner.code : undefined;
  if (code === 'LEVEL_LOCKED') {
    return new LogError('FOLDER_LOCKED', `index is in use by another process: ${folder}`, { cause: error });
  }
  if (text.includes('No space left') || text.includes('quota')) {
    return new LogError('DISK_FULL', `no space left for the index in ${folder}`, { cause: error });
  }
  return new LogError('INDEX_CORRUPT', `index in ${folder} cannot be used: ${text}`, {
    cause: error,
    details: { folder, code },
  });
}
