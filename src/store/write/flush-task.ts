import { join } from 'node:path';
import type { Disk } from '../../base/disk/disk.ts';
import { encodeDirectory, type SegmentIdentity } from '../../chunk/directory.ts';
import { SegmentBuilder } from '../../chunk/segment-builder.ts';
import { encodeFooter, SEGMENT_MAGIC } from '../../chunk/segment-file.ts';
import { type SegmentTables, writtenTables } from '../segments/open-directory.ts';
import { type FlushStreams, PageGatherer } from './gather-pages.ts';
import { giveBackWriterMemory, takeWriterMemory } from './writer-memory.ts';

/** Cuts head parts of one tenant and day into one segment file; plain data, runs in a worker. */
export interface FlushTask {
  readonly identity: SegmentIdentity;
  /** Folder and name of the file; the folder exists. */
  readonly folder: string;
  readonly name: string;
  readonly zstdLevel: number;
  readonly slabs: readonly SharedArrayBuffer[];
  /** In ascending label order. */
  readonly streams: FlushStreams;
}

export interface FlushResult {
  readonly directory: Uint8Array;
  /** The same, decoded. */
  readonly tables: SegmentTables;
  readonly fileBytes: number;
  readonly rowCount: number;
  readonly lineBytes: number;
  readonly minOffsetNs: number;
  readonly maxOffsetNs: number;
}

/** Line bytes gathered before they go to the builder: a few blocks, so that a huge stream is never copied whole. */
const GATHER_BYTES = 1024 * 1024;
/** Bytes written at once. */
const WRITE_BYTES = 4 * 1024 * 1024;

/**
 * Writes the segment under a temporary name, syncs it, renames it, and syncs the folder: what has its name is whole.
 *
 * @throws the error of the disk; the temporary file is removed
 */
export async function runFlushTask(task: FlushTask, disk: Disk): Promise<FlushResult> {
  const path = join(task.folder, task.name);
  const temporary = `${path}.tmp`;
  await disk.unlink(temporary);
  const file = await disk.create(temporary);
  let closed = false;
  const memory = takeWriterMemory();
  try {
    let pending: Uint8Array[] = [SEGMENT_MAGIC];
    let pendingBytes = SEGMENT_MAGIC.length;
    let written = 0;
    const builder = new SegmentBuilder(
      (bytes) => {
        pending.push(bytes);
        pendingBytes += bytes.length;
      },
      SEGMENT_MAGIC.length,
      task.zstdLevel,
      memory.filters,
      memory.builder,
    );
    const write = async (): Promise<void> => {
      const buffers = pending;
      const count = pendingBytes;
      pending = [];
      pendingBytes = 0;
      await file.write(buffers, written);
      written += count;
      memory.builder.frames.recycle();
    };
    const { labelBytes, labelEnds } = task.streams;
    // A buffer becomes a plain array on its way to a thread.
    const labels = Buffer.from(labelBytes.buffer, labelBytes.byteOffset, labelBytes.length);
    const pages = new PageGatherer(memory.columns, task.slabs, task.streams, GATHER_BYTES);
    for (let stream = 0; stream < task.streams.count; stream++) {
      builder.beginEncodedStream(labels, stream === 0 ? 0 : labelEnds[stream - 1]!, labelEnds[stream]!);
      pages.begin(stream);
      for (let rows = pages.next(); rows !== undefined; rows = pages.next()) {
        builder.addRows(rows);
        if (pendingBytes >= WRITE_BYTES) await write();
      }
    }
    const made = builder.finish(task.identity);
    const directory = encodeDirectory(made, memory.builder.directory);
    const tables = writtenTables(made);
    const footer = encodeFooter(builder.fileOffset, directory);
    pending.push(directory, footer);
    pendingBytes += directory.length + footer.length;
    await write();
    await file.datasync();
    await file.close();
    closed = true;
    await disk.rename(temporary, path);
    await disk.syncDir(task.folder);
    const { rowCount, lineBytes, minOffsetNs, maxOffsetNs } = builder;
    return { directory, tables, fileBytes: written, rowCount, lineBytes, minOffsetNs, maxOffsetNs };
  } catch (error) {
    if (!closed) await file.close();
    await disk.unlink(temporary);
    throw error;
  } finally {
    giveBackWriterMemory(memory);
  }
}
