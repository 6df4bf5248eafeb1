import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { type RunningHalogi, startHalogi } from '../support/halogi-process.ts';
import { patientMs } from '../support/patience.ts';

const GROUP = `name: g1
interval: 1s
rules:
  - alert: Errors
    expr: sum by (app) (count_over_time({app="shop"} |= "error" [5m])) > 0
    labels: {severity: page}
    annotations: {summary: '{{ $labels.app }}: {{ $value }}'}
  - record: app:lines:count5m
    expr: sum by (app) (count_over_time({app="shop"}[5m]))
`;
const FILE = `groups:
  - name: from-file
    rules: [{alert: Always, expr: vector(1), labels: {severity: info}}]
`;

let folder: string;
let server: RunningHalogi;

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

async function ask(method: string, path: string, body?: string): Promise<Reply> {
  const response = await fetch(`${server.url}${path}`, { method, ...(body === undefined ? {} : { body }) });
  return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() };
}

/** `data` of an answer in Prometheus's shape. */
// biome-ignore lint/suspicious/noExplicitAny: answers are looked at member by member
async function data(path: string): Promise<any> {
  const { status, type, text } = await ask('GET', path);
  expect([status, type]).toEqual([200, 'application/json; charset=utf-8']);
  return JSON.parse(text).data;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'halogi-rules-'));
  const rules = join(folder, 'rules', 'fake');
  // As a volume of Kubernetes has it: links to a folder whose name begins with dots.
  mkdirSync(join(rules, '..2026'), { recursive: true });
  writeFileSync(join(rules, '..2026', 'alerts.yaml'), FILE);
  symlinkSync('..2026', join(rules, '..data'));
  symlinkSync(join('..data', 'alerts.yaml'), join(rules, 'alerts.yaml'));
  writeFileSync(join(rules, '.swap'), 'groups: [');
  writeFileSync(join(rules, 'bad.yaml'), 'groups: [{name: x, rules: [{alert: A, expr: "{"}]}]');
  server = await startHalogi(join(folder, 'data'), [
    '--ruler.rule_path',
    join(folder, 'rules'),
    '--ruler.poll_interval',
    '100ms',
    '--limits_config.ruler_max_rule_groups_per_tenant',
    '3',
    '--limits_config.ruler_max_rules_per_rule_group',
    '5',
  ]);
  const line = [`${BigInt(Date.now()) * 1_000_000n}`, 'an error'];
  const streams = [{ stream: { app: 'shop' }, values: [line] }];
  const response = await fetch(`${server.url}/loki/api/v1/push`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ streams }),
  });
  expect(response.status).toBe(204);
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

describe("lokitool's calls", () => {
  const bases = ['/loki/api/v1/rules', '/api/prom/rules'];

  it.each(bases)('%s: load, list, get, diff, delete', async (base) => {
    // Any characters are fine, also those of paths.
    const namespace = `a/b ../${base.length}%`;
    const path = `${base}/${encodeURIComponent(namespace)}`;
    const loaded = await ask('POST', path, GROUP);
    expect([loaded.status, JSON.parse(loaded.text)]).toEqual([
      202,
      { status: 'success', data: null, errorType: '', error: '' },
    ]);
    const list = await ask('GET', base);
    expect([list.status, list.type]).toEqual([200, 'application/yaml']);
    expect(Object.keys(parse(list.text)).sort()).toEqual(['alerts.yaml', namespace].sort());
    expect(parse(list.text)[namespace]).toEqual([parse(GROUP)]);
    expect(parse((await ask('GET', path)).text)).toEqual({ [namespace]: [parse(GROUP)] });
    expect(parse((await ask('GET', `${path}/g1`)).text)).toEqual(parse(GROUP));
    const labelled = parse((await ask('GET', `${base}?labels=severity:page`)).text);
    expect(labelled).toEqual({ [namespace]: [{ ...parse(GROUP), rules: [parse(GROUP).rules[0]] }] });
    // The same group again replaces it.
    expect((await ask('POST', path, GROUP.replace('1s', '2s'))).status).toBe(202);
    expect(parse((await ask('GET', `${path}/g1`)).text).interval).toBe('2s');
    expect((await ask('DELETE', `${path}/g1`)).status).toBe(202);
    expect(await ask('GET', `${path}/g1`)).toMatchObject({ status: 404, text: 'group does not exist\n' });
    expect(await ask('GET', path)).toMatchObject({ status: 404, text: 'no rule groups found\n' });
    expect((await ask('POST', path, GROUP)).status).toBe(202);
    expect((await ask('DELETE', path)).status).toBe(202);
    expect(await ask('DELETE', path)).toMatchObject({ status: 404, text: 'group namespace does not exist\n' });
  });

  it('groups of files cannot be changed', async () => {
    const path = '/loki/api/v1/rules/alerts.yaml';
    for (const [method, more, body] of [
      ['POST', '', 'name: from-file\n'],
      ['DELETE', '', undefined],
      ['DELETE', '/from-file', undefined],
    ] as const) {
      const reply = await ask(method, path + more, body);
      expect(reply.status).toBe(409);
      expect(reply.text).toMatch(/comes from a rule file of the server and cannot be changed here/);
    }
  });

  it('a file that cannot be used is told of once, and changes are found', async () => {
    expect(server.log().match(/rule file not used/g)).toHaveLength(1);
    expect(server.log()).toMatch(/could not parse expression for alert 'A' in group 'x'/);
    writeFileSync(join(folder, 'rules', 'fake', 'bad.yaml'), FILE.replace('from-file', 'mended'));
    await vi.waitFor(async () => expect((await ask('GET', '/loki/api/v1/rules/bad.yaml/mended')).status).toBe(200), {
      timeout: patientMs(10_000),
      interval: 50,
    });
    rmSync(join(folder, 'rules', 'fake', 'bad.yaml'));
    await vi.waitFor(async () => expect((await ask('GET', '/loki/api/v1/rules/bad.yaml/mended')).status).toBe(404), {
      timeout: patientMs(10_000),
      interval: 50,
    });
  });

  it.each([
    ['not YAML', 'a: [', /unable to decode/],
    ['no map', '[]', /unable to decoded rule group/],
    ['no name', 'rules: []', /^group 0: Groupname must not be empty\n$/],
    ['neither', 'name: g\nrules: [{expr: vector(1)}]', /^one of 'record' or 'alert' must be set\n$/],
    [
      'both',
      'name: g\nrules: [{alert: a, record: b, expr: vector(1)}]',
      /^only one of 'record' and 'alert' must be set\n$/,
    ],
    [
      'syntax',
      'name: x\nrules: [{alert: A, expr: "sum("}]',
      /^could not parse expression for alert 'A' in group 'x': parse error at line 1, col /,
    ],
    ['log query', 'name: x\nrules: [{alert: A, expr: "{a=\\"b\\"}"}]', /a rule needs a metric query/],
    [
      'regex',
      'name: x\nrules: [{alert: A, expr: "count_over_time({a=~\\"(\\"}[1m]) > 0"}]',
      /could not parse expression.*missing closing \)/,
    ],
    [
      'template',
      'name: x\nrules: [{alert: A, expr: vector(1), annotations: {s: "{{ end }}"}}]',
      /annotation "s": template: /,
    ],
    [
      'function',
      'name: x\nrules: [{alert: A, expr: vector(1), annotations: {s: "{{ query \\"x\\" }}"}}]',
      /function "query" not defined/,
    ],
    [
      'too many rules',
      `name: x\nrules: [${'{alert: A, expr: vector(1)},'.repeat(6)}]`,
      /^per-user rules per rule group limit \(limit: 5 actual: 6\) exceeded\n$/,
    ],
    ['other tenants', 'name: x\nsource_tenants: [other]\nrules: []', /source_tenants may only stand in rule files/],
    ['metric name', 'name: x\nrules: [{record: "a b", expr: vector(1)}]', /invalid recording rule name: a b/],
    ['interval', 'name: x\ninterval: 1ms\nrules: []', /interval: expected 1s or more/],
    ['aliases', `a: &a [1]\nname: [${'*a,'.repeat(200)}]`, /unable to decode|expected a text/],
  ])('refuses %s', async (_what, body, expected) => {
    const reply = await ask('POST', '/loki/api/v1/rules/hostile', body);
    expect([reply.status, reply.text]).toEqual([400, expect.stringMatching(expected)]);
  });

  it('bounds the groups of a tenant', async () => {
    const put = (name: string): Promise<Reply> => ask('POST', '/loki/api/v1/rules/many', `name: ${name}\nrules: []\n`);
    for (const name of ['a', 'b', 'c']) expect((await put(name)).status).toBe(202);
    expect(await put('d')).toMatchObject({
      status: 400,
      text: 'per-user rule groups limit (limit: 3 actual: 4) exceeded\n',
    });
    expect((await put('a')).status).toBe(202);
    expect((await ask('DELETE', '/loki/api/v1/rules/many')).status).toBe(202);
  });
});

describe("Grafana's pages", () => {
  beforeAll(async () => {
    expect((await ask('POST', '/api/prom/rules/team', GROUP)).status).toBe(202);
    await vi.waitFor(
      async () => {
        const { groups } = await data('/prometheus/api/v1/rules?rule_group=g1');
        expect(groups[0].rules[0].state).toBe('firing');
        expect(groups[0].rules[1].health).toBe('ok');
      },
      { timeout: patientMs(15_000), interval: 50 },
    );
  });

  it('show rules with all their members', async () => {
    const { groups } = await data('/prometheus/api/v1/rules?file[]=team');
    expect(groups).toHaveLength(1);
    expect(groups[0]).toEqual({
      name: 'g1',
      file: 'team',
      rules: [
        {
          state: 'firing',
          name: 'Errors',
          query: '(sum by (app)(count_over_time({app="shop"} |= "error"[5m])) > 0)',
          duration: 0,
          labels: { severity: 'page' },
          annotations: { summary: '{{ $labels.app }}: {{ $value }}' },
          alerts: [
            {
              labels: { alertname: 'Errors', app: 'shop', severity: 'page' },
              annotations: { summary: 'shop: 1' },
              state: 'firing',
              activeAt: expect.stringMatching(/^\d{4}-.*Z$/),
              value: '1e+00',
            },
          ],
          health: 'ok',
          lastError: '',
          type: 'alerting',
          lastEvaluation: expect.stringMatching(/^\d{4}-.*Z$/),
          evaluationTime: expect.any(Number),
        },
        {
          name: 'app:lines:count5m',
          query: 'sum by (app)(count_over_time({app="shop"}[5m]))',
          labels: {},
          health: 'ok',
          lastError: '',
          type: 'recording',
          lastEvaluation: expect.stringMatching(/^\d{4}-.*Z$/),
          evaluationTime: expect.any(Number),
        },
      ],
      interval: 1,
      limit: 0,
      lastEvaluation: expect.stringMatching(/^\d{4}-.*Z$/),
      evaluationTime: expect.any(Number),
    });
  });

  it('show alerts', async () => {
    const { alerts } = await data('/prometheus/api/v1/alerts');
    expect(alerts).toContainEqual(
      expect.objectContaining({ state: 'firing', labels: { alertname: 'Errors', app: 'shop', severity: 'page' } }),
    );
  });

  it.each([
    ['', ['alerts.yaml/from-file', 'team/g1']],
    ['type=record', ['team/g1']],
    ['type=alert&rule_name[]=Always', ['alerts.yaml/from-file']],
    ['rule_name=Errors', ['team/g1']],
    ['rule_group[]=g1&rule_group[]=from-file', ['alerts.yaml/from-file', 'team/g1']],
    ['match[]={severity="page"}', ['team/g1']],
    ['match[]={severity=~"p.*"}&match[]={severity="info"}', ['alerts.yaml/from-file', 'team/g1']],
    ['file=nobody', []],
  ])('filter by %s', async (query, expected) => {
    const { groups } = await data(`/prometheus/api/v1/rules?${query.replaceAll('"', '%22')}`);
    expect(groups.map((group: { file: string; name: string }) => `${group.file}/${group.name}`)).toEqual(expected);
  });

  it('leave alerts out and page', async () => {
    const first = await data('/prometheus/api/v1/rules?exclude_alerts=true&group_limit=1');
    expect(first.groups).toHaveLength(1);
    expect(first.groups[0].rules[0].alerts).toBeUndefined();
    const rest = await data(`/prometheus/api/v1/rules?group_limit=5&group_next_token=${first.groupNextToken}`);
    expect(rest.groups.map((group: { name: string }) => group.name)).toEqual(['g1']);
    expect(rest.groupNextToken).toBeUndefined();
  });

  it.each([
    ['type=foo', 'not supported value "foo"'],
    ['group_limit=x', 'invalid group_limit value "x"'],
    ['match[]={', /parse error|syntax error/],
  ])('hear what is wrong with %s', async (query, error) => {
    const { status, text } = await ask('GET', `/prometheus/api/v1/rules?${query}`);
    expect([status, JSON.parse(text)]).toEqual([
      400,
      {
        status: 'error',
        data: null,
        errorType: 'bad_data',
        error: typeof error === 'string' ? error : expect.stringMatching(error),
      },
    ]);
  });

  it('find that the ruler can be edited', async () => {
    expect(await ask('GET', '/api/prom/rules/test/test')).toMatchObject({
      status: 404,
      text: 'group does not exist\n',
    });
  });

  it('show why a rule fails, and the log names it', async () => {
    const group =
      'name: failing\ninterval: 1s\nrules: [{alert: Bad, expr: "approx_topk(1, sum(count_over_time({app=\\"shop\\"}[1m])))"}]';
    expect((await ask('POST', '/api/prom/rules/team', group)).status).toBe(202);
    await vi.waitFor(
      async () => {
        const { groups } = await data('/prometheus/api/v1/rules?rule_group=failing');
        expect(groups[0].rules[0]).toMatchObject({ health: 'err', lastError: expect.stringMatching(/^approx_topk/) });
      },
      { timeout: patientMs(15_000), interval: 50 },
    );
    const line =
      server
        .log()
        .split('\n')
        .find((one) => one.includes('rule evaluation failed')) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({ tenant: 'fake', namespace: 'team', group: 'failing', rule: 'Bad' });
    const { text } = await ask('GET', '/metrics');
    expect(text).toMatch(
      /loki_prometheus_rule_evaluation_failures_total\{user="fake",rule_group="team;failing"\} [1-9]/,
    );
    expect((await ask('DELETE', '/api/prom/rules/team/failing')).status).toBe(202);
    expect((await ask('GET', '/metrics')).text).not.toContain('team;failing');
  });
});

describe('backtest', () => {
  it('tells when a rule would have fired, and what it read', async () => {
    const rule = { alert: 'A', expr: 'sum by (app) (count_over_time({app="shop"}[10m])) > 0', for: '2s' };
    const now = Math.floor(Date.now() / 1000) * 1000;
    const body = JSON.stringify({
      rule,
      start: new Date(now - 60_000).toISOString(),
      end: new Date(now + 60_000).toISOString(),
      interval: '1s',
    });
    const { status, text } = await ask('POST', '/halogi/api/v1/rules/backtest', body);
    expect(status).toBe(200);
    const answer = JSON.parse(text).data;
    expect(answer).toMatchObject({ type: 'alerting', name: 'A', evaluations: 121, seriesLeftOut: 0 });
    expect(answer.series).toHaveLength(1);
    const { labels, spans, firingSeconds } = answer.series[0];
    expect(labels).toEqual({ alertname: 'A', app: 'shop' });
    expect(spans.map((span: { state: string }) => span.state)).toEqual(['pending', 'firing']);
    expect(Date.parse(spans[1].from) - Date.parse(spans[0].from)).toBe(2000);
    expect(firingSeconds).toBeGreaterThan(50);
    expect(answer.cost.linesProcessed).toBeGreaterThan(0);
  });

  it('is bounded', async () => {
    const rule = { alert: 'A', expr: 'vector(1)' };
    const body = JSON.stringify({ rule, since: '30d', interval: '1s' });
    const { status, text } = await ask('POST', '/halogi/api/v1/rules/backtest', body);
    expect([status, JSON.parse(text).error]).toEqual([400, expect.stringMatching(/a backtest may have 11000/)]);
  });
});
