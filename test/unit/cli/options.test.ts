import { describe, expect, it } from 'vitest';
import { DEFAULT_ADDRESS, readOptions } from '../../../src/cli/options.ts';

const NOW_MS = Date.UTC(2026, 10, 23, 12);
const NOW_NS = BigInt(NOW_MS) * 1_000_000n;
const read = (args: string[], env = {}) => readOptions(args, env, NOW_MS);

describe('readOptions', () => {
  it('has defaults: the last hour, 30 lines, newest first', () => {
    expect(read(['{a="b"}'])).toEqual({
      address: DEFAULT_ADDRESS,
      orgId: undefined,
      startNs: NOW_NS - 3_600_000_000_000n,
      endNs: NOW_NS,
      limit: 30,
      forward: false,
      output: 'default',
      rest: ['{a="b"}'],
    });
  });

  it('reads every flag in both spellings', () => {
    const options = read([
      '--addr=http://h:1/',
      'q',
      '--org-id',
      't',
      '--since',
      '1d',
      '--to',
      '2026-11-23T00:00:00.123456789Z',
      '--limit=7',
      '--forward',
      '-o',
      'jsonl',
    ]);
    const endNs = BigInt(Date.UTC(2026, 10, 23)) * 1_000_000n + 123_456_789n;
    expect(options).toMatchObject({
      address: 'http://h:1',
      orgId: 't',
      endNs,
      startNs: endNs - 86_400_000_000_000n,
      limit: 7,
      forward: true,
      output: 'jsonl',
      rest: ['q'],
    });
  });

  it('takes seconds and nanoseconds', () => {
    const { startNs, endNs } = read(['--from', '1700000000', '--to', '1700000001000000005']);
    expect([startNs, endNs]).toEqual([1_700_000_000_000_000_000n, 1_700_000_001_000_000_005n]);
  });

  it('takes the address and the tenant from the environment, flags first', () => {
    const env = { HALOGI_ADDR: 'http://env:1', HALOGI_ORG_ID: 'env' };
    expect(read([], env)).toMatchObject({ address: 'http://env:1', orgId: 'env' });
    expect(read(['--addr', 'http://flag:1'], env).address).toBe('http://flag:1');
  });

  it.each([
    [['--nope'], 'unknown flag --nope'],
    [['--limit', '0'], '--limit: expected a number above 0, found "0"'],
    [['--limit'], 'flag --limit needs a value'],
    [['--from', 'noon'], '--from: expected a time'],
    [['--since', 'x'], '--since: '],
    [['-o', 'xml'], '-o: expected default, raw or jsonl, found "xml"'],
  ])('refuses %j', (args, message) => {
    expect(() => read(args)).toThrow(message);
  });
});
