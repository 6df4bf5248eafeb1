import type { Logger } from 'pino';
import { LogError } from '../base/errors.ts';
import { LOG_LEVELS } from '../config/keys.ts';
import type { Settings } from '../config/settings.ts';
import { printDefaults, printSettings } from '../config/settings.ts';
import { TenantLimits } from '../config/tenant-limits.ts';
import { buildApp } from '../http/app.ts';
import type { PushService, QueryService, ServerParts, StatusService, TailService } from '../http/request/parts.ts';
import type { Engine, OpenEngine } from './engine.ts';
import { Metrics } from './metrics.ts';
import { COMPATIBLE_WITH, VERSION } from './version.ts';

/** What is left of the ten seconds of a stop is for the last sync. */
const FINISH_REQUESTS_MS = 6_000;
const SWEEP_EVERY_MS = 50;

export interface RunningServer {
  /** `http://host:port` with the port that was bound. */
  readonly url: string;
  /** Reads the per-tenant limits again. */
  reload(): void;
  /** Stops accepting, lets running requests finish, syncs and closes the store. */
  close(): Promise<void>;
}

/**
 * Builds every part and hands each what it needs. It listens first and opens the store then, so that `/ready` can say what
 * is going on while the log is replayed; until then everything that needs the store is answered 503.
 *
 * @throws what stands in the way of a start: the port is taken (EADDRINUSE), LogError FOLDER_LOCKED, FORMAT_UNKNOWN, ...
 */
export async function startServer(settings: Settings, logger: Logger, openEngine: OpenEngine): Promise<RunningServer> {
  const metrics = new Metrics();
  const limits = new TenantLimits(settings, {
    onReload: (tenantCount) => logger.info({ tenantCount }, 'limits of tenants read again'),
    onError: (err) => logger.error({ err }, 'limits of tenants unchanged: the configuration file cannot be used'),
  });
  let engine: Engine | undefined;
  let phase: 'starting' | 'running' | 'stopping' = 'starting';
  const current = (): Engine => {
    if (engine !== undefined) return engine;
    throw new LogError('SHUTTING_DOWN', phase === 'stopping' ? STOPPING_TEXT : STARTING_TEXT);
  };
  const status: StatusService = {
    notReadyReason: () =>
      phase === 'running' ? engine?.notReadyReason() : phase === 'stopping' ? STOPPING_TEXT : STARTING_TEXT,
    flush: () => current().flush(),
    damage: () => current().damage(),
    configText: (mode) => (mode === 'defaults' ? printDefaults() : printSettings(settings)),
    services: () =>
      ['server', 'store', 'ingester', 'querier'].map(
        (name) => [name, phase === 'running' ? 'Running' : 'Starting'] as const,
      ),
    logLevel: () => logger.level,
    setLogLevel: (level) => {
      if (!(LOG_LEVELS as readonly string[]).includes(level)) return false;
      logger.level = level;
      return true;
    },
    build: {
      version: COMPATIBLE_WITH,
      revision: `halogi-${VERSION}`,
      branch: 'halogi',
      buildUser: '',
      buildDate: '',
      goVersion: `node ${process.version}`,
    },
  };
  const parts: ServerParts = {
    push: lazyPush(current),
    queries: lazyQueries(current),
    tails: lazyTails(current),
    rules: async () => current().rules(),
    deletes: async () => current().deletes(),
    status,
    metrics,
    limitsFor: (tenant) => limits.limitsFor(tenant),
  };
  const { app } = buildApp(parts, {
    authEnabled: settings.authEnabled,
    maxBodyBytes: settings.maxBodyBytes,
    bodyBytes: settings.bodyBytes,
    requestTimeoutMs: settings.requestTimeoutMs,
    logger,
  });
  const url = await app.listen({ host: settings.host, port: settings.port });
  try {
    engine = await openEngine({ settings, limitsFor: parts.limitsFor, metrics, logger });
  } catch (error) {
    app.server.closeAllConnections();
    await app.close();
    throw error;
  }
  limits.start();
  phase = 'running';
  engine.warmUp();
  return {
    url,
    reload: () => limits.reload(),
    close: async () => {
      phase = 'stopping';
      limits.close();
      const force = setTimeout(() => app.server.closeAllConnections(), FINISH_REQUESTS_MS);
      // A connection whose last request ends now would be kept open for the next one.
      const sweep = setInterval(() => app.server.closeIdleConnections(), SWEEP_EVERY_MS);
      await app.close();
      clearInterval(sweep);
      clearTimeout(force);
      await engine?.close();
    },
  };
}

const STARTING_TEXT = 'Some services are not Running:\nStarting: 1';
const STOPPING_TEXT = 'Application is stopping';

function lazyPush(current: () => Engine): PushService {
  return { push: async (request) => current().push.push(request) };
}

function lazyQueries(current: () => Engine): QueryService {
  const queries = async (): Promise<QueryService> => (await current().readers()).queries;
  return {
    query: async (request) => (await queries()).query(request),
    queryRange: async (request) => (await queries()).queryRange(request),
    legacyQuery: async (request) => (await queries()).legacyQuery(request),
    labels: async (request) => (await queries()).labels(request),
    labelValues: async (request, name) => (await queries()).labelValues(request, name),
    legacyLabels: async (request) => (await queries()).legacyLabels(request),
    legacyLabelValues: async (request, name) => (await queries()).legacyLabelValues(request, name),
    series: async (request) => (await queries()).series(request),
    indexStats: async (request) => (await queries()).indexStats(request),
    indexShards: async (request) => (await queries()).indexShards(request),
    patterns: async (request) => (await queries()).patterns(request),
    volume: async (request) => (await queries()).volume(request),
    volumeRange: async (request) => (await queries()).volumeRange(request),
    detectedLabels: async (request) => (await queries()).detectedLabels(request),
    detectedFields: async (request) => (await queries()).detectedFields(request),
    detectedFieldValues: async (request, name) => (await queries()).detectedFieldValues(request, name),
    rows: async (request) => (await queries()).rows(request),
    formatQuery: async (text) => (await queries()).formatQuery(text),
  };
}

function lazyTails(current: () => Engine): TailService {
  const tails = async (): Promise<TailService> => (await current().readers()).tails;
  return {
    check: async (params) => (await tails()).check(params),
    ready: async () => (await tails()).ready(),
    open: async (request) => (await tails()).open(request),
  };
}
