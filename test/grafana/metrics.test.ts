import { describe, expect, it } from 'vitest';
import { onServer, type Sample, samplesOf, total } from '../support/grafana.ts';
import { at, BASE_NS, END_NS, pushGrafanaData, RANGE, START_NS } from '../support/grafana-data.ts';

const S = '{app="shop"}';
const VOLUME = { 'X-Query-Tags': 'Source=logvolhist' };
const byLabel = (samples: readonly Sample[], name: string): Record<string, number> =>
  Object.fromEntries(samples.map((one) => [one.metric[name] ?? '', total([one])]));

/** Range functions as the builder writes them, over the text of a range. */
const METRIC_FORMS: readonly string[] = [
  `rate(${S} [1m])`,
  `count_over_time(${S} [1m])`,
  `bytes_rate(${S} [1m])`,
  `bytes_over_time(${S} [1m])`,
  `absent_over_time(${S} [1m])`,
  `sum_over_time(${S} | logfmt | unwrap status [1m])`,
  `avg_over_time(${S} | logfmt | unwrap ratio | __error__=\`\` [1m])`,
  `max_over_time(${S} | logfmt | unwrap ratio [1m])`,
  `min_over_time(${S} | logfmt | unwrap ratio [1m])`,
  `first_over_time(${S} | logfmt | unwrap ratio [1m])`,
  `last_over_time(${S} | logfmt | unwrap ratio [1m])`,
  `stdvar_over_time(${S} | logfmt | unwrap ratio [1m])`,
  `stddev_over_time(${S} | logfmt | unwrap ratio [1m])`,
  `quantile_over_time(0.95, ${S} | logfmt | unwrap ratio [1m])`,
  `rate_counter(${S} | logfmt | unwrap ratio [1m])`,
];

/** Operations of the query builder; `log` forms give streams, the others samples. */
const LOG_FORMS: readonly string[] = [
  '| logfmt',
  '| logfmt --strict',
  '| logfmt --keep-empty',
  '| logfmt --strict --keep-empty',
  '| logfmt a="level", b="method"',
  '| json',
  '| json a="b.c"',
  '| json a="b.c", d="e[0]"',
  '| json a_b="[\\"a\\"][\\"b\\"]", a="[\\"a\\"]"| json | line_format "{{.a}}"',
  '| regexp `(?P<word>\\w+)`',
  '| pattern `level=<level> <_>`',
  '| unpack',
  '| line_format `{{.app}} {{.env}}`',
  '| line_format `{{ __line__ | trunc 10 }}`',
  '| label_format level=lvl',
  '| label_format a=`{{.app}}`, b=env',
  '| decolorize',
  '| drop __error__, __error_details__',
  '| drop env="prod"',
  '| keep app, env',
  '|= `level`',
  '|= `level` or `status`',
  '!= `level`',
  '!= `level` or `status`',
  '|~ `lev.l`',
  '!~ `lev.l`',
  '|~ `(?i)LEVEL`',
  '!~ `(?i)LEVEL`',
  '|= ip(`192.168.0.1/24`)',
  '!= ip(`192.168.0.1`)',
  '|> `level=<_> method=<_>`',
  '!> `level=<_> method=<_>`',
  '|> `a <_>` or `b <_>`',
  '!> "a <_>" |> "b <_>" or "c <_>"',
  '| env=`prod`',
  '| env!=`prod`',
  '| env=~`pro.*`',
  '| env!~`pro.*`',
  '| logfmt | status>200',
  '| logfmt | status>=200 and status<500',
  '| logfmt | status==500',
  '| logfmt | status!=500',
  '| logfmt | status<=200 or level="warn"',
  '| logfmt | duration>50ms | size<=10KB',
  '| logfmt | addr=ip("10.0.0.0/8")',
  '| logfmt | addr!=ip("10.0.0.0/8")',
  '| __error__=``',
  '| logfmt | (level="warn" or level="error")',
  '| detected_level="info" or detected_level="warn"',
  '  |  logfmt   |   level = `info`  ',
];

const METRIC_OPERATIONS: readonly string[] = [
  ...['sum', 'min', 'max', 'avg', 'stddev', 'stdvar', 'count'].map((op) => `${op} by(app) (rate(${S} [1m]))`),
  `topk(3, sum by(trace_id) (rate(${S} [1m])))`,
  `bottomk(3, sum by(trace_id) (rate(${S} [1m])))`,
  `sum without(app) (rate(${S} [1m]))`,
  `sum(rate(${S} [1m])) by (env)`,
  `rate(${S} [1m]) + 1`,
  `rate(${S} [1m]) - 1`,
  `rate(${S} [1m]) * 8`,
  `rate(${S} [1m]) / 8`,
  `rate(${S} [1m]) % 8`,
  `rate(${S} [1m]) ^ 2`,
  `rate(${S} [1m]) > 0`,
  `rate(${S} [1m]) >= bool 0`,
  `rate(${S} [1m]) < 10`,
  `rate(${S} [1m]) <= 10`,
  `rate(${S} [1m]) == 10`,
  `rate(${S} [1m]) != 10`,
  `sum by(app) (rate(${S} |= "error" [1m])) / on(app) sum by(app) (rate(${S} [1m]))`,
  `sum by(app) (rate(${S} [1m])) and on(app) sum by(app) (rate(${S} [1m]))`,
  `sum by(app) (rate(${S} [1m])) or sum by(app) (rate({app="api"} [1m]))`,
  `avg_over_time(${S} | logfmt | unwrap duration(duration) [1m]) by (app)`,
  `sum by(app) (sum_over_time(${S} | logfmt | unwrap bytes(size) [1m]))`,
  `label_replace(rate(${S} [1m]), "x", "$1", "app", "(.*)")`,
  `sum by (detected_level) (count_over_time({ service_name="shop" } [1m]))`,
];

onServer(pushGrafanaData, (grafana) => {
  const range = async (query: string, params: object = {}, headers = {}): Promise<Sample[]> =>
    samplesOf(await grafana.range(query, { ...RANGE, step: '60000ms', ...params }, headers));

  describe('log volume', () => {
    it.each([
      ['D1', S, ''],
      ['D2', `${S} | logfmt`, ' | drop __error__'],
    ])('%s: one series per level on one grid; the sums are the line counts', async (_id, query, drop) => {
      const samples = await range(`sum by (level, detected_level) (count_over_time(${query}${drop}[1m]))`, {}, VOLUME);
      expect(byLabel(samples, 'detected_level')).toEqual({ info: 60, warn: 30, error: 30 });
      for (const { values } of samples) for (const [time] of values) expect(time % 60).toBe(0);
    });
  });

  it('D3: an instant query keeps the time asked for, to the millisecond', async () => {
    const time = BASE_NS + 300_123_000_000n;
    const { json } = await grafana.instant(`sum(count_over_time(${S}[600s]))`, time);
    expect(json.data.resultType).toBe('vector');
    expect(json.data.result).toEqual([{ metric: {}, value: [Number(time / 1_000_000n) / 1000, '120'] }]);
  });

  it('D4: an instant query without a match is an empty vector', async () => {
    const { json } = await grafana.instant('sum(count_over_time({app="nobody"}[600s]))', END_NS);
    expect(json.data).toMatchObject({ resultType: 'vector', result: [] });
  });

  it('D5: an alert rule gets labels and rate', async () => {
    const answer = await grafana.instant(`sum by (app) (rate(${S} |= \`level=error\` [10m]))`, END_NS, {
      FromAlert: 'true',
    });
    const [first, ...others] = samplesOf(answer);
    expect(others).toEqual([]);
    expect(first!.metric).toEqual({ app: 'shop' });
    expect(Number(first!.values[0]![1])).toBeCloseTo(30 / 600, 10);
  });

  it.each(METRIC_FORMS)('D6: %s', async (query) => {
    const { status, json, text } = await grafana.range(query, { ...RANGE, step: '60000ms' });
    expect(status, text).toBe(200);
    expect(json.data.resultType).toBe('matrix');
    samplesOf({ status, json, text, headers: new Headers() });
  });

  it.each(LOG_FORMS)('D12: log form %s', async (form) => {
    const answer = await grafana.range(`${S} ${form}`, RANGE);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json.data.resultType).toBe('streams');
  });

  it.each(METRIC_OPERATIONS)('D12: metric form %s', async (query) => {
    const overRange = await grafana.range(query, { ...RANGE, step: '60000ms' });
    expect(overRange.status, overRange.text).toBe(200);
    expect(overRange.json.data.resultType).toBe('matrix');
    const instant = await grafana.instant(query, at(120));
    expect(instant.status, instant.text).toBe(200);
    expect(instant.json.data.resultType).toBe('vector');
  });

  it('D8: two chunks of a split are the whole, no point twice', async () => {
    const query = `sum by (detected_level) (count_over_time(${S}[1m]))`;
    const whole = await range(query);
    // Chunks are cut at multiples of the step, and end a step before the next one begins.
    const first = await range(query, { start: START_NS, end: at(0) });
    const second = await range(query, { start: at(60), end: END_NS });
    const points = (samples: readonly Sample[]): string[] =>
      samples.flatMap(({ metric, values }) => values.map((value) => JSON.stringify([metric, value]))).sort();
    expect(points([...first, ...second])).toEqual(points(whole));
    expect(new Set(points(whole)).size).toBe(points(whole).length);
  });

  describe('D9: unwrapped values', () => {
    const value = async (query: string): Promise<number> => {
      const [first, ...others] = samplesOf(await grafana.instant(query, at(120)));
      expect(others).toEqual([]);
      return Number(first!.values[0]![1]);
    };
    it.each([
      [
        'a duration in seconds',
        'avg_over_time({app="shop"} | logfmt | unwrap duration(duration) | __error__="" [10m]) by ()',
        0.025,
      ],
      [
        'bytes, KB being 1000',
        'avg_over_time({app="shop"} | logfmt | unwrap bytes(size) | __error__="" [10m]) by ()',
        2000,
      ],
      ['a float', 'avg_over_time({app="shop"} | logfmt | unwrap ratio | __error__="" [10m]) by ()', 0.45],
      ['a quantile', 'quantile_over_time(0.5, {app="api"} | json | unwrap ratio [10m]) by ()', 30],
    ])('%s', async (_name, query, wanted) => {
      expect(await value(query)).toBeCloseTo(wanted, 9);
    });
  });

  it('D10: a step of one second lies on whole seconds', async () => {
    const samples = await range(`sum(count_over_time(${S}[1s]))`, { start: at(0.25), end: at(20.75), step: '1000ms' });
    for (const { values } of samples) for (const [time] of values) expect(Number.isInteger(time)).toBe(true);
    expect(samples[0]!.values.length).toBeGreaterThanOrEqual(20);
  });

  it.each(['60000ms', '60s', '1m', '1h', '1d', '1w', '1y'])('D11: a range of %s is understood', async (duration) => {
    const answer = await grafana.instant(`sum(count_over_time(${S}[${duration}]))`, at(119.5));
    expect(Number(samplesOf(answer)[0]!.values[0]![1])).toBeGreaterThanOrEqual(60);
  });

  it('a literal instant query is a scalar or a vector of one', async () => {
    const { json } = await grafana.instant('1+1', at(0));
    expect(json.data.resultType).toBe('scalar');
    expect(json.data.result[1]).toBe('2');
  });
});
