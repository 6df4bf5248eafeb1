import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../base/disk/disk.ts';
import type { RuleGroup } from '../model/rule-group.ts';
import { parseRuleFile } from '../parse/parse-yaml.ts';
import { errorText, ruleError } from '../parse/rule-error.ts';

const MAX_FILE_BYTES = 16 * 1024 * 1024;

interface KnownFile {
  readonly stamp: string;
  readonly groups: readonly RuleGroup[];
}

export interface RuleFilesOptions {
  /** A folder with a folder of files for each tenant. */
  readonly path: string;
  readonly defaultIntervalMs: number;
  /** A file cannot be used; the groups that it had before stay. */
  readonly onError: (file: string, text: string) => void;
}

/**
 * Rule files of an operator: `<path>/<tenant>/<file>`, the file's name is the namespace. Links are followed, as the volumes of
 * Kubernetes have them, and names that begin with a dot are passed over.
 */
export class RuleFiles {
  readonly #options: RuleFilesOptions;
  #known: ReadonlyMap<string, KnownFile> = new Map();
  readonly #reported = new Map<string, string>();
  #groupsByTenant: ReadonlyMap<string, readonly RuleGroup[]> = new Map();

  constructor(options: RuleFilesOptions) {
    this.#options = options;
  }

  tenants(): readonly string[] {
    return [...this.#groupsByTenant.keys()];
  }

  of(tenant: string): readonly RuleGroup[] {
    return this.#groupsByTenant.get(tenant) ?? [];
  }

  /** Looks for changes. @returns whether there were any */
  async poll(): Promise<boolean> {
    const { path } = this.#options;
    if (path === '') return false;
    const known = new Map<string, KnownFile>();
    const byTenant = new Map<string, RuleGroup[]>();
    let changed = false;
    for (const tenant of await names(path)) {
      for (const name of await names(join(path, tenant))) {
        const file = join(path, tenant, name);
        const before = this.#known.get(file);
        const now = await this.#read(file, name, before);
        if (now === undefined) continue;
        known.set(file, now);
        changed ||= now.groups !== before?.groups;
        byTenant.set(tenant, [...(byTenant.get(tenant) ?? []), ...now.groups]);
      }
    }
    changed ||= known.size !== this.#known.size;
    this.#known = known;
    this.#groupsByTenant = byTenant;
    return changed;
  }

  async #read(file: string, namespace: string, before: KnownFile | undefined): Promise<KnownFile | undefined> {
    try {
      const found = await stat(file);
      if (!found.isFile()) return undefined;
      const stamp = `${found.ino} ${found.size} ${found.mtimeMs}`;
      if (before?.stamp === stamp) return before;
      if (found.size > MAX_FILE_BYTES) throw ruleError(`larger than ${MAX_FILE_BYTES} bytes`);
      const text = await readFile(file, 'utf8');
      const { defaultIntervalMs } = this.#options;
      const groups = parseRuleFile(text, { origin: 'file', namespace, defaultIntervalMs });
      this.#reported.delete(file);
      return { stamp, groups };
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      const text = errorText(error);
      if (this.#reported.get(file) !== text) this.#options.onError(file, text);
      this.#reported.set(file, text);
      return before;
    }
  }
}

async function names(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}
