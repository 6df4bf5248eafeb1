import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { appDouble } from '../support/http-app.ts';

interface Recorded {
  readonly name: string;
  readonly request: { readonly method: string; readonly path: string };
  readonly expect: { readonly status: number; readonly contentType: string; readonly body: unknown };
}

const recorded = JSON.parse(readFileSync('test/conformance/cases/errors.json', 'utf8')) as readonly Recorded[];

describe('paths', () => {
  const missing = recorded.filter((item) => item.expect.status === 404);

  it('has recorded cases to compare with', () => {
    expect(missing.length).toBeGreaterThanOrEqual(3);
  });

  it.each(missing.map((item) => [item.name, item] as const))('answers %s as recorded', async (_name, item) => {
    const reply = await appDouble().app.inject({ method: item.request.method as 'GET', url: item.request.path });
    expect([reply.statusCode, reply.body]).toEqual([item.expect.status, item.expect.body]);
    expect(reply.headers['content-type']).toMatch(item.expect.contentType);
  });

  it('accepts doubled slashes but no trailing one', async () => {
    const { app } = appDouble();
    expect((await app.inject({ url: '/loki//api/v1///labels?query=//' })).statusCode).toBe(200);
    expect((await app.inject({ url: '/loki/api/v1/labels/' })).statusCode).toBe(404);
  });

  it.each(['HEAD', 'PUT', 'DELETE', 'OPTIONS'] as const)(
    'answers %s on a known path with 405 and no body',
    async (method) => {
      const reply = await appDouble().app.inject({ method, url: '/loki/api/v1/query' });
      expect([reply.statusCode, reply.body, reply.headers.allow]).toEqual([405, '', 'GET, POST']);
    },
  );

  it('answers other methods on an unknown path with 404', async () => {
    const reply = await appDouble().app.inject({ method: 'POST', url: '/nowhere' });
    expect(reply.statusCode).toBe(404);
  });
});
