import type { FastifyInstance } from 'fastify';
import type { BodyReader } from './body.ts';
import type { ErrorSide } from './error-reply.ts';
import type { HttpOptions, ServerParts } from './parts.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** How errors of the route are worded; query when not said. */
    errorSide?: ErrorSide;
  }
}

/** What every group of routes gets. */
export interface RouteContext {
  readonly app: FastifyInstance;
  readonly parts: ServerParts;
  readonly options: HttpOptions;
  readonly bodies: BodyReader;
}
