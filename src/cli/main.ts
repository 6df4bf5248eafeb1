import { Client, type CliWorld, ServerError } from './client.ts';
import { firstBatch, pagedEntries, queryRange } from './entries.ts';
import { type CliOptions, readOptions, UsageError } from './options.ts';
import { formatEntry, formatLabels, formatSamples } from './output.ts';
import { runRules } from './rules.ts';
import { follow } from './tail.ts';

/** Commands that ask a server; each with the arguments it takes. */
const CLIENT_COMMANDS: Readonly<Record<string, string>> = {
  query: '<LogQL>',
  tail: '<LogQL>',
  labels: '[label]',
  series: '[selector ...]',
  stats: '<selector>',
  rules: 'check|test|sync|backtest <file or folder ...>',
};

/** Runs a client command. @returns the exit code: 0, 1 when the server refused, 2 for wrong use */
export async function runCli(command: string, args: readonly string[], world: CliWorld): Promise<number> {
  try {
    if (command === 'rules') return await runRules(args, world);
    const options = readOptions(args, world.env, world.nowMs());
    const client = new Client(options.address, options.orgId, world.fetch);
    await runCommand(command, client, options, world);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      world.err(`${error.message}\nusage: halogi ${command} [flags] ${CLIENT_COMMANDS[command] ?? ''}\n`);
      return 2;
    }
    if (!(error instanceof ServerError)) throw error;
    world.err(`${error.message}\n`);
    return 1;
  }
}

async function runCommand(command: string, client: Client, options: CliOptions, world: CliWorld): Promise<void> {
  switch (command) {
    case 'query':
      return query(client, options, world);
    case 'tail':
      return follow(client, only(options, 'a query'), options, world);
    case 'labels':
      return labels(client, options, world);
    case 'series':
      return series(client, options, world);
    case 'stats':
      return stats(client, options, world);
    default:
      throw new UsageError(`unknown command "${command}"`);
  }
}

async function query(client: Client, options: CliOptions, world: CliWorld): Promise<void> {
  const span = { ...options, query: only(options, 'a query') };
  const first = await queryRange(client, { ...span, limit: firstBatch(options.limit) });
  if (first.resultType !== 'streams') return world.out(formatSamples(first, options.output));
  for await (const entry of pagedEntries(client, span, first)) world.out(formatEntry(entry, options.output));
}

async function labels(client: Client, options: CliOptions, world: CliWorld): Promise<void> {
  const name = options.rest[0];
  if (options.rest.length > 1) throw new UsageError('expected at most one label');
  const path = name === undefined ? '/loki/api/v1/labels' : `/loki/api/v1/label/${encodeURIComponent(name)}/values`;
  const { data = [] } = (await client.get(path, bounds(options))) as { readonly data?: readonly string[] };
  for (const value of data) world.out(`${value}\n`);
}

async function series(client: Client, options: CliOptions, world: CliWorld): Promise<void> {
  const matches = options.rest.map((selector) => ['match[]', selector] as const);
  const answer = await client.get('/loki/api/v1/series', [...bounds(options), ...matches]);
  const { data = [] } = answer as { readonly data?: readonly Record<string, string>[] };
  for (const set of data) world.out(options.output === 'jsonl' ? `${JSON.stringify(set)}\n` : `${formatLabels(set)}\n`);
}

async function stats(client: Client, options: CliOptions, world: CliWorld): Promise<void> {
  const answer = await client.get('/loki/api/v1/index/stats', [
    ...bounds(options),
    ['query', only(options, 'a selector')],
  ]);
  if (options.output === 'jsonl') return world.out(`${JSON.stringify(answer)}\n`);
  for (const [name, value] of Object.entries(answer as Record<string, number>)) world.out(`${name}: ${value}\n`);
}

function bounds(options: CliOptions): readonly (readonly [string, string])[] {
  return [
    ['start', String(options.startNs)],
    ['end', String(options.endNs)],
  ];
}

function only(options: CliOptions, what: string): string {
  const [first, ...more] = options.rest;
  if (first === undefined || more.length > 0) throw new UsageError(`expected ${what} as one argument (quote it)`);
  return first;
}
