import { formatPromDuration, parsePromDuration } from '../../grammar/literals.ts';
import { LogError } from '../base/errors.ts';
import { otlpConfigText } from '../model/otlp-rules.ts';

/**
 * Kinds of settings and how their text becomes a value and back. Values hold base units: sizes in bytes, durations and
 * moments in milliseconds.
 *
 * size: `256KB`, `100MB` (base 1024). mebibytes: a plain number of MiB, as Loki's `*_mb` keys. duration: Prometheus style
 * (`1h30m`, `7d`). moment: RFC 3339, empty for never. list: a YAML list, or text split at commas. otlp: a map of
 * attribute rules, or its JSON. json: a YAML map or list, or its JSON; empty for nothing.
 */
export type SettingKind =
  | 'text'
  | 'flag'
  | 'count'
  | 'size'
  | 'mebibytes'
  | 'duration'
  | 'moment'
  | 'list'
  | 'otlp'
  | 'json';

export type SettingValue = string | number | boolean | readonly string[];

const MIB = 1024 * 1024;
const SIZE_PATTERN = /^(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?$/i;
const SIZE_LETTERS = ['', 'k', 'm', 'g', 't', 'p'];

/**
 * Reads a size of base 1024: `1024`, `256KB`, `3MB`, `1.5GiB`.
 *
 * @throws Error in words when the text is no size
 */
export function parseSize(text: string): number {
  const match = SIZE_PATTERN.exec(text.trim());
  if (match === null) throw new Error(`"${text}" is not a size such as 256KB or 100MB`);
  const bytes = Math.round(Number(match[1]) * 1024 ** SIZE_LETTERS.indexOf(match[2]!.toLowerCase()));
  if (!Number.isSafeInteger(bytes)) throw new Error(`"${text}" is too large`);
  return bytes;
}

/** Prints bytes with the largest unit that divides them: 262144 is `256KB`. */
export function formatSize(bytes: number): string {
  let unit = 0;
  let rest = bytes;
  while (rest !== 0 && rest % 1024 === 0 && unit < SIZE_LETTERS.length - 1) {
    rest /= 1024;
    unit++;
  }
  return `${rest}${SIZE_LETTERS[unit]!.toUpperCase()}B`;
}

/**
 * Turns what stands in YAML, a flag or the environment into the value of a setting.
 *
 * @param raw text, or what YAML made of it
 * @param where what to name in the error, such as the key
 * @throws LogError CONFIG_INVALID
 */
export function parseSetting(kind: SettingKind, raw: unknown, where: string): SettingValue {
  try {
    return parseKind(kind, raw);
  } catch (cause) {
    throw new LogError('CONFIG_INVALID', `${where}: ${(cause as Error).message}`, { cause });
  }
}

function parseKind(kind: SettingKind, raw: unknown): SettingValue {
  if (kind === 'list') return parseList(raw);
  if (kind === 'otlp') return otlpConfigText(raw);
  if (kind === 'json') return jsonText(raw);
  if (raw !== null && typeof raw === 'object') throw new Error(`expected a single value, found ${JSON.stringify(raw)}`);
  const text = raw === null || raw === undefined ? '' : String(raw).trim();
  switch (kind) {
    case 'text':
      return text;
    case 'flag':
      if (text === 'true' || text === 'false') return text === 'true';
      throw new Error(`expected true or false, found "${text}"`);
    case 'count':
      if (!/^\d{1,15}$/.test(text)) throw new Error(`expected a whole number of 0 or more, found "${text}"`);
      return Number(text);
    case 'size':
      return parseSize(text);
    case 'mebibytes':
      if (!/^\d+(\.\d+)?$/.test(text)) throw new Error(`expected a number of MiB, found "${text}"`);
      return Math.round(Number(text) * MIB);
    case 'duration':
      return text === '0' ? 0 : Number(parsePromDuration(text) / 1_000_000n);
    case 'moment': {
      if (text === '') return 0;
      const ms = Date.parse(text);
      if (Number.isNaN(ms)) throw new Error(`expected a time such as 2026-01-02T15:04:05Z, found "${text}"`);
      return ms;
    }
  }
}

function parseList(raw: unknown): readonly string[] {
  if (raw === null || raw === undefined || raw === '') return [];
  if (typeof raw === 'string') return raw.split(',').map((part) => part.trim());
  if (Array.isArray(raw) && raw.every((item) => typeof item === 'string')) return raw;
  throw new Error(`expected a list of texts, found ${JSON.stringify(raw)}`);
}

function jsonText(raw: unknown): string {
  if (raw === null || raw === undefined || raw === '') return '';
  if (typeof raw === 'object') return JSON.stringify(raw);
  try {
    return JSON.stringify(JSON.parse(String(raw)));
  } catch {
    throw new Error(`expected a map or list, or its JSON, found "${String(raw)}"`);
  }
}

const SECRET_NAME = /password|credentials|token|secret|authorization/i;

/** The text with what nobody should read replaced. */
function withoutSecrets(text: string): string {
  if (text === '') return text;
  return JSON.stringify(JSON.parse(text), (name, value: unknown) =>
    typeof value === 'string' && SECRET_NAME.test(name) ? '<secret>' : value,
  );
}

/** The inverse of `parseSetting`: what `config print` and `GET /config` show. */
export function formatSetting(kind: SettingKind, value: SettingValue): SettingValue {
  switch (kind) {
    case 'size':
      return formatSize(value as number);
    case 'mebibytes':
      return (value as number) / MIB;
    case 'duration':
      return formatPromDuration(BigInt(value as number) * 1_000_000n);
    case 'moment':
      return value === 0 ? '' : new Date(value as number).toISOString();
    case 'json':
      return withoutSecrets(value as string);
    default:
      return value;
  }
}
