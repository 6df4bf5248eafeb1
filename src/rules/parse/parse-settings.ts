import { parsePromDuration } from '../../../grammar/literals.ts';
import { LogError } from '../../base/errors.ts';
import { compileRegex } from '../../base/regex/regex.ts';
import type { TextMap } from '../model/rule-group.ts';
import type { HttpClientSettings, RelabelConfig, RemoteWriteClient, TlsSettings } from '../model/ruler-settings.ts';
import { errorText, isMap, type YamlMap } from './rule-error.ts';

const RELABEL_ACTIONS = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
];
const DEFAULT_REMOTE_TIMEOUT_MS = 30_000;

function bad(where: string, text: string): LogError {
  return new LogError('CONFIG_INVALID', `${where}: ${text}`);
}

/** A setting of kind json. @throws LogError CONFIG_INVALID */
export function jsonSetting(text: string, where: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw bad(where, 'expected JSON');
  }
}

/** @throws LogError CONFIG_INVALID */
export function parseTextMap(raw: unknown, where: string): TextMap {
  if (raw === undefined || raw === null) return {};
  if (!isMap(raw)) throw bad(where, 'expected a map of texts');
  return Object.fromEntries(
    Object.entries(raw).map(([name, value]) => {
      if (value !== null && typeof value === 'object') throw bad(`${where}.${name}`, 'expected a text');
      return [name, String(value ?? '')] as const;
    }),
  );
}

/** `alert_relabel_configs` and `write_relabel_configs`. @throws LogError CONFIG_INVALID */
export function parseRelabel(raw: unknown, where: string): readonly RelabelConfig[] {
  if (raw === undefined || raw === null) return [];
  if (!Array.isArray(raw)) throw bad(where, 'expected a list');
  return raw.map((one: unknown, index) => {
    const at = `${where}[${index}]`;
    if (!isMap(one)) throw bad(at, 'expected a map');
    const action = String(one['action'] ?? 'replace').toLowerCase();
    if (!RELABEL_ACTIONS.includes(action)) throw bad(`${at}.action`, `expected one of ${RELABEL_ACTIONS.join(', ')}`);
    const regex = String(one['regex'] ?? '(.*)');
    try {
      compileRegex(regex);
    } catch (cause) {
      throw bad(`${at}.regex`, errorText(cause));
    }
    const modulus = Number(one['modulus'] ?? 0);
    if (action === 'hashmod' && !(modulus > 0)) throw bad(`${at}.modulus`, 'expected more than 0');
    return {
      action,
      regex,
      modulus,
      sourceLabels: Array.isArray(one['source_labels']) ? one['source_labels'].map(String) : [],
      separator: String(one['separator'] ?? ';'),
      targetLabel: String(one['target_label'] ?? ''),
      replacement: String(one['replacement'] ?? '$1'),
    };
  });
}

/** Basic or bearer authentication and TLS, in the names of Loki's `alertmanager_client`. */
export function parseAlertmanagerHttp(raw: unknown, where: string): HttpClientSettings {
  const map = mapOr(raw, where);
  const text = (key: string): string => String(map[key] ?? '');
  const username = text('basic_auth_username');
  return {
    basicAuth: username === '' ? undefined : { username, password: text('basic_auth_password') },
    authorization: text('credentials') === '' ? undefined : `${text('type') || 'Bearer'} ${text('credentials')}`,
    headers: {},
    tls: {
      caPath: text('tls_ca_path'),
      certPath: text('tls_cert_path'),
      keyPath: text('tls_key_path'),
      serverName: text('tls_server_name'),
      insecureSkipVerify: map['tls_insecure_skip_verify'] === true,
    },
  };
}

/** `remote_write`: `enabled`, `clients` by name (or one `client`). @throws LogError CONFIG_INVALID */
export function parseRemoteWrite(raw: unknown, where: string): readonly RemoteWriteClient[] {
  const map = mapOr(raw, where);
  if (map['enabled'] !== true) return [];
  const one = map['client'];
  const clients = map['clients'] ?? (one === undefined ? {} : { default: one });
  if (!isMap(clients)) throw bad(`${where}.clients`, 'expected a map from name to client');
  const names = Object.keys(clients);
  if (names.length === 0) throw bad(where, 'remote-write enabled but no clients are configured');
  return names.map((name) => parseClient(name, clients[name], `${where}.clients.${name}`));
}

/** One client. @throws LogError CONFIG_INVALID */
export function parseClient(name: string, raw: unknown, where: string): RemoteWriteClient {
  const map = mapOr(raw, where);
  const url = String(map['url'] ?? '');
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw bad(`${where}.url`, `expected the address of a receiver, found "${url}"`);
  const basic = mapOr(map['basic_auth'], `${where}.basic_auth`);
  const bearer = mapOr(map['authorization'], `${where}.authorization`);
  const credentials = String(bearer['credentials'] ?? map['bearer_token'] ?? '');
  return {
    name,
    url,
    timeoutMs: durationMs(map['remote_timeout'], `${where}.remote_timeout`) ?? DEFAULT_REMOTE_TIMEOUT_MS,
    relabel: parseRelabel(map['write_relabel_configs'], `${where}.write_relabel_configs`),
    http: {
      basicAuth:
        basic['username'] === undefined
          ? undefined
          : { username: String(basic['username']), password: String(basic['password'] ?? '') },
      authorization: credentials === '' ? undefined : `${String(bearer['type'] ?? 'Bearer')} ${credentials}`,
      headers: parseTextMap(map['headers'], `${where}.headers`),
      tls: parseTls(map['tls_config'], `${where}.tls_config`),
    },
  };
}

function parseTls(raw: unknown, where: string): TlsSettings {
  const map = mapOr(raw, where);
  const text = (key: string): string => String(map[key] ?? '');
  return {
    caPath: text('ca_file'),
    certPath: text('cert_file'),
    keyPath: text('key_file'),
    serverName: text('server_name'),
    insecureSkipVerify: map['insecure_skip_verify'] === true,
  };
}

function mapOr(raw: unknown, where: string): YamlMap {
  if (raw === undefined || raw === null) return {};
  if (!isMap(raw)) throw bad(where, 'expected a map');
  return raw;
}

function durationMs(raw: unknown, where: string): number | undefined {
  if (raw === undefined || raw === null) return undefined;
  try {
    return Number(parsePromDuration(String(raw)) / 1_000_000n);
  } catch (cause) {
    throw bad(where, errorText(cause));
  }
}
