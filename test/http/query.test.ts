import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ParseError } from '../../grammar/parse-error.ts';
import { LogError } from '../../src/base/errors.ts';
import type { QueryRequest } from '../../src/http/request/parts.ts';
import { appDouble } from '../support/http-app.ts';

const ROUTES: readonly (readonly [string, string, string?])[] = [
  ['/loki/api/v1/query', 'query'],
  ['/loki/api/v1/query_range', 'queryRange'],
  ['/loki/api/v1/labels', 'labels'],
  ['/loki/api/v1/label', 'labels'],
  ['/loki/api/v1/label/a%2Fb/values', 'labelValues', 'a/b'],
  ['/loki/api/v1/series', 'series'],
  ['/loki/api/v1/index/stats', 'indexStats'],
  ['/loki/api/v1/index/volume', 'volume'],
  ['/loki/api/v1/index/volume_range', 'volumeRange'],
  ['/loki/api/v1/detected_labels', 'detectedLabels'],
  ['/loki/api/v1/detected_fields', 'detectedFields'],
  ['/loki/api/v1/detected_field/status/values', 'detectedFieldValues', 'status'],
  ['/api/prom/query', 'legacyQuery'],
  ['/api/prom/label', 'legacyLabels'],
  ['/api/prom/label/app/values', 'legacyLabelValues', 'app'],
  ['/api/prom/series', 'series'],
];

describe('query routes', () => {
  it.each(ROUTES)('%s asks %s by GET and by POST', async (url, method, name) => {
    const { app, queries } = appDouble();
    for (const verb of ['GET', 'POST'] as const) {
      const reply = await app.inject({ method: verb, url: `${url}?query=x` });
      expect([reply.statusCode, reply.json()]).toEqual([200, { method }]);
      expect(reply.headers['content-type']).toBe('application/json; charset=UTF-8');
    }
    expect(queries.map((query) => [query.method, query.name, query.request.params.get('query')])).toEqual([
      [method, name, 'x'],
      [method, name, 'x'],
    ]);
  });

  it('prefers a value of a form body to that of the URL, and keeps both where several count', async () => {
    const { app, queries } = appDouble();
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    await app.inject({
      method: 'POST',
      url: '/loki/api/v1/series?limit=1&match[]=u',
      headers,
      payload: 'limit=2&match%5B%5D=b+c',
    });
    const { params } = queries[0]!.request;
    expect(params.get('limit')).toBe('2');
    expect(params.getAll('match[]')).toEqual(['b c', 'u']);
  });

  it('ignores a JSON body', async () => {
    const { app, queries } = appDouble();
    await app.inject({
      method: 'POST',
      url: '/loki/api/v1/query',
      headers: { 'content-type': 'application/json' },
      payload: '{"query":"1"}',
    });
    expect(queries[0]!.request.params.get('query')).toBeNull();
  });

  it('refuses a form over 10 MiB', async () => {
    const { app } = appDouble({ options: { bodyBytes: 64 * 1024 * 1024 } });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const reply = await app.inject({
      method: 'POST',
      url: '/loki/api/v1/query',
      headers,
      payload: 'x'.repeat(10 * 1024 * 1024 + 1),
    });
    expect([reply.statusCode, reply.body]).toEqual([413, 'http: request body too large']);
  });

  it('hands over the encoding flags', async () => {
    const { app, queries } = appDouble();
    const headers = { 'x-loki-response-encoding-flags': 'categorize-labels, other' };
    await app.inject({ url: '/loki/api/v1/query_range', headers });
    expect(queries[0]!.request.encodingFlags).toEqual(['categorize-labels', 'other']);
  });

  it('words errors as bare text', async () => {
    for (const [error, status] of [
      [new ParseError('syntax error: unexpected $end'), 400],
      [new LogError('QUERY_LIMIT', 'too many'), 400],
      [new LogError('QUERY_TIMEOUT', 'request timed out'), 504],
      [new LogError('QUERY_LIMIT', 'interval', { status: 500 }), 500],
    ] as const) {
      const { app } = appDouble({ answer: () => Promise.reject(error) });
      const reply = await app.inject({ url: '/loki/api/v1/query_range', headers: { 'accept-encoding': 'gzip' } });
      expect([reply.statusCode, reply.body]).toEqual([status, error.message]);
      expect(reply.headers['content-type']).toBe('text/plain; charset=utf-8');
      expect(reply.headers['content-encoding']).toBeUndefined();
    }
  });

  it('refuses Parquet, and asks for fresh results when told not to cache', async () => {
    const asked: QueryRequest[] = [];
    const { app } = appDouble({
      answer: (_method, request) => {
        asked.push(request);
        return Promise.resolve('{}');
      },
    });
    const url = '/loki/api/v1/query_range';
    const parquet = await app.inject({ url, headers: { accept: 'application/vnd.apache.parquet' } });
    expect([parquet.statusCode, parquet.body]).toEqual([
      400,
      'support for Parquet encoded responses is disabled. Enable with -frontend.support-parquet-encoding=true',
    ]);
    await app.inject({ url, headers: { 'cache-control': 'no-cache' } });
    await app.inject({ url });
    expect(asked.map(({ fresh }) => fresh)).toEqual([true, undefined]);
  });

  it('asks for a tenant when auth is on, but not to format', async () => {
    const { app } = appDouble({ options: { authEnabled: true } });
    const refused = await app.inject({ url: '/loki/api/v1/query' });
    expect([refused.statusCode, refused.body]).toEqual([401, 'no org id\n']);
    const bad = await app.inject({ url: '/loki/api/v1/query', headers: { 'x-scope-orgid': 'a/b' } });
    expect([bad.statusCode, bad.body]).toEqual([400, "tenant ID 'a/b' contains unsupported character '/'"]);
    expect((await app.inject({ url: '/loki/api/v1/format_query?query=x' })).statusCode).toBe(200);
  });
});

describe('compression of answers', () => {
  const large = JSON.stringify({ text: 'x'.repeat(2000) });

  it('is used for large ones when gzip is offered', async () => {
    const { app } = appDouble({ answer: async () => large });
    const reply = await app.inject({
      url: '/loki/api/v1/query',
      headers: { 'accept-encoding': 'deflate, gzip;q=0.5' },
    });
    expect(reply.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(reply.rawPayload).toString()).toBe(large);
  });

  it.each([['identity'], ['gzip;q=0'], [undefined]])('is not used with accept-encoding %s', async (header) => {
    const { app } = appDouble({ answer: async () => large });
    const reply = await app.inject({
      url: '/loki/api/v1/query',
      headers: header === undefined ? {} : { 'accept-encoding': header },
    });
    expect([reply.headers['content-encoding'], reply.body]).toEqual([undefined, large]);
  });

  it('is not used for small ones', async () => {
    const reply = await appDouble().app.inject({ url: '/loki/api/v1/query', headers: { 'accept-encoding': 'gzip' } });
    expect(reply.headers['content-encoding']).toBeUndefined();
  });
});

describe('a client that leaves', () => {
  it('aborts its query', async () => {
    const { promise: started, resolve: start } = Promise.withResolvers<AbortSignal>();
    const answer = (_method: string, request: { signal: AbortSignal }): Promise<string> => {
      start(request.signal);
      return new Promise(() => undefined);
    };
    const { app } = appDouble({ answer });
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const client = new AbortController();
    const request = fetch(`${url}/loki/api/v1/query_range`, { signal: client.signal }).catch(() => 'left');
    const signal = await started;
    const aborted = new Promise<unknown>((resolve) => signal.addEventListener('abort', () => resolve(signal.reason)));
    client.abort();
    expect(await request).toBe('left');
    expect(await aborted).toMatchObject({ code: 'QUERY_CANCELLED' });
    await app.close();
  });
});
