import {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify';
import { LogError } from '../base/errors.ts';
import { BodyReader } from './request/body.ts';
import { answerFor, sendError, sendText } from './request/error-reply.ts';
import type { HttpOptions, ServerParts } from './request/parts.ts';
import type { RouteContext } from './request/route-context.ts';
import { collapseSlashes, RouteTable, routeName } from './request/route-name.ts';
import { registerDamageRoutes } from './routes/damage-routes.ts';
import { registerDeleteRoutes } from './routes/delete-routes.ts';
import { registerDetectedRoutes } from './routes/detected-routes.ts';
import { registerHalogiRowsRoutes } from './routes/halogi-rows-routes.ts';
import { registerIndexRoutes } from './routes/index-routes.ts';
import { registerLabelRoutes } from './routes/label-routes.ts';
import { registerLegacyRoutes } from './routes/legacy-routes.ts';
import { registerLimitsRoutes } from './routes/limits-routes.ts';
import { registerLogLevelRoutes } from './routes/log-level-routes.ts';
import { registerPushRoutes } from './routes/push-routes.ts';
import { registerQueryRoutes } from './routes/query-routes.ts';
import { registerRulerRoutes } from './routes/ruler-routes.ts';
import { registerStatusRoutes } from './routes/status-routes.ts';
import { registerUiRoutes } from './routes/ui-routes.ts';
import { registerTailRoutes } from './tail/tail-routes.ts';
import { wantsWebSocket } from './tail/web-socket.ts';

/** A label name in a path; longer ones cannot exist (limit 1024 bytes, three characters each when coded). */
const MAX_PARAM_CHARACTERS = 4096;
const KEEP_ALIVE_MS = 120_000;
/** A query of 128 KiB, the most that is parsed, fits into a URL even when every byte is percent-coded; Node's own limit is 16 KiB. */
const MAX_HEADER_BYTES = 1024 * 1024;

export interface HttpApp {
  readonly app: FastifyInstance;
  readonly routes: RouteTable;
}

/** Builds the HTTP application: all routes, error answers, metrics of requests. Nothing listens yet. */
export function buildApp(parts: ServerParts, options: HttpOptions): HttpApp {
  const app = fastify({
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    requestTimeout: options.requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    exposeHeadRoutes: false,
    http: { maxHeaderSize: MAX_HEADER_BYTES, shouldUpgradeCallback: wantsWebSocket },
    frameworkErrors: (error, _request, reply) => void sendError(reply as FastifyReply, error, 'push'),
    rewriteUrl: (request) => collapseSlashes(request.url ?? '/'),
    // No route has a schema; the compilers that are loaded else take a tenth of a start.
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    routerOptions: { ignoreTrailingSlash: false, maxParamLength: MAX_PARAM_CHARACTERS, querystringParser: () => ({}) },
  });
  const routes = new RouteTable();
  app.addHook('onRoute', (route) => routes.add(route.url, [route.method].flat()));
  takeBodiesRaw(app);
  observeRequests(app, parts);
  app.setErrorHandler((error: FastifyError, request, reply) => {
    reportError(error, request, parts);
    return sendError(reply, error, request.routeOptions.config.errorSide ?? 'query');
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0]!;
    const methods = request.method === 'GET' ? undefined : routes.methodsOf(path);
    if (methods === undefined) return sendText(reply.code(404), '404 page not found\n');
    return reply.code(405).header('allow', methods.join(', ')).send();
  });
  const context: RouteContext = { app, parts, options, bodies: new BodyReader(options.bodyBytes) };
  registerPushRoutes(context);
  registerQueryRoutes(context);
  registerHalogiRowsRoutes(context);
  registerLabelRoutes(context);
  registerIndexRoutes(context);
  registerDetectedRoutes(context);
  registerLegacyRoutes(context);
  registerLimitsRoutes(context);
  registerRulerRoutes(context);
  registerDeleteRoutes(context);
  registerStatusRoutes(context);
  registerDamageRoutes(context);
  registerTailRoutes(context);
  registerLogLevelRoutes(context);
  registerUiRoutes(context);
  return { app, routes };
}

function noSchemas(): never {
  throw new Error('routes have no schemas');
}

// Routes read bodies themselves (body.ts). Fastify would refuse media types that it cannot parse before a route could
// answer in Loki's words, so it is shown one that it always knows; the real one stays in `request.raw.headers`.
function takeBodiesRaw(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined));
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.raw.headers['content-type'] !== undefined)
      request.headers = { 'content-type': 'application/octet-stream' };
    done();
  });
}

// What a client did wrong is no news; what is damaged, missing or not understood is.
function reportError(err: unknown, request: FastifyRequest, parts: ServerParts): void {
  const seen = { err, method: request.method, path: request.url.split('?', 1)[0] };
  const kind = err instanceof LogError ? err.kind : answerFor(err).status >= 500 ? 'internal' : 'invalid';
  if (kind === 'corrupt') request.log.error(seen, 'damaged data met');
  // The store tells once what is wrong; a line for every request would fill the disk that is full already.
  else if (kind === 'unavailable') request.log.debug(seen, 'request refused');
  else if (kind === 'internal' && !(err instanceof LogError && err.code === 'QUERY_EXECUTION')) {
    request.log.error(seen, 'request failed unexpectedly');
    parts.metrics.unexpectedError();
  }
}

function observeRequests(app: FastifyInstance, parts: ServerParts): void {
  app.addHook('onRequest', (request, _reply, done) => {
    parts.metrics.requestStarted(request.method, routeName(request.routeOptions.url));
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    const route = routeName(request.routeOptions.url);
    parts.metrics.requestEnded(request.method, route, reply.statusCode, reply.elapsedTime / 1000);
    request.log.debug(
      { method: request.method, url: request.url, status: reply.statusCode, ms: reply.elapsedTime },
      'request',
    );
    done();
  });
}
