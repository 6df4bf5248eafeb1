import { pino } from 'pino';
import { rulerSettings } from '../../src/config/ruler-settings.ts';
import { loadSettings } from '../../src/config/settings.ts';
import { buildApp, type HttpApp } from '../../src/http/app.ts';
import type {
  HttpOptions,
  JsonText,
  PushAnswer,
  PushRequest,
  QueryRequest,
  QueryService,
  ServerParts,
  StatusService,
  TailService,
} from '../../src/http/request/parts.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/model/limits.ts';
import { RuleApi } from '../../src/rules/rule-api.ts';
import type { Ruler } from '../../src/rules/ruler.ts';
import { Metrics } from '../../src/server/metrics.ts';
import { parseTailParams } from '../../src/wire/tail-params.ts';

export interface AppDouble extends HttpApp {
  /** Pushes as they reached the ingest side; bodies copied. */
  readonly pushes: PushRequest[];
  /** Queries as they reached the engine, with the name of the method. */
  readonly queries: { readonly method: string; readonly request: QueryRequest; readonly name: string | undefined }[];
}

export interface AppSetup {
  readonly options?: Partial<HttpOptions>;
  readonly limits?: Partial<Limits>;
  readonly push?: (request: PushRequest) => Promise<void>;
  readonly pushAnswer?: PushAnswer;
  readonly answer?: (method: string, request: QueryRequest) => Promise<JsonText>;
  readonly queries?: QueryService;
  readonly status?: Partial<StatusService>;
}

/** Live tails on which nothing happens. */
export const NO_TAILS: TailService = {
  check: async (params) => parseTailParams(params, 0n),
  ready: async () => undefined,
  open: async () => ({
    onReady: () => undefined,
    onEnd: () => undefined,
    take: () => undefined,
    close: () => undefined,
  }),
};

/** Nobody has rules. */
const NO_RULES = new RuleApi({
  ruler: { runnersOf: () => [], groupsOf: () => [] } as unknown as Ruler,
  settings: rulerSettings(loadSettings([], {})),
  queries: {
    instant: async () => ({ samples: [], cost: { seconds: 0, bytes: 0, lines: 0 } }),
    range: async () => ({ points: [], cost: { seconds: 0, bytes: 0, lines: 0 } }),
  },
  nowMs: () => 0,
});

/** The application with doubles behind the routes: pushes are accepted, every query answers `{"method":...}`. */
export function appDouble(setup: AppSetup = {}): AppDouble {
  const pushes: PushRequest[] = [];
  const queries: AppDouble['queries'][number][] = [];
  const answer = setup.answer ?? (async (method: string) => JSON.stringify({ method }));
  const recorded = new Proxy({} as QueryService, {
    get: (_target, method: string) => {
      if (method === 'formatQuery') return (text: string) => `formatted ${text}`;
      return async (request: QueryRequest, name?: string) => {
        queries.push({ method, request, name });
        return answer(method, request);
      };
    },
  });
  const parts: ServerParts = {
    push: {
      push: async (request) => {
        pushes.push({ ...request, body: Buffer.from(request.body) });
        await setup.push?.(request);
        return setup.pushAnswer ?? { status: 204, body: '', contentType: undefined };
      },
    },
    queries: setup.queries ?? recorded,
    tails: NO_TAILS,
    rules: async () => NO_RULES,
    deletes: async () => {
      throw new Error('no deletes here');
    },
    status: {
      notReadyReason: () => undefined,
      flush: async () => undefined,
      damage: () => [],
      configText: (mode) => `mode: ${mode}\n`,
      services: () => [['store', 'Running']],
      logLevel: () => 'info',
      setLogLevel: (level) => level === 'debug',
      build: { version: '3.6.7', revision: 'r', branch: 'b', buildUser: '', buildDate: '', goVersion: 'node' },
      ...setup.status,
    },
    metrics: new Metrics(),
    limitsFor: () => ({ ...DEFAULT_LIMITS, ...setup.limits }),
  };
  const built = buildApp(parts, {
    authEnabled: false,
    maxBodyBytes: 1024 * 1024,
    bodyBytes: 8 * 1024 * 1024,
    requestTimeoutMs: 10_000,
    logger: pino({ level: 'silent' }),
    ...setup.options,
  });
  return { ...built, pushes, queries };
}
