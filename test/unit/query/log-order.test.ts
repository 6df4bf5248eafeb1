import { describe, expect, it } from 'vitest';
import type { Stage } from '../../../grammar/ast.ts';
import { dayStartNs } from '../../../src/model/time.ts';
import { LogOrder } from '../../../src/query/plan/log-order.ts';
import { boundByCounts } from '../../../src/query/plan/log-window.ts';
import { TopHeap } from '../../../src/query/plan/top-heap.ts';
import { SharedBound } from '../../../src/query/task/shared-bound.ts';
import { PartList } from '../../../src/query/task/task-parts.ts';
import type { SelectedRuns } from '../../../src/store/snapshot/segment-runs.ts';
import type { PartRef } from '../../../src/store/snapshot/select.ts';
import { Stretches } from '../../../src/store/snapshot/stretches.ts';

const DAY = 20_000;
/** Cost of more than all parts of a test. */
const ENOUGH = 1e6;
const all = [dayStartNs(0), dayStartNs(100_000)] as const;

function part(streamId: number, minOffsetNs: number, maxOffsetNs: number, day = DAY, lineBytes = 100): PartRef {
  return { streamId, streamLabels: [], day, minOffsetNs, maxOffsetNs, rowCount: 1, lineBytes, place: 0, sources: [] };
}

const of = (others: Stretches): SelectedRuns => ({ runs: [], others });

function taken(order: LogOrder, cost = 1, boundNs?: bigint): string[] {
  const parts = new PartList(order.next(cost, 0, boundNs).parts());
  return Array.from(
    { length: parts.count },
    (_, i) => `${parts.streamId(i)}:${parts.fromOffsetNs(i)}-${parts.toOffsetNs(i)}`,
  );
}

describe('the order of a log query', () => {
  const stretches = Stretches.ofParts([part(1, 10, 50), part(2, 30, 40), part(3, 0, 90), part(4, 5, 6, DAY + 1)]);

  it('goes by the newest row backward, day by day', () => {
    const order = new LogOrder(of(stretches), ...all, true);
    expect([taken(order), taken(order), taken(order), taken(order), taken(order)]).toEqual([
      ['4:5-6'],
      ['3:0-90'],
      ['1:10-50'],
      ['2:30-40'],
      [],
    ]);
  });

  it('goes by the oldest row forward', () => {
    const order = new LogOrder(of(stretches), ...all, false);
    expect(taken(order, ENOUGH)).toEqual(['3:0-90', '1:10-50', '2:30-40', '4:5-6']);
  });

  it('keeps to the range', () => {
    const order = new LogOrder(of(stretches), dayStartNs(DAY) + 20n, dayStartNs(DAY) + 35n, true);
    expect(taken(order, ENOUGH).sort()).toEqual(['1:20-35', '2:30-35', '3:20-35']);
  });

  it('ends where nothing can beat the bound; the time of the bound itself still can', () => {
    const backward = new LogOrder(of(stretches), ...all, true);
    expect(taken(backward, ENOUGH, dayStartNs(DAY) + 50n)).toEqual(['4:5-6', '3:0-90', '1:10-50']);
    expect(taken(backward, ENOUGH, undefined)).toEqual([]);
    const forward = new LogOrder(of(stretches), ...all, false);
    expect(taken(forward, ENOUGH, dayStartNs(DAY) + 10n)).toEqual(['3:0-90', '1:10-50']);
  });

  it('cuts a big part by time', () => {
    const big = Stretches.ofParts([part(1, 0, 99, DAY, 40 * 1024 * 1024)]);
    expect(taken(new LogOrder(of(big), ...all, true))).toEqual(['1:66-99']);
    expect(taken(new LogOrder(of(big), ...all, false), 1e9)).toEqual(['1:0-32', '1:33-65', '1:66-99']);
    // The newest piece lies behind the range.
    const early = new LogOrder(of(big), dayStartNs(DAY), dayStartNs(DAY) + 40n, true);
    expect([taken(early), taken(early), taken(early)]).toEqual([['1:33-40'], ['1:0-32'], []]);
  });
});

describe('the bound by tallies', () => {
  it('is none without tallies, for stages that drop rows, and for nothing stored', () => {
    const query = { fromNs: all[0], toNs: all[1], limit: 1, backward: true };
    const filter: Stage = { kind: 'line-filter', op: '|=', args: [{ kind: 'text', value: 'x' }] };
    expect(boundByCounts(of(Stretches.ofParts([part(1, 0, 9)])), query, [])).toBeUndefined();
    expect(boundByCounts(of(Stretches.ofParts([])), query, [])).toBeUndefined();
    expect(boundByCounts(of(Stretches.ofParts([part(1, 0, 9)])), query, [filter])).toBeUndefined();
  });
});

describe('a shared bound', () => {
  it('only ever gets better, in the direction of the query', () => {
    const backward = new SharedBound(true);
    const other = new SharedBound(true, backward.memory);
    expect(other.get()).toBeUndefined();
    for (const time of [5n, 3n, 9n, -1n]) backward.tighten(time);
    expect(other.get()).toBe(9n);
    const forward = new SharedBound(false);
    for (const time of [5n, 3n, 9n]) forward.tighten(time);
    expect(forward.get()).toBe(3n);
  });
});

describe('a heap', () => {
  it('gives the largest key first, also after keys changed', () => {
    const heap = new TopHeap(100);
    const keys = Array.from({ length: 100 }, (_, i) => (i * 37) % 101);
    for (const [i, key] of keys.entries()) heap.push(key, i);
    heap.replaceTop(-1);
    const seen: number[] = [];
    while (heap.size > 0) {
      seen.push(heap.topKey);
      heap.pop();
    }
    const expected = [...keys].sort((a, b) => b - a).slice(1);
    expect(seen).toEqual([...expected, -1]);
  });
});
