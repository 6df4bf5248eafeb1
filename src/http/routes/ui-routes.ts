import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyReply } from 'fastify';
import { sendText } from '../request/error-reply.ts';
import type { RouteContext } from '../request/route-context.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'ui', 'dist');
const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; " +
    "form-action 'self'; frame-ancestors 'none'; trusted-types 'none'; require-trusted-types-for 'script'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};
const NOT_FOUND = '404 page not found\n';

let files: Map<string, Buffer> | undefined;

// Read at the first request of the page: names come from the folder, so no path of a request reaches the disk.
function builtFiles(): Map<string, Buffer> {
  if (files !== undefined) return files;
  const found = new Map<string, Buffer>();
  try {
    found.set('index.html', readFileSync(join(FOLDER, 'index.html')));
    for (const name of readdirSync(join(FOLDER, 'assets'))) found.set(name, readFileSync(join(FOLDER, 'assets', name)));
  } catch (error) {
    // Not built: the server is whole without its page.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return new Map();
  }
  files = found;
  return found;
}

function sendFile(reply: FastifyReply, name: string, cache: string): FastifyReply {
  const file = builtFiles().get(name);
  if (file === undefined) return sendText(reply.code(404), NOT_FOUND);
  const type = name.endsWith('.js') ? 'text/javascript' : name.endsWith('.css') ? 'text/css' : 'text/html';
  return reply.headers(PAGE_HEADERS).header('cache-control', cache).type(`${type}; charset=utf-8`).send(file);
}

/** The web page; none of its files asks for a tenant. */
export function registerUiRoutes({ app }: RouteContext): void {
  app.get('/', (request, reply) => {
    // Only a browser is led to the page; clients get what Loki answers.
    if (!(request.headers.accept ?? '').includes('text/html')) return sendText(reply.code(404), NOT_FOUND);
    return reply.code(302).header('location', 'ui/search').send();
  });
  app.get('/ui/search', (_request, reply) => sendFile(reply, 'index.html', 'no-cache'));
  app.get<{ Params: { name: string } }>('/ui/assets/:name', (request, reply) =>
    sendFile(reply, request.params.name, 'public, max-age=31536000, immutable'),
  );
}
