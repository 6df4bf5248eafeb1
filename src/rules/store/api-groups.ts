import { join } from 'node:path';
import type { Disk } from '../../base/disk/disk.ts';
import { readVersioned, writeDurably } from '../../base/disk/json-file.ts';
import type { GroupSource, RuleGroup } from '../model/rule-group.ts';
import { parseGroup } from '../parse/parse-group.ts';

export const GROUPS_VERSION = 1;
const FILE_PATTERN = /^groups-(.+)\.json$/;

interface GroupsFile {
  readonly version: number;
  /** In order of their making. */
  readonly groups: readonly { readonly namespace: string; readonly group: GroupSource }[];
}

export function groupsFileName(tenant: string): string {
  return `groups-${tenant}.json`;
}

/** Groups that were made by the API, one file for each tenant. A name never becomes a path. */
export class ApiGroups {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #defaultIntervalMs: number;
  readonly #groupsByTenant = new Map<string, readonly RuleGroup[]>();
  #queue: Promise<unknown> = Promise.resolve();

  constructor(disk: Disk, folder: string, defaultIntervalMs: number) {
    this.#disk = disk;
    this.#folder = folder;
    this.#defaultIntervalMs = defaultIntervalMs;
  }

  /** @throws LogError FORMAT_UNKNOWN */
  async load(): Promise<void> {
    for (const name of await this.#disk.list(this.#folder)) {
      const tenant = FILE_PATTERN.exec(name)?.[1];
      if (tenant === undefined) continue;
      const file = await readVersioned<GroupsFile>(this.#disk, join(this.#folder, name), GROUPS_VERSION);
      const groups = (file?.groups ?? []).map(({ namespace, group }) =>
        parseGroup(group, { origin: 'api', namespace, defaultIntervalMs: this.#defaultIntervalMs }),
      );
      this.#groupsByTenant.set(tenant, groups);
    }
  }

  tenants(): readonly string[] {
    return [...this.#groupsByTenant.keys()];
  }

  of(tenant: string): readonly RuleGroup[] {
    return this.#groupsByTenant.get(tenant) ?? [];
  }

  /**
   * Changes the groups of a tenant; changes come one after the other.
   *
   * @param change gets the groups of now; what it throws leaves them as they are
   * @returns resolves when the change is on disk
   */
  change(tenant: string, change: (groups: readonly RuleGroup[]) => readonly RuleGroup[]): Promise<void> {
    const run = async (): Promise<void> => {
      const groups = change(this.of(tenant));
      const file: GroupsFile = {
        version: GROUPS_VERSION,
        groups: groups.map(({ namespace, source }) => ({ namespace, group: source })),
      };
      await this.#disk.mkdir(this.#folder);
      await writeDurably(this.#disk, join(this.#folder, groupsFileName(tenant)), JSON.stringify(file));
      this.#groupsByTenant.set(tenant, groups);
    };
    const done = this.#queue.then(run);
    this.#queue = done.catch(() => undefined);
    return done;
  }
}
