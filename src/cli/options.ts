import { parsePromDuration } from '../../grammar/literals.ts';

export const DEFAULT_ADDRESS = 'http://127.0.0.1:3100';
const DEFAULT_SINCE = '1h';
const DEFAULT_LIMIT = 30;
const NS_PER_MS = 1_000_000n;

export type OutputFormat = 'default' | 'raw' | 'jsonl';

export interface CliOptions {
  readonly address: string;
  readonly orgId: string | undefined;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly limit: number;
  readonly forward: boolean;
  readonly output: OutputFormat;
  /** Arguments that are no flags: the query, or the name of a label. */
  readonly rest: readonly string[];
}

/** Wrong use of the command line: the message is all that a person needs. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

const VALUE_FLAGS = ['--addr', '--org-id', '--since', '--from', '--to', '--limit', '-o', '--output'];

/**
 * Reads the flags of the client commands; `HALOGI_ADDR` and `HALOGI_ORG_ID` stand in for `--addr` and `--org-id`.
 *
 * @throws UsageError
 */
export function readOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  nowMs: number,
): CliOptions {
  const values = new Map<string, string>();
  const rest: string[] = [];
  let forward = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (!arg.startsWith('-') || arg === '-') {
      rest.push(arg);
      continue;
    }
    if (arg === '--forward') {
      forward = true;
      continue;
    }
    const equals = arg.startsWith('--') ? arg.indexOf('=') : -1;
    const name = equals < 0 ? arg : arg.slice(0, equals);
    if (!VALUE_FLAGS.includes(name))
      throw new UsageError(`unknown flag ${name}, known are --forward, ${VALUE_FLAGS.join(', ')}`);
    const value = equals < 0 ? args[++i] : arg.slice(equals + 1);
    if (value === undefined) throw new UsageError(`flag ${name} needs a value`);
    values.set(name === '--output' ? '-o' : name, value);
  }
  const endNs = values.has('--to') ? parseMoment('--to', values.get('--to')!) : BigInt(nowMs) * NS_PER_MS;
  const startNs = values.has('--from')
    ? parseMoment('--from', values.get('--from')!)
    : endNs - parseSince(values.get('--since') ?? DEFAULT_SINCE);
  return {
    address: (values.get('--addr') ?? env['HALOGI_ADDR'] ?? DEFAULT_ADDRESS).replace(/\/$/, ''),
    orgId: values.get('--org-id') ?? env['HALOGI_ORG_ID'],
    startNs,
    endNs,
    limit: parseCount('--limit', values.get('--limit') ?? String(DEFAULT_LIMIT)),
    forward,
    output: parseOutput(values.get('-o') ?? 'default'),
    rest,
  };
}

function parseSince(text: string): bigint {
  try {
    return parsePromDuration(text);
  } catch (cause) {
    throw new UsageError(`--since: ${(cause as Error).message}`);
  }
}

// RFC 3339, unix seconds (at most ten digits) or unix nanoseconds, as the server reads them.
function parseMoment(name: string, text: string): bigint {
  if (/^\d{1,19}$/.test(text)) return text.length <= 10 ? BigInt(text) * 1_000_000_000n : BigInt(text);
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  const ms = match === null ? Number.NaN : Date.parse(`${match[1]}${match[3]}`);
  if (match === null || Number.isNaN(ms))
    throw new UsageError(`${name}: expected a time such as 2026-01-02T15:04:05Z, found "${text}"`);
  return BigInt(ms) * NS_PER_MS + BigInt((match[2] ?? '').padEnd(9, '0'));
}

function parseCount(name: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`${name}: expected a number above 0, found "${text}"`);
  return Number(text);
}

function parseOutput(text: string): OutputFormat {
  if (text === 'default' || text === 'raw' || text === 'jsonl') return text;
  throw new UsageError(`-o: expected default, raw or jsonl, found "${text}"`);
}
