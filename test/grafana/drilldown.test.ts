import { describe, expect, it } from 'vitest';
import { onServer, samplesOf, total } from '../support/grafana.ts';
import { END_NS, ISO_RANGE, pushGrafanaData, RANGE } from '../support/grafana-data.ts';

interface Field {
  readonly label: string;
  readonly type: string;
  readonly cardinality: number;
  readonly parsers: readonly string[] | null;
  readonly jsonPath?: readonly string[];
}

const DROP = '| json | logfmt | drop __error__, __error_details__';

/** Log queries that Drilldown puts together, with the lines they find. */
const LOG_SHAPES: readonly (readonly [string, string, number])[] = [
  ['G11 lines of a service', `{service_name=\`shop\` } | detected_level=\`error\` ${DROP}`, 30],
  ['G11 double blanks', `{service_name="shop"}   ${DROP}  `, 120],
  ['G12 levels', '{service_name="shop"} | detected_level="info" or detected_level="warn"', 90],
  ['G12 pattern', '{service_name="shop"} |> "level=error <_>"', 30],
  ['G12 patterns', '{service_name="shop"} !> "level=error <_>" |> "level=info <_>" or "level=warn <_>"', 90],
  ['G12 any case', '{service_name="shop"} |~ "(?i)LEVEL=ERROR"', 30],
  ['G12 numeric', `{service_name="shop"} ${DROP} | duration>30ms | size<=10KB`, 30],
  [
    'G13 JSON drill-in',
    '{service_name="api"} | json a_b="[\\"a\\"][\\"b\\"]", a="[\\"a\\"]"| json | logfmt | drop __error__, __error_details__ | a_b="v1" | line_format "{{.a}}"',
    20,
  ],
];

onServer(pushGrafanaData, (grafana) => {
  it('G1: the limits that the pages adapt to', async () => {
    const { status, json } = await grafana.get(
      '/loki/api/v1/drilldown-limits',
      {},
      { 'X-Grafana-Cache': 'private, max-age=86400' },
    );
    expect(status).toBe(200);
    expect(json.limits.max_entries_limit_per_query).toBe(5000);
    expect(json.limits.volume_enabled).toBe(true);
    expect(typeof json.limits.retention_period).toBe('string');
    expect(json.pattern_ingester_enabled).toBe(true);
    expect(typeof json.version).toBe('string');
  });

  describe('labels and volumes', () => {
    it.each([
      ['G2', '', { app: 6, env: 2, odd: 1 }],
      ['G3', '{env="dev"}', { app: 2, env: 1 }],
    ])('%s: detected_labels with the query "%s"', async (_id, query, wanted) => {
      const { json } = await grafana.resource('detected_labels', { ...ISO_RANGE, query });
      const found = Object.fromEntries(
        json.detectedLabels.map(({ label, cardinality }: { label: string; cardinality: number }) => [
          label,
          cardinality,
        ]),
      );
      expect(found).toMatchObject(wanted);
    });

    it.each([
      ['G4', '{service_name=~".+"}', 'service_name', ['api', 'burst', 'odd', 'sharded', 'shop', 'text']],
      ['G4 search', '{service_name=~"(?i).*SHO.*"}', 'service_name', ['shop']],
      ['G5', '{service_name=~".+", env="dev"}', 'service_name', ['api', 'text']],
      ['G5 other label', '{env=~".+"}', 'env', ['dev', 'prod']],
    ])('%s: index/volume of %s', async (_id, query, label, wanted) => {
      const { status, json } = await grafana.resource('index/volume', { ...ISO_RANGE, limit: 5000, query });
      expect(status).toBe(200);
      const { result } = json.data;
      expect(result.map((one: { metric: Record<string, string> }) => one.metric[label]).sort()).toEqual(wanted);
      const bytes = result.map((one: { value: [number, string] }) => Number(one.value[1]));
      expect(bytes).toEqual([...bytes].sort((a: number, b: number) => b - a));
      expect(bytes.every((one: number) => one > 0)).toBe(true);
    });

    it('index/volume without a match is an empty list', async () => {
      const { status, json } = await grafana.resource('index/volume', {
        ...ISO_RANGE,
        limit: 5000,
        query: '{app="nobody"}',
      });
      expect(status).toBe(200);
      expect(json.data.result).toEqual([]);
    });

    it('G16: label names by ISO times', async () => {
      const { json } = await grafana.resource('labels', ISO_RANGE);
      expect(json.data).toEqual(expect.arrayContaining(['app', 'env', 'service_name']));
    });
  });

  describe('fields', () => {
    const fields = async (query: string, params: object = ISO_RANGE): Promise<Map<string, Field>> => {
      const { status, json, text } = await grafana.resource('detected_fields', { ...params, query });
      expect(status, text).toBe(200);
      return new Map((json.fields ?? []).map((field: Field) => [field.label, field]));
    };

    it('G6: logfmt fields with their types; metadata has no parser', async () => {
      const found = await fields('{service_name="shop"}', { ...ISO_RANGE, line_limit: 1000 });
      const types = Object.fromEntries([...found.values()].map((field) => [field.label, field.type]));
      expect(types).toMatchObject({
        status: 'int',
        ratio: 'float',
        duration: 'duration',
        size: 'bytes',
        method: 'string',
        trace_id: 'string',
      });
      expect(found.get('trace_id')).toMatchObject({ parsers: null, cardinality: 5 });
      expect(found.get('method')).toMatchObject({ parsers: ['logfmt'], cardinality: 2 });
      expect(found.get('user')!.cardinality).toBe(7);
      expect(found.get('msg')!.cardinality).toBe(120);
    });

    it('G7: JSON fields with their paths', async () => {
      const found = await fields('{service_name="api"}');
      expect(found.get('a_b')).toMatchObject({ jsonPath: ['a', 'b'], parsers: ['json'], cardinality: 3 });
      expect(found.get('ok')!.type).toBe('boolean');
      expect(found.get('ratio')!.type).toBe('float');
      expect(found.get('took')!.type).toBe('duration');
    });

    it('G8: nanosecond bounds and a whole pipeline; nothing found is an empty object', async () => {
      const found = await fields(`{service_name="shop"} | detected_level="warn" ${DROP}`, { ...RANGE, limit: 1000 });
      expect(found.get('level')!.cardinality).toBe(1);
      const { status, text } = await grafana.resource('detected_fields', { ...RANGE, query: '{app="nobody"}' });
      expect([status, text]).toEqual([200, '{}']);
    });

    it('G9: values of a field; an unknown field has none', async () => {
      const { json } = await grafana.resource('detected_field/method/values', {
        ...RANGE,
        limit: 1000,
        query: '{app="shop"}',
      });
      expect(json.values.sort()).toEqual(['GET', 'POST']);
      const unknown = await grafana.resource('detected_field/nothing/values', {
        ...RANGE,
        limit: 1000,
        query: '{app="shop"}',
      });
      expect([unknown.status, unknown.text]).toEqual([200, '{}']);
    });
  });

  describe('patterns', () => {
    interface Row {
      readonly pattern: string;
      readonly level: string;
      readonly samples: readonly (readonly [number, number])[];
    }
    const patterns = async (query: string, step = '1m'): Promise<Row[]> => {
      const { status, json, text } = await grafana.resource('patterns', { ...ISO_RANGE, query, step });
      expect(status, text).toBe(200);
      return json.data;
    };
    const sum = (row: Row): number => row.samples.reduce((all, [, count]) => all + count, 0);

    it.each(['200ms', '10s', '1m', '2h', '1d'])('G10: samples in seconds on a step of %s', async (step) => {
      const rows = await patterns('{service_name="shop"}', step);
      expect(rows.some((row) => row.pattern.includes('<_>'))).toBe(true);
      expect(rows.reduce((all, row) => all + sum(row), 0)).toBe(120);
      for (const { samples } of rows)
        for (const [time] of samples) {
          expect(Number.isInteger(time)).toBe(true);
          expect(time * 1000).toBeGreaterThan(Number(END_NS / 1_000_000n) - 86_400_000 * 2);
        }
    });

    it('a pattern as a filter finds all its lines', async () => {
      const rows = await patterns('{service_name=~"shop|api|burst"}');
      expect(rows.length).toBeGreaterThan(3);
      for (const row of rows) {
        const filter = `{service_name=~"shop|api|burst"} | detected_level=${JSON.stringify(row.level)} |> ${JSON.stringify(row.pattern)}`;
        const found = await grafana.rows(filter, RANGE);
        expect(found.length, row.pattern).toBeGreaterThanOrEqual(sum(row));
      }
    });

    it('nothing found is an empty list; a pipeline is refused', async () => {
      expect(await patterns('{app="nobody"}')).toEqual([]);
      const refused = await grafana.resource('patterns', { ...ISO_RANGE, query: '{app="shop"} |= "x"', step: '1m' });
      expect([refused.status, refused.text]).toEqual([400, 'only label matchers are supported']);
    });
  });

  describe('queries', () => {
    it.each(LOG_SHAPES)('%s: %s', async (_id, query, count) => {
      expect(await grafana.rows(query, { ...RANGE, limit: 1000 })).toHaveLength(count);
    });

    const P = `     ${DROP}  `;
    it.each([
      ['G14 volume', `sum(count_over_time({service_name="shop"} ${P} [1m])) by (detected_level)`, 120],
      ['G14 panel per service', 'sum by (detected_level) (count_over_time({ service_name="shop" } [1m]))', 120],
      ['G14 label breakdown', `sum(count_over_time({service_name="shop" ,env != ""} ${P} [1m])) by (env)`, 120],
      ['G14 field breakdown', `sum by (method) (count_over_time({service_name="shop"} ${P} | method!="" [1m]))`, 120],
    ])('%s adds up to the lines', async (_id, query, count) => {
      const samples = samplesOf(await grafana.range(query, { ...RANGE, step: '60000ms' }));
      expect(total(samples)).toBe(count);
    });

    it.each([
      ['duration', '| unwrap duration(duration) | __error__=""', 0.025],
      ['bytes', '| unwrap bytes(size) | __error__=""', 2000],
      ['float', '| unwrap ratio | __error__=""', 0.45],
    ])('G14 %s breakdown with an empty grouping list', async (_kind, unwrap, wanted) => {
      const query = `avg_over_time({service_name="shop"} | logfmt | drop __error__ ${unwrap} [3600s]) by ()`;
      const [only, ...others] = samplesOf(await grafana.instant(query, END_NS));
      expect(others).toEqual([]);
      expect(only!.metric).toEqual({});
      expect(Number(only!.values[0]![1])).toBeCloseTo(wanted, 9);
    });

    it.each([
      ['G15 count', `sum(count_over_time({service_name="shop"} ${P} [3600s]))`, { '': 120 }],
      [
        'G15 attribute counts',
        'sum by (pod) (count_over_time({service_name="shop"} | keep pod [3600s]))',
        { 'pod-0': 60, 'pod-1': 60 },
      ],
    ])('%s as an instant query', async (_id, query, wanted) => {
      const samples = samplesOf(await grafana.instant(query, END_NS));
      expect(Object.fromEntries(samples.map((one) => [one.metric['pod'] ?? '', total([one])]))).toEqual(wanted);
    });
  });
});
