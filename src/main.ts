import { setTimeout as sleep } from 'node:timers/promises';
import { LogError } from './base/errors.ts';
import { VERSION } from './server/version.ts';

const USAGE = `usage: halogi <command> [flags]

  serve     run the server (--listen, --data, --config, and every setting as --section.key)
  query     run a LogQL query           tail     follow new lines
  labels    list labels or values       series   list streams
  stats     size of a selection         rules     check | test | sync | backtest
  verify    read every byte of the data folder (--data) and check it
  repair    build the index anew from the segments (--data)
  config    check | print               version  print the version
`;

const CLIENT_COMMANDS = ['query', 'tail', 'labels', 'series', 'stats'];

/**
 * Runs one command. Parts are loaded when they are needed: a small command should not wait for the whole server.
 *
 * @returns the exit code; undefined for `serve`, which ends by a signal
 */
async function main(args: readonly string[]): Promise<number | undefined> {
  const [command = '', ...rest] = args;
  if (CLIENT_COMMANDS.includes(command)) return client(command, rest);
  switch (command) {
    case 'serve': {
      const [{ loadSettings }, { serve }] = await Promise.all([
        import('./config/settings.ts'),
        import('./server/serve.ts'),
      ]);
      await serve(loadSettings(rest));
      return undefined;
    }
    case 'config':
      return config(rest);
    case 'verify':
    case 'repair': {
      const [{ loadSettings }, maintenance] = await Promise.all([
        import('./config/settings.ts'),
        import('./server/maintenance.ts'),
      ]);
      return maintenance[command](loadSettings(rest), (line) => void process.stdout.write(`${line}\n`));
    }
    case 'rules':
      return rules(rest);
    case 'version':
    case '--version':
      process.stdout.write(`halogi ${VERSION}\n`);
      return 0;
    case 'help':
    case '--help':
    case '-h':
      process.stdout.write(USAGE);
      return 0;
    default:
      process.stderr.write(command === '' ? USAGE : `unknown command "${command}"\n\n${USAGE}`);
      return 2;
  }
}

async function client(command: string, args: readonly string[]): Promise<number> {
  const [{ runCli }, { processEnvironment }] = await Promise.all([
    import('./cli/main.ts'),
    import('./config/settings.ts'),
  ]);
  // `halogi query ... | head` closes the pipe when it has enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  return runCli(command, args, {
    env: processEnvironment(),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    fetch,
    nowMs: Date.now,
    sleep: (ms) => sleep(ms),
  });
}

/** `check` and `test` need no server, the others ask one. */
async function rules(args: readonly string[]): Promise<number> {
  const [action, ...files] = args;
  if ((action !== 'check' && action !== 'test') || files.length === 0) return client('rules', args);
  const { checkRules, testRules } = await import('./server/rules-command.ts');
  const [out, err] = [process.stdout, process.stderr].map((stream) => (text: string) => void stream.write(text));
  return action === 'check' ? checkRules(files, out!, err!) : testRules(files, out!, err!);
}

async function config(args: readonly string[]): Promise<number> {
  const { loadSettings, printSettings } = await import('./config/settings.ts');
  const [action, ...flags] = args;
  if (action !== 'check' && action !== 'print') {
    process.stderr.write('usage: halogi config check|print [flags]\n');
    return 2;
  }
  const settings = loadSettings(flags);
  const { hasRulerSettings } = await import('./config/ruler-keys.ts');
  if (hasRulerSettings(settings.valueByKey)) (await import('./config/ruler-settings.ts')).rulerSettings(settings);
  const { printNotes } = await import('./config/print-notes.ts');
  process.stdout.write(
    action === 'check' ? `${printNotes(settings.notes)}configuration is valid\n` : printSettings(settings),
  );
  return 0;
}

/** What a person can act on is said in a line; anything else is a fault of ours and shows where it is. */
function errorText(error: unknown): string {
  if (error instanceof LogError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

main(process.argv.slice(2)).then(
  (code) => {
    if (code !== undefined) process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${errorText(error)}\n`);
    process.exitCode = 1;
  },
);
