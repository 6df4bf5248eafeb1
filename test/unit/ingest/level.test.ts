import { describe, expect, test } from 'vitest';
import { compileLevelFields, detectLineLevel, severityNumberLevel } from '../../../src/ingest/level/level.ts';
import { LEVELS } from '../../../src/model/level.ts';
import { DEFAULT_LIMITS } from '../../../src/model/limits.ts';
import { PushHarness } from '../../support/push-harness.ts';

const fields = compileLevelFields(DEFAULT_LIMITS.logLevelFields, DEFAULT_LIMITS.logLevelFromJsonMaxDepth);

function levelOf(line: string): string {
  // Surrounded by text that would be found if the search left its range.
  const bytes = Buffer.from(`INFO${line}info level=fatal`);
  return LEVELS[detectLineLevel(fields, bytes, 4, 4 + Buffer.byteLength(line))]!;
}

describe('level of a line', () => {
  test.each([
    ['plain', 'unknown'],
    ['some info', 'info'],
    ['INFO x', 'info'],
    ['Info x', 'unknown'],
    ['error: x', 'unknown'],
    ['[error] x', 'error'],
    ['[ERROR] x', 'error'],
    ['[Error] x', 'unknown'],
    ['ERR: x', 'error'],
    ['warning x', 'warn'],
    ['warn: x', 'warn'],
    ['WARN x', 'unknown'],
    ['critical: x', 'critical'],
    ['[CRITICAL] boom', 'critical'],
    ['debug x', 'debug'],
    ['trace: x', 'unknown'],
    ['', 'unknown'],
    ['err:', 'error'],
    ['in', 'unknown'],
    ['debug, then [warn], then err:', 'error'],
    ['debug, then [warn], then err:, then info', 'info'],
    ['level=ERR', 'error'],
    ['lvl=warn', 'warn'],
    ['severity=error level=info', 'info'],
    ['level=foo info', 'info'],
    ['level="WARNING"', 'warn'],
    ['loglevel=error', 'unknown'],
    ['"x"=1 level=error', 'unknown'],
    ['msg="a \\" b" LEVEL=fatal', 'fatal'],
    ['a= level=trc', 'trace'],
    ['bare words level=dbg', 'debug'],
    ['  level=wrn  ', 'warn'],
    ['a=b=c level=error', 'unknown'],
    ['level=error a=b"c', 'error'],
    ['msg="open level=error', 'unknown'],
    ['level="error', 'unknown'],
    ['{"level":"error"}', 'error'],
    ['{"severity":"WARN","level":"debug"}', 'warn'],
    ['{"log":{"level":"err"}}', 'error'],
    ['{"a":{"b":{"level":"err"}}}', 'unknown'],
    ['{"a":{"b":{"level":"err"}},"level":"info"}', 'info'],
    ['{"a":["level","error",{"level":"error"}],"lvl":"fatal"}', 'fatal'],
    ['{"level":3,"severity":"critical"}', 'critical'],
    ['{"level":null,"Level":"Information"}', 'info'],
    ['{"msg":"level","x":"error"}', 'unknown'],
    ['{"m":"a\\"level\\":\\"x","level":"trace"}', 'trace'],
    ['{"LeVel":"error"}', 'unknown'],
    [' { "level" : "inf" } ', 'info'],
    ['{"level":"other", "m": "debug"}', 'debug'],
    ['{broken "level":"error"}', 'error'],
    ['{"level":"error"} tail', 'unknown'],
    ['{', 'unknown'],
    ['{}', 'unknown'],
    ['{"a":"', 'unknown'],
  ])('%s', (line, level) => {
    expect(levelOf(line)).toBe(level);
  });

  test('depth is a limit', () => {
    const deep = compileLevelFields(['level'], 3);
    const line = Buffer.from('{"a":{"b":{"level":"err"}}}');
    expect(LEVELS[detectLineLevel(deep, line, 0, line.length)]).toBe('error');
  });
});

test.each([
  ['0', 'unknown'],
  ['1', 'trace'],
  ['5', 'debug'],
  ['12', 'info'],
  ['13', 'warn'],
  ['17', 'error'],
  ['24', 'fatal'],
  ['25', 'unknown'],
  ['-3', 'unknown'],
  ['x', 'info'],
])('severity number %s', (text, level) => {
  expect(LEVELS[severityNumberLevel(text)]).toBe(level);
});

describe('level and service name of an entry', () => {
  const row = async (
    stream: Record<string, string>,
    line: string,
    metadata: Record<string, string> = {},
    limits = {},
  ) => {
    const harness = new PushHarness(limits);
    expect((await harness.sendJson({ stream, values: [['1700000000000000000', line, metadata]] })).status).toBe(204);
    return harness.sink.rows()[0]!;
  };

  test.each([
    ['x', { a: 'b', level: 'ERROR' }, {}, 'ERROR'],
    ['level=info', { a: 'b', severity: 'Warn' }, {}, 'Warn'],
    ['level=info', { a: 'b', severity: 'warn', level: 'fatal' }, {}, 'fatal'],
    ['error: x', { a: 'b' }, { severity_number: '17' }, 'error'],
    ['x', { a: 'b' }, { level: 'Foo' }, 'Foo'],
    ['x', { a: 'b' }, { severity: 'Foo', lvl: 'bar', level: '' }, 'Foo'],
    ['info', { a: 'b' }, { detected_level: 'zz' }, 'zz'],
    ['info', { a: 'b' }, { detected_level: 'fatal', a: '1' }, 'fatal'],
    ['x', { a: 'b', level: 'ERROR' }, { z: '1' }, 'ERROR'],
  ])('%s %j %j', async (line, stream, metadata, level) => {
    expect((await row(stream, line, metadata)).metadata['detected_level']).toBe(level);
  });

  test('discovery can be off', async () => {
    expect((await row({ a: 'b' }, 'info', {}, { discoverLogLevels: false })).metadata).toEqual({});
    const own = await row({ a: 'b' }, 'info', { detected_level: 'warn' }, { discoverLogLevels: false });
    expect(own.metadata).toEqual({ detected_level: 'warn' });
  });

  test.each([
    [{ service: 's', app: 'x' }, 's'],
    [{ job: 'j', container: 'c' }, 'c'],
    [{ service_name: 'own', app: 'x' }, 'own'],
    [{ foo: 'x' }, 'unknown_service'],
    [{}, 'unknown_service'],
    [{ service_name: '', app: 'x' }, 'x'],
  ])('service_name for %j', async (stream, name) => {
    expect((await row(stream, 'x')).labels['service_name']).toBe(name);
  });

  test('service_name discovery can be off, and passes over internal streams', async () => {
    expect((await row({ app: 'x' }, 'x', {}, { discoverServiceName: [] })).labels).toEqual({ app: 'x' });
    expect((await row({ __pattern__: 'x' }, 'x')).labels).toEqual({ __pattern__: 'x' });
  });
});
