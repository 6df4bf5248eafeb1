import type { FastifyReply, FastifyRequest } from 'fastify';
import { LogError } from '../../base/errors.ts';
import { clientSignal } from '../request/abort.ts';
import { queryParams } from '../request/params.ts';
import type { JsonText, QueryRequest } from '../request/parts.ts';
import type { RouteContext } from '../request/route-context.ts';
import { tenantOf } from '../request/tenant.ts';
import { sendJson } from './reply-json.ts';

/** More of the tags is not worth a place in the log. */
const MAX_TAGS_CHARACTERS = 500;

/** Asks one method of the query service. */
export type Ask = (query: QueryRequest, request: FastifyRequest) => Promise<JsonText>;

/** Registers a query endpoint: GET and POST, answered with the JSON that `ask` returns. */
export function queryRoute(context: RouteContext, path: string, ask: Ask): void {
  context.app.route({
    method: ['GET', 'POST'],
    url: path,
    config: { errorSide: 'query' },
    handler: (request, reply) => answerQuery(context, request, reply, ask),
  });
}

async function answerQuery(
  context: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
  ask: Ask,
): Promise<FastifyReply> {
  const tenant = tenantOf(request, context.options.authEnabled);
  const params = await queryParams(request, context.bodies);
  const { signal, end } = clientSignal(reply);
  try {
    refuseParquet(request);
    const tags = queryTags(request);
    const query: QueryRequest = {
      tenant,
      params,
      encodingFlags: encodingFlags(request),
      signal,
      ...(tags === undefined ? {} : { tags }),
      ...(wantsFresh(request) ? { fresh: true } : {}),
    };
    return await sendJson(request, reply, await ask(query, request));
  } finally {
    end();
  }
}

/** @throws LogError QUERY_INVALID: an encoding that Loki knows, and refuses unless it is switched on */
function refuseParquet(request: FastifyRequest): void {
  if (request.raw.headers.accept !== 'application/vnd.apache.parquet') return;
  throw new LogError(
    'QUERY_INVALID',
    'support for Parquet encoded responses is disabled. Enable with -frontend.support-parquet-encoding=true',
  );
}

/** `Cache-Control: no-cache`: kept results are not to be used. */
function wantsFresh(request: FastifyRequest): boolean {
  return request.raw.headers['cache-control']?.includes('no-cache') === true;
}

function queryTags(request: FastifyRequest): string | undefined {
  const header = request.raw.headers['x-query-tags'];
  return (typeof header === 'string' ? header : header?.join(','))?.slice(0, MAX_TAGS_CHARACTERS);
}

/** Flags of `X-Loki-Response-Encoding-Flags`, as sent. */
export function encodingFlags(request: FastifyRequest): readonly string[] {
  const header = request.headers['x-loki-response-encoding-flags'];
  const text = typeof header === 'string' ? header : (header?.join(',') ?? '');
  return text
    .split(',')
    .map((flag) => flag.trim())
    .filter((flag) => flag !== '');
}
