import { describe, expect, it, vi } from 'vitest';
import { TailAnswers } from '../../../src/http/tail/tail-answers.ts';
import { DEFAULT_LIMITS } from '../../../src/model/limits.ts';
import { TailHub } from '../../../src/query/tail/tail-hub.ts';
import type { TaskRunner } from '../../../src/query/task/task.ts';
import type { QueryStore } from '../../../src/store/snapshot/query-store.ts';
import { Stretches } from '../../../src/store/snapshot/stretches.ts';

const NOW_NS = 1_800_000_000_000_000_000n;
const runner: TaskRunner = { parallelism: 1, run: () => Promise.reject(new Error('nothing to scan')) };
const store: QueryStore = {
  select: () => ({
    stored: Stretches.ofParts([]),
    stretches: Stretches.ofParts([]),
    chunkCount: 0,
    compressedBytes: 0,
    release: () => undefined,
  }),
  streams: () => [],
};

function answers(): { tails: TailAnswers; hub: TailHub } {
  const hub = new TailHub(runner);
  const limitsFor = () => DEFAULT_LIMITS;
  return {
    hub,
    tails: new TailAnswers({ store, runner, hub, limitsFor, nowNs: () => NOW_NS, maxDurationMs: 3_600_000 }),
  };
}

describe('TailAnswers', () => {
  it('reads the parameters with the defaults of Loki', async () => {
    const { tails } = answers();
    expect(await tails.check(new URLSearchParams({ query: '{a="b"}' }))).toEqual({
      query: '{a="b"}',
      limit: 100,
      startNs: NOW_NS - 3_600_000_000_000n,
      delayMs: 0,
    });
    expect(
      await tails.check(new URLSearchParams({ query: '{a="b"}', delay_for: '5', limit: '7', start: '1800000000' })),
    ).toMatchObject({
      limit: 7,
      startNs: NOW_NS,
      delayMs: 5000,
    });
  });

  it.each([
    [{ query: '{a="b"}', delay_for: '6' }, "delay_for can't be greater than 5"],
    [{ query: '{a="b"}', limit: '0' }, 'limit must be a positive value'],
    [{ query: '' }, 'parse error : syntax error: unexpected $end'],
    [{ query: '{a=~".*"}' }, 'parse error : queries require at least one regexp or equality matcher'],
  ])('refuses %o', async (params, text) => {
    const { tails } = answers();
    await expect(tails.check(new URLSearchParams(params as Record<string, string>))).rejects.toThrow(text);
  });

  it('ends a tail after its longest time, and gives its place free', async () => {
    vi.useFakeTimers();
    try {
      const { tails, hub } = answers();
      const params = await tails.check(new URLSearchParams({ query: '{a="b"}' }));
      const tail = await tails.open({ tenant: 't', params, format: 'plain' });
      const reasons: string[] = [];
      tail.onEnd = (reason) => reasons.push(reason);
      expect(hub.active).toBe(1);
      vi.advanceTimersByTime(3_599_999);
      expect(reasons).toEqual([]);
      vi.advanceTimersByTime(1);
      expect(reasons).toEqual(['reached tail max duration limit']);
      tail.close();
      expect(hub.active).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('leaves no place taken by a tail that could not be opened', async () => {
    const { tails, hub } = answers();
    const params = { query: '{a="b"}', limit: 1, startNs: 0n, delayMs: 0 };
    await expect(tails.open({ tenant: 't', params, format: 'plain' })).rejects.toThrow(
      'rpc error: code = Code(400) desc = the query time range exceeds the limit',
    );
    await expect(
      tails.open({ tenant: 't', params: { ...params, query: 'rate({a="b"}[1m])' }, format: 'plain' }),
    ).rejects.toThrow(/^only log selector is supported$/);
    expect(hub.active).toBe(0);
  });
});
