import { basename, join } from 'node:path';
import type { Disk } from '../base/disk.ts';
import { LogError } from '../base/errors.ts';
import { decodeDirectory } from '../chunk/directory.ts';
import type { IndexState, LogIndex, StreamEntry } from '../index/index.ts';
import type { SegmentSummary } from '../index/values.ts';
import { labelsKey } from '../model/labels.ts';
import { walFileNames } from '../wal/format.ts';
import type { StoreDamage } from './open-index.ts';
import { readSegmentDirectory } from './segment-directory.ts';
import { StoredSegment, segmentFolder } from './stored-segment.ts';
import { summaryOfDirectory } from './summary.ts';
import type { TenantState } from './tenant-state.ts';

export interface RecoverCounts {
  readonly streams: number;
  readonly segments: number;
  /** Files that no index entry named and whose rows the WAL still has: what a crash left half done. Removed. */
  readonly orphans: number;
  /** Files that no index entry named and that are the only copy of their rows: the index was lost. Taken in again. */
  readonly adopted: number;
  /** Files that cannot be read as segments; moved to quarantine. */
  readonly damaged: number;
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
}

const TEMPORARY_ENDING = '.tmp';

/** Holds the index against the segment files; what the index does not know is sorted out. */
export async function restoreIndex(options: RestoreOptions): Promise<{ counts: RecoverCounts; checkpointSeq: number }> {
  const { disk, dataFolder, state } = options;
  for (const { tenant, streamId, labels } of state.streams) {
    options.tenant(tenant, state.nextStreamIds.get(tenant) ?? 1).restore(streamId, labels, labelsKey(labels), true);
  }
  const present = await listSegments(disk, dataFolder);
  let missing = 0;
  for (const summary of state.segments) {
    const path = join(segmentFolder(dataFolder, summary.tenant, summary.day), summary.name);
    if (!present.delete(path)) {
      missing++;
      continue;
    }
    options
      .tenant(summary.tenant, state.nextStreamIds.get(summary.tenant) ?? 1)
      .addSegment(new StoredSegment(summary, path));
  }
  const unknown = await sortOutUnknown(options, [...present], state.checkpointSeq);
  const counts = { streams: state.streams.length, segments: state.segments.length, missing, ...unknown.counts };
  return { counts, checkpointSeq: unknown.checkpointSeq };
}

interface Unknown {
  readonly counts: { orphans: number; adopted: number; damaged: number };
  checkpointSeq: number;
}

async function sortOutUnknown(
  options: RestoreOptions,
  paths: readonly string[],
  checkpointSeq: number,
): Promise<Unknown> {
  const { disk, dataFolder } = options;
  const out: Unknown = { counts: { orphans: 0, adopted: 0, damaged: 0 }, checkpointSeq };
  if (paths.length === 0) return out;
  const firstWalSeq = walFileNames(await disk.list(join(dataFolder, 'wal')))[0]?.seq ?? Number.POSITIVE_INFINITY;
  for (const path of paths) {
    if (path.endsWith(TEMPORARY_ENDING)) {
      await disk.unlink(path);
      out.counts.orphans++;
      continue;
    }
    const found = await readOrQuarantine(options, path);
    if (found === undefined) {
      out.counts.damaged++;
    } else if (firstWalSeq <= found.walSeq) {
      // The WAL that these rows came from is still there: they will be replayed, and written anew.
      await disk.unlink(path);
      out.counts.orphans++;
    } else {
      await adopt(options, path, found, out.checkpointSeq);
      out.counts.adopted++;
      out.checkpointSeq = Math.max(out.checkpointSeq, found.walSeq);
    }
  }
  return out;
}

interface FoundSegment {
  readonly summary: SegmentSummary;
  readonly directory: Uint8Array;
  readonly walSeq: number;
}

async function readOrQuarantine(options: RestoreOptions, path: string): Promise<FoundSegment | undefined> {
  const { disk, dataFolder } = options;
  try {
    const { directory, fileBytes } = await readSegmentDirectory(disk, path);
    return {
      directory,
      summary: summaryOfDirectory(basename(path), directory, fileBytes, path),
      walSeq: decodeDirectory(directory, path).walSeq,
    };
  } catch (error) {
    if (!(error instanceof LogError) || error.kind !== 'corrupt') throw error;
    await disk.mkdir(join(dataFolder, 'quarantine'));
    const quarantinedAs = join(dataFolder, 'quarantine', basename(path));
    await disk.rename(path, quarantinedAs);
    options.onDamage({ file: path, reason: error.message, quarantinedAs, cause: error });
    return undefined;
  }
}

async function adopt(options: RestoreOptions, path: string, found: FoundSegment, checkpointSeq: number): Promise<void> {
  const { tenant: name } = found.summary;
  const tenant = options.tenant(name, 1);
  const streams: StreamEntry[] = [];
  for (const labels of decodeDirectory(found.directory, path).streams) {
    const stream = tenant.stream(labels);
    if (stream.persisted) continue;
    stream.persisted = true;
    streams.push({ tenant: name, streamId: stream.streamId, labels });
  }
  await options.index.commit({
    streams,
    addSegments: [found],
    removeSegments: [],
    checkpointSeq: Math.max(found.walSeq, checkpointSeq),
  });
  tenant.addSegment(new StoredSegment(found.summary, path));
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
