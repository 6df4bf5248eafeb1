import { afterAll, describe, expect, it } from 'vitest';
import { appDouble } from '../support/http-app.ts';

const { app } = appDouble({ options: { authEnabled: true } });
afterAll(() => app.close());

describe.each(['/loki/api/v1/tail', '/api/prom/tail', '/halogi/api/v1/tail'])('tenants of %s', (path) => {
  it.each([
    ['missing', {}, 401, 'no org id\n'],
    ['several', { 'x-scope-orgid': 'a|b' }, 400, 'multiple org IDs present'],
    ['with a wrong character', { 'x-scope-orgid': 'a/b' }, 400, "tenant ID 'a/b' contains unsupported character '/'"],
    ['that is a folder', { 'x-scope-orgid': '..' }, 400, "tenant ID is '.' or '..'"],
  ])('%s', async (_name, headers, status, text) => {
    const response = await app.inject({ url: `${path}?query=${encodeURIComponent('{a="b"}')}`, headers });
    expect([response.statusCode, response.body]).toEqual([status, text]);
  });
});
