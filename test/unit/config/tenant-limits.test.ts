import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../../src/config/settings.ts';
import { TenantLimits } from '../../../src/config/tenant-limits.ts';

describe('TenantLimits', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'halogi-tenants-')), 'halogi.yaml');

  it('follows the overrides of the file and keeps the last good ones', () => {
    writeFileSync(file, 'limits_config: {max_query_series: 5}\noverrides: {a: {max_query_series: 6}}\n');
    const events: string[] = [];
    const limits = new TenantLimits(loadSettings(['--config', file], {}), {
      onReload: (count) => events.push(`reloaded ${count}`),
      onError: (error) => events.push((error as Error).message),
    });
    const series = (): number[] => ['a', 'b', 'other'].map((tenant) => limits.limitsFor(tenant).maxQuerySeries);
    expect(series()).toEqual([6, 5, 5]);

    writeFileSync(file, 'limits_config: {max_query_series: 50}\noverrides: {b: {max_query_series: 7}}\n');
    limits.reload();
    // Global limits belong to the start of the server.
    expect(series()).toEqual([5, 7, 5]);

    writeFileSync(file, 'overrides: {b: {max_query_sories: 8}}\n');
    limits.reload();
    expect(series()).toEqual([5, 7, 5]);
    expect(events).toEqual([
      'reloaded 1',
      'unknown limit in overrides.b: "max_query_sories", did you mean "max_query_series"?',
    ]);
  });

  it('follows a file of overrides beside a configuration of Loki, also when it comes later', () => {
    const runtime = join(mkdtempSync(join(tmpdir(), 'halogi-runtime-')), 'runtime.yaml');
    writeFileSync(file, `runtime_config: {file: ${runtime}}\nschema_config: {configs: []}\n`);
    const settings = loadSettings(['--config', file], {});
    const limits = new TenantLimits(settings, {
      onReload: () => {},
      onError: (error) => expect.unreachable(`${error}`),
    });
    expect(limits.limitsFor('a').maxQuerySeries).toBe(500);
    // The compactor of that Loki deletes nothing, so no tenant's period holds either.
    writeFileSync(runtime, 'overrides: {a: {max_query_series: 9, retention_period: 1h}}\n');
    limits.reload();
    expect(limits.limitsFor('a')).toMatchObject({ maxQuerySeries: 9, retentionPeriodMs: 0 });
  });

  it('has nothing to read again without a file', () => {
    const limits = new TenantLimits(loadSettings([], {}), {
      onReload: () => expect.unreachable(),
      onError: () => expect.unreachable(),
    });
    limits.start();
    limits.reload();
    limits.close();
    expect(limits.limitsFor('x').maxQuerySeries).toBe(500);
  });
});
