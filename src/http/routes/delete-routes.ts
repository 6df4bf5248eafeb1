import { urlParams } from '../request/params.ts';
import type { RouteContext } from '../request/route-context.ts';
import { tenantOf } from '../request/tenant.ts';

const PATH = '/loki/api/v1/delete';

/** Delete requests by Loki's API. Parameters are those of the URL alone. */
export function registerDeleteRoutes({ app, options, parts }: RouteContext): void {
  app.route({
    method: ['POST', 'PUT'],
    url: PATH,
    config: { errorSide: 'push' },
    handler: async (request, reply) => {
      const tenant = tenantOf(request, options.authEnabled);
      const id = await (await parts.deletes()).add(tenant, urlParams(request));
      return reply.code(204).header('x-delete-request-id', id).send();
    },
  });
  app.get(PATH, { config: { errorSide: 'push' } }, async (request, reply) => {
    const tenant = tenantOf(request, options.authEnabled);
    const list = (await parts.deletes()).list(tenant, urlParams(request));
    return reply.type('application/json').send(JSON.stringify(list));
  });
  app.delete(PATH, { config: { errorSide: 'push' } }, async (request, reply) => {
    const tenant = tenantOf(request, options.authEnabled);
    await (await parts.deletes()).cancel(tenant, urlParams(request));
    return reply.code(204).send();
  });
}
