import { basename, dirname, join } from 'node:path';
import type { Disk } from '../../base/disk/disk.ts';
import { LogError } from '../../base/errors.ts';
import { type Directory, decodeDirectory } from '../../chunk/directory.ts';
import type { LogIndex, StreamEntry } from '../../index/index.ts';
import type { SegmentSummary } from '../../index/values.ts';
import { deletedMarkers, walFileNames } from '../../wal/format.ts';
import type { StoreDamage } from '../segments/damage.ts';
import { readSegmentDirectory } from '../segments/segment-directory.ts';
import { StoredSegment } from '../segments/stored-segment.ts';
import { summaryOfDirectory } from '../segments/summary.ts';
import type { TenantState } from '../tenant/tenant-state.ts';
import { moveToQuarantine, noteInQuarantine, rowsByPath } from './quarantine.ts';

/** What became of segment files that no index entry named. */
export interface UnknownCounts {
  /** Half-written, or cut from the head by a flush that a crash interrupted: the WAL still has their rows. Removed. */
  orphans: number;
  /** Their rows are in a merged segment. Removed. */
  replaced: number;
  /** The only copy of their rows. Taken in again. */
  adopted: number;
  /** Not to be read as segments. Moved to quarantine. */
  damaged: number;
}

export interface AdoptOptions {
  readonly disk: Disk;
  readonly dataFolder: string;
  readonly index: LogIndex;
  /** What the index names, by path: segments whose files are there, and those whose files are not. */
  readonly listed: ReadonlyMap<string, StoredSegment>;
  readonly missing: ReadonlyMap<string, SegmentSummary>;
  readonly checkpointSeq: number;
  readonly onDamage: (damage: StoreDamage) => void;
  readonly tenant: (name: string) => TenantState;
  readonly nowMs: number;
}

export interface Adopted {
  readonly counts: UnknownCounts;
  /** Last WAL segment that need not be replayed. */
  readonly checkpointSeq: number;
  /** Paths of segments whose rows are in merged ones that were adopted: the index names them no longer, and their files are gone. */
  readonly replaced: ReadonlySet<string>;
}

interface UnknownSegment {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly directory: Directory;
  readonly summary: SegmentSummary;
}

const TEMPORARY_ENDING = '.tmp';

/**
 * Sorts out segment files that the index does not name. A merged segment is whole once it has its name, so it takes the place of all
 * that it replaces, whether the index was told or not. One that was cut from the head is an orphan as long as the batch that should
 * name it was not made, for then the WAL is complete; after the batch it is kept, even if the WAL still has a part of its rows.
 */
export async function adoptUnknown(options: AdoptOptions, paths: readonly string[]): Promise<Adopted> {
  const { disk, dataFolder } = options;
  const counts: UnknownCounts = { orphans: 0, replaced: 0, adopted: 0, damaged: 0 };
  const walNames = await disk.list(join(dataFolder, 'wal'));
  let checkpointSeq = Math.max(options.checkpointSeq, ...deletedMarkers(walNames));
  const firstSeq = walFileNames(walNames).find(({ seq }) => seq > checkpointSeq)?.seq ?? Number.POSITIVE_INFINITY;
  if (paths.length === 0) return { counts, checkpointSeq, replaced: new Set() };

  const replaced = new Set<string>();
  // Folder by folder: a merged segment replaces others of its own only, and no more than a day is in memory at a time.
  for (const folder of new Set(paths.map((path) => dirname(path)))) {
    const found = await readUnknown(
      options,
      paths.filter((path) => dirname(path) === folder),
      counts,
    );
    const here = await replacedPaths(options, folder, found);
    const goes: string[] = [];
    for (const one of found) {
      const { merge, walSeq } = one.directory;
      if (here.has(one.path)) counts.replaced++;
      else if (merge !== undefined || walSeq < firstSeq) {
        checkpointSeq = Math.max(checkpointSeq, Math.min(walSeq, firstSeq - 1));
        await adopt(options, one, checkpointSeq);
        counts.adopted++;
        for (const name of merge?.replaces ?? []) replaced.add(join(folder, name));
        continue;
      } else counts.orphans++;
      goes.push(one.path);
    }
    for (const path of options.listed.keys()) if (dirname(path) === folder && replaced.has(path)) goes.push(path);
    // What replaces them is on the medium before they go: a merge may have been interrupted right after it gave its file a name.
    if (goes.length > 0) await disk.syncDir(folder);
    for (const path of goes) await disk.unlink(path);
  }
  return { counts, checkpointSeq, replaced };
}

async function readUnknown(
  options: AdoptOptions,
  paths: readonly string[],
  counts: UnknownCounts,
): Promise<UnknownSegment[]> {
  const found: UnknownSegment[] = [];
  for (const path of paths) {
    if (path.endsWith(TEMPORARY_ENDING)) {
      await options.disk.unlink(path);
      counts.orphans++;
      continue;
    }
    const one = await readOrQuarantine(options, path);
    if (one === undefined) counts.damaged++;
    else found.push(one);
  }
  return found;
}

async function readOrQuarantine(options: AdoptOptions, path: string): Promise<UnknownSegment | undefined> {
  const { disk, dataFolder } = options;
  try {
    const { directory: bytes, fileBytes } = await readSegmentDirectory(disk, path);
    const directory = decodeDirectory(bytes, path);
    return { path, bytes, directory, summary: summaryOfDirectory(basename(path), directory, fileBytes) };
  } catch (error) {
    if (!(error instanceof LogError) || error.kind !== 'corrupt') throw error;
    const quarantinedAs = await moveToQuarantine(disk, dataFolder, path);
    const damage: StoreDamage = {
      kind: 'segment_unreadable',
      file: path,
      reason: error.message,
      quarantinedAs,
      lost: rowsByPath(path),
      cause: error,
    };
    await noteInQuarantine(disk, dataFolder, damage, options.nowMs);
    options.onDamage(damage);
    return undefined;
  }
}

/** Paths that merged segments of a folder replace: those that the index does not name, and those that it does. */
async function replacedPaths(
  options: AdoptOptions,
  folder: string,
  found: readonly UnknownSegment[],
): Promise<Set<string>> {
  const replaced = new Set<string>();
  const add = ({ merge }: Directory): void => {
    for (const name of merge?.replaces ?? []) replaced.add(join(folder, name));
  };
  for (const { directory } of found) add(directory);
  if (found.length === 0) return replaced;
  for (const { path, summary } of options.listed.values()) {
    if (summary.generation === 0 || dirname(path) !== folder) continue;
    const directory = await directoryOf(options, path, summary);
    if (directory !== undefined) add(directory);
  }
  return replaced;
}

/** Of a merged segment that the index names; undefined when it cannot be read any more: then it replaces nothing. */
async function directoryOf(
  { disk, index, onDamage }: AdoptOptions,
  path: string,
  { tenant, day, name }: SegmentSummary,
): Promise<Directory | undefined> {
  try {
    const bytes = await index.directory(tenant, day, name);
    return decodeDirectory(bytes ?? (await readSegmentDirectory(disk, path)).directory, path);
  } catch (error) {
    if (!(error instanceof LogError) || error.kind !== 'corrupt') throw error;
    onDamage({ kind: 'directory_copy', file: path, reason: error.message, quarantinedAs: undefined, cause: error });
    return undefined;
  }
}

/** Names a segment in the index, in one step with the end of what it replaces. */
async function adopt(options: AdoptOptions, one: UnknownSegment, checkpointSeq: number): Promise<void> {
  const { path, bytes, directory, summary } = one;
  const tenant = options.tenant(summary.tenant);
  const streams: StreamEntry[] = [];
  for (let i = 0; i < directory.streams.count; i++) {
    const stream = tenant.streamOf(directory.streams, i);
    if (stream.persisted) continue;
    stream.persisted = true;
    streams.push({ tenant: summary.tenant, streamId: stream.streamId, labels: stream.labels });
  }
  const removeSegments: SegmentSummary[] = [];
  for (const name of directory.merge?.replaces ?? []) {
    const other = join(dirname(path), name);
    const listed = options.listed.get(other)?.summary ?? options.missing.get(other);
    if (listed !== undefined) removeSegments.push(listed);
  }
  await options.index.commit({
    streams,
    addSegments: [{ summary, directory: bytes }],
    removeSegments,
    checkpointSeq,
  });
  tenant.addSegment(new StoredSegment(summary, path, options.nowMs));
}
