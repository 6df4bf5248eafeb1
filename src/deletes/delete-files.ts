import { dirname, join } from 'node:path';
import type { Disk } from '../base/disk/disk.ts';
import { readVersioned, writeDurably } from '../base/disk/json-file.ts';
import type { DeleteRequest } from './delete-request.ts';

/** Format: docs/format/deletes.md. */
const DELETES_VERSION = 1;
/** In the data folder. */
const DELETES_FOLDER = 'deletes';
const FILE_PATTERN = /^requests-([0-9a-f]+)\.json$/;

interface DeletesFile {
  readonly version: number;
  readonly tenant: string;
  /** In order of their making. */
  readonly requests: readonly DeleteRequest[];
}

/** Requests of all tenants on disk, one file each; a tenant's name is coded, so it never becomes a path. */
export class DeleteFiles {
  readonly #disk: Disk;
  readonly #folder: string;

  constructor(disk: Disk, dataFolder: string) {
    this.#disk = disk;
    this.#folder = join(dataFolder, DELETES_FOLDER);
  }

  /** @throws LogError FORMAT_UNKNOWN */
  async load(): Promise<Map<string, readonly DeleteRequest[]>> {
    const found = new Map<string, readonly DeleteRequest[]>();
    for (const name of await this.#disk.list(this.#folder)) {
      if (!FILE_PATTERN.test(name)) continue;
      const file = await readVersioned<DeletesFile>(this.#disk, join(this.#folder, name), DELETES_VERSION);
      if (file !== undefined) found.set(file.tenant, file.requests);
    }
    return found;
  }

  /** Durable when it resolves. */
  async save(tenant: string, requests: readonly DeleteRequest[]): Promise<void> {
    const path = join(this.#folder, `requests-${await fileKey(tenant)}.json`);
    await this.#disk.mkdir(dirname(path));
    const file: DeletesFile = { version: DELETES_VERSION, tenant, requests };
    await writeDurably(this.#disk, path, JSON.stringify(file));
  }
}

async function fileKey(tenant: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(tenant));
  return Buffer.from(hash).toString('hex').slice(0, 32);
}
