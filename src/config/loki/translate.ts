import { LogError } from '../../base/errors.ts';
import { LIMIT_NOTES } from './limit-notes.ts';
import { KEY_NOTES, SECTION_NOTES } from './sections.ts';

type YamlMap = Readonly<Record<string, unknown>>;

/** A key that was found in a file of Loki's, and what became of it. */
export interface KeyNote {
  readonly key: string;
  /** `used`: it decides something here; `note`: it does not, and the text says why or what to write instead. */
  readonly kind: 'used' | 'note';
  readonly text: string;
}

export interface Translation {
  /** Settings of ours that follow from keys of Loki's. Whatever the file says under our own name goes first. */
  readonly settings: ReadonlyMap<string, unknown>;
  readonly notes: readonly KeyNote[];
  /** Keys that are taken; all others are for the caller to know or refuse. */
  readonly isTaken: (key: string) => boolean;
  /** No retention period holds, of nobody: the file is Loki's, and there nothing is deleted without being asked for. */
  readonly keepsEverything: boolean;
  /** The file with limits of tenants: `runtime_config.file`, or the older `per_tenant_override_config`. */
  readonly overridesFile: string | undefined;
}

/** What is stored under Loki's `path_prefix`: a folder of its own, so that Loki's files stay for the way back. */
const DATA_FOLDER = 'halogi';

/** Our setting for the folder of rule files. */
export const RULE_PATH = 'ruler.rule_path';

/** Sections that nothing but a file of Loki's has: whoever brings one expects Loki's rules for keeping logs. */
const LOKI_ONLY = ['schema_config', 'storage_config', 'compactor', 'ingester', 'common', 'table_manager'];

const isMap = (value: unknown): value is YamlMap =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/**
 * Reads what a configuration of Loki 3.x says: keys with a meaning here become settings, all others become notes.
 *
 * @param root the whole file as YAML gives it
 * @param ownKeys settings of ours (`section.name`); they are none of Loki's business even in a section that both have
 * @throws LogError CONFIG_INVALID for keys with a meaning whose value cannot be used
 */
export function translateLoki(root: YamlMap, ownKeys: readonly string[]): Translation {
  const own = new Set(ownKeys);
  const ownSections = new Set(ownKeys.filter((key) => key.includes('.')).map((key) => key.slice(0, key.indexOf('.'))));
  const settings = new Map<string, unknown>();
  const notes: KeyNote[] = [];
  const taken = new Set<string>();
  const at = (path: string): unknown => valueAt(root, path);
  const use = (key: string, setting: string, value: unknown): void => {
    taken.add(key);
    const target = String(value);
    const text =
      own.has(setting) && setting !== RULE_PATH && valueAt(root, setting) !== undefined
        ? `${setting} goes first`
        : `${setting}: ${target}`;
    settings.set(setting, value);
    notes.push({ key, kind: 'used', text });
  };
  const note = (key: string, text: string): void => {
    taken.add(key);
    notes.push({ key, kind: 'note', text });
  };

  useListen(at, use);
  if (at('server.log_level') !== undefined) use('server.log_level', 'log.level', at('server.log_level'));
  const readTimeout = at('server.http_server_read_timeout');
  if (readTimeout !== undefined) use('server.http_server_read_timeout', 'server.request_timeout', readTimeout);
  const bodyBytes = at('distributor.max_recv_msg_size');
  if (bodyBytes !== undefined) use('distributor.max_recv_msg_size', 'server.max_body_bytes', bodyBytes);
  const prefix = at('common.path_prefix');
  if (prefix !== undefined) use('common.path_prefix', 'data', `${String(prefix).replace(/\/$/, '')}/${DATA_FOLDER}`);
  useRuleFolder(at, use);
  if (at('target') !== undefined) useTarget(at('target'), note);
  const keepsEverything = useRetention(root, at, use, note, (key, text) => {
    taken.add(key);
    notes.push({ key, kind: 'used', text });
  });
  const overridesFile = useOverrides(at, notes, taken);

  for (const [section, value] of Object.entries(root)) {
    if (ownSections.has(section)) {
      if (isMap(value)) noteKeys(section, value, own, taken, note);
    } else if (Object.hasOwn(SECTION_NOTES, section)) noteSection(section, value, taken, note);
  }
  return {
    settings,
    notes,
    isTaken: (key) => taken.has(key) || (Object.hasOwn(SECTION_NOTES, key) && !ownSections.has(key)),
    keepsEverything,
    overridesFile,
  };
}

function useListen(at: (path: string) => unknown, use: (key: string, setting: string, value: unknown) => void): void {
  const address = at('server.http_listen_address');
  const port = at('server.http_listen_port');
  if (address === undefined && port === undefined) return;
  const host = typeof address === 'string' && address !== '' ? address : '0.0.0.0';
  const listen = `${host.includes(':') ? `[${host}]` : host}:${port ?? 3100}`;
  if (address !== undefined) use('server.http_listen_address', 'listen', listen);
  if (port !== undefined) use('server.http_listen_port', 'listen', listen);
}

/** Where a Loki with files for a store has its rules; its `rule_path` is a folder for copies. */
function useRuleFolder(
  at: (path: string) => unknown,
  use: (key: string, setting: string, value: unknown) => void,
): void {
  const own = at('ruler.storage.local.directory');
  const common = at('common.storage.filesystem.rules_directory');
  if (own !== undefined) use('ruler.storage', RULE_PATH, own);
  else if (common !== undefined && at(RULE_PATH) === undefined) use('common.storage', RULE_PATH, common);
}

function useTarget(target: unknown, note: (key: string, text: string) => void): void {
  const text = String(target);
  if (text !== 'all') {
    note('target', `not needed: this process does everything, also what "${text}" would not; start one only`);
  } else note('target', 'not needed: this process does everything');
}

/** Loki keeps everything for ever unless its compactor is told to delete; a file that came from there must not lose rows. */
function useRetention(
  root: YamlMap,
  at: (path: string) => unknown,
  use: (key: string, setting: string, value: unknown) => void,
  note: (key: string, text: string) => void,
  tell: (key: string, text: string) => void,
): boolean {
  const period = at('limits_config.retention_period');
  const enabled = at('compactor.retention_enabled') === true || at('table_manager.retention_deletes_enabled') === true;
  if (at('compactor.retention_enabled') !== undefined) {
    tell('compactor.retention_enabled', `old lines are ${enabled ? '' : 'not '}deleted`);
  }
  const tablePeriod = at('table_manager.retention_period');
  if (period === undefined && tablePeriod !== undefined && at('table_manager.retention_deletes_enabled') === true) {
    use('table_manager.retention_period', 'limits_config.retention_period', tablePeriod);
    return false;
  }
  if (enabled || !LOKI_ONLY.some((section) => root[section] !== undefined)) return false;
  if (period !== undefined) {
    note('limits_config.retention_period', 'not used: compactor.retention_enabled is not true, so nothing is deleted');
  }
  return true;
}

function useOverrides(at: (path: string) => unknown, notes: KeyNote[], taken: Set<string>): string | undefined {
  for (const key of ['runtime_config.file', 'limits_config.per_tenant_override_config']) {
    const file = at(key);
    if (file === undefined || file === null || file === '') continue;
    if (typeof file !== 'string') throw new LogError('CONFIG_INVALID', `${key}: expected the path of a file`);
    taken.add(key);
    notes.push({ key, kind: 'used', text: `overrides of tenants are read from ${file}` });
    // Of a list of files Loki lets later ones win; the last one is where overrides are kept in practice.
    return file.split(',').at(-1)!.trim();
  }
  return undefined;
}

/** A section that both programs have: ours are for the caller, Loki's are noted, and all others are for the caller to refuse. */
function noteKeys(
  section: string,
  map: YamlMap,
  own: ReadonlySet<string>,
  taken: ReadonlySet<string>,
  note: (key: string, text: string) => void,
): void {
  for (const name of Object.keys(map)) {
    const key = `${section}.${name}`;
    if (own.has(key) || taken.has(key)) continue;
    const text = section === 'limits_config' ? LIMIT_NOTES.get(name) : KEY_NOTES[key];
    if (text !== undefined) note(key, text);
  }
}

/** A section of Loki's alone: one note, and none where all that it says is used. */
function noteSection(
  section: string,
  value: unknown,
  taken: ReadonlySet<string>,
  note: (key: string, text: string) => void,
): void {
  const rest = isMap(value) ? Object.keys(value).filter((name) => !taken.has(`${section}.${name}`)) : [section];
  if (rest.length > 0 || !isMap(value)) note(section, SECTION_NOTES[section]!);
}

function valueAt(root: YamlMap, path: string): unknown {
  let value: unknown = root;
  for (const name of path.split('.')) {
    if (!isMap(value)) return undefined;
    value = value[name];
  }
  return value === null ? undefined : value;
}
