import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { LogError } from '../../src/base/errors.ts';
import { appDouble } from '../support/http-app.ts';

const PUSH = '/loki/api/v1/push';

describe('push routes', () => {
  it.each([
    [PUSH, 'push'],
    ['/api/prom/push', 'legacy'],
    ['/otlp/v1/logs', 'otlp'],
  ])('hand the raw body of %s over as %s and answer 204 without body', async (url, kind) => {
    const { app, pushes } = appDouble();
    const body = Buffer.from([0, 1, 2, 255]);
    const headers = {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'gzip',
    };
    const reply = await app.inject({ method: 'POST', url, headers, payload: body });
    expect(reply.statusCode).toBe(204);
    expect(reply.rawPayload.length).toBe(0);
    expect(pushes).toHaveLength(1);
    expect(pushes[0]).toMatchObject({
      tenant: 'fake',
      kind,
      contentType: 'application/x-protobuf',
      contentEncoding: 'gzip',
    });
    expect(Buffer.compare(Buffer.from(pushes[0]!.body), body)).toBe(0);
  });

  it('passes a content type on that is no media type, and a missing one as undefined', async () => {
    const { app, pushes } = appDouble();
    await app.inject({ method: 'POST', url: PUSH, headers: { 'content-type': 'not a media type;;' }, payload: 'x' });
    await app.inject({ method: 'POST', url: PUSH });
    expect(pushes.map((push) => push.contentType)).toEqual(['not a media type;;', undefined]);
    expect(pushes[1]!.body.length).toBe(0);
  });

  it('refuses a body over the limit with 413 in words', async () => {
    const { app, pushes } = appDouble({ options: { maxBodyBytes: 10 } });
    const reply = await app.inject({
      method: 'POST',
      url: PUSH,
      headers: { 'content-type': 'application/json' },
      payload: 'x'.repeat(11),
    });
    expect(reply.statusCode).toBe(413);
    expect(reply.body).toBe('request body too large: message size too large than max (11 vs 10)\n');
    expect(pushes).toHaveLength(0);
  });

  it.each([true, false])(
    'gets the refusal to a client that is still sending (length declared: %s)',
    async (declared) => {
      const { app } = appDouble({ options: { maxBodyBytes: 100_000 } });
      const url = await app.listen({ host: '127.0.0.1', port: 0 });
      const chunk = Buffer.alloc(65_536);
      const status = await new Promise((resolve, reject) => {
        const headers = declared ? { 'content-length': 40 * chunk.length } : {};
        const sending = request(`${url}${PUSH}`, { method: 'POST', headers, agent: false }, (reply) => {
          reply.resume();
          resolve(reply.statusCode);
        });
        sending.on('error', reject);
        for (let i = 0; i < 40; i++) sending.write(chunk);
        sending.end();
      });
      expect(status).toBe(413);
      await app.close();
    },
  );

  it('takes a body of exactly the limit', async () => {
    const { app } = appDouble({ options: { maxBodyBytes: 10 } });
    const reply = await app.inject({ method: 'POST', url: PUSH, payload: 'x'.repeat(10) });
    expect(reply.statusCode).toBe(204);
  });

  it.each([
    ['PUSH_INVALID', 400],
    ['PUSH_EMPTY', 422],
    ['PUSH_RATE', 429],
    ['DISK_FULL', 503],
    ['INTERNAL', 500],
  ] as const)('answers %s with %i, a newline, and Retry-After where waiting helps', async (code, status) => {
    const push = (): Promise<void> => Promise.reject(new LogError(code, 'some words'));
    const reply = await appDouble({ push }).app.inject({ method: 'POST', url: PUSH, payload: 'x' });
    expect(reply.statusCode).toBe(status);
    expect(reply.body).toBe('some words\n');
    expect(reply.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(reply.headers['x-content-type-options']).toBe('nosniff');
    expect(reply.headers['retry-after']).toBe(status === 429 || status === 503 ? '1' : undefined);
  });

  it('sends the answer of the ingest side as it is', async () => {
    const pushAnswer = { status: 429, body: 'slow down\n', contentType: 'text/plain; charset=utf-8' };
    const reply = await appDouble({ pushAnswer }).app.inject({ method: 'POST', url: PUSH, payload: 'x' });
    expect([reply.statusCode, reply.body, reply.headers['retry-after']]).toEqual([429, 'slow down\n', '1']);
  });

  it('answers with the status that an error carries itself', async () => {
    const push = (): Promise<void> => Promise.reject(new LogError('PUSH_INVALID', 'blocked', { status: 260 }));
    const reply = await appDouble({ push }).app.inject({ method: 'POST', url: PUSH, payload: 'x' });
    expect([reply.statusCode, reply.body]).toEqual([260, 'blocked\n']);
  });

  it('words OTLP errors as a protobuf status and makes 500 retryable', async () => {
    const push = (): Promise<void> =>
      Promise.reject(new LogError('PUSH_DECODE', 'content type: text/plain is not supported'));
    const bad = await appDouble({ push }).app.inject({ method: 'POST', url: '/otlp/v1/logs', payload: 'x' });
    expect([bad.statusCode, bad.headers['content-type']]).toEqual([400, 'application/octet-stream']);
    expect(bad.body).toBe('\x12)content type: text/plain is not supported');
    const broken = await appDouble({ push: () => Promise.reject(new Error('boom')) }).app.inject({
      method: 'POST',
      url: '/otlp/v1/logs',
      payload: 'x',
    });
    expect(broken.statusCode).toBe(503);
  });

  it('is not there for GET', async () => {
    const reply = await appDouble().app.inject({ method: 'GET', url: PUSH });
    expect([reply.statusCode, reply.body]).toEqual([404, '404 page not found\n']);
  });
});

describe('tenants of a push', () => {
  const push = (header?: string) =>
    appDouble({ options: { authEnabled: true } }).app.inject({
      method: 'POST',
      url: PUSH,
      ...(header === undefined ? {} : { headers: { 'x-scope-orgid': header } }),
      payload: 'x',
    });

  it('are required when auth is on', async () => {
    const reply = await push();
    expect([reply.statusCode, reply.body]).toEqual([401, 'no org id\n']);
  });

  it.each([
    ['a b', "tenant ID 'a b' contains unsupported character ' '\n"],
    ['..', "tenant ID is '.' or '..'\n"],
    ['x'.repeat(151), 'tenant ID is too long: max 150 characters\n'],
    ['a|b', 'multiple org IDs present\n'],
    ['|', 'no org id\n'],
  ])('are refused when they are "%s"', async (header, text) => {
    const reply = await push(header);
    expect([reply.statusCode, reply.body]).toEqual([400, text]);
  });

  it('count as one when they are equal', async () => {
    expect((await push('a|a')).statusCode).toBe(204);
  });
});
