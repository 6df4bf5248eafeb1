import type { FastifyReply, FastifyRequest } from 'fastify';
import { LogError } from '../../base/errors.ts';
import type { RuleApi } from '../../rules/rule-api.ts';
import { clientSignal } from '../request/abort.ts';
import { answerFor } from '../request/error-reply.ts';
import { urlParams } from '../request/params.ts';
import type { RouteContext } from '../request/route-context.ts';
import { tenantOf } from '../request/tenant.ts';

const RULE_BASES = ['/loki/api/v1/rules', '/api/prom/rules'];
const JSON_TYPE = 'application/json';
const YAML_TYPE = 'application/yaml';
/** Largest group that is taken. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

const CONFIG = { config: { errorSide: 'push' } } as const;

type Params = Readonly<Record<string, string>>;

/** Rule groups by Loki's API, their state in Prometheus's shape, and the backtest. */
export function registerRulerRoutes(context: RouteContext): void {
  registerStateRoutes(context);
  for (const base of RULE_BASES) registerGroupRoutes(context, base);
  const { app, options, parts } = context;
  app.post('/halogi/api/v1/rules/backtest', CONFIG, async (request, reply) => {
    const tenant = tenantOf(request, options.authEnabled);
    const body = await textBody(context, request);
    const client = clientSignal(reply);
    try {
      return success(reply, await (await parts.rules()).backtest(tenant, body, client.signal));
    } catch (error) {
      return failure(reply, error);
    } finally {
      client.end();
    }
  });
}

function registerStateRoutes({ app, options, parts }: RouteContext): void {
  const state = (path: string, data: (rules: RuleApi, tenant: string, params: URLSearchParams) => object): void => {
    app.get(path, CONFIG, async (request, reply) => {
      const tenant = tenantOf(request, options.authEnabled);
      try {
        return success(reply, data(await parts.rules(), tenant, urlParams(request)));
      } catch (error) {
        return failure(reply, error);
      }
    });
  };
  state('/prometheus/api/v1/rules', (rules, tenant, params) => rules.rules(tenant, params));
  state('/prometheus/api/v1/alerts', (rules, tenant) => rules.alerts(tenant));
}

function registerGroupRoutes(context: RouteContext, base: string): void {
  const { app, options, parts } = context;
  const yaml = (reply: FastifyReply, text: string): FastifyReply => reply.type(YAML_TYPE).send(text);
  const labels = (request: FastifyRequest): string => urlParams(request).get('labels') ?? '';
  app.get(base, CONFIG, async (request, reply) => {
    const tenant = tenantOf(request, options.authEnabled);
    return yaml(reply, (await parts.rules()).listYaml(tenant, undefined, labels(request)));
  });
  app.get(`${base}/:namespace`, CONFIG, async (request, reply) => {
    const tenant = tenantOf(request, options.authEnabled);
    const { namespace } = request.params as Params;
    return yaml(reply, (await parts.rules()).listYaml(tenant, namespace, labels(request)));
  });
  app.get(`${base}/:namespace/:group`, CONFIG, async (request, reply) => {
    const tenant = tenantOf(request, options.authEnabled);
    const { namespace, group } = request.params as Params;
    return yaml(reply, (await parts.rules()).groupYaml(tenant, namespace!, group!));
  });
  app.post(`${base}/:namespace`, CONFIG, async (request, reply) => {
    const tenant = tenantOf(request, options.authEnabled);
    const body = await textBody(context, request);
    await (await parts.rules()).put(tenant, (request.params as Params)['namespace']!, body);
    return accepted(reply);
  });
  app.delete(`${base}/:namespace`, CONFIG, async (request, reply) => {
    const tenant = tenantOf(request, options.authEnabled);
    await (await parts.rules()).deleteNamespace(tenant, (request.params as Params)['namespace']!);
    return accepted(reply);
  });
  app.delete(`${base}/:namespace/:group`, CONFIG, async (request, reply) => {
    const tenant = tenantOf(request, options.authEnabled);
    const { namespace, group } = request.params as Params;
    await (await parts.rules()).deleteGroup(tenant, namespace!, group!);
    return accepted(reply);
  });
}

async function textBody({ bodies }: RouteContext, request: FastifyRequest): Promise<string> {
  const tooLarge = (sizeBytes: number, limitBytes: number): string =>
    `request body too large: ${sizeBytes} bytes, the limit is ${limitBytes}`;
  const body = await bodies.read(request.raw, { limitBytes: MAX_BODY_BYTES, tooLarge });
  try {
    return body.bytes.toString('utf8');
  } finally {
    body.release();
  }
}

function success(reply: FastifyReply, data: object | null): FastifyReply {
  return reply.type(JSON_TYPE).send(JSON.stringify({ status: 'success', data, errorType: '', error: '' }));
}

function accepted(reply: FastifyReply): FastifyReply {
  return success(reply.code(202), null);
}

/** Errors as Prometheus words them; what is our fault goes the usual way, to the log too. */
function failure(reply: FastifyReply, error: unknown): FastifyReply {
  const { status, message } = answerFor(error);
  if (status >= 500 || (error instanceof LogError && error.kind === 'auth')) throw error;
  const body = { status: 'error', data: null, errorType: 'bad_data', error: message };
  return reply.code(status).type(JSON_TYPE).send(JSON.stringify(body));
}
