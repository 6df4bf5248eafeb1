import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { onServer } from '../support/grafana.ts';
import { END_NS, pushGrafanaData, RANGE } from '../support/grafana-data.ts';

interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly queryType?: 'range' | 'instant';
  readonly datasource: { readonly type: string; readonly uid: string };
}
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly Target[];
}
interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly query: unknown }[];
  };
}

const files = globSync('deploy/grafana/dashboards/*.json').sort();
const dashboards = files.map((file) => [file, JSON.parse(readFileSync(file, 'utf8')) as Dashboard] as const);
const targetsOf = (type: string): readonly (readonly [string, Target])[] =>
  dashboards.flatMap(([, { title, panels }]) =>
    panels.flatMap((panel) =>
      panel.targets
        .filter((target) => target.datasource.type === type)
        .map((target) => [`${title}: ${panel.title} ${target.refId}`, target] as const),
    ),
  );

/** Variables as Grafana fills them in. */
function filled(expr: string): string {
  const values: Readonly<Record<string, string>> = {
    service: '.+',
    find: 'level',
    job: '.+',
    __auto: '60000ms',
    __range: '1800s',
    __rate_interval: '1m',
  };
  return expr.replaceAll(/\$(\w+)/g, (_all, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`unknown variable ${name}`);
    return value;
  });
}

describe('files', () => {
  it('has its dashboards', () => {
    expect(files.map((file) => file.split('/').at(-1))).toEqual(['halogi.json', 'logs-overview.json', 'rules.json']);
  });

  it.each(dashboards)(
    '%s is whole: own ids, panels side by side, variables that it names itself',
    (_file, dashboard) => {
      expect(dashboard.uid).toMatch(/^halogi-/);
      const ids = dashboard.panels.map((panel) => panel.id);
      expect(new Set(ids).size).toBe(ids.length);
      const names = new Set(dashboard.templating.list.map((variable) => variable.name));
      const taken = new Set<string>();
      for (const { gridPos, targets, title } of dashboard.panels) {
        expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
            expect(taken.has(`${x},${y}`), `${title} covers another panel`).toBe(false);
            taken.add(`${x},${y}`);
          }
        }
        for (const { expr, datasource } of targets) {
          for (const [, name] of `${expr} ${datasource.uid}`.matchAll(/\$\{?(\w+)/g)) {
            if (!name!.startsWith('__')) expect(names, title).toContain(name);
          }
        }
      }
    },
  );

  it('the data source and the provider are as Grafana reads them', () => {
    const { apiVersion, datasources } = parse(
      readFileSync('deploy/grafana/provisioning/datasources/halogi.yaml', 'utf8'),
    );
    expect(apiVersion).toBe(1);
    expect(datasources[0]).toMatchObject({
      uid: 'halogi',
      type: 'loki',
      access: 'proxy',
      jsonData: { manageAlerts: false, maxLines: '1000' },
    });
    expect(new URL(datasources[0].url).pathname).toBe('/');
    const { providers } = parse(readFileSync('deploy/grafana/provisioning/dashboards/halogi.yaml', 'utf8'));
    expect(providers[0]).toMatchObject({ type: 'file', options: { path: '/var/lib/grafana/dashboards/halogi' } });
    for (const [, { templating }] of dashboards) {
      const used = templating.list
        .filter((variable) => variable.type === 'datasource')
        .map((variable) => variable.query);
      for (const type of used) expect(datasources.map((source: { type: string }) => source.type)).toContain(type);
    }
  });
});

onServer(pushGrafanaData, (grafana) => {
  it.each(targetsOf('loki'))('%s finds something', async (_name, { expr, queryType }) => {
    const query = filled(expr);
    const answer =
      queryType === 'instant'
        ? await grafana.instant(query, END_NS)
        : await grafana.range(query, { ...RANGE, step: '60000ms' });
    expect(answer.status, `${query}\n${answer.text}`).toBe(200);
    expect(answer.json.data.result.length, query).toBeGreaterThan(0);
  });

  it.each(targetsOf('prometheus'))('%s asks for metrics that the server has', async (_name, { expr }) => {
    // Rules and their metrics are there once somebody asks for them.
    expect((await grafana.get('/prometheus/api/v1/rules')).status).toBe(200);
    const { text } = await grafana.get('/metrics');
    const names = [...filled(expr).matchAll(/\b((?:loki|halogi|process)_\w+)/g)].map(([, name]) =>
      name!.replace(/_(?:bucket|count|sum)$/, ''),
    );
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(text, name).toMatch(new RegExp(`^# TYPE ${name}(?:_count)? `, 'm'));
  });
});
