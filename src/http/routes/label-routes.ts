import type { FastifyRequest } from 'fastify';
import { queryRoute } from '../reply/answer-query.ts';
import type { RouteContext } from '../request/route-context.ts';

/** `labels`, `label`, the values of a label, `series`. */
export function registerLabelRoutes(context: RouteContext): void {
  const { queries } = context.parts;
  queryRoute(context, '/loki/api/v1/labels', (query) => queries.labels(query));
  queryRoute(context, '/loki/api/v1/label', (query) => queries.labels(query));
  queryRoute(context, '/loki/api/v1/label/:name/values', (query, request) =>
    queries.labelValues(query, nameInPath(request)),
  );
  queryRoute(context, '/loki/api/v1/series', (query) => queries.series(query));
}

/** The decoded `:name` of a route that has one. */
export function nameInPath(request: FastifyRequest): string {
  return (request.params as { readonly name: string }).name;
}
