import { queryRoute } from '../reply/answer-query.ts';
import { queryParams } from '../request/params.ts';
import type { RouteContext } from '../request/route-context.ts';

/** `query`, `query_range` and `format_query`. */
export function registerQueryRoutes(context: RouteContext): void {
  const { app, parts, bodies } = context;
  queryRoute(context, '/loki/api/v1/query', (query) => parts.queries.query(query));
  queryRoute(context, '/loki/api/v1/query_range', (query) => parts.queries.queryRange(query));
  // Asks for no tenant: it reads no data.
  app.route({
    method: ['GET', 'POST'],
    url: '/loki/api/v1/format_query',
    config: { errorSide: 'format' },
    handler: async (request, reply) => {
      const params = await queryParams(request, bodies);
      const data = await parts.queries.formatQuery(params.get('query') ?? '');
      return reply.type('application/json; charset=utf-8').send(JSON.stringify({ status: 'success', data }));
    },
  });
}
