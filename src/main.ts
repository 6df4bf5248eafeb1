import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { LogError } from './base/errors.ts';
import { CLIENT_COMMANDS, runCli } from './cli/main.ts';
import { loadSettings, printSettings, processEnvironment, type Settings } from './config.ts';
import { openEngine } from './open-engine.ts';
import { type RunningServer, startServer } from './server.ts';
import { VERSION } from './version.ts';

/** A stop that takes longer than this is cut off; the write-ahead log makes that safe. */
const STOP_WITHIN_MS = 9_500;

const USAGE = `usage: halogi <command> [flags]

  serve     run the server (--listen, --data, --config, and every setting as --section.key)
  query     run a LogQL query           tail     follow new lines
  labels    list labels or values       series   list streams
  stats     size of a selection
  config    check | print               version  print the version
`;

/** Runs one command. @returns the exit code; `serve` ends by a signal instead */
async function main(args: readonly string[]): Promise<number | undefined> {
  const [command, ...rest] = args;
  if (command === undefined || command === 'help' || command === '--help' || command === '-h') {
    process.stdout.write(USAGE);
    return command === undefined ? 2 : 0;
  }
  if (command === 'version' || command === '--version') {
    process.stdout.write(`halogi ${VERSION}\n`);
    return 0;
  }
  if (command === 'serve') return serve(loadSettings(rest));
  if (command === 'config') return configCommand(rest);
  if (Object.hasOwn(CLIENT_COMMANDS, command)) {
    return runCli(command, rest, {
      env: processEnvironment(),
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
      fetch,
      nowMs: Date.now,
      sleep: (ms) => sleep(ms),
    });
  }
  process.stderr.write(`unknown command "${command}"\n\n${USAGE}`);
  return 2;
}

function configCommand(args: readonly string[]): number {
  const [action, ...flags] = args;
  if (action !== 'check' && action !== 'print') {
    process.stderr.write('usage: halogi config check|print [flags]\n');
    return 2;
  }
  const settings = loadSettings(flags);
  for (const warning of settings.warnings) process.stderr.write(`${warning}\n`);
  process.stdout.write(action === 'check' ? 'configuration is valid\n' : printSettings(settings));
  return 0;
}

async function serve(settings: Settings): Promise<undefined> {
  const logger = pino({
    level: settings.logLevel,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level) => ({ level }) },
  });
  const die = (err: unknown, text: string): void => {
    logger.fatal({ err }, text);
    process.exit(1);
  };
  process.on('uncaughtException', (error) => die(error, 'uncaught error'));
  process.on('unhandledRejection', (error) => die(error, 'unhandled rejection'));
  for (const warning of settings.warnings) logger.warn(warning);
  logger.info({ version: VERSION, data: settings.dataDir, pid: process.pid }, 'starting');
  const starting = startServer(settings, logger, openEngine);
  const stop = (signal: string): void => {
    logger.info({ signal }, 'stopping');
    setTimeout(() => die(undefined, 'stop took too long'), STOP_WITHIN_MS).unref();
    starting
      .then((server) => server.close())
      .then(
        () => {
          logger.info('stopped');
          process.exit(0);
        },
        (error) => die(error, 'stop failed'),
      );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  let server: RunningServer;
  try {
    server = await starting;
  } catch (err) {
    logger.fatal({ err }, `cannot start: ${(err as Error).message}`);
    process.exit(1);
  }
  process.on('SIGHUP', () => server.reload());
  logger.info({ url: server.url }, 'ready');
  return undefined;
}

main(process.argv.slice(2)).then(
  (code) => {
    if (code !== undefined) process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(
      `${error instanceof LogError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = 1;
  },
);
