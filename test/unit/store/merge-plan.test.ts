import { describe, expect, test } from 'vitest';
import type { SegmentSummary } from '../../../src/index/values.ts';
import { type MergeSettings, planMerge } from '../../../src/store/lifecycle/merge-plan.ts';
import { StoredSegment, writerName } from '../../../src/store/segments/stored-segment.ts';
import { TenantState } from '../../../src/store/tenant/tenant-state.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const DAY = 20_000;
const DAY_MS = 86_400_000;
const DURING_DAY_MS = DAY * DAY_MS + 3_600_000;
const SETTINGS: MergeSettings = {
  tierSegments: 4,
  minAgeMs: 60_000,
  maxSegmentBytes: 64 * MIB,
  coldAfterMs: 3_600_000,
  coldLevel: 6,
  cpuPercent: 100,
};

interface Given {
  readonly bytes: number;
  readonly zstdLevel?: number;
  readonly addedMs?: number;
  /** Streams, and line bytes of all of them. */
  readonly streams?: number;
  readonly lineBytes?: number;
}

function tenantWith(given: readonly (number | Given)[]): TenantState {
  const tenant = new TenantState('t', 1);
  for (const [i, one] of given.entries()) {
    const { bytes, zstdLevel, addedMs, streams, lineBytes }: Given = typeof one === 'number' ? { bytes: one } : one;
    const summary: SegmentSummary = {
      tenant: 't',
      day: DAY,
      name: String(i).padStart(3, '0'),
      generation: 0,
      rowCount: 1,
      lineBytes: lineBytes ?? 1,
      fileBytes: bytes,
      chunkCount: streams ?? 1,
      minOffsetNs: 0,
      maxOffsetNs: 0,
      streamCount: streams ?? 1,
      ...(zstdLevel === undefined ? {} : { zstdLevel }),
    };
    tenant.addSegment(new StoredSegment(summary, `/${summary.name}`, addedMs ?? 0));
  }
  return tenant;
}

/** Numbers of the segments that would be merged, and at which level. */
function planned(
  given: readonly (number | Given)[],
  {
    settings = {},
    nowMs = DURING_DAY_MS,
    not = [],
    isQuiet = false,
  }: { settings?: Partial<MergeSettings>; nowMs?: number; not?: number[]; isQuiet?: boolean } = {},
): [number[], number] | undefined {
  const left = new Set(not.map((i) => String(i).padStart(3, '0')));
  const plan = planMerge(
    [tenantWith(given)],
    { ...SETTINGS, ...settings },
    ({ summary }) => !left.has(summary.name),
    nowMs,
    isQuiet,
  );
  return plan && [plan.sources.map(({ summary }) => Number(summary.name)), plan.zstdLevel];
}

describe('thin segments', () => {
  const thin = (bytes: number, streams = 3000): Given => ({ bytes, streams, lineBytes: streams * 8 * KIB });
  const full = (bytes: number): Given => ({ bytes, streams: 3000, lineBytes: 3000 * 64 * KIB });

  const newest = { ...thin(4 * MIB), addedMs: DURING_DAY_MS - 1 };

  test('are joined while nothing comes in, however young and few they are, but for the newest', () => {
    const given = [thin(5 * MIB), thin(4 * MIB), newest].map((one) => ({ ...one, addedMs: DURING_DAY_MS - 1 }));
    expect(planned(given)).toBeUndefined();
    expect(planned(given, { isQuiet: true })).toEqual([[0, 1], 1]);
    expect(planned(given, { isQuiet: true, settings: { tierSegments: 0 } })).toBeUndefined();
    expect(planned(given.slice(1), { isQuiet: true })).toBeUndefined();
    expect(planned(given, { isQuiet: true, not: [2] })).toEqual([[0, 1], 1]);
  });

  test('but not a few streams, nor what has much of each, nor one that is nearly all', () => {
    expect(planned([thin(5 * MIB, 2000), thin(4 * MIB, 2000), newest], { isQuiet: true })).toBeUndefined();
    expect(planned([full(5 * MIB), thin(4 * MIB), newest], { isQuiet: true })).toBeUndefined();
    expect(planned([thin(9 * MIB), thin(4 * MIB), newest], { isQuiet: true })).toBeUndefined();
  });

  test('behind one that is not thin, or that is too large for them', () => {
    const given = [full(5 * MIB), thin(30 * MIB), thin(4 * MIB), thin(4 * MIB), newest];
    expect(planned(given, { isQuiet: true })).toEqual([[2, 3], 1]);
  });
});

describe('tiers', () => {
  test('as many neighbours of like size as are asked for, not fewer', () => {
    expect(planned([5, 5, 5].map((n) => n * KIB))).toBeUndefined();
    expect(planned([5, 9, 5, 5].map((n) => n * KIB))).toEqual([[0, 1, 2, 3], 1]);
    expect(planned([5 * KIB, 5 * KIB], { settings: { tierSegments: 2 } })).toEqual([[0, 1], 1]);
    expect(planned([5, 5, 5, 5], { settings: { tierSegments: 0 } })).toBeUndefined();
  });

  test('small ones are not held up by a large one before them, and do not make it be rewritten', () => {
    expect(planned([30 * MIB, KIB, KIB, KIB])).toBeUndefined();
    expect(planned([30 * MIB, KIB, KIB, KIB, KIB])).toEqual([[1, 2, 3, 4], 1]);
  });

  test('the lowest tier first; small ones between large ones go along', () => {
    expect(planned([9 * MIB, 9 * MIB, KIB, 9 * MIB, 9 * MIB])).toEqual([[0, 1, 2, 3, 4], 1]);
    expect(planned([9 * MIB, 9 * MIB, 9 * MIB, 9 * MIB, KIB, KIB, KIB, KIB])).toEqual([[4, 5, 6, 7], 1]);
  });

  test('only neighbours: what may not be merged parts them', () => {
    expect(planned([KIB, KIB, KIB, KIB, KIB], { not: [2] })).toBeUndefined();
    expect(planned([KIB, KIB, KIB, KIB, KIB, KIB], { not: [1] })).toEqual([[2, 3, 4, 5], 1]);
  });

  test('never more than fits into one file, but fewer when more would not fit', () => {
    expect(planned([20, 20, 20, 20].map((n) => n * MIB))).toEqual([[0, 1, 2], 1]);
    expect(planned([50, 50, 50, 50].map((n) => n * MIB))).toBeUndefined();
  });

  test('at most eight at a time', () => {
    expect(planned(new Array<number>(30).fill(KIB))?.[0]).toHaveLength(8);
  });

  test('young ones wait, unless they crowd', () => {
    const young = { bytes: KIB, addedMs: DURING_DAY_MS };
    expect(planned([KIB, KIB, KIB, young])).toBeUndefined();
    expect(planned([KIB, KIB, KIB, young], { nowMs: DURING_DAY_MS + 60_000 })).toBeDefined();
    expect(planned(new Array<Given>(15).fill(young))).toBeUndefined();
    expect(planned(new Array<Given>(16).fill(young))?.[0]).toHaveLength(8);
  });

  test('in a crowd those that were just written, not what was merged before them', () => {
    const merged = { bytes: 100 * KIB, addedMs: DURING_DAY_MS };
    const young = { bytes: KIB, addedMs: DURING_DAY_MS };
    expect(planned([merged, ...new Array<Given>(15).fill(young)])?.[0]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(planned([merged, merged, ...new Array<Given>(13).fill(young)])).toBeUndefined();
    expect(planned([...new Array<Given>(14).fill(merged), young, young])?.[0]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const large = { bytes: 40 * MIB, addedMs: DURING_DAY_MS };
    expect(planned([...new Array<Given>(8).fill(large), ...new Array<Given>(8).fill(young)])).toBeUndefined();
  });

  test('with merges at every chance the number of segments grows with the logarithm of flushes', () => {
    let sizes: number[] = [];
    let written = 0;
    for (let flush = 0; flush < 2000; flush++) {
      sizes.push(100 * KIB);
      for (;;) {
        const plan = planned(sizes, { settings: { maxSegmentBytes: 1024 * MIB } });
        if (plan === undefined) break;
        const [sources] = plan;
        const bytes = sources.reduce((sum, i) => sum + sizes[i]!, 0);
        written += bytes;
        sizes = [...sizes.slice(0, sources[0]), bytes, ...sizes.slice(sources.at(-1)! + 1)];
      }
      expect(sizes.length).toBeLessThan(20);
    }
    // Each byte is rewritten a few times.
    expect(written / (2000 * 100 * KIB)).toBeLessThan(9);
  });
});

describe('cold days', () => {
  const coldMs = (DAY + 1) * DAY_MS + 3_600_000;

  test('are packed when nothing was added for long enough after their end', () => {
    expect(planned([9 * MIB], { nowMs: coldMs - 1 })).toBeUndefined();
    expect(planned([9 * MIB], { nowMs: coldMs })).toEqual([[0], 6]);
    expect(planned([{ bytes: 9 * MIB, addedMs: coldMs - 5 }], { nowMs: coldMs })).toBeUndefined();
    expect(planned([9 * MIB], { nowMs: coldMs, settings: { coldAfterMs: 0 } })).toBeUndefined();
  });

  test('once: what came late is packed by itself, and with the rest only when it is much', () => {
    const packed = { bytes: 30 * MIB, zstdLevel: 6 };
    expect(planned([packed], { nowMs: coldMs })).toBeUndefined();
    expect(planned([packed, MIB], { nowMs: coldMs })).toEqual([[1], 6]);
    expect(planned([packed, 15 * MIB], { nowMs: coldMs })).toEqual([[0, 1], 6]);
    expect(planned([packed, { bytes: MIB, zstdLevel: 6 }], { nowMs: coldMs })).toBeUndefined();
  });

  test('in files of bounded size', () => {
    expect(
      planned(
        [30, 30, 30].map((n) => n * MIB),
        { nowMs: coldMs },
      ),
    ).toEqual([[0, 1], 6]);
    expect(planned([90 * MIB], { nowMs: coldMs })).toEqual([[0], 6]);
  });
});

test('names of a process stand behind all that are there, also when the clock was set back', () => {
  const nowMs = 1_790_000_000_000;
  expect(writerName(nowMs, [])).toBe(nowMs.toString(36).padStart(9, '0'));
  const tenant = tenantWith([]);
  const name = `${(nowMs + 5).toString(36).padStart(9, '0')}-00000001-0.seg`;
  const summary = { ...[...tenantWith([1]).segments.values()][0]![0]!.summary, name };
  tenant.addSegment(new StoredSegment(summary, `/${name}`, 0));
  expect(writerName(nowMs, [tenant]) > name.slice(0, 9)).toBe(true);
});
