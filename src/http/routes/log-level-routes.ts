import { queryParams } from '../request/params.ts';
import type { RouteContext } from '../request/route-context.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Reads and sets the log level of the running server. */
export function registerLogLevelRoutes({ app, parts, bodies }: RouteContext): void {
  const { status } = parts;
  app.get('/log_level', (_request, reply) =>
    reply.type(JSON_TYPE).send(JSON.stringify({ message: `Current log level is ${status.logLevel()}` })),
  );
  app.post('/log_level', async (request, reply) => {
    const level = (await queryParams(request, bodies)).get('log_level') ?? '';
    reply.type(JSON_TYPE);
    if (status.setLogLevel(level)) {
      return reply.send(JSON.stringify({ status: 'success', message: `Log level set to ${level}` }));
    }
    return reply
      .code(400)
      .send(JSON.stringify({ status: 'failed', message: `unrecognized log level ${JSON.stringify(level)}` }));
  });
}
