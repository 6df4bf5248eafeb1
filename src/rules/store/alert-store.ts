import { dirname, join } from 'node:path';
import type { Disk } from '../../base/disk/disk.ts';
import { readVersioned, writeDurably } from '../../base/disk/json-file.ts';
import type { ActiveAlert } from '../alert/active-alert.ts';

export const ALERTS_VERSION = 1;

/** What is kept of a group between two runs of the server. */
export interface StoredGroup {
  /** The slot that was evaluated last, milliseconds since the epoch. */
  readonly lastSlotMs: number;
  /** Alerts by the key of their rule. */
  readonly rules: Readonly<Record<string, readonly ActiveAlert[]>>;
}

interface AlertsFile {
  readonly version: number;
  readonly groups: Readonly<Record<string, StoredGroup>>;
}

/** What need not be written when nothing was before. */
const EMPTY = JSON.stringify({ version: ALERTS_VERSION, groups: {} });

/** Alerts of one tenant on disk. Writes that are asked for while one runs become one. */
export class AlertStore {
  readonly #disk: Disk;
  readonly #path: string;
  #written = '';
  #current: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(disk: Disk, folder: string, tenant: string) {
    this.#disk = disk;
    this.#path = join(folder, `alerts-${tenant}.json`);
  }

  /** @throws LogError FORMAT_UNKNOWN */
  async load(): Promise<ReadonlyMap<string, StoredGroup>> {
    const file = await readVersioned<AlertsFile>(this.#disk, this.#path, ALERTS_VERSION);
    if (file !== undefined) this.#written = JSON.stringify(file);
    return new Map(Object.entries(file?.groups ?? {}));
  }

  /** @param groups asked for when it is written. @returns resolves when what it is then is on disk */
  save(groups: () => ReadonlyMap<string, StoredGroup>): Promise<void> {
    if (this.#next !== undefined) return this.#next;
    const before = this.#current ?? Promise.resolve();
    const next = before
      .catch(() => undefined)
      .then(async () => {
        this.#current = next;
        this.#next = undefined;
        const file: AlertsFile = { version: ALERTS_VERSION, groups: Object.fromEntries(groups()) };
        const text = JSON.stringify(file);
        if (text === this.#written || (this.#written === '' && text === EMPTY)) return;
        await this.#disk.mkdir(dirname(this.#path));
        await writeDurably(this.#disk, this.#path, text);
        this.#written = text;
      });
    this.#next = next;
    return next;
  }
}
