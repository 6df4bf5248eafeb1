import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labelsFromObject } from '../../../src/model/labels.ts';
import { labelNames, labelValues, type MetadataDeps, seriesLabels } from '../../../src/query/metadata/labels.ts';
import { indexStats } from '../../../src/query/metadata/stats.ts';
import { runQuery } from '../../../src/query/run.ts';
import { runScanTask } from '../../../src/query/scan.ts';
import { TallyCache } from '../../../src/query/statistics/tally-cache.ts';
import { KeptSeries } from '../../../src/query/statistics/tally-series.ts';
import type { TaskRunner } from '../../../src/query/task/task.ts';
import { PartLoader } from '../../../src/store/read/load-part.ts';
import type { LogStore } from '../../../src/store/store.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { type OpenedStore, openStore } from '../../support/open-store.ts';
import { queryDeps } from '../../support/query-replay.ts';

const MINUTE = 60_000_000_000n;
const BASE_NS = 1_793_584_800_000_000_000n;
const STREAMS = 120;
const LEVELS = ['info', 'error', undefined];

/** Rows of three flushes and of an open head: streams without rows in some of them, levels, minutes that meet at their edges. */
function rowsOf(flush: number) {
  return Array.from({ length: STREAMS * 3 }, (_, i) => {
    const pod = i % STREAMS;
    const timeNs = BASE_NS + BigInt(flush * 20 + (i % 17)) * MINUTE + (i % 5 === 0 ? 0n : BigInt(i) * 1_000_000n);
    const level = LEVELS[i % 3];
    return {
      labels: labelsFromObject({ app: `app-${pod % 4}`, pod: `pod-${pod}`, service_name: `app-${pod % 4}` }),
      timeNs,
      line: `${level === undefined ? '' : `level=${level} `}n=${flush}-${i}`,
      isLeftOut: (pod + flush) % 3 === 0,
    };
  }).filter((row) => !row.isLeftOut);
}

/** Scans what statistics leave over. */
function inSegments(): TaskRunner {
  const loader = new PartLoader((error) => {
    throw error;
  });
  return {
    parallelism: 1,
    run: async (task) => runScanTask(task, (part, options, counts) => loader.load(part, options, counts)),
  };
}

describe('queries over many streams', () => {
  let folder: string;
  let opened: OpenedStore;
  let store: LogStore;
  const rows = [0, 1, 2, 3].flatMap(rowsOf);
  const memory = new MemoryStore(rows);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'halogi-many-streams-'));
    opened = await openStore(folder);
    store = opened.store;
    for (const flush of [0, 1, 2, 3]) {
      const streams = rowsOf(flush)
        .sort((a, b) => Number(a.timeNs - b.timeNs))
        .map(({ labels, timeNs, line }) => ({
          stream: { app: labels[1], pod: labels[3] },
          values: [[String(timeNs), line]],
        }));
      await opened.push('fake', Buffer.from(JSON.stringify({ streams })));
      if (flush < 3) await store.flush();
    }
  });

  afterAll(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const at = (minute: number): bigint => BASE_NS + BigInt(minute) * MINUTE;
  const range = (query: string, from: number, to: number, step: number) => ({
    kind: 'range' as const,
    query,
    limit: 10,
    direction: 'forward' as const,
    startNs: at(from),
    endNs: at(to),
    stepNs: BigInt(step) * MINUTE,
    intervalNs: 0n,
  });

  it('add up sums of tallies that were kept for another range and step', async () => {
    const tallies = new TallyCache(1 << 24);
    const series = new KeptSeries();
    for (const query of [
      'sum by (app) (count_over_time({app=~".+"}[5m]))',
      'sum(count_over_time({app=~"app-[12]"}[2m]))',
      'sum by (app, pod) (count_over_time({pod=~"pod-1.*"}[3m]))',
      'sum by (app) (rate({app=~".+"} | pod=~"pod-.*7" [10m]))',
    ]) {
      for (const [from, to, step] of [
        [0, 80, 5],
        [3, 62, 1],
        [0, 80, 5],
        [10, 40, 7],
      ] as const) {
        const request = range(query, from, to, step);
        const { data } = await runQuery(request, queryDeps(memory, { store, tallies, series, runner: inSegments() }));
        const expected = await runQuery(request, queryDeps(memory));
        expect(data).toEqual(expected.data);
      }
    }
    expect(tallies.bytes).toBeGreaterThan(0);
  });

  it('by level count as a store without kept sums does', async () => {
    const tallies = new TallyCache(1 << 24);
    const series = new KeptSeries();
    const query = 'sum by (app, detected_level) (count_over_time({app=~".+"}[4m]))';
    for (const [from, to] of [
      [0, 80],
      [20, 44],
    ] as const) {
      const request = range(query, from, to, 4);
      const deps = queryDeps(memory, { store, runner: inSegments() });
      const { data } = await runQuery(request, { ...deps, tallies, series });
      expect(data).toEqual((await runQuery(request, deps)).data);
      expect(JSON.stringify(data)).toContain('error');
    }
    expect(tallies.bytes).toBeGreaterThan(0);
  });

  it('list the labels of the streams that have rows in the range', () => {
    for (const [from, to] of [
      [-5, 100],
      [20, 38],
      [61, 90],
      [200, 300],
    ] as const) {
      for (const selector of ['', '{app="app-1"}', '{pod=~"pod-2.*"}']) {
        const bounds = { startNs: at(from), endNs: at(to) };
        const real: MetadataDeps = queryDeps(memory, { store });
        const plain: MetadataDeps = queryDeps(memory);
        const whole = from < 0 || selector !== '';
        expect(labelNames(selector, bounds, real)).toEqual(labelNames(selector, bounds, plain));
        if (!whole) continue;
        expect(seriesLabels([selector], { startNs: at(-5), endNs: at(100) }, real)).toEqual(
          seriesLabels([selector], { startNs: at(-5), endNs: at(100) }, plain),
        );
        expect(labelValues('pod', selector, { startNs: at(-5), endNs: at(100) }, real)).toEqual(
          labelValues('pod', selector, { startNs: at(-5), endNs: at(100) }, plain),
        );
      }
    }
    const second = { startNs: at(20), endNs: at(38) };
    const pods = rowsOf(1).map(({ labels }) => labels[3]!);
    expect(labelValues('pod', '', second, queryDeps(memory, { store }))).toEqual([...new Set(pods)].sort());
  });

  it('count streams, rows and bytes of all', () => {
    const { streams, entries, bytes } = indexStats(
      '{app=~".+"}',
      { startNs: at(-5), endNs: at(100) },
      queryDeps(memory, { store }),
    );
    expect({ streams, entries }).toEqual({
      streams: new Set(rows.map((row) => row.labels[3])).size,
      entries: rows.length,
    });
    expect(bytes).toBe(rows.reduce((sum, row) => sum + row.line.length, 0));
  });
});
