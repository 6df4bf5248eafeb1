import { basename, join } from 'node:path';
import type { Matcher } from '../../../grammar/ast.ts';
import { crc32c } from '../../base/crc32c.ts';
import type { Disk, DiskFile } from '../../base/disk/disk.ts';
import { SyncFile } from '../../base/disk/sync-file.ts';
import { LogError } from '../../base/errors.ts';
import { BlockReader } from '../../chunk/block-reader.ts';
import { BuilderMemory } from '../../chunk/builder-memory.ts';
import {
  type Directory,
  type DirectoryTables,
  decodeDirectory,
  encodeDirectory,
  F_COMPRESSED,
  F_CRC,
  F_OFFSET,
  FRAME_FIELDS,
  type SegmentIdentity,
} from '../../chunk/directory.ts';
import { SegmentBuilder } from '../../chunk/segment-builder.ts';
import { encodeFooter, SEGMENT_MAGIC } from '../../chunk/segment-file.ts';
import type { SegmentSummary } from '../../index/values.ts';
import type { HiddenRows, RowHider } from '../../model/hidden-rows.ts';
import { type Labels, labelValue } from '../../model/labels.ts';
import { compileMatcher } from '../../model/matcher.ts';
import { dayStartNs } from '../../model/time.ts';
import { storedMetadata } from '../read/row-set.ts';
import { type SegmentTables, writtenTables } from '../segments/open-directory.ts';
import { readSegmentDirectorySync } from '../segments/segment-directory.ts';
import { type MergeControl, MergePace } from './merge-pace.ts';
import type { MergeSource } from './merge-source.ts';
import { type MergeCounts, type RowRemover, StreamMerger } from './merge-streams.ts';
import { giveBackWriterMemory, takeWriterMemory } from './writer-memory.ts';

/** Joins segments of one tenant and day into one file; plain data, runs in a worker. */
export interface MergeTask {
  readonly tenant: string;
  readonly day: number;
  /** Start of the process that merges. */
  readonly writer: string;
  /** One more than the highest level of the sources. */
  readonly level: number;
  readonly zstdLevel: number;
  /** Whether the directory is wanted decoded, too: those of the sources are in memory. */
  readonly wantsTables: boolean;
  readonly folder: string;
  readonly name: string;
  /** Paths in order of arrival, and the zstd level that their frames have. */
  readonly sources: readonly { readonly path: string; readonly zstdLevel: number }[];
  /** Rows before this time of the day have expired. */
  readonly fromNs: number;
  /** Rows that are to go; absent: none. */
  readonly removes?: readonly RemovedRows[] | undefined;
  readonly cpuPercent: number;
  /** Nothing comes in: done in the thread that writes segments, which has its memory already, and left when a flush is due. */
  readonly inQuiet: boolean;
  readonly control: MergeControl;
}

/** Rows to be removed from the streams that matchers take. */
export interface RemovedRows extends HiddenRows {
  readonly matchers: readonly Matcher[];
}

export interface MergeResult extends MergeCounts {
  /** Absent when no row was left: then there is no file. */
  readonly segment?: MergedSegment;
  readonly workedMs: number;
}

export interface MergedSegment {
  readonly summary: SegmentSummary;
  readonly directory: Uint8Array;
  /** The same, decoded, where that was wanted. */
  readonly tables: SegmentTables | undefined;
  /** Of each of its streams, a source that has it and the number that it has there. */
  readonly origins: Uint32Array;
}

/** Bytes written at once. */
const WRITE_BYTES = 1024 * 1024;

/** Skip filters checked at once. */
const CHECK_BYTES = 64 * 1024;

/**
 * Writes the merged segment under a temporary name, syncs it, renames it, and syncs the folder: what has its name is whole.
 *
 * @param tidy called when much of what was made is not needed any more
 * @param hide tells which rows are removed; not needed by tasks that remove none
 * @throws LogError CHUNK_CORRUPT when a source cannot be read whole, SHUTTING_DOWN when it was told to end; the error of the disk. The
 * temporary file is then removed
 */
export async function runMergeTask(
  task: MergeTask,
  disk: Disk,
  tidy: () => void = () => undefined,
  hide?: RowHider,
): Promise<MergeResult> {
  const path = join(task.folder, task.name);
  const temporary = `${path}.tmp`;
  const opened: { close(): void }[] = [];
  await disk.unlink(temporary);
  const file = await disk.create(temporary);
  const output = new SegmentOutput(file);
  const pace = new MergePace(task.control, task.cpuPercent);
  const memory = takeWriterMemory();
  let closed = false;
  try {
    const labelSets = new Map<string, Labels>();
    const sources = task.sources.map((source) => openSource(source, task.zstdLevel, opened, labelSets));
    // Directories were decompressed for it.
    tidy();
    const builder = new SegmentBuilder(
      (bytes) => output.add(bytes),
      SEGMENT_MAGIC.length,
      task.zstdLevel,
      memory.filters,
      memory.builder,
    );
    const merger = new StreamMerger(sources, builder, task.fromNs, removerOf(task, hide));
    for (const _ of merger.run()) {
      if (output.pendingBytes >= WRITE_BYTES) {
        await output.write();
        memory.builder.frames.recycle();
        tidy();
      }
      if (pace.isDue) await pace.turn();
    }
    await pace.turn();
    if (builder.rowCount === 0) {
      await file.close();
      closed = true;
      await disk.unlink(temporary);
      return { ...merger.counts, workedMs: pace.workedMs };
    }
    const made = builder.finish(identityOf(task, sources));
    const directory = encodeDirectory(made, memory.builder.directory);
    const tables = task.wantsTables ? writtenTables(made) : undefined;
    output.add(directory);
    output.add(encodeFooter(builder.fileOffset, directory));
    await output.write();
    await file.datasync();
    await file.close();
    closed = true;
    await disk.rename(temporary, path);
    await disk.syncDir(task.folder);
    const summary = summaryOf(task, builder, output.writtenBytes);
    const origins = Uint32Array.from(merger.origins);
    return { ...merger.counts, segment: { summary, directory, tables, origins }, workedMs: pace.workedMs };
  } catch (error) {
    if (!closed) await file.close();
    await disk.unlink(temporary);
    throw error;
  } finally {
    for (const each of opened) each.close();
    // Larger than what a flush or a smaller merge needs.
    memory.builder = new BuilderMemory();
    giveBackWriterMemory(memory);
  }
}

/** Tells which rows of a stream go. */
function removerOf({ removes = [], day }: MergeTask, hide: RowHider | undefined): RowRemover | undefined {
  if (removes.length === 0) return undefined;
  if (hide === undefined) throw new LogError('INTERNAL', 'rows are to be removed, and nobody can tell which');
  const compiled = removes.map(({ matchers, ...rows }) => ({ rows, matchers: matchers.map(compileMatcher) }));
  return {
    ofStream: (labels) =>
      compiled
        .filter(({ matchers }) => matchers.every(({ name, matches }) => matches(labelValue(labels, name) ?? '')))
        .map(({ rows }) => rows),
    hide: (labels, rows, hidden) => {
      const metadata = storedMetadata(rows.levels, rows.columns, rows.rowCount);
      return hide(
        {
          ...rows,
          streamLabels: labels,
          dayStartNs: dayStartNs(day),
          metadataId: (row) => metadata.id(row),
          metadata: (id) => metadata.labels(id),
        },
        hidden,
      );
    },
  };
}

/** Whose rows these are: all sources, and all that they stand for themselves. */
function identityOf(task: MergeTask, sources: readonly MergeSource[]): SegmentIdentity {
  const replaces = new Set<string>();
  let walSeq = 0;
  for (const { path, directory } of sources) {
    replaces.add(basename(path));
    for (const name of directory.merge?.replaces ?? []) replaces.add(name);
    walSeq = Math.max(walSeq, directory.walSeq);
  }
  const { tenant, day, writer, level, zstdLevel } = task;
  const merge = { level, zstdLevel, replaces: [...replaces] };
  return { tenant, day, generation: 0, part: 0, parts: 1, walSeq, writer, merge };
}

function summaryOf(task: MergeTask, builder: SegmentBuilder, fileBytes: number): SegmentSummary {
  const { tenant, day, name, level, zstdLevel } = task;
  const { rowCount, lineBytes, minOffsetNs, maxOffsetNs, streamCount } = builder;
  return {
    tenant,
    day,
    name,
    generation: level,
    rowCount,
    lineBytes,
    fileBytes,
    chunkCount: streamCount,
    minOffsetNs,
    maxOffsetNs,
    streamCount,
    zstdLevel,
  };
}

/** The bytes of a segment file on their way to disk. */
class SegmentOutput {
  readonly #file: DiskFile;
  #pending: Uint8Array[] = [SEGMENT_MAGIC];
  pendingBytes: number = SEGMENT_MAGIC.length;
  writtenBytes = 0;

  constructor(file: DiskFile) {
    this.#file = file;
  }

  add(bytes: Uint8Array): void {
    this.#pending.push(bytes);
    this.pendingBytes += bytes.length;
  }

  async write(): Promise<void> {
    const pending = this.#pending;
    const count = this.pendingBytes;
    this.#pending = [];
    this.pendingBytes = 0;
    await this.#file.write(pending, this.writtenBytes);
    this.writtenBytes += count;
  }
}

function openSource(
  source: MergeTask['sources'][number],
  zstdLevel: number,
  opened: { close(): void }[],
  labelSets: Map<string, Labels>,
): MergeSource {
  const { path } = source;
  // The tally is made anew.
  const decoded = decodeDirectory(readSegmentDirectorySync(path), path, { tally: false });
  const { streams: _, ...directory } = decoded;
  const file = new SyncFile(path);
  const reader = new BlockReader(true, undefined, true);
  opened.push(file, reader.frames);
  const { blocks, frames } = directory;
  return {
    path,
    directory,
    streams: sharedLabels(decoded, labelSets),
    filter: filterReader(file, directory),
    reader,
    mayCopy: source.zstdLevel >= zstdLevel,
    blocks: { path, blocks, frames },
    readFrame: (frame) => {
      const at = frame * FRAME_FIELDS;
      return readChecked(file, frames[at + F_OFFSET]!, frames[at + F_COMPRESSED]!, frames[at + F_CRC]!);
    },
  };
}

/** Labels of the streams of a directory, in sets that all sources share. */
function sharedLabels({ streams }: Directory, labelSets: Map<string, Labels>): Labels[] {
  return Array.from({ length: streams.count }, (_, i) => {
    const key = streams.key(i);
    const labels = labelSets.get(key) ?? streams.labels(i);
    labelSets.set(key, labels);
    return labels;
  });
}

/** Reads skip filters one at a time, each over the one before: of a large segment all together are megabytes. They are checked as a whole. */
function filterReader(file: SyncFile, { filterSection }: DirectoryTables): MergeSource['filter'] {
  const { offset, length, crc } = filterSection;
  let piece: Buffer | undefined;
  const read = (at: number, count: number): Buffer => {
    if (piece === undefined || piece.length < count) piece = Buffer.allocUnsafeSlow(count);
    if (file.read(piece, count, offset + at) !== count)
      throw new LogError('CHUNK_CORRUPT', `${file.path}: skip filters at ${offset} end behind the file`);
    return piece.subarray(0, count);
  };
  const check = (): void => {
    let found = 0;
    for (let at = 0; at < length; at += CHECK_BYTES) {
      const bytes = read(at, Math.min(CHECK_BYTES, length - at));
      found = crc32c(bytes, 0, bytes.length, found);
    }
    if (found !== crc)
      throw new LogError(
        'CHUNK_CORRUPT',
        `${file.path}: skip filters at ${offset}: checksum ${found}, expected ${crc}`,
      );
  };
  let isChecked = false;
  return (start, count) => {
    if (!isChecked) check();
    isChecked = true;
    return read(start, count);
  };
}

function readChecked(file: SyncFile, offset: number, length: number, crc: number): Uint8Array {
  if (offset + length > file.sizeBytes())
    throw new LogError('CHUNK_CORRUPT', `${file.path}: ${length} bytes at ${offset} end behind the file`);
  const bytes = Buffer.allocUnsafeSlow(length);
  file.read(bytes, length, offset);
  const found = crc32c(bytes);
  if (found !== crc)
    throw new LogError('CHUNK_CORRUPT', `${file.path} at ${offset}: checksum ${found}, expected ${crc}`);
  return bytes;
}
