import { queryRoute } from '../reply/answer-query.ts';
import type { RouteContext } from '../request/route-context.ts';
import { nameInPath } from './label-routes.ts';

/** What the data itself tells: `detected_labels`, `detected_fields` and the values of a field. */
export function registerDetectedRoutes(context: RouteContext): void {
  const { queries } = context.parts;
  queryRoute(context, '/loki/api/v1/detected_labels', (query) => queries.detectedLabels(query));
  queryRoute(context, '/loki/api/v1/detected_fields', (query) => queries.detectedFields(query));
  queryRoute(context, '/loki/api/v1/detected_field/:name/values', (query, request) =>
    queries.detectedFieldValues(query, nameInPath(request)),
  );
}
