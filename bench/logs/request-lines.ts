import type { LineContext } from './line-context.ts';
import type { Random } from './random.ts';
import type { LogStream } from './topology.ts';
import { DEPENDENCIES, WORDS } from './words.ts';

/** Lines about requests: access logs, and JSON. */

const USER_AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0',
  'kube-probe/1.29',
  'Go-http-client/1.1',
  'curl/8.5.0',
  'okhttp/4.12.0',
  'python-requests/2.32.3',
];
const METHODS = ['GET', 'GET', 'GET', 'GET', 'GET', 'GET', 'POST', 'POST', 'PUT', 'DELETE'];
const PATHS: readonly ((random: Random) => string)[] = [
  () => '/',
  (random) => `/api/v1/products/${random.below(200_000)}`,
  (random) => `/api/v1/cart/${random.below(200_000)}`,
  (random) => `/api/v1/orders/${random.below(200_000)}`,
  () => '/healthz',
  (random) => `/static/js/app.${random.base36(6)}.js`,
  (random) => `/search?q=${random.pick(WORDS)}&page=${random.below(20)}`,
  (random) => `/api/v1/users/${random.below(200_000)}`,
  () => '/login',
  (random) => `/images/${random.below(50_000)}.webp`,
];

function status({ random, errorFactor }: LineContext): number {
  const chance = random.fraction();
  const failed = 0.008 * errorFactor;
  if (chance < failed) return random.pick([500, 502, 503, 504]);
  if (chance < failed + 0.03) return random.pick([400, 401, 403, 404, 429]);
  if (chance < failed + 0.08) return 304;
  return chance < failed + 0.12 ? 201 : 200;
}

export function nginxLine(context: LineContext, stream: LogStream): string {
  const { random, clock, known } = context;
  if (random.fraction() < 0.004) {
    const host = random.pick(DEPENDENCIES);
    const isCounted = stream.namespace === 'ingress' || stream.namespace === 'shop';
    if (isCounted && (host === 'fraud' || host === 'tax')) known.fraudOrTaxTimeouts++;
    return (
      `${clock.spaced.replaceAll('-', '/')} [error] ${random.below(90) + 10}#0: *${random.below(1e7)} upstream timed out ` +
      `(110: Connection timed out) while reading response header from upstream, client: ${random.ipAddress()}, ` +
      `server: shop.example.com, upstream: "http://${random.ipAddress()}:8080", host: "${host}.internal"`
    );
  }
  return (
    `${random.ipAddress()} - - [${clock.access}] "${random.pick(METHODS)} ${random.pick(PATHS)(random)} HTTP/1.1" ` +
    `${status(context)} ${random.below(60_000)} "https://shop.example.com/" "${random.pick(USER_AGENTS)}" ` +
    random.exponential(0.12).toFixed(3)
  );
}

export function jsonLine(context: LineContext, stream: LogStream): string {
  const { random, clock, known } = context;
  const code = status(context);
  if (code >= 500 && stream.app === 'api-gateway') known.gateway5xx++;
  const level = code >= 500 ? 'error' : code >= 400 ? 'warn' : random.fraction() < 0.1 ? 'debug' : 'info';
  let message = level === 'warn' ? 'request rejected' : 'request completed';
  if (level === 'error') message = `upstream ${random.pick(DEPENDENCIES)} failed: connection refused`;
  if (stream.app === 'payments' && random.fraction() < 0.0008) {
    message = `payment authorization timeout, scheduling retry attempt=${random.below(5)}`;
  }
  stream.traceId = random.hex32();
  return (
    `{"ts":"${clock.iso}.${clock.milliseconds}Z","level":"${level}","logger":"${stream.app}.http","msg":"${message}",` +
    `"http":{"method":"${random.pick(METHODS)}","path":"${random.pick(PATHS)(random)}","status":${code},` +
    `"duration_ms":${random.exponential(45).toFixed(2)},"client":{"ip":"${random.ipAddress()}"}},` +
    `"user":{"id":${random.below(500_000)},"tier":"${random.pick(['free', 'silver', 'gold'])}"},"trace_id":"${stream.traceId}"}`
  );
}
