import fastify from 'fastify';

/**
 * The yardstick of ingest: a server that reads a push body and drops it. What it costs is what Node and HTTP cost.
 * Run: node bench/macro/sink-server.ts PORT
 */

const BODY_LIMIT_BYTES = 64 * 1024 * 1024;

const app = fastify({ bodyLimit: BODY_LIMIT_BYTES });
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
app.get('/ready', (_request, reply) => reply.send('ready'));
app.post('/loki/api/v1/push', (_request, reply) => reply.code(204).send());
process.on('SIGTERM', () => process.exit(0));
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) });
