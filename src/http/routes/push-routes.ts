import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PushKind } from '../../ingest/push.ts';
import { setRetryAfter } from '../request/error-reply.ts';
import type { RouteContext } from '../request/route-context.ts';
import { tenantOf } from '../request/tenant.ts';

const ROUTES: readonly (readonly [string, PushKind])[] = [
  ['/loki/api/v1/push', 'push'],
  ['/api/prom/push', 'legacy'],
  ['/otlp/v1/logs', 'otlp'],
];

/** The push endpoints: 204 and no body once everything accepted is stored. */
export function registerPushRoutes(context: RouteContext): void {
  for (const [path, kind] of ROUTES) {
    context.app.route({
      method: 'POST',
      url: path,
      config: { errorSide: kind === 'otlp' ? 'otlp' : 'push' },
      handler: (request, reply) => handlePush(context, kind, request, reply),
    });
  }
}

async function handlePush(
  { parts, options, bodies }: RouteContext,
  kind: PushKind,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const tenant = tenantOf(request, options.authEnabled);
  const headers = request.raw.headers;
  const body = await bodies.read(request.raw, { limitBytes: options.maxBodyBytes, tooLarge: tooLargeText });
  try {
    const answer = await parts.push.push({
      tenant,
      kind,
      contentType: headers['content-type'],
      contentEncoding: headers['content-encoding'],
      body: body.bytes,
    });
    setRetryAfter(reply, answer.status);
    reply.code(answer.status);
    if (answer.contentType === undefined) return reply.send();
    return reply.header('x-content-type-options', 'nosniff').type(answer.contentType).send(answer.body);
  } finally {
    body.release();
  }
}

function tooLargeText(sizeBytes: number, limitBytes: number): string {
  return `request body too large: message size too large than max (${sizeBytes} vs ${limitBytes})`;
}
