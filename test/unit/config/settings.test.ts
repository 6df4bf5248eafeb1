import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LogError } from '../../../src/base/errors.ts';
import { allSettings, environmentName } from '../../../src/config/keys.ts';
import { loadSettings, parseListen, printDefaults, printSettings } from '../../../src/config/settings.ts';
import { DEFAULT_LIMITS } from '../../../src/model/limits.ts';

const folder = mkdtempSync(join(tmpdir(), 'halogi-config-'));
let files = 0;
function yamlFile(text: string): string {
  const file = join(folder, `${files++}.yaml`);
  writeFileSync(file, text);
  return file;
}

function errorOf(run: () => unknown): LogError {
  try {
    run();
  } catch (error) {
    if (error instanceof LogError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('loadSettings', () => {
  it('needs nothing', () => {
    const settings = loadSettings([], {});
    expect(settings).toMatchObject({
      host: '0.0.0.0',
      port: 3100,
      dataDir: './data',
      authEnabled: false,
      walSync: 'always',
      maxBodyBytes: 100 * 1024 * 1024,
      logLevel: 'info',
    });
    expect(settings.limits).toEqual(DEFAULT_LIMITS);
    expect(Object.isFrozen(settings)).toBe(true);
    expect(Object.isFrozen(settings.limits)).toBe(true);
  });

  it('prefers flags to the environment, that to the file, and that to defaults', () => {
    const file = yamlFile('listen: 1.1.1.1:1\ndata: /from-file\nlog: {level: warn}\nwal: {sync: interval}\n');
    const env = { HALOGI_LISTEN: '2.2.2.2:2', HALOGI_DATA: '/from-env', HALOGI_CONFIG: file };
    const settings = loadSettings(['--listen', '3.3.3.3:3'], env);
    expect(settings).toMatchObject({
      host: '3.3.3.3',
      port: 3,
      dataDir: '/from-env',
      walSync: 'interval',
      logLevel: 'warn',
      configFile: file,
    });
  });

  it('reads flags in both spellings and a lone one as true', () => {
    const settings = loadSettings(
      ['--auth_enabled', '--wal.sync=interval', '--limits_config.max_line_size', '1MB'],
      {},
    );
    expect(settings).toMatchObject({ authEnabled: true, walSync: 'interval' });
    expect(settings.limits.maxLineSizeBytes).toBe(1024 * 1024);
    expect(loadSettings(['--auth_enabled', 'false'], {}).authEnabled).toBe(false);
  });

  it("reads limits in Loki's units", () => {
    const file = yamlFile(`
limits_config:
  ingestion_rate_mb: 4
  ingestion_burst_size_mb: 1.5
  max_line_size: 64KB
  reject_old_samples: true
  reject_old_samples_max_age: 1w
  max_query_length: 30d1h
  discover_service_name: [app, job]
  block_ingestion_until: '2026-01-02T03:04:05Z'
`);
    expect(loadSettings(['--config', file], {}).limits).toEqual({
      ...DEFAULT_LIMITS,
      ingestionRateBytesPerSecond: 4 * 1024 * 1024,
      ingestionBurstBytes: 1.5 * 1024 * 1024,
      maxLineSizeBytes: 65_536,
      rejectOldSamples: true,
      rejectOldSamplesMaxAgeMs: 7 * 86_400_000,
      maxQueryLengthMs: 721 * 3_600_000,
      discoverServiceName: ['app', 'job'],
      blockIngestionUntilMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    });
  });

  it('starts the limits of a tenant from the global ones', () => {
    const file = yamlFile('limits_config: {max_query_series: 7}\noverrides:\n  a: {max_line_size: 1KB}\n  b:\n');
    const { overrides } = loadSettings(['--config', file], {});
    expect([...overrides.keys()]).toEqual(['a']);
    expect(overrides.get('a')).toEqual({ ...DEFAULT_LIMITS, maxQuerySeries: 7, maxLineSizeBytes: 1024 });
  });

  it('warns of keys that only Loki knows, and takes the rest of the file', () => {
    const file = yamlFile(
      'limits_config: {retention_stream: [{selector: "{a=\\"b\\"}", priority: 1, period: 24h}], max_query_series: 9}',
    );
    const settings = loadSettings(['--config', file], {});
    expect(settings.notes.map(({ key, kind }) => [key, kind])).toEqual([['limits_config.retention_stream', 'note']]);
    expect(settings.limits.maxQuerySeries).toBe(9);
  });

  it('ignores what Kubernetes puts into the environment for a service called halogi', () => {
    const env = {
      HALOGI_SERVICE_HOST: '10.0.0.1',
      HALOGI_PORT: 'tcp://10.0.0.1:3100',
      HALOGI_PORT_3100_TCP_ADDR: '10.0.0.1',
      HALOGI_SERVICE_PORT_HTTP: '3100',
    };
    expect(loadSettings([], env).port).toBe(3100);
  });
});

describe('refused settings', () => {
  it.each([
    [['--wal.synk', 'always'], {}, 'unknown flag "--wal.synk", did you mean "--wal.sync"?'],
    [['--listne', 'x'], {}, 'unknown flag "--listne", did you mean "--listen"?'],
    [[], { HALOGI_WAL_SINC: 'x' }, 'unknown environment variable "HALOGI_WAL_SINC", did you mean "HALOGI_WAL_SYNC"?'],
    [['--wal.sync', 'never'], {}, 'flag --wal.sync: expected one of always, interval, found "never"'],
    [[], { HALOGI_AUTH_ENABLED: 'yes' }, 'environment: auth_enabled: expected true or false, found "yes"'],
    [['--memory.head_bytes', 'much'], {}, 'flag --memory.head_bytes: "much" is not a size such as 256KB or 100MB'],
    [['--listen', 'localhost'], {}, 'listen: expected host:port such as 0.0.0.0:3100, found "localhost"'],
    [['--data'], {}, 'flag --data needs a value'],
    [['serve'], {}, 'unexpected argument "serve"'],
    [['--server.max_body_bytes', '0'], {}, 'server.max_body_bytes: expected more than 0'],
    [['--merge.cpu_percent', '0'], {}, 'merge.cpu_percent: expected 1 to 100, found 0'],
    [[], { HALOGI_MERGE_COLD_LEVEL: '23' }, 'merge.cold_level: expected 1 to 19, found 23'],
  ] as const)('%j %j', (args, env, message) => {
    const error = errorOf(() => loadSettings(args, env));
    expect([error.code, error.message]).toEqual(['CONFIG_INVALID', message]);
  });

  it.each([
    ['limit_config: {max_line_size: 1KB}', 'key in FILE: "limit_config", did you mean "limits_config"?'],
    [
      'limits_config: {max_line_sise: 1KB}',
      'key in FILE: "limits_config.max_line_sise", did you mean "limits_config.max_line_size"?',
    ],
    ['override: {a: {}}', 'key in FILE: "override", did you mean "overrides"?'],
    ['wal: always', 'wal: expected a map of settings, found "always"'],
    [
      'overrides: {a: {max_query_serie: 1}}',
      'unknown limit in overrides.a: "max_query_serie", did you mean "max_query_series"?',
    ],
    [
      'overrides: {a: {max_query_series: many}}',
      'overrides.a.max_query_series: expected a whole number of 0 or more, found "many"',
    ],
    ['listen: [a]', 'FILE: listen: expected a single value, found ["a"]'],
    ['- a', 'FILE: expected a map of settings'],
    ['a: b: c', 'FILE: '],
  ])('%s', (text, message) => {
    const file = yamlFile(text);
    const error = errorOf(() => loadSettings(['--config', file], {}));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(message.replace('FILE', file));
  });

  it('include a file that is not there', () => {
    expect(errorOf(() => loadSettings(['--config', join(folder, 'none.yaml')], {})).message).toContain('cannot read');
  });
});

describe('printed settings', () => {
  it('can be read back and mean the same', () => {
    const settings = loadSettings(
      ['--limits_config.max_query_length', '90m', '--memory.head_bytes', '96MB', '--auth_enabled'],
      {},
    );
    const again = loadSettings(['--config', yamlFile(printSettings(settings))], {});
    expect(again.valueByKey).toEqual(settings.valueByKey);
    expect(again.limits).toEqual(settings.limits);
  });

  it('show the defaults', () => {
    expect(loadSettings(['--config', yamlFile(printDefaults())], {}).valueByKey).toEqual(
      loadSettings([], {}).valueByKey,
    );
  });
});

describe('keys', () => {
  it('have names of their own, also in the environment', () => {
    const keys = allSettings().map((spec) => spec.key);
    expect(keys.length).toBeGreaterThan(50);
    expect(new Set(keys.map(environmentName)).size).toBe(keys.length);
  });

  it('reach every limit', () => {
    const fields = allSettings().filter((spec) => spec.key.startsWith('limits_config.'));
    expect(fields).toHaveLength(Object.keys(DEFAULT_LIMITS).length);
  });
});

describe('parseListen', () => {
  it.each([
    ['0.0.0.0:3100', '0.0.0.0', 3100],
    [':3100', '0.0.0.0', 3100],
    ['[::1]:0', '::1', 0],
    ['localhost:65535', 'localhost', 65535],
  ])('%s', (text, host, port) => {
    expect(parseListen(text)).toEqual({ host, port });
  });
});
