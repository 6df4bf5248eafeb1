import { sendText } from '../request/error-reply.ts';
import { urlParams } from '../request/params.ts';
import type { RouteContext } from '../request/route-context.ts';

/** Pages about the server itself; none asks for a tenant. */
export function registerStatusRoutes({ app, parts }: RouteContext): void {
  const { status, metrics } = parts;
  app.get('/ready', (_request, reply) => {
    const reason = status.notReadyReason();
    if (reason === undefined) return sendText(reply, 'ready\n');
    return sendText(reply.code(503).header('retry-after', 1), `${reason}\n`);
  });
  // Of the event loop alone: for liveness, so that a server that replays or has a full disk is not restarted for it.
  app.get('/health', (_request, reply) => sendText(reply, 'ok\n'));
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
  app.route({
    method: ['GET', 'POST'],
    url: '/flush',
    config: { errorSide: 'push' },
    handler: async (_request, reply) => {
      await status.flush();
      return reply.code(204).send();
    },
  });
  app.get('/config', (request, reply) =>
    sendText(reply, status.configText(urlParams(request).get('mode') === 'defaults' ? 'defaults' : 'effective')),
  );
  app.get('/services', (_request, reply) =>
    sendText(
      reply,
      status
        .services()
        .map(([name, state]) => `${name} => ${state}\n`)
        .join(''),
    ),
  );
  app.get('/loki/api/v1/status/buildinfo', (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(JSON.stringify(status.build)),
  );
}
