import type { FastifyReply } from 'fastify';
import { LogError } from '../../base/errors.ts';

export interface ClientSignal {
  readonly signal: AbortSignal;
  /** Stops listening; call it when the query has ended. */
  end(): void;
}

/**
 * A signal that aborts when the client's connection closes before the answer is out. Its reason is the LogError
 * QUERY_CANCELLED.
 */
export function clientSignal(reply: FastifyReply): ClientSignal {
  const controller = new AbortController();
  const onClose = (): void => {
    if (!reply.raw.writableFinished) {
      controller.abort(new LogError('QUERY_CANCELLED', 'the request was cancelled by the client'));
    }
  };
  reply.raw.once('close', onClose);
  return { signal: controller.signal, end: () => void reply.raw.off('close', onClose) };
}
