import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parsePromDuration } from '../../grammar/literals.ts';
import { yaml } from '../base/yaml.ts';
import { UsageError } from './options.ts';

/** A group as it stands in a file or in an answer of the server. */
export type RawGroup = Readonly<Record<string, unknown>> & { readonly name: string };

const YAML_ENDING = /\.ya?ml$/;

/**
 * Groups by namespace of files and folders. The namespace is what the file says, as lokitool's files do, else its name.
 *
 * @throws UsageError for files that are none of rules
 */
export function readRuleFiles(paths: readonly string[]): ReadonlyMap<string, readonly RawGroup[]> {
  const out = new Map<string, RawGroup[]>();
  for (const file of paths.flatMap(filesOf)) {
    let root: unknown;
    try {
      root = yaml().parse(readFileSync(file, 'utf8'));
    } catch (cause) {
      throw new UsageError(`${file}: ${(cause as Error).message}`);
    }
    const { namespace, groups = [] } = (root ?? {}) as { readonly namespace?: unknown; readonly groups?: unknown };
    if (!Array.isArray(groups)) throw new UsageError(`${file}: expected a list of groups`);
    const name = typeof namespace === 'string' ? namespace : basename(file).replace(YAML_ENDING, '');
    out.set(name, [...(out.get(name) ?? []), ...(groups as RawGroup[])]);
  }
  return out;
}

function filesOf(path: string): readonly string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => YAML_ENDING.test(name) && !name.startsWith('.'));
    return names.sort().map((name) => join(path, name));
  } catch (cause) {
    throw new UsageError(`cannot read ${path}: ${(cause as Error).message}`);
  }
}

const DURATIONS = ['interval', 'query_offset', 'for', 'keep_firing_for'];

/** A text that is equal for groups that mean the same: `60s` is `1m`, and what is empty is not there. */
export function groupText(group: unknown): string {
  return JSON.stringify(normal(group));
}

function normal(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => normal(one));
  if (value !== null && typeof value === 'object') {
    const pairs = Object.entries(value).map(([key, inner]) => [key, normal(inner, key)] as const);
    return Object.fromEntries(pairs.filter(([, inner]) => !isEmpty(inner)).sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  if (DURATIONS.includes(name)) {
    try {
      return Number(parsePromDuration(String(value)));
    } catch {
      return value;
    }
  }
  return value;
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === 0) return true;
  return typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0;
}
