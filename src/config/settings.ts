import { LogError } from '../base/errors.ts';
import { yaml } from '../base/yaml.ts';
import { DEFAULT_LIMITS, type Limits } from '../model/limits.ts';
import type { MergeSettings } from '../store/lifecycle/merge-plan.ts';
import { allSettings, LIMITS_SECTION, type LOG_LEVELS, type WAL_SYNCS } from './keys.ts';
import { withLimits } from './limits.ts';
import type { KeyNote } from './loki/translate.ts';
import type { SettingSpec } from './setting-spec.ts';
import {
  type FileOptions,
  overriddenLimits,
  type RawSettings,
  readConfigFile,
  readEnvironment,
  readFlags,
} from './sources.ts';
import { formatSetting, parseSetting, type SettingValue } from './units.ts';

type LogLevel = (typeof LOG_LEVELS)[number];

/** Everything that can be set, checked, in base units (bytes, milliseconds), frozen. Made once at the start. */
export interface Settings {
  readonly host: string;
  /** 0 asks the system for a free one. */
  readonly port: number;
  readonly dataDir: string;
  readonly configFile: string | undefined;
  readonly authEnabled: boolean;
  readonly walSync: (typeof WAL_SYNCS)[number];
  readonly maxBodyBytes: number;
  readonly maxDecompressedBytes: number;
  readonly requestTimeoutMs: number;
  readonly headBytes: number;
  readonly cacheBytes: number;
  readonly directoryBytes: number;
  readonly resultCacheBytes: number;
  readonly tallyCacheBytes: number;
  readonly bodyBytes: number;
  /** 0: one per core. */
  readonly tailMaxDurationMs: number;
  readonly queryWorkers: number;
  readonly merge: MergeSettings;
  /** Time in which a delete request can be taken back. */
  readonly deleteCancelPeriodMs: number;
  /** 0: off, as for the next. */
  readonly retentionMaxBytes: number;
  readonly retentionMinFreeBytes: number;
  readonly logLevel: LogLevel;
  readonly limits: Limits;
  readonly overrides: ReadonlyMap<string, Limits>;
  /** Every setting by key, for `config print` and `GET /config`. */
  readonly valueByKey: ReadonlyMap<string, SettingValue>;
  /** What became of keys of a Loki file. */
  readonly notes: readonly KeyNote[];
  readonly fileOptions: FileOptions;
  /** The file beside the configuration that holds the overrides. */
  readonly overridesFile: string | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of the process; nothing else in the program reads it. */
export function processEnvironment(): Environment {
  return process.env;
}

/**
 * Settings from flags, else the environment, else the YAML file, else defaults.
 *
 * @param args what stands behind the command, such as `--listen 127.0.0.1:3100`
 * @throws LogError CONFIG_INVALID naming the flag, variable or key, for unknown names the nearest known one
 */
export function loadSettings(args: readonly string[], env: Environment = processEnvironment()): Settings {
  const specs = allSettings();
  const flags = readFlags(args, specs);
  const stray = flags.rest[0];
  if (stray !== undefined) throw new LogError('CONFIG_INVALID', `unexpected argument "${stray}"`);
  const configFile = flags.configFile ?? (env['HALOGI_CONFIG'] || undefined);
  const fileOptions = { expandWith: flags.expandEnv ? env : undefined };
  const file = configFile === undefined ? undefined : readConfigFile(configFile, specs, fileOptions);
  const sources: readonly (readonly [string, RawSettings])[] = [
    ['flag --', flags.settings],
    ['environment: ', readEnvironment(env, specs)],
    [`${configFile}: `, file?.settings ?? new Map()],
  ];
  const valueByKey = new Map<string, SettingValue>();
  for (const spec of specs) valueByKey.set(spec.key, settingValue(spec, sources));
  const limits = withLimits(DEFAULT_LIMITS, limitValues(valueByKey));
  return buildSettings(valueByKey, {
    configFile,
    limits,
    overrides: overriddenLimits(limits, file?.overrides ?? new Map()),
    notes: file?.notes ?? [],
    fileOptions,
    overridesFile: file?.overridesFile,
  });
}

function settingValue(spec: SettingSpec, sources: readonly (readonly [string, RawSettings])[]): SettingValue {
  for (const [name, settings] of sources) {
    if (!settings.has(spec.key)) continue;
    const where = `${name}${spec.key}`;
    const value = parseSetting(spec.kind, settings.get(spec.key), where);
    if (spec.choices !== undefined && !spec.choices.includes(value as string)) {
      throw new LogError('CONFIG_INVALID', `${where}: expected one of ${spec.choices.join(', ')}, found "${value}"`);
    }
    return value;
  }
  return spec.default;
}

function limitValues(valueByKey: ReadonlyMap<string, SettingValue>): ReadonlyMap<string, SettingValue> {
  const prefix = `${LIMITS_SECTION}.`;
  const out = new Map<string, SettingValue>();
  for (const [key, value] of valueByKey) if (key.startsWith(prefix)) out.set(key.slice(prefix.length), value);
  return out;
}

function buildSettings(
  values: ReadonlyMap<string, SettingValue>,
  rest: Pick<Settings, 'configFile' | 'limits' | 'overrides' | 'notes' | 'fileOptions' | 'overridesFile'>,
): Settings {
  const text = (key: string): string => values.get(key) as string;
  const number = (key: string): number => values.get(key) as number;
  const within = (from: number, to: number, key: string): number => {
    const value = number(key);
    if (value >= from && value <= to) return value;
    throw new LogError('CONFIG_INVALID', `${key}: expected ${from} to ${to}, found ${value}`);
  };
  if (text('data') === '') throw new LogError('CONFIG_INVALID', 'data: expected the path of a folder, found ""');
  const maxBodyBytes = number('server.max_body_bytes');
  if (maxBodyBytes === 0) throw new LogError('CONFIG_INVALID', 'server.max_body_bytes: expected more than 0');
  return Object.freeze({
    ...parseListen(text('listen')),
    dataDir: text('data'),
    authEnabled: values.get('auth_enabled') as boolean,
    walSync: text('wal.sync') as Settings['walSync'],
    maxBodyBytes,
    maxDecompressedBytes: number('server.max_decompressed_bytes'),
    requestTimeoutMs: number('server.request_timeout'),
    headBytes: number('memory.head_bytes'),
    cacheBytes: number('memory.cache_bytes'),
    directoryBytes: number('memory.directory_bytes'),
    resultCacheBytes: number('memory.result_cache_bytes'),
    tallyCacheBytes: number('memory.tally_cache_bytes'),
    bodyBytes: number('memory.body_bytes'),
    tailMaxDurationMs: number('querier.tail_max_duration'),
    queryWorkers: number('query.workers'),
    merge: {
      tierSegments: within(0, 1000, 'merge.tier_segments'),
      minAgeMs: number('merge.min_age'),
      maxSegmentBytes: number('merge.max_segment_bytes'),
      coldAfterMs: number('merge.cold_after'),
      coldLevel: within(1, 19, 'merge.cold_level'),
      cpuPercent: within(1, 100, 'merge.cpu_percent'),
    },
    deleteCancelPeriodMs: number('deletes.cancel_period'),
    retentionMaxBytes: number('retention.max_bytes'),
    retentionMinFreeBytes: number('retention.min_free'),
    logLevel: text('log.level') as LogLevel,
    valueByKey: values,
    ...rest,
  });
}

/** Splits `0.0.0.0:3100`, `[::1]:3100` or `:3100`. @throws LogError CONFIG_INVALID */
export function parseListen(text: string): { readonly host: string; readonly port: number } {
  const colon = text.lastIndexOf(':');
  const port = text.slice(colon + 1);
  const host = text.slice(0, Math.max(colon, 0)).replace(/^\[(.*)\]$/, '$1');
  if (colon < 0 || !/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new LogError('CONFIG_INVALID', `listen: expected host:port such as 0.0.0.0:3100, found "${text}"`);
  }
  return { host: host === '' ? '0.0.0.0' : host, port: Number(port) };
}

/** The effective settings as YAML that can be used as a file. There are no secrets among them. */
export function printSettings(settings: Settings): string {
  return printValues(settings.valueByKey);
}

/** The defaults as YAML, as they are on this machine. */
export function printDefaults(): string {
  return printValues(new Map(allSettings().map((spec) => [spec.key, spec.default])));
}

function printValues(valueByKey: ReadonlyMap<string, SettingValue>): string {
  const root: Record<string, SettingValue | Record<string, SettingValue>> = {};
  for (const spec of allSettings()) {
    const value = formatSetting(spec.kind, valueByKey.get(spec.key) ?? spec.default);
    const [section, name] = spec.key.split('.', 2) as [string, string | undefined];
    if (name === undefined) {
      root[section] = value;
      continue;
    }
    root[section] ??= {};
    (root[section] as Record<string, SettingValue>)[name] = value;
  }
  return yaml().stringify(root);
}
