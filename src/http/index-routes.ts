import { queryRoute } from './answer-query.ts';
import type { RouteContext } from './route-context.ts';

/** `index/stats` and the volumes. */
export function registerIndexRoutes(context: RouteContext): void {
  const { queries } = context.parts;
  queryRoute(context, '/loki/api/v1/index/stats', (query) => queries.indexStats(query));
  queryRoute(context, '/loki/api/v1/index/volume', (query) => queries.volume(query));
  queryRoute(context, '/loki/api/v1/index/volume_range', (query) => queries.volumeRange(query));
}
