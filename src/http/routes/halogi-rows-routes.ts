import { once } from 'node:events';
import { clientSignal } from '../request/abort.ts';
import { answerFor } from '../request/error-reply.ts';
import { queryParams } from '../request/params.ts';
import type { RouteContext } from '../request/route-context.ts';
import { tenantOf } from '../request/tenant.ts';

const NDJSON_TYPE = 'application/x-ndjson; charset=utf-8';

/** `rows`: log rows as lines of JSON, in time order, sent as they are found. */
export function registerHalogiRowsRoutes({ app, parts, options, bodies }: RouteContext): void {
  app.route({
    method: ['GET', 'POST'],
    url: '/halogi/api/v1/rows',
    config: { errorSide: 'query' },
    handler: async (request, reply) => {
      const tenant = tenantOf(request, options.authEnabled);
      const params = await queryParams(request, bodies);
      const client = clientSignal(reply);
      const { signal } = client;
      try {
        const lines = (await parts.queries.rows({ tenant, params, encodingFlags: [], signal }))[Symbol.asyncIterator]();
        // What fails before the first rows is an ordinary error.
        let next = await lines.next();
        reply.hijack();
        reply.raw.writeHead(200, { 'content-type': NDJSON_TYPE, 'x-content-type-options': 'nosniff' });
        while (next.done !== true) {
          try {
            if (!reply.raw.write(next.value)) await once(reply.raw, 'drain', { signal });
            next = await lines.next();
          } catch (error) {
            if (signal.aborted) return reply;
            const { status, message } = answerFor(error);
            reply.raw.write(`${JSON.stringify({ error: { status, message } })}\n`);
            break;
          }
        }
        reply.raw.end();
        return reply;
      } finally {
        client.end();
      }
    },
  });
}
