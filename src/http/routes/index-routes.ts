import { queryRoute } from '../reply/answer-query.ts';
import type { RouteContext } from '../request/route-context.ts';

/** `index/stats`, the volumes, shards and patterns. */
export function registerIndexRoutes(context: RouteContext): void {
  const { queries } = context.parts;
  queryRoute(context, '/loki/api/v1/index/stats', (query) => queries.indexStats(query));
  queryRoute(context, '/loki/api/v1/index/shards', (query) => queries.indexShards(query));
  queryRoute(context, '/loki/api/v1/patterns', (query) => queries.patterns(query));
  queryRoute(context, '/loki/api/v1/index/volume', (query) => queries.volume(query));
  queryRoute(context, '/loki/api/v1/index/volume_range', (query) => queries.volumeRange(query));
}
