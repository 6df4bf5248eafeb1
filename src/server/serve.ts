import { pino } from 'pino';
import { noteTexts } from '../config/print-notes.ts';
import type { Settings } from '../config/settings.ts';
import { openEngine } from './open-engine.ts';
import { type RunningServer, startServer } from './server.ts';
import { VERSION } from './version.ts';

/** A stop that takes longer than this is cut off; the write-ahead log makes that safe. */
const STOP_WITHIN_MS = 9_500;

/**
 * Runs the server until a signal ends the process: 0 after SIGTERM or SIGINT, 1 when something went wrong, which the last
 * line of the log then tells. SIGHUP reads the limits of tenants again.
 */
export async function serve(settings: Settings): Promise<void> {
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
  let server: RunningServer | undefined;
  process.on('SIGHUP', () => server?.reload());
  if (settings.notes.length > 0) logger.info({ keys: noteTexts(settings.notes) }, 'keys of a Loki configuration');
  logger.info({ version: VERSION, data: settings.dataDir, pid: process.pid }, 'starting');
  const starting = startServer(settings, logger, openEngine);
  const stop = (signal: string): void => {
    logger.info({ signal }, 'stopping');
    setTimeout(() => die(undefined, 'stop took too long'), STOP_WITHIN_MS).unref();
    starting
      .then((running) => running.close())
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
  try {
    server = await starting;
  } catch (err) {
    return die(err, `cannot start: ${err instanceof Error ? err.message : String(err)}`);
  }
  logger.info({ url: server.url }, 'ready');
}
