import { parsePromDuration } from '../../../../../grammar/literals.ts';
import { formatFloat } from '../../../../base/go/float-text.ts';
import { GoTime, UTC } from '../../../../base/go/time.ts';
import { timeText } from '../../../../base/go/time-format.ts';
import { GoInt, type GoValue } from '../../../../base/go/value.ts';
import type { TemplateFunction } from './call-types.ts';
import { cachedRegex } from './regex-cache.ts';

/**
 * Functions of templates in rules, as the documentation of Prometheus lists them; those that query or print HTML are left out.
 */

const LARGE_UNITS = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
const SMALL_UNITS = ['', 'm', 'u', 'n', 'p', 'f', 'a', 'z', 'y'];
const BINARY_UNITS = ['', 'ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi'];

/** @throws Error as Go's functions word it */
function numberOf(value: GoValue): number {
  if (typeof value === 'number') return value;
  if (value instanceof GoInt) {
    return value.type === 'time.Duration' ? Number(value.value) / 1e9 : Number(value.value);
  }
  if (typeof value === 'string') {
    if (/^[+-]?inf$/i.test(value)) return value.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    const number = value.trim() === '' ? Number.NaN : Number(value);
    if (!Number.isNaN(number) || /^nan$/i.test(value)) return number;
  }
  throw new Error(`can't convert ${JSON.stringify(value)} to float`);
}

function isOdd(value: number): boolean {
  return !Number.isFinite(value);
}

/** `%.4g` of Go. */
function short(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (isOdd(value)) return value > 0 ? '+Inf' : '-Inf';
  return formatFloat(value, 'g', 4);
}

function humanize([raw]: readonly GoValue[]): string {
  let value = numberOf(raw);
  if (value === 0 || isOdd(value)) return short(value);
  const isLarge = Math.abs(value) >= 1;
  const units = isLarge ? LARGE_UNITS : SMALL_UNITS;
  let unit = 0;
  while (unit < units.length - 1 && (isLarge ? Math.abs(value) >= 1000 : Math.abs(value) < 1)) {
    value = isLarge ? value / 1000 : value * 1000;
    unit++;
  }
  return short(value) + units[unit]!;
}

function humanize1024([raw]: readonly GoValue[]): string {
  let value = numberOf(raw);
  if (Math.abs(value) <= 1 || isOdd(value)) return short(value);
  let unit = 0;
  while (unit < BINARY_UNITS.length - 1 && Math.abs(value) >= 1024) {
    value /= 1024;
    unit++;
  }
  return short(value) + BINARY_UNITS[unit]!;
}

function humanizeDuration([raw]: readonly GoValue[]): string {
  let value = numberOf(raw);
  if (isOdd(value)) return short(value);
  if (value === 0) return `${short(value)}s`;
  if (Math.abs(value) >= 1) {
    const sign = value < 0 ? '-' : '';
    value = Math.abs(value);
    const whole = Math.trunc(value);
    const seconds = whole % 60;
    const minutes = Math.trunc(whole / 60) % 60;
    const hours = Math.trunc(whole / 3600) % 24;
    const days = Math.trunc(whole / 86_400);
    if (days !== 0) return `${sign}${days}d ${hours}h ${minutes}m ${seconds}s`;
    if (hours !== 0) return `${sign}${hours}h ${minutes}m ${seconds}s`;
    if (minutes !== 0) return `${sign}${minutes}m ${seconds}s`;
    return `${sign}${short(value)}s`;
  }
  let unit = 0;
  while (unit < SMALL_UNITS.length - 1 && Math.abs(value) < 1) {
    value *= 1000;
    unit++;
  }
  return `${short(value)}${SMALL_UNITS[unit]}s`;
}

function timeOf(seconds: number): GoTime {
  return new GoTime(BigInt(Math.round(seconds * 1000)) * 1_000_000n, UTC);
}

function humanizeTimestamp([raw]: readonly GoValue[]): string {
  const value = numberOf(raw);
  return isOdd(value) ? short(value) : timeText(timeOf(value));
}

function stripPort([text]: readonly GoValue[]): string {
  const match = /^\[(.+)\]:\d*$|^([^:]+):\d*$/.exec(text as string);
  return match === null ? (text as string) : (match[1] ?? match[2] ?? '');
}

function stripDomain([text]: readonly GoValue[]): string {
  const match = /^([^:]*?)(:\d+)?$/.exec(text as string);
  if (match === null) return text as string;
  const host = match[1]!;
  if (/^[\d.]+$/.test(host)) return text as string;
  return `${host.split('.', 1)[0]}${match[2] ?? ''}`;
}

function replaceAll([pattern, replacement, text]: readonly GoValue[]): string {
  return cachedRegex(pattern as string).replaceAll(text as string, replacement as string);
}

function isMatch([pattern, text]: readonly GoValue[]): boolean {
  return cachedRegex(pattern as string).test(text as string);
}

function title([text]: readonly GoValue[]): string {
  return (text as string).replace(/(^|[^\p{L}\p{N}_'])(\p{L})/gu, (_, before: string, letter: string) => {
    return before + letter.toUpperCase();
  });
}

function toTime([raw]: readonly GoValue[]): GoTime {
  const value = numberOf(raw);
  if (isOdd(value)) throw new Error(`${short(value)} cannot be represented as a nanoseconds timestamp`);
  return timeOf(value);
}

function one(call: TemplateFunction['call'], type: 'any' | 'string' = 'any'): TemplateFunction {
  return { params: [type], call };
}

export const RULE_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  humanize: one(humanize),
  humanize1024: one(humanize1024),
  humanizeDuration: one(humanizeDuration),
  humanizePercentage: one(([raw]) => `${short(numberOf(raw) * 100)}%`),
  humanizeTimestamp: one(humanizeTimestamp),
  toTime: one(toTime),
  title: one(title, 'string'),
  toUpper: one(([text]) => (text as string).toUpperCase(), 'string'),
  toLower: one(([text]) => (text as string).toLowerCase(), 'string'),
  stripPort: one(stripPort, 'string'),
  stripDomain: one(stripDomain, 'string'),
  safeHtml: one(([text]) => text, 'string'),
  parseDuration: one(([text]) => Number(parsePromDuration(text as string)) / 1e9, 'string'),
  reReplaceAll: { params: ['string', 'string', 'string'], call: replaceAll },
  match: { params: ['string', 'string'], call: isMatch },
  args: {
    params: [],
    variadic: 'any',
    call: (values) => Object.fromEntries(values.map((value, index) => [`arg${index}`, value])),
  },
};
