import type { FastifyReply } from 'fastify';
import { goQuote } from '../../../grammar/literals.ts';
import { sendText } from '../request/error-reply.ts';
import { urlParams } from '../request/params.ts';
import type { RouteContext } from '../request/route-context.ts';
import { tenantOf } from '../request/tenant.ts';

const RULE_BASES = ['/loki/api/v1/rules', '/api/prom/rules'];
const JSON_TYPE = 'application/json';
const RULE_TYPES = ['', 'alert', 'record'];

/**
 * The rules of a server that has none: Grafana's alerting pages ask for them and show an error without an answer. Reading
 * says that there are no rules; there is nothing to write to, so writing is not offered.
 */
export function registerRulerRoutes({ app, options }: RouteContext): void {
  const empty = (path: string, data: object, types: readonly string[] | undefined): void => {
    app.get(path, { config: { errorSide: 'push' } }, (request, reply) => {
      tenantOf(request, options.authEnabled);
      const type = urlParams(request).get('type') ?? '';
      if (types?.includes(type) === false) {
        const error = `not supported value ${goQuote(type)}`;
        return reply
          .code(400)
          .type(JSON_TYPE)
          .send(JSON.stringify({ status: 'error', data: null, errorType: 'bad_data', error }));
      }
      return reply.type(JSON_TYPE).send(JSON.stringify({ status: 'success', data, errorType: '', error: '' }));
    });
  };
  empty('/prometheus/api/v1/rules', { groups: [] }, RULE_TYPES);
  empty('/prometheus/api/v1/alerts', { alerts: [] }, undefined);
  const absent = (path: string, text: string): void => {
    app.get(path, { config: { errorSide: 'push' } }, (request, reply): FastifyReply => {
      tenantOf(request, options.authEnabled);
      return sendText(reply.code(404), text);
    });
  };
  for (const base of RULE_BASES) {
    absent(base, 'no rule groups found\n');
    absent(`${base}/:namespace`, 'no rule groups found\n');
    absent(`${base}/:namespace/:group`, 'group does not exist\n');
  }
}
