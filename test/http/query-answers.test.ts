import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { QueryAnswers, type QueryInfo } from '../../src/http/reply/query-answers.ts';
import type { Labels } from '../../src/model/labels.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/model/limits.ts';
import { DamageLedger } from '../../src/store/segments/damage-ledger.ts';
import { Stretches } from '../../src/store/snapshot/stretches.ts';
import { type AppDouble, appDouble } from '../support/http-app.ts';

const NOW_NS = 1_793_534_400_000_000_000n;

/** The real query side on a store that knows streams, but no rows. */
function appOn(streams: readonly Labels[], limits: Partial<Limits> = {}): AppDouble & { readonly seen: QueryInfo[] } {
  const seen: QueryInfo[] = [];
  const queries = new QueryAnswers({
    store: {
      streams: (_tenant, matchers) =>
        streams.filter((labels) =>
          matchers.every((matcher) => matcher.matches(labels[labels.indexOf(matcher.name) + 1] ?? '')),
        ),
      select: () => ({
        stored: Stretches.ofParts([]),
        stretches: Stretches.ofParts([]),
        chunkCount: 0,
        compressedBytes: 0,
        release: () => undefined,
      }),
    },
    damage: new DamageLedger(),
    runner: { parallelism: 1, run: () => Promise.reject(new Error('there is nothing to scan')) },
    limitsFor: () => ({ ...DEFAULT_LIMITS, ...limits }),
    nowNs: () => NOW_NS,
    onQuery: (info) => seen.push(info),
  });
  return { ...appDouble({ queries }), seen };
}

const STREAMS: readonly Labels[] = [
  ['app', 'a', 'env', 'dev'],
  ['app', 'b', 'env', 'prod'],
];

interface Recorded {
  readonly name: string;
  readonly request: {
    readonly method: 'GET' | 'POST';
    readonly path: string;
    readonly params?: Record<string, string>;
  };
  readonly expect: { readonly status: number; readonly contentType: string; readonly body: unknown };
  readonly compare?: { readonly anyError?: boolean };
}

describe('recorded errors', () => {
  const cases = JSON.parse(readFileSync('test/conformance/cases/errors.json', 'utf8')) as readonly Recorded[];
  // Errors that come from rows need rows; the conformance run has them.
  const storeFree = cases.filter(
    (item) => item.expect.status === 400 && !item.name.startsWith('runtime') && item.compare?.anyError !== true,
  );

  it('are there', () => {
    expect(storeFree.length).toBeGreaterThan(100);
  });

  it.each(storeFree.map((item) => [item.name, item] as const))('%s', async (_name, { request, expect: wanted }) => {
    const { app } = appOn([]);
    const reply = await app.inject({ method: request.method, url: request.path, query: request.params ?? {} });
    expect([reply.statusCode, reply.body]).toEqual([wanted.status, wanted.body]);
    expect(reply.headers['content-type']).toMatch(wanted.contentType);
  });
});

describe('labels and series', () => {
  it('answer in the form of their endpoint', async () => {
    const { app } = appOn(STREAMS);
    const json = async (url: string): Promise<unknown> => (await app.inject({ url })).json();
    expect(await json('/loki/api/v1/labels')).toEqual({ status: 'success', data: ['app', 'env'] });
    expect(await json('/loki/api/v1/label/app/values?query={env="prod"}')).toEqual({ status: 'success', data: ['b'] });
    expect(await json('/loki/api/v1/label/none/values')).toEqual({ status: 'success' });
    expect(await json('/api/prom/label')).toEqual({ values: ['app', 'env'] });
    expect(await json('/api/prom/label/app/values')).toEqual({ values: ['a', 'b'] });
    expect(await json('/api/prom/label/none/values')).toEqual({});
    const both = {
      status: 'success',
      data: [
        { app: 'a', env: 'dev' },
        { app: 'b', env: 'prod' },
      ],
    };
    expect(await json('/loki/api/v1/series?match[]={app="a"}&match={app="b"}')).toEqual(both);
    expect(await json('/api/prom/series')).toEqual(both);
  });

  it('find nothing outside the streams that match', async () => {
    const { app } = appOn(STREAMS);
    expect((await app.inject({ url: '/loki/api/v1/series?match={app="c"}' })).json()).toEqual({
      status: 'success',
      data: [],
    });
  });
});

describe('queries', () => {
  it('answer vector(1)+vector(1) as a health check wants it', async () => {
    const { app, seen } = appOn([]);
    const reply = await app.inject({
      url: '/loki/api/v1/query',
      query: { query: 'vector(1)+vector(1)', time: '4000000000', direction: 'backward' },
    });
    expect(reply.json().data).toMatchObject({
      resultType: 'vector',
      result: [{ metric: {}, value: [4_000_000_000, '2'] }],
    });
    expect(seen.map(({ type, range }) => [type, range])).toEqual([['metric', 'instant']]);
  });

  it('with too many series are refused, but for Logs Drilldown, which gets those within the limit', async () => {
    const { app } = appOn(STREAMS, { maxQuerySeries: 1 });
    const url = `/loki/api/v1/query?query=${encodeURIComponent('vector(1) or label_replace(vector(2), "a", "b", "", "")')}`;
    const ask = (tags: string) => app.inject({ url, headers: { 'x-query-tags': tags } });
    expect((await ask('Source=explore')).body).toContain('maximum number of series (1) reached');
    expect((await ask('Source=grafana-lokiexplore-app-2')).statusCode).toBe(400);
    const cut = await ask('Feature=x,Source=grafana-lokiexplore-app');
    expect(cut.statusCode).toBe(200);
    const { data, warnings } = cut.json();
    expect(data.result).toHaveLength(1);
    expect(warnings).toHaveLength(1);
  });

  it('explain themselves when asked', async () => {
    const { app } = appOn([]);
    const query = { query: '{app="a"} |= "x"' };
    expect((await app.inject({ url: '/loki/api/v1/query_range', query })).json()).not.toHaveProperty('explain');
    const explained = (
      await app.inject({ url: '/loki/api/v1/query_range', query: { ...query, explain: 'true' } })
    ).json();
    expect(explained.data.result).toEqual([]);
    expect(explained.explain.steps).toHaveLength(1);
  });

  it('in the legacy form give streams only, and filter by regexp', async () => {
    const { app } = appOn([]);
    const ask = (query: Record<string, string>) => app.inject({ url: '/api/prom/query', query });
    expect((await ask({ query: '{app="a"}', regexp: 'x' })).json()).toMatchObject({ streams: [] });
    const metric = await ask({ query: 'rate({app="a"}[1m])' });
    expect([metric.statusCode, metric.body]).toEqual([
      400,
      'rpc error: code = Code(400) desc = legacy endpoints only support streams result type',
    ]);
    const bad = await ask({ query: '{app="a"}', regexp: '(' });
    expect(bad.statusCode).toBe(400);
    expect(bad.body).toContain('missing closing )');
  });

  it('refuse volumes where the tenant has none', async () => {
    const reply = await appOn([], { volumeEnabled: false }).app.inject({ url: '/loki/api/v1/index/volume?query={}' });
    expect([reply.statusCode, reply.body]).toEqual([404, 'not found']);
  });

  it('are printed', async () => {
    const reply = await appOn([]).app.inject({
      url: '/loki/api/v1/format_query',
      query: { query: '{ app= "a"}|="x"' },
    });
    expect(reply.json()).toEqual({ status: 'success', data: '{app="a"} |= "x"' });
  });

  it('may be as long as the longest that is parsed', async () => {
    const { app } = appOn([]);
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const query = `{app="a"} |= "${'ä'.repeat(60_000)}"`;
    const reply = await fetch(`${url}/loki/api/v1/query_range?query=${encodeURIComponent(query)}`);
    expect(reply.status).toBe(200);
    await app.close();
  });
});

describe('urls that cannot be decoded', () => {
  it('are refused in text', async () => {
    const reply = await appOn([]).app.inject({ url: '/loki/api/v1/label/%zz/values' });
    expect(reply.statusCode).toBe(400);
    expect(reply.headers['content-type']).toBe('text/plain; charset=utf-8');
  });
});
