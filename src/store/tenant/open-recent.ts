import { setImmediate } from 'node:timers/promises';
import type { StoredSegment } from '../segments/stored-segment.ts';
import type { OpenDirectories } from './open-directories.ts';
import type { TenantState } from './tenant-state.ts';

/** About 2 GB of lines: what people ask for after a start; the rest is opened when somebody does. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

/**
 * Opens the directories of the newest segments, a segment each turn: else the first query after a start opens those of all segments that it
 * touches, two milliseconds each.
 *
 * @param isOver asked before each segment
 */
export async function openRecent(
  tenants: readonly TenantState[],
  directories: Pick<OpenDirectories, 'open' | 'hasRoom'>,
  isOver: () => boolean,
): Promise<void> {
  let left = MAX_FILE_BYTES;
  for (const [tenant, segment] of newestFirst(tenants)) {
    left -= segment.summary.fileBytes;
    if (left < 0) return;
    await setImmediate();
    if (isOver() || !directories.hasRoom) return;
    // Merged or dropped meanwhile.
    if (tenant.segments.get(segment.summary.day)?.includes(segment) !== true) continue;
    try {
      directories.open(tenant, segment);
    } catch {
      // Whoever asks for it is told.
    }
  }
}

function newestFirst(tenants: readonly TenantState[]): [TenantState, StoredSegment][] {
  const all = tenants.flatMap((tenant) =>
    [...tenant.segments].flatMap(([day, segments]) => segments.map((segment) => ({ tenant, day, segment }))),
  );
  all.sort((a, b) => b.day - a.day || b.segment.summary.maxOffsetNs - a.segment.summary.maxOffsetNs);
  return all.map(({ tenant, segment }) => [tenant, segment]);
}
