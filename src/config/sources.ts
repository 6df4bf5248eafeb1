import { existsSync, readFileSync } from 'node:fs';
import { LogError } from '../base/errors.ts';
import { yaml } from '../base/yaml.ts';
import type { Limits } from '../model/limits.ts';
import { expandEnvironment } from './expand-env.ts';
import { environmentName, LIMITS_SECTION, OVERRIDES_SECTION } from './keys.ts';
import { LIMIT_SPECS, withLimits } from './limits.ts';
import { LIMIT_NOTES } from './loki/limit-notes.ts';
import { type KeyNote, RULE_PATH, type Translation, translateLoki } from './loki/translate.ts';
import { unknownName } from './nearest.ts';
import type { SettingSpec } from './setting-spec.ts';
import { parseSetting, type SettingValue } from './units.ts';

/** What a source says: raw values by key, not yet checked against a kind. */
export type RawSettings = ReadonlyMap<string, unknown>;

/** Names of the environment that are no settings but belong to us: the file, what the command line client reads, and the switch of the kernels. */
const OTHER_ENVIRONMENT = ['HALOGI_CONFIG', 'HALOGI_ADDR', 'HALOGI_ORG_ID', 'HALOGI_KERNELS'];
// What Kubernetes puts there for a service called "halogi".
const KUBERNETES_PATTERN = /^HALOGI_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_\w+)?)$/;

const EXPAND_ENV = 'config.expand-env';

export interface FlagSource {
  readonly settings: RawSettings;
  readonly configFile: string | undefined;
  /** Whether variables of the environment are put into the file. */
  readonly expandEnv: boolean;
  /** Arguments that are no flags. */
  readonly rest: readonly string[];
}

/** Flags of Loki's that have a meaning here, so that its command line can stay as it is. */
const LOKI_FLAGS: Readonly<Record<string, string>> = { 'config.file': 'config', 'config.expand-env': EXPAND_ENV };

/** Reads `--key value` and `--key=value`, with one dash too as Loki's flags; a flag of kind flag may stand alone. */
export function readFlags(args: readonly string[], specs: readonly SettingSpec[]): FlagSource {
  const settings = new Map<string, unknown>();
  const rest: string[] = [];
  let configFile: string | undefined;
  let expandEnv = false;
  const known = ['config', EXPAND_ENV, 'target', ...specs.map((spec) => spec.key)];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (!/^--?[a-z]/.test(arg)) {
      rest.push(arg);
      continue;
    }
    const dashes = arg.startsWith('--') ? 2 : 1;
    const equals = arg.indexOf('=');
    const given = equals < 0 ? arg.slice(dashes) : arg.slice(dashes, equals);
    const name = LOKI_FLAGS[given] ?? given;
    if (!known.includes(name))
      throw unknownName(
        'flag',
        `--${name}`,
        known.map((key) => `--${key}`),
      );
    let value = equals < 0 ? undefined : arg.slice(equals + 1);
    if (value === undefined && (name === EXPAND_ENV || specs.find((spec) => spec.key === name)?.kind === 'flag')) {
      const next = args[i + 1];
      value = next === 'true' || next === 'false' ? args[++i] : 'true';
    }
    value ??= args[++i];
    if (value === undefined) throw new LogError('CONFIG_INVALID', `flag --${name} needs a value`);
    if (name === 'config') configFile = value;
    else if (name === EXPAND_ENV) expandEnv = value === 'true';
    // `-target=all` of Loki's command line: this process is everything.
    else if (name !== 'target') settings.set(name, value);
  }
  return { settings, configFile, expandEnv, rest };
}

/** Reads `HALOGI_*`; a name that is none of ours is refused, but for those that Kubernetes makes. */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  specs: readonly SettingSpec[],
): RawSettings {
  const keyByName = new Map(specs.map((spec) => [environmentName(spec.key), spec.key]));
  const settings = new Map<string, unknown>();
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('HALOGI_') || value === undefined) continue;
    if (OTHER_ENVIRONMENT.includes(name) || KUBERNETES_PATTERN.test(name)) continue;
    const key = keyByName.get(name);
    if (key === undefined) throw unknownName('environment variable', name, [...keyByName.keys(), ...OTHER_ENVIRONMENT]);
    settings.set(key, value);
  }
  return settings;
}

export interface FileSource {
  readonly settings: RawSettings;
  /** Raw limits of each tenant by Loki's key. */
  readonly overrides: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** What became of keys that are Loki's and not ours. */
  readonly notes: readonly KeyNote[];
  /** The file beside this one that holds the overrides, when this one names it. */
  readonly overridesFile: string | undefined;
}

/** How a configuration file is read. */
export interface FileOptions {
  /** Variables to put in for `${NAME}`; undefined: the text is taken as it is. */
  readonly expandWith?: Readonly<Record<string, string | undefined>> | undefined;
}

/**
 * Reads the YAML file: one of ours, or one of Loki's.
 *
 * @throws LogError CONFIG_INVALID, naming the file, for bad YAML and unknown keys
 */
export function readConfigFile(file: string, specs: readonly SettingSpec[], options: FileOptions = {}): FileSource {
  const root = readYamlMap(file, options);
  const keys = specs.map((spec) => spec.key);
  const loki = translateLoki(root, keys);
  const settings = new Map<string, unknown>();
  const sections = new Set(keys.filter((key) => key.includes('.')).map((key) => key.slice(0, key.indexOf('.'))));
  const known = [OVERRIDES_SECTION, ...sections, ...keys];
  flatten('', root, settings, sections);
  for (const key of [...settings.keys()]) {
    if (keys.includes(key)) continue;
    settings.delete(key);
    if (!loki.isTaken(key)) throw unknownName(`key in ${file}:`, key, known);
  }
  for (const [key, value] of loki.settings) if (!settings.has(key) || key === RULE_PATH) settings.set(key, value);
  if (loki.keepsEverything) settings.delete(RETENTION_KEY);
  return { settings, ...overridesOf(file, root, loki, options) };
}

const RETENTION_KEY = `${LIMITS_SECTION}.retention_period`;

function readYamlMap(file: string, { expandWith }: FileOptions): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new LogError('CONFIG_INVALID', `cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
  if (expandWith !== undefined) text = expandEnvironment(text, expandWith);
  const document = yaml().parseDocument(text);
  const bad = document.errors[0];
  if (bad !== undefined) throw new LogError('CONFIG_INVALID', `${file}: ${bad.message}`, { cause: bad });
  const root: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  if (!isMap(root)) throw new LogError('CONFIG_INVALID', `${file}: expected a map of settings`);
  return root;
}

/** Overrides in the file itself, then those in the file that it names; a tenant in both has the limits of the latter. */
function overridesOf(
  file: string,
  root: Readonly<Record<string, unknown>>,
  loki: Translation,
  options: FileOptions,
): Pick<FileSource, 'overrides' | 'notes' | 'overridesFile'> {
  const { overridesFile } = loki;
  const notes = [...loki.notes];
  const overrides = new Map(readOverrides(file, root[OVERRIDES_SECTION]));
  if (overridesFile !== undefined) {
    // A volume of Kubernetes may come a little later; the file is looked at again.
    if (!existsSync(overridesFile)) {
      notes.push({ key: 'runtime_config.file', kind: 'note', text: `${overridesFile} is not there (yet)` });
    } else {
      const beside = readYamlMap(overridesFile, options);
      for (const [tenant, limits] of readOverrides(overridesFile, beside[OVERRIDES_SECTION]))
        overrides.set(tenant, limits);
    }
  }
  if (loki.keepsEverything) {
    for (const [tenant, { retention_period: _, ...limits }] of overrides) overrides.set(tenant, limits);
  }
  return { overrides, notes, overridesFile };
}

function flatten(
  prefix: string,
  map: Readonly<Record<string, unknown>>,
  out: Map<string, unknown>,
  sections: ReadonlySet<string>,
): void {
  for (const [name, value] of Object.entries(map)) {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    if (key === OVERRIDES_SECTION) continue;
    if (!sections.has(key)) out.set(key, value);
    else if (isMap(value)) flatten(key, value, out, sections);
    // An empty section (`limits_config:`) says nothing.
    else if (value !== null)
      throw new LogError('CONFIG_INVALID', `${key}: expected a map of settings, found ${JSON.stringify(value)}`);
  }
}

function readOverrides(file: string, raw: unknown): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
  const overrides = new Map<string, Readonly<Record<string, unknown>>>();
  if (raw === undefined || raw === null) return overrides;
  if (!isMap(raw)) throw new LogError('CONFIG_INVALID', `${file}: overrides: expected a map from tenant to limits`);
  for (const [tenant, limits] of Object.entries(raw)) {
    if (limits === null) continue;
    if (!isMap(limits)) throw new LogError('CONFIG_INVALID', `${file}: overrides.${tenant}: expected a map of limits`);
    overrides.set(tenant, limits);
  }
  return overrides;
}

/** Limits of every tenant in `overrides`, each starting from `base`. @throws LogError CONFIG_INVALID */
export function overriddenLimits(base: Limits, overrides: FileSource['overrides']): ReadonlyMap<string, Limits> {
  const out = new Map<string, Limits>();
  for (const [tenant, raw] of overrides) {
    const values = new Map<string, SettingValue>();
    for (const [key, value] of Object.entries(raw)) {
      const limit = LIMIT_SPECS.find((candidate) => candidate.key === key);
      const where = `${OVERRIDES_SECTION}.${tenant}`;
      if (limit !== undefined) values.set(key, parseSetting(limit.kind, value, `${where}.${key}`));
      else if (!LIMIT_NOTES.has(key)) {
        throw unknownName(
          `limit in ${where}:`,
          key,
          LIMIT_SPECS.map((candidate) => candidate.key),
        );
      }
    }
    out.set(tenant, withLimits(base, values));
  }
  return out;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
