import { describe, expect, it } from 'vitest';
import { availableMemoryBytes, memoryDefaults } from '../../../src/config/memory-defaults.ts';
import { editDistance, nearestName } from '../../../src/config/nearest.ts';
import { formatSetting, formatSize, parseSetting, parseSize } from '../../../src/config/units.ts';

const MIB = 1024 * 1024;

describe('sizes', () => {
  it.each([
    ['0', 0],
    ['1024', 1024],
    ['256KB', 262_144],
    ['3mb', 3 * MIB],
    ['1.5GiB', 1.5 * 1024 * MIB],
    ['10 B', 10],
    ['2k', 2048],
  ])('%s is %i bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', 'KB', '-1', '1e3', '1 XB', '99999999PB'])('"%s" is none', (text) => {
    expect(() => parseSize(text)).toThrow();
  });

  it.each([
    [0, '0B'],
    [1, '1B'],
    [1025, '1025B'],
    [262_144, '256KB'],
    [3 * MIB, '3MB'],
  ])('%i prints as %s', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
    expect(parseSize(text)).toBe(bytes);
  });
});

describe('parseSetting', () => {
  it('reads every kind and prints it back', () => {
    for (const [kind, raw, value, printed] of [
      ['text', 5, '5', '5'],
      ['flag', true, true, true],
      ['count', '12', 12, 12],
      ['mebibytes', 0.5, MIB / 2, 0.5],
      ['duration', '1h30m', 5_400_000, '1h30m'],
      ['duration', 0, 0, '0s'],
      ['moment', '', 0, ''],
      ['moment', '2026-01-02T00:00:00Z', Date.UTC(2026, 0, 2), '2026-01-02T00:00:00.000Z'],
      ['list', 'a, b', ['a', 'b'], ['a', 'b']],
      ['list', ['x'], ['x'], ['x']],
      ['list', null, [], []],
    ] as const) {
      expect(parseSetting(kind, raw, 'k')).toEqual(value);
      expect(formatSetting(kind, value)).toEqual(printed);
    }
  });

  it.each([
    ['count', -1],
    ['count', 1.5],
    ['flag', 'on'],
    ['mebibytes', '4MB'],
    ['duration', '5 minutes'],
    ['moment', 'noon'],
    ['list', [1]],
    ['text', { a: 1 }],
  ] as const)('refuses %s %j and names the key', (kind, raw) => {
    expect(() => parseSetting(kind, raw, 'some.key')).toThrow(/^some\.key: /);
  });
});

describe('memory', () => {
  const files = (texts: Record<string, string>) => (path: string) => texts[path];
  const v2 = '/sys/fs/cgroup/memory.max';
  const v1 = '/sys/fs/cgroup/memory/memory.limit_in_bytes';

  it.each([
    [{ [v2]: '536870912\n' }, 512 * MIB],
    [{ [v1]: '268435456\n' }, 256 * MIB],
    [{ [v2]: 'max\n' }, 8192 * MIB],
    [{ [v1]: '9223372036854771712\n' }, 8192 * MIB],
    [{}, 8192 * MIB],
    [{ '/proc/self/cgroup': '0::/a/b.service\n', '/sys/fs/cgroup/a/b.service/memory.max': '536870912\n' }, 512 * MIB],
    [
      {
        '/proc/self/cgroup': '0::/a/b.service\n',
        '/sys/fs/cgroup/a/b.service/memory.max': 'max\n',
        '/sys/fs/cgroup/a/memory.max': '536870912\n',
      },
      512 * MIB,
    ],
    [
      {
        '/proc/self/cgroup': '5:cpu:/c\n4:memory:/a\n',
        [v1]: '9223372036854771712\n',
        '/sys/fs/cgroup/memory/a/memory.limit_in_bytes': '536870912\n',
      },
      512 * MIB,
    ],
  ])('of %j', (texts, bytes) => {
    expect(availableMemoryBytes(files(texts as Record<string, string>), 8192 * MIB)).toBe(bytes);
  });

  it('is shared out so that all parts fit, and grows no further on large machines', () => {
    for (const available of [256 * MIB, 512 * MIB, 1024 * MIB, 8192 * MIB]) {
      const { headBytes, cacheBytes, resultCacheBytes, tallyCacheBytes, bodyBytes } = memoryDefaults(available);
      expect(headBytes + cacheBytes + resultCacheBytes + tallyCacheBytes + bodyBytes).toBeLessThanOrEqual(
        available / 2,
      );
    }
    expect(memoryDefaults(64 * 1024 * MIB)).toEqual(memoryDefaults(8192 * MIB));
  });
});

describe('nearest names', () => {
  it('count inserted, deleted and replaced letters', () => {
    expect(editDistance('', 'abc')).toBe(3);
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('same', 'same')).toBe(0);
  });

  it('are found', () => {
    expect(nearestName('lsten', ['data', 'listen', 'log.level'])).toBe('listen');
  });
});
