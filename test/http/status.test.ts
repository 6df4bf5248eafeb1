import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ParseError } from '../../grammar/parse-error.ts';
import type { QueryService } from '../../src/http/request/parts.ts';
import { appDouble } from '../support/http-app.ts';

describe('status pages', () => {
  it('tells whether it is ready', async () => {
    const ready = await appDouble().app.inject({ url: '/ready' });
    expect([ready.statusCode, ready.body]).toEqual([200, 'ready\n']);
    const not = await appDouble({ status: { notReadyReason: () => 'Application is stopping' } }).app.inject({
      url: '/ready',
    });
    expect([not.statusCode, not.body]).toEqual([503, 'Application is stopping\n']);
  });

  it('flushes by GET and POST', async () => {
    let flushes = 0;
    const { app } = appDouble({
      status: {
        flush: async () => {
          flushes++;
        },
      },
    });
    for (const method of ['GET', 'POST'] as const)
      expect((await app.inject({ method, url: '/flush' })).statusCode).toBe(204);
    expect(flushes).toBe(2);
  });

  it('counts requests by route, method and status', async () => {
    const { app } = appDouble();
    await app.inject({ url: '/loki/api/v1/label/app/values' });
    await app.inject({ url: '/nowhere' });
    const page = await app.inject({ url: '/metrics' });
    expect(page.headers['content-type']).toMatch(/^text\/plain; version=0.0.4/);
    expect(page.body).toContain(
      'loki_request_duration_seconds_count{method="GET",route="loki_api_v1_label_name_values",status_code="200",ws="false"} 1',
    );
    expect(page.body).toContain('route="other",status_code="404"');
    expect(page.body).toContain('loki_inflight_requests{method="GET",route="metrics"} 1');
    expect(page.body).toContain('loki_panic_total 0');
    expect(page.body).toContain('loki_build_info{version="3.6.7"');
  });

  it('shows settings, services and the build', async () => {
    const { app } = appDouble();
    expect((await app.inject({ url: '/config' })).body).toBe('mode: effective\n');
    expect((await app.inject({ url: '/config?mode=defaults' })).body).toBe('mode: defaults\n');
    expect((await app.inject({ url: '/services' })).body).toBe('store => Running\n');
    const build = (await app.inject({ url: '/loki/api/v1/status/buildinfo' })).json();
    expect(Object.keys(build)).toEqual(['version', 'revision', 'branch', 'buildUser', 'buildDate', 'goVersion']);
  });

  it('shows and sets the log level', async () => {
    const { app } = appDouble();
    expect((await app.inject({ url: '/log_level' })).json()).toEqual({ message: 'Current log level is info' });
    const set = await app.inject({ method: 'POST', url: '/log_level?log_level=debug' });
    expect([set.statusCode, set.json()]).toEqual([200, { status: 'success', message: 'Log level set to debug' }]);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const bad = await app.inject({ method: 'POST', url: '/log_level', headers, payload: 'log_level=foo' });
    expect([bad.statusCode, bad.json()]).toEqual([400, { status: 'failed', message: 'unrecognized log level "foo"' }]);
  });
});

describe('format_query', () => {
  it('answers in JSON, errors too', async () => {
    const good = await appDouble().app.inject({ url: '/loki/api/v1/format_query?query=%7Ba%3D1%7D' });
    expect(good.json()).toEqual({ status: 'success', data: 'formatted {a=1}' });
    const queries = {
      formatQuery: () => {
        throw new ParseError('syntax error: unexpected $end');
      },
    } as unknown as QueryService;
    const bad = await appDouble({ queries }).app.inject({ method: 'POST', url: '/loki/api/v1/format_query' });
    expect([bad.statusCode, bad.json()]).toEqual([
      400,
      { status: 'invalid-query', error: 'parse error : syntax error: unexpected $end' },
    ]);
    expect(bad.headers['content-type']).toBe('application/json; charset=utf-8');
  });
});

describe('limits for clients', () => {
  it('are published as JSON and as YAML, without a tenant when auth is off', async () => {
    const { app } = appDouble({ limits: { retentionPeriodMs: 744 * 3_600_000 } });
    const drilldown = (await app.inject({ url: '/loki/api/v1/drilldown-limits' })).json();
    expect(drilldown).toMatchObject({ pattern_ingester_enabled: true, version: '3.6.7' });
    expect(drilldown.limits).toMatchObject({
      max_entries_limit_per_query: 5000,
      max_query_length: '30d1h',
      retention_period: '31d',
      query_timeout: '1m',
      max_query_bytes_read: '0B',
    });
    const yaml = await app.inject({ url: '/config/tenant/v1/limits' });
    expect(parse(yaml.body)).toEqual(drilldown.limits);
  });

  it('need a tenant when auth is on', async () => {
    const { app } = appDouble({ options: { authEnabled: true } });
    const reply = await app.inject({ url: '/loki/api/v1/drilldown-limits' });
    expect([reply.statusCode, reply.body]).toEqual([401, 'no org id\n']);
    const several = { url: '/loki/api/v1/drilldown-limits', headers: { 'x-scope-orgid': 'a|b' } };
    expect((await app.inject(several)).statusCode).toBe(401);
    expect((await app.inject({ ...several, url: '/config/tenant/v1/limits' })).statusCode).toBe(400);
  });
});

describe('rules', () => {
  it('are none, in the words that Grafana looks for', async () => {
    const { app } = appDouble();
    const state = await app.inject({ url: '/prometheus/api/v1/rules' });
    expect(state.json()).toEqual({ status: 'success', data: { groups: [] }, errorType: '', error: '' });
    expect(state.headers['content-type']).toMatch(/^application\/json/);
    expect((await app.inject({ url: '/prometheus/api/v1/alerts' })).json().data).toEqual({ alerts: [] });
    const bad = await app.inject({ url: '/prometheus/api/v1/rules?type=foo' });
    expect([bad.statusCode, bad.json()]).toEqual([
      400,
      { status: 'error', data: null, errorType: 'bad_data', error: 'not supported value "foo"' },
    ]);
    for (const base of ['/loki/api/v1/rules', '/api/prom/rules']) {
      const all = await app.inject({ url: base });
      expect([all.statusCode, all.body]).toEqual([404, 'no rule groups found\n']);
      const one = await app.inject({ url: `${base}/test/test` });
      expect([one.statusCode, one.body]).toEqual([404, 'group does not exist\n']);
    }
  });
});
