import type { WalWriter } from '../wal/writer.ts';
import type { MergeTotals } from './lifecycle/merger.ts';
import type { HeadState } from './tenant/head-state.ts';
import type { TenantState } from './tenant/tenant-state.ts';

/** What the store knows of itself, for metrics. */
export interface StoreStats {
  readonly headBytes: number;
  readonly headRows: number;
  readonly sealedGenerations: number;
  readonly segments: number;
  readonly segmentBytes: number;
  readonly storedRows: number;
  readonly streamsByTenant: ReadonlyMap<string, number>;
  readonly wal: {
    readonly records: number;
    readonly bytes: number;
    readonly syncs: number;
    readonly failures: number;
    readonly queuedBytes: number;
  };
  readonly flushError: unknown;
  readonly merge: MergeTotals;
}

export function storeStats(
  tenants: ReadonlyMap<string, TenantState>,
  head: HeadState,
  wal: WalWriter,
  flushError: unknown,
  merge: MergeTotals,
): StoreStats {
  const segments = [...tenants.values()].flatMap((tenant) => [...tenant.segments.values()].flat());
  return {
    headBytes: head.allocatedBytes,
    headRows: head.rowCount,
    sealedGenerations: head.sealedCount,
    segments: segments.length,
    segmentBytes: segments.reduce((sum, segment) => sum + segment.summary.fileBytes, 0),
    storedRows: segments.reduce((sum, segment) => sum + segment.summary.rowCount, 0),
    streamsByTenant: new Map([...tenants].map(([name, tenant]) => [name, tenant.streams.size])),
    wal: { ...wal.stats, queuedBytes: wal.queuedBytes },
    flushError,
    merge,
  };
}
