import { join } from 'node:path';
import type { Disk } from '../../base/disk/disk.ts';
import type { IndexState, LogIndex } from '../../index/index.ts';
import type { SegmentSummary } from '../../index/values.ts';
import type { StoreDamage } from '../segments/damage.ts';
import { rowsOf } from '../segments/load-directory.ts';
import { StoredSegment, segmentFolder } from '../segments/stored-segment.ts';
import type { TenantState } from '../tenant/tenant-state.ts';
import { adoptUnknown, type UnknownCounts } from './adopt.ts';

export interface RecoverCounts extends Readonly<UnknownCounts> {
  readonly streams: number;
  readonly segments: number;
  /** Index entries without a file: their rows are gone, and queries go on without them. */
  readonly missing: number;
}

export interface RestoreOptions {
  readonly disk: Disk;
  readonly dataFolder: string;
  readonly index: LogIndex;
  /** What the index holds. */
  readonly state: IndexState;
  readonly onDamage: (damage: StoreDamage) => void;
  readonly tenant: (name: string, nextStreamId: number) => TenantState;
  readonly nowMs: number;
}

/** Holds the index against the segment files; what the index does not know is sorted out. */
export async function restoreIndex(options: RestoreOptions): Promise<{ counts: RecoverCounts; checkpointSeq: number }> {
  const { disk, dataFolder, state, nowMs } = options;
  const tenant = (name: string): TenantState => options.tenant(name, state.nextStreamIds.get(name) ?? 1);
  for (const { tenant: name, streamId, labels } of state.streams) tenant(name).restore(streamId, labels);
  const present = await listSegments(disk, dataFolder);
  const listed = new Map<string, StoredSegment>();
  const missing = new Map<string, SegmentSummary>();
  for (const summary of state.segments) {
    const path = join(segmentFolder(dataFolder, summary.tenant, summary.day), summary.name);
    if (present.delete(path)) listed.set(path, new StoredSegment(summary, path, nowMs));
    else missing.set(path, summary);
  }
  const { counts, checkpointSeq, replaced } = await adoptUnknown(
    { ...options, listed, missing, checkpointSeq: state.checkpointSeq, tenant },
    [...present],
  );
  for (const [path, segment] of listed) if (!replaced.has(path)) tenant(segment.summary.tenant).addSegment(segment);
  const lost = [...missing].filter(([path]) => !replaced.has(path));
  for (const [file, summary] of lost)
    options.onDamage({
      kind: 'segment_missing',
      file,
      reason: 'the index names it, and it is not there',
      quarantinedAs: undefined,
      lost: rowsOf(summary),
    });
  return {
    counts: { streams: state.streams.length, segments: state.segments.length, missing: lost.length, ...counts },
    checkpointSeq,
  };
}

/** Paths of all files below `segments/`, half-written ones included, in the order in which they were written. */
export async function listSegments(disk: Disk, dataFolder: string): Promise<Set<string>> {
  const found = new Set<string>();
  const root = join(dataFolder, 'segments');
  for (const tenant of await disk.list(root)) {
    for (const day of await disk.list(join(root, tenant))) {
      for (const name of await disk.list(join(root, tenant, day))) found.add(join(root, tenant, day, name));
    }
  }
  return found;
}
