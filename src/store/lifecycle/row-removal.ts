import type { OpenDirectory } from '../segments/open-directory.ts';
import type { StoredSegment } from '../segments/stored-segment.ts';
import type { TenantState } from '../tenant/tenant-state.ts';
import { hiddenOfDay, type Tombstone } from '../tenant/tombstones.ts';
import type { RemovedRows } from '../write/merge-task.ts';

/** How far a removal is. */
export interface RemovalProgress {
  readonly segmentsDone: number;
  readonly segmentsLeft: number;
  /** Rows that were removed so far, and their line bytes. */
  readonly rows: number;
  readonly lineBytes: number;
}

/** A segment without some rows, or undefined for one that is gone meanwhile. */
export type Rewrite = (
  tenant: TenantState,
  segment: StoredSegment,
  removes: readonly RemovedRows[],
) => Promise<Rewritten | undefined>;

export interface Rewritten {
  /** Undefined when no row was left. */
  readonly segment: StoredSegment | undefined;
  readonly removedRows: number;
  readonly removedBytes: number;
}

/**
 * Rewrites the segments that may hold rows of a tombstone, one after the other. A segment that a merge has made of them meanwhile is
 * rewritten too, so that it ends when none is left.
 *
 * @throws what `rewrite` throws; then some segments may be done
 */
export async function removeRows(
  tenant: TenantState,
  tombstone: Tombstone,
  open: (segment: StoredSegment) => OpenDirectory,
  rewrite: Rewrite,
  onProgress: (progress: RemovalProgress) => void,
): Promise<void> {
  const done = new WeakSet<StoredSegment>();
  let [segmentsDone, rows, lineBytes] = [0, 0, 0];
  for (;;) {
    const left = concerned(tenant, tombstone, open, done);
    onProgress({ segmentsDone, segmentsLeft: left.length, rows, lineBytes });
    const next = left[0];
    if (next === undefined) return;
    const hidden = hiddenOfDay(tombstone, next.summary.day)!;
    const matchers = tombstone.matchers.map(({ name, op, value }) => ({ name, op, value }));
    const made = await rewrite(tenant, next, [{ ...hidden, matchers }]);
    done.add(next);
    if (made === undefined) continue;
    segmentsDone++;
    rows += made.removedRows;
    lineBytes += made.removedBytes;
    if (made.segment !== undefined) done.add(made.segment);
  }
}

/** Segments with a stream of the tombstone in its range, the oldest first. */
function concerned(
  tenant: TenantState,
  tombstone: Tombstone,
  open: (segment: StoredSegment) => OpenDirectory,
  done: WeakSet<StoredSegment>,
): StoredSegment[] {
  const { mask } = tenant.matched.select(tenant.postings, tombstone.matchers);
  const found: StoredSegment[] = [];
  for (const day of [...tenant.segments.keys()].sort((a, b) => a - b)) {
    const hidden = hiddenOfDay(tombstone, day);
    if (hidden === undefined) continue;
    const { fromOffsetNs: from, toOffsetNs: to } = hidden;
    for (const segment of tenant.segments.get(day)!) {
      const { minOffsetNs, maxOffsetNs } = segment.summary;
      if (done.has(segment) || maxOffsetNs < from || minOffsetNs > to) continue;
      const { streamIds, columns } = open(segment);
      const has = (stream: number): boolean =>
        mask[streamIds[stream]!] === 1 && columns.maxs[stream]! >= from && columns.mins[stream]! <= to;
      if (streamIds.some((_, stream) => has(stream))) found.push(segment);
    }
  }
  return found;
}
