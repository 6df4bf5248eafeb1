import { availableParallelism } from 'node:os';
import { hasRulerSettings } from '../config/ruler-keys.ts';
import { WorkerPool } from '../pool/pool.ts';
import { TailHub } from '../query/tail/tail-hub.ts';
import type { RuleQueries } from '../rules/model/rule-query.ts';
import type { DamageLedger } from '../store/segments/damage-ledger.ts';
import type { LogStore } from '../store/store.ts';
import type { StoreStats } from '../store/store-stats.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { LazyDeletes } from './lazy-deletes.ts';
import { LazyQueries } from './lazy-queries.ts';
import { LazyRules } from './lazy-rules.ts';
import { openStore } from './open-store.ts';
import { StorePushService } from './push-service.ts';

const RETENTION_EVERY_MS = 5 * 60_000;
/** Loading the code of queries holds up the main thread for a while; first come the requests that wait for the server to be ready. */
const WARM_UP_AFTER_MS = 100;

/** Wall clock in nanoseconds; milliseconds are all it knows. */
const nowNs = (): bigint => BigInt(Date.now()) * 1_000_000n;

/** Opens the data folder and starts the threads: store, ingest and queries joined. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { settings, limitsFor, metrics, logger } = options;
  if (hasRulerSettings(settings.valueByKey)) (await import('../config/ruler-settings.ts')).rulerSettings(settings);
  const pool = new WorkerPool({
    scanners: settings.queryWorkers === 0 ? availableParallelism() : settings.queryWorkers,
    onDamage: (damage) => store.blocksDamaged(damage),
    onWorkerExit: (err) => logger.error({ err }, 'a worker thread died and was replaced'),
  });
  const hub = new TailHub(pool);
  const pushes = new StorePushService({
    limitsFor,
    maxBodyBytes: settings.maxBodyBytes,
    maxDecompressedBytes: settings.maxDecompressedBytes,
    metrics,
    nowNs,
    tails: hub,
  });
  let store: LogStore;
  try {
    store = await openStore(settings, pool, pushes, {
      damage: ({ cause, ...damage }) => logger.error({ damage, err: cause }, 'damage in the data folder'),
      recovered: (counts) => logger.info(counts, 'store opened'),
      flushed: (info) => logger.info(info, 'head written'),
      flushFailed: (err, retryMs) => logger.error({ err, retryMs }, 'head not written'),
      walFailed: (err) => logger.error({ err }, 'write-ahead log not written'),
      merged: (info) => logger.info(info, 'segments merged'),
      mergeFailed: (err) => logger.error({ err }, 'segments not merged'),
    });
  } catch (error) {
    await pool.close();
    throw error;
  }
  watchStore(metrics, () => store.stats());
  watchDamage(metrics, store.damage);
  const deletes = new LazyDeletes({ ...options, store });
  try {
    await deletes.startIfAny();
  } catch (error) {
    await store.close();
    await pool.close();
    throw error;
  }
  const lazy = new LazyQueries({ ...options, store, runner: pool, hub, nowNs });
  const ruleQueries = async (): Promise<RuleQueries> => (await lazy.load()).parts.rules;
  const rules = new LazyRules({ ...options, queries: ruleQueries });
  metrics.watch([
    { name: 'loki_querier_tail_active', help: 'live tails that are open', kind: 'gauge', read: () => hub.active },
    {
      name: 'halogi_tail_dropped_total',
      help: 'entries left out of live tails whose client was too slow',
      kind: 'counter',
      read: () => hub.dropped,
    },
  ]);
  const applyRetention = (): void => {
    store
      .applyRetention({
        periodMs: (tenant) => limitsFor(tenant).retentionPeriodMs,
        maxBytes: settings.retentionMaxBytes,
        minFreeBytes: settings.retentionMinFreeBytes,
      })
      .then(
        (segments) => segments > 0 && logger.info({ segments }, 'segments dropped by retention'),
        (err: unknown) => logger.error({ err }, 'retention failed'),
      );
  };
  applyRetention();
  const retention = setInterval(applyRetention, RETENTION_EVERY_MS);
  retention.unref();
  return {
    push: pushes,
    readers: () => lazy.parts(),
    rules: () => rules.load(),
    deletes: () => deletes.load(),
    ruleQueries,
    warmUp: () => {
      pool.start();
      setTimeout(() => {
        void lazy.load();
        rules.startIfAny();
      }, WARM_UP_AFTER_MS).unref();
    },
    notReadyReason: () => undefined,
    flush: () => store.flush(),
    damage: () => store.damage.entries(),
    close: async () => {
      lazy.close();
      await rules.close();
      await deletes.close();
      clearInterval(retention);
      await store.close();
      await pool.close();
    },
  };
}

function watchDamage(metrics: EngineOptions['metrics'], damage: DamageLedger): void {
  metrics.watchLabelled({
    name: 'halogi_damage_total',
    help: 'damaged things found in the data folder since the start',
    label: 'kind',
    read: () => damage.counts,
  });
  metrics.watch([
    {
      name: 'halogi_damaged_segments',
      help: 'segment files of which rows cannot be read',
      kind: 'gauge',
      read: () => damage.damagedSegments,
    },
  ]);
}

function watchStore(metrics: EngineOptions['metrics'], stats: () => StoreStats): void {
  metrics.watch([
    {
      name: 'halogi_head_bytes',
      help: 'shared memory of rows not yet in segments',
      kind: 'gauge',
      read: () => stats().headBytes,
    },
    { name: 'halogi_head_rows', help: 'rows not yet in segments', kind: 'gauge', read: () => stats().headRows },
    {
      name: 'halogi_head_sealed_generations',
      help: 'generations of the head on their way to segments',
      kind: 'gauge',
      read: () => stats().sealedGenerations,
    },
    { name: 'halogi_segments', help: 'segment files', kind: 'gauge', read: () => stats().segments },
    { name: 'halogi_segment_bytes', help: 'bytes of segment files', kind: 'gauge', read: () => stats().segmentBytes },
    { name: 'halogi_merges_total', help: 'merges of segments', kind: 'counter', read: () => stats().merge.merges },
    {
      name: 'halogi_merge_failures_total',
      help: 'merges of segments that failed',
      kind: 'counter',
      read: () => stats().merge.failures,
    },
    {
      name: 'halogi_merge_read_bytes_total',
      help: 'bytes of segment files that were merged',
      kind: 'counter',
      read: () => stats().merge.bytesIn,
    },
    {
      name: 'halogi_merge_written_bytes_total',
      help: 'bytes of segment files that merges made',
      kind: 'counter',
      read: () => stats().merge.bytesOut,
    },
    {
      name: 'halogi_merge_seconds_total',
      help: 'time that merges worked',
      kind: 'counter',
      read: () => stats().merge.workedMs / 1000,
    },
    { name: 'halogi_stored_rows', help: 'rows in segments', kind: 'gauge', read: () => stats().storedRows },
    {
      name: 'loki_ingester_memory_streams',
      help: 'streams known',
      kind: 'gauge',
      read: () => [...stats().streamsByTenant.values()].reduce((sum, count) => sum + count, 0),
    },
    {
      name: 'loki_ingester_wal_records_logged_total',
      help: 'records written to the write-ahead log',
      kind: 'counter',
      read: () => stats().wal.records,
    },
    {
      name: 'loki_ingester_wal_bytes_logged_total',
      help: 'bytes written to the write-ahead log',
      kind: 'counter',
      read: () => stats().wal.bytes,
    },
    {
      name: 'halogi_wal_syncs_total',
      help: 'syncs of the write-ahead log',
      kind: 'counter',
      read: () => stats().wal.syncs,
    },
    {
      name: 'halogi_wal_failures_total',
      help: 'failed writes and syncs of the write-ahead log',
      kind: 'counter',
      read: () => stats().wal.failures,
    },
    {
      name: 'halogi_flush_failing',
      help: '1 while the head cannot be written',
      kind: 'gauge',
      read: () => (stats().flushError === undefined ? 0 : 1),
    },
  ]);
}
