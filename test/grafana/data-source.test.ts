import { describe, expect, it } from 'vitest';
import { type Answer, onServer } from '../support/grafana.ts';
import { pushGrafanaData, RANGE } from '../support/grafana-data.ts';

const strings = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === 'string');
const without = ({ json }: Answer): boolean => (json.data ?? []).length === 0;

/** Resource calls of the data source, each with what it reads of the answer. */
const RESOURCES: readonly (readonly [string, string, object, (answer: Answer) => boolean])[] = [
  ['A2', 'status/buildinfo', {}, ({ json }) => typeof json.version === 'string'],
  [
    'B1',
    'labels',
    RANGE,
    ({ json }) => strings(json.data) && json.data.includes('app') && !json.data.includes('trace_id'),
  ],
  [
    'B2',
    'labels',
    { ...RANGE, query: '{app="odd"}' },
    ({ json }) => json.data.sort().join() === 'app,odd,service_name',
  ],
  [
    'B3',
    'label/app/values',
    RANGE,
    ({ json }) => strings(json.data) && json.data.includes('shop') && json.data.includes('api'),
  ],
  ['B4', 'label/app/values', { ...RANGE, query: '{env="prod"}' }, ({ json }) => json.data.join() === 'shop'],
  ['B5 unknown label', 'label/no%20such/values', RANGE, without],
  ['B5 percent-coded name', 'label/a%2Fb/values', RANGE, without],
  ['B6', 'label/app/values', { ...RANGE, query: '{app="nobody"}' }, without],
  [
    'B7',
    'series',
    { ...RANGE, 'match[]': '{env="dev"}' },
    ({ json }) =>
      json.data.length === 2 && json.data.every((one: object) => strings(Object.values(one)) && !('trace_id' in one)),
  ],
  [
    'B8',
    'series',
    { ...RANGE, 'match[]': '{app="nobody"}' },
    ({ json }) => Array.isArray(json.data) && json.data.length === 0,
  ],
  [
    'B9',
    'index/stats',
    { ...RANGE, query: '{app="shop"}' },
    ({ json }) => json.streams === 1 && json.chunks >= 1 && json.bytes > 1000 && json.entries === 120,
  ],
  [
    'B10',
    'index/stats',
    { ...RANGE, query: '{app="nobody"}' },
    ({ text }) => text === '{"streams":0,"chunks":0,"bytes":0,"entries":0}',
  ],
];

onServer(pushGrafanaData, (grafana) => {
  it('A1: Save & test gets one sample with the value 2', async () => {
    const { status, json } = await grafana.get(
      '/loki/api/v1/query',
      { query: 'vector(1)+vector(1)', direction: 'backward', time: '4000000000' },
      { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' },
    );
    expect(status).toBe(200);
    expect(json.data.resultType).toBe('vector');
    expect(json.data.result).toEqual([{ metric: {}, value: [4_000_000_000, '2'] }]);
    expect(json.data).not.toHaveProperty('encodingFlags');
  });

  describe('resource calls', () => {
    it.each(RESOURCES)('%s: %s', async (_id, path, params, holds) => {
      const answer = await grafana.resource(path, params as Record<string, string>);
      expect(answer.status, answer.text).toBe(200);
      expect(Array.isArray(answer.json)).toBe(false);
      expect(holds(answer), answer.text).toBe(true);
    });

    it('B11: a broken selector is told in plain text without a content coding', async () => {
      const answer = await grafana.resource('series', { ...RANGE, 'match[]': '{app="a"' });
      expect(answer.status).toBe(400);
      expect(answer.headers.get('content-encoding')).toBeNull();
      expect(answer.text).toContain('parse error at line 1');
    });

    it('passes over headers that Grafana sends for itself', async () => {
      const answer = await grafana.get('/loki/api/v1/labels', RANGE, {
        'X-Datasource-Uid': 'logs',
        'X-Panel-Title': 'panel 1',
        'X-Grafana-Org-Id': '1',
        'X-Grafana-From-Expr': 'true',
        'X-Rule-Name': 'r',
        'X-Id-Token': 'abc',
        traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
        cookie: 'grafana_session=x',
      });
      expect(answer.status).toBe(200);
    });
  });
});
