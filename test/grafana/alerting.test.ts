import { compressSync } from 'snappy';
import { describe, expect, it } from 'vitest';
import { onServer } from '../support/grafana.ts';
import { at, RANGE } from '../support/grafana-data.ts';
import { pushSchema } from '../support/push-schema.ts';

const history = (current: string, panelID: number): string =>
  JSON.stringify({
    schemaVersion: 1,
    previous: 'Normal',
    current,
    error: '',
    values: { A: 1 },
    condition: 'A',
    dashboardUID: 'd',
    panelID,
    fingerprint: 'f1',
    ruleTitle: 'rule',
    ruleID: 3,
    ruleUID: 'u',
    labels: { team: 'a' },
  });

/** State history is written as Grafana does: snappy protobuf. */
function stateHistoryPush(): Buffer {
  const entry = (seconds: number, line: string): object => ({
    timestamp: { seconds: Number(at(seconds) / 1_000_000_000n), nanos: 0 },
    line: Buffer.from(line),
  });
  const entries = [
    entry(1, history('Alerting', 7)),
    entry(2, history('Alerting (Error)', 7)),
    entry(3, history('Pending', 7)),
    entry(4, history('Alerting', 8)),
  ];
  const labels = '{folderUID="b", from="state-history", group="g", orgID="1"}';
  return compressSync(
    Buffer.from(pushSchema.encode(pushSchema.fromObject({ streams: [{ labels, entries }] })).finish()),
  );
}

const HISTORY_QUERY =
  '{orgID="1",from="state-history",folderUID=~`a|b`} | json | ruleUID="u" | dashboardUID="d" | panelID=7 | previous=~"^Normal.*" | current=~"^Alert.*" | labels_team="a"';

onServer(
  async (grafana) => {
    const response = await fetch(`${grafana.url}/loki/api/v1/push`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
      body: new Uint8Array(stateHistoryPush()),
    });
    expect([response.status, await response.text()]).toEqual([204, '']);
  },
  (grafana) => {
    describe('rules', () => {
      it.each([
        ['I1', '/prometheus/api/v1/rules', { groups: [] }],
        [
          'I1 with filters',
          '/prometheus/api/v1/rules?file=a&file[]=b&rule_group=g&exclude_alerts=true&group_limit=40',
          { groups: [] },
        ],
        ['I4', '/prometheus/api/v1/alerts', { alerts: [] }],
      ])('%s: %s is JSON and empty', async (_id, path, data) => {
        const response = await fetch(grafana.url + path);
        expect(response.status).toBe(200);
        expect(response.headers.get('content-type')).toMatch(/^application\/json/);
        expect(await response.json()).toMatchObject({ status: 'success', data });
      });

      it('I2: the probe of the ruler says that there is no such group', async () => {
        const { status, text } = await grafana.get('/api/prom/rules/test/test');
        expect(status).toBe(404);
        expect(text).toContain('group does not exist');
      });

      it('I3: the list of rule groups says that there are none', async () => {
        const { status, text } = await grafana.get('/api/prom/rules');
        expect(status).toBe(404);
        expect(text).toContain('no rule groups found');
      });
    });

    describe('state history', () => {
      it('I5: the ping is answered', async () => {
        expect((await grafana.get('/loki/api/v1/labels')).status).toBe(200);
      });

      it('I6: entries come back as pairs of texts', async () => {
        const { status, json } = await grafana.get('/loki/api/v1/query_range', {
          ...RANGE,
          query: HISTORY_QUERY,
          limit: 1000,
        });
        expect(status).toBe(200);
        const values = json.data.result.flatMap((stream: { values: unknown[] }) => stream.values);
        expect(values).toHaveLength(2);
        for (const value of values) expect(value).toEqual([expect.stringMatching(/^\d{19}$/), expect.any(String)]);
      });
    });
  },
);
