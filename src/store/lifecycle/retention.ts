import { dayStartNs, NS_PER_MS } from '../../model/time.ts';
import type { StoredSegment } from '../segments/stored-segment.ts';
import type { TenantState } from '../tenant/tenant-state.ts';

/** What is to be kept. Zero switches a rule off. */
export interface RetentionRules {
  /** Age at which the rows of a tenant may go, milliseconds. */
  readonly periodMs: (tenant: string) => number;
  /** Bytes that all segments together may take. */
  readonly maxBytes: number;
  /** Bytes that must stay free on the disk, and how many are. */
  readonly minFreeBytes: number;
  readonly freeBytes: number;
}

export interface TenantSegment {
  readonly tenant: TenantState;
  readonly segment: StoredSegment;
}

/** Segments to drop: those whose newest row is too old, then the oldest days until size and free disk are as asked. */
export function expiredSegments(tenants: Iterable<TenantState>, rules: RetentionRules, nowMs: number): TenantSegment[] {
  const all: TenantSegment[] = [];
  for (const tenant of tenants)
    for (const segments of tenant.segments.values()) for (const segment of segments) all.push({ tenant, segment });
  const expired = all.filter((one) => isTooOld(one, rules, nowMs));
  const kept = all.filter((one) => !expired.includes(one)).sort((a, b) => newestNs(a.segment) - newestNs(b.segment));
  let bytes = kept.reduce((sum, { segment }) => sum + segment.summary.fileBytes, 0);
  let free = rules.freeBytes + expired.reduce((sum, { segment }) => sum + segment.summary.fileBytes, 0);
  for (const one of kept) {
    const isTooLarge = rules.maxBytes > 0 && bytes > rules.maxBytes;
    const isTooFull = rules.minFreeBytes > 0 && free < rules.minFreeBytes;
    if (!isTooLarge && !isTooFull) break;
    expired.push(one);
    bytes -= one.segment.summary.fileBytes;
    free += one.segment.summary.fileBytes;
  }
  return expired;
}

function isTooOld({ tenant, segment }: TenantSegment, rules: RetentionRules, nowMs: number): boolean {
  const period = rules.periodMs(tenant.name);
  return period > 0 && newestNs(segment) < Number(BigInt(nowMs - period) * NS_PER_MS);
}

/** Time of the newest row; a double is exact enough to order days by. */
function newestNs({ summary }: StoredSegment): number {
  return Number(dayStartNs(summary.day)) + summary.maxOffsetNs;
}
