import { yaml } from '../base/yaml.ts';
import { Client, type CliWorld, ServerError } from './client.ts';
import { DEFAULT_ADDRESS, UsageError } from './options.ts';
import { groupText, type RawGroup, readRuleFiles } from './rule-files.ts';

const RULES_PATH = '/loki/api/v1/rules';
const BACKTEST_PATH = '/halogi/api/v1/rules/backtest';

interface RulesOptions {
  readonly flags: ReadonlyMap<string, string>;
  readonly dryRun: boolean;
  readonly files: readonly string[];
}

const VALUE_FLAGS = ['--addr', '--org-id', '--namespaces', '--since', '--start', '--end', '--interval', '--rule', '-o'];

/** `halogi rules sync|backtest`. @returns the exit code. @throws UsageError, ServerError */
export async function runRules(args: readonly string[], world: CliWorld): Promise<number> {
  const [action, ...rest] = args;
  const options = readRulesOptions(rest);
  if (options.files.length === 0) throw new UsageError('expected files or folders of rules');
  const address = options.flags.get('--addr') ?? world.env['HALOGI_ADDR'] ?? DEFAULT_ADDRESS;
  const client = new Client(
    address.replace(/\/$/, ''),
    options.flags.get('--org-id') ?? world.env['HALOGI_ORG_ID'],
    world.fetch,
  );
  if (action === 'sync') return sync(client, options, world);
  if (action === 'backtest') return backtest(client, options, world);
  throw new UsageError(`unknown action "${action ?? ''}", known are check, test, sync, backtest`);
}

function readRulesOptions(args: readonly string[]): RulesOptions {
  const flags = new Map<string, string>();
  const files: string[] = [];
  let dryRun = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '--dry-run') dryRun = true;
    else if (!arg.startsWith('-')) files.push(arg);
    else {
      const equals = arg.indexOf('=');
      const name = equals < 0 ? arg : arg.slice(0, equals);
      if (!VALUE_FLAGS.includes(name))
        throw new UsageError(`unknown flag ${name}, known are --dry-run, ${VALUE_FLAGS.join(', ')}`);
      const value = equals < 0 ? args[++i] : arg.slice(equals + 1);
      if (value === undefined) throw new UsageError(`flag ${name} needs a value`);
      flags.set(name, value);
    }
  }
  return { flags, dryRun, files };
}

type Groups = ReadonlyMap<string, readonly RawGroup[]>;

async function serverGroups(client: Client): Promise<Groups> {
  const { status, text } = await client.send('GET', RULES_PATH);
  if (status === 404) return new Map();
  if (status !== 200) throw new ServerError(`${status}: ${text.trim()}`);
  return new Map(Object.entries(yaml().parse(text) as Record<string, readonly RawGroup[]>));
}

/** Makes the groups of the server those of the files: what differs is written, what is not in them is deleted. */
async function sync(client: Client, { flags, dryRun, files }: RulesOptions, world: CliWorld): Promise<number> {
  const wanted = readRuleFiles(files);
  const there = await serverGroups(client);
  const only = flags.get('--namespaces')?.split(',');
  const counts = { created: 0, updated: 0, deleted: 0, unchanged: 0 };
  let failures = 0;
  const change = async (what: keyof typeof counts, path: string, group: string, body?: string): Promise<void> => {
    world.out(`${what} ${group}\n`);
    counts[what]++;
    if (dryRun) return;
    const { status, text } = await client.send(body === undefined ? 'DELETE' : 'POST', path, body);
    if (status < 300) return;
    failures++;
    counts[what]--;
    world.err(`${group}: ${status}: ${text.trim()}\n`);
  };
  for (const [namespace, groups] of wanted) {
    if (only?.includes(namespace) === false) continue;
    for (const group of groups) {
      const known = there.get(namespace)?.find(({ name }) => name === group.name);
      const path = `${RULES_PATH}/${encodeURIComponent(namespace)}`;
      const shown = `${namespace}/${group.name}`;
      if (known !== undefined && groupText(known) === groupText(group)) counts.unchanged++;
      else await change(known === undefined ? 'created' : 'updated', path, shown, yaml().stringify(group));
    }
  }
  for (const [namespace, groups] of there) {
    if (only?.includes(namespace) === false) continue;
    for (const { name } of groups) {
      if (wanted.get(namespace)?.some((group) => group.name === name) === true) continue;
      const path = `${RULES_PATH}/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
      await change('deleted', path, `${namespace}/${name}`);
    }
  }
  const { created, updated, deleted, unchanged } = counts;
  const ending = dryRun ? ' (dry run: nothing was changed)' : '';
  world.out(`${created} created, ${updated} updated, ${deleted} deleted, ${unchanged} unchanged${ending}\n`);
  return failures === 0 ? 0 : 1;
}

interface Tested {
  readonly type: string;
  readonly name: string;
  readonly evaluations: number;
  readonly series: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly spans?: readonly { readonly state: string; readonly from: string; readonly until?: string }[];
    readonly firingSeconds?: number;
    readonly samples?: number;
  }[];
  readonly seriesLeftOut: number;
  readonly cost: { readonly seconds: number; readonly bytesProcessed: number; readonly linesProcessed: number };
}

/** Shows for each rule of the files when it would have fired. */
async function backtest(client: Client, { flags, files }: RulesOptions, world: CliWorld): Promise<number> {
  const name = flags.get('--rule');
  for (const groups of readRuleFiles(files).values()) {
    for (const group of groups) {
      for (const rule of (group['rules'] ?? []) as readonly Readonly<Record<string, unknown>>[]) {
        if (name !== undefined && rule['alert'] !== name && rule['record'] !== name) continue;
        const span = { since: flags.get('--since'), start: flags.get('--start'), end: flags.get('--end') };
        const interval = flags.get('--interval') ?? group['interval'];
        const body = JSON.stringify({ rule, interval, ...span });
        const { status, text } = await client.send('POST', BACKTEST_PATH, body);
        if (status !== 200) throw new ServerError(`${status}: ${text.trim()}`);
        const tested = (JSON.parse(text) as { readonly data: Tested }).data;
        world.out(flags.get('-o') === 'jsonl' ? `${JSON.stringify(tested)}\n` : testedText(tested));
      }
    }
  }
  return 0;
}

function testedText({ type, name, evaluations, series, seriesLeftOut, cost }: Tested): string {
  const lines = [`${name} (${type}): ${evaluations} evaluations, ${series.length + seriesLeftOut} series`];
  for (const { labels, spans, firingSeconds, samples } of series) {
    const shown = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
    lines.push(
      `  {${shown.join(', ')}}${samples === undefined ? ` firing for ${firingSeconds} s` : ` ${samples} samples`}`,
    );
    for (const { state, from, until } of spans ?? [])
      lines.push(`    ${state.padEnd(8)}${from} to ${until ?? 'the end'}`);
  }
  lines.push(`  read ${cost.linesProcessed} lines, ${cost.bytesProcessed} bytes in ${cost.seconds.toFixed(3)} s`);
  return `${lines.join('\n')}\n`;
}
