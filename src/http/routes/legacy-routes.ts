import { queryRoute } from '../reply/answer-query.ts';
import type { RouteContext } from '../request/route-context.ts';
import { nameInPath } from './label-routes.ts';

/** The query endpoints of old clients under `/api/prom`, with their own encodings. */
export function registerLegacyRoutes(context: RouteContext): void {
  const { queries } = context.parts;
  queryRoute(context, '/api/prom/query', (query) => queries.legacyQuery(query));
  queryRoute(context, '/api/prom/label', (query) => queries.legacyLabels(query));
  queryRoute(context, '/api/prom/label/:name/values', (query, request) =>
    queries.legacyLabelValues(query, nameInPath(request)),
  );
  queryRoute(context, '/api/prom/series', (query) => queries.series(query));
}
