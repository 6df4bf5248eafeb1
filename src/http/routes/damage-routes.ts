import type { RouteContext } from '../request/route-context.ts';

/** What is damaged in the data folder, newest first; asks for no tenant. */
export function registerDamageRoutes({ app, parts }: RouteContext): void {
  app.get('/halogi/api/v1/damage', (_request, reply) => {
    const text = JSON.stringify({ status: 'success', data: parts.status.damage() }, (_key, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    );
    return reply.type('application/json; charset=utf-8').send(text);
  });
}
