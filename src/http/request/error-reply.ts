import type { FastifyReply } from 'fastify';
import { ParseError, QueryKindError } from '../../../grammar/parse-error.ts';
import { assertNever } from '../../base/assert.ts';
import { type ErrorKind, LogError } from '../../base/errors.ts';
import { errorReply } from '../../ingest/push.ts';

/**
 * How errors are worded on the wire. Query side: bare text. Push side (and everything about tenants): text and a newline.
 * OTLP: a protobuf status. Format: JSON of `format_query`.
 */
export type ErrorSide = 'query' | 'push' | 'otlp' | 'format';

const TEXT_TYPE = 'text/plain; charset=utf-8';
/** What a client is told to wait after 429 and 503, seconds: rates refill and the head is flushed within that time. */
const RETRY_AFTER_SECONDS = 1;
const STATUS_CLIENT_GONE = 499;

export interface ErrorAnswer {
  readonly status: number;
  readonly message: string;
}

/** Status of each kind of error. */
function statusOfKind(kind: ErrorKind): number {
  switch (kind) {
    case 'invalid':
    case 'limit':
      return 400;
    case 'auth':
      return 401;
    case 'not-found':
      return 404;
    case 'too-large':
      return 413;
    case 'rate':
      return 429;
    case 'cancelled':
      return STATUS_CLIENT_GONE;
    case 'corrupt':
    case 'internal':
      return 500;
    case 'unavailable':
      return 503;
    case 'timeout':
      return 504;
    default:
      return assertNever(kind);
  }
}

/** Status and text for anything that was thrown. Unknown errors are ours: 500. */
export function answerFor(error: unknown): ErrorAnswer {
  if (error instanceof LogError) {
    const status = error.status ?? (error.code === 'PUSH_EMPTY' ? 422 : statusOfKind(error.kind));
    return { status, message: error.message };
  }
  if (error instanceof Error) {
    // The grammar stands left of everything and knows no LogError.
    if (error instanceof ParseError || error instanceof QueryKindError) return { status: 400, message: error.message };
    const status = (error as { statusCode?: unknown }).statusCode;
    if (typeof status === 'number' && status >= 400 && status < 500) return { status, message: error.message };
    return { status: 500, message: `error while processing request: ${error.message}` };
  }
  return { status: 500, message: `error while processing request: ${String(error)}` };
}

/** Sends an error the way its side of the interface words it. Never compressed: clients read these bodies undecoded. */
export function sendError(reply: FastifyReply, error: unknown, side: ErrorSide): FastifyReply {
  const { status, message } = answerFor(error);
  // The rest of a body that comes too slowly is not waited for.
  if (status === 408) reply.header('connection', 'close');
  if (side === 'otlp' && !isTenantError(error)) {
    const answer = errorReply('otlp', status, message);
    setRetryAfter(reply, answer.status);
    return reply.code(answer.status).type(answer.contentType!).send(answer.body);
  }
  setRetryAfter(reply, status);
  if (side === 'format') {
    return reply
      .code(status)
      .type('application/json; charset=utf-8')
      .send(JSON.stringify({ status: 'invalid-query', error: message }));
  }
  const newline = side !== 'query' || (error instanceof LogError && error.kind === 'auth') ? '\n' : '';
  return sendText(reply.code(status), message + newline);
}

/** Tells the client how long to wait where waiting helps. */
export function setRetryAfter(reply: FastifyReply, status: number): void {
  if (status === 429 || status === 503) reply.header('retry-after', RETRY_AFTER_SECONDS);
}

/** Plain text as Loki sends it. */
export function sendText(reply: FastifyReply, text: string): FastifyReply {
  return reply.header('x-content-type-options', 'nosniff').type(TEXT_TYPE).send(text);
}

function isTenantError(error: unknown): boolean {
  return error instanceof LogError && (error.code === 'TENANT_MISSING' || error.code === 'TENANT_INVALID');
}
