import { dirname, join } from 'node:path';
import { type Disk, type DiskFile, systemCode } from '../base/disk/disk.ts';
import { LogError } from '../base/errors.ts';
import { type WalFileName, type WalRecord, walFileNames } from './format.ts';
import { readWalFile, type WalFileContent, type WalGap } from './reader.ts';

/** Bytes copied at once into quarantine. */
const COPY_BYTES = 1024 * 1024;

/** Bytes of the log in which nothing could be read. The server goes on; somebody has to hear of it. */
export interface WalDamage {
  readonly file: string;
  readonly startByte: number;
  readonly endByte: number;
  readonly reason: string;
  /** Copy of the bytes; undefined when the copy failed, and `cause` says why. */
  readonly quarantinedAs: string | undefined;
  readonly cause?: unknown;
}

export interface ReplayOptions {
  readonly disk: Disk;
  /** Folder of the log; need not exist. */
  readonly dir: string;
  /** Where damaged bytes are copied to; `quarantine` beside `dir` when not given. */
  readonly quarantineDir?: string;
  /** Segments up to this one are left out: their rows are all stored elsewhere. */
  readonly afterSeq: number;
  /** Called for each record in the order of the log; the body is valid until it returns. */
  apply(record: WalRecord, seq: number): void;
  onDamage(damage: WalDamage): void;
}

export interface ReplayResult {
  /** Largest segment number among the files, replayed or not; `afterSeq` when there are none. */
  readonly lastSeq: number;
  readonly records: number;
  /** Bytes of intact headers and records. */
  readonly bytes: number;
  /** Bytes cut off the end of the last file: a write that the crash interrupted, so nobody was promised them. */
  readonly tornBytes: number;
}

/**
 * Hands every intact record of the log to `apply`. A torn tail of the last file is normal and cut off; any other stretch
 * without records is damage: copied to quarantine, reported, and skipped.
 *
 * @throws LogError FORMAT_UNKNOWN when a file is of a version that this program does not know; WAL_CORRUPT when a file cannot be read
 * at all; what `apply` throws
 */
export async function replayWal(options: ReplayOptions): Promise<ReplayResult> {
  const { disk, dir, afterSeq } = options;
  const files = walFileNames(await disk.list(dir));
  const last = files.at(-1);
  const total = { records: 0, bytes: 0, tornBytes: 0 };
  for (const name of files) {
    if (name.seq <= afterSeq) continue;
    const path = join(dir, name.name);
    const content = await readContent(disk, path, name, (record) => options.apply(record, name.seq));
    total.records += content.records;
    total.bytes += content.goodBytes;
    const torn = name === last ? tornTail(content) : undefined;
    if (content.sizeBytes === 0) {
      if (name === last) await cutTail(disk, dir, path, 0);
      else options.onDamage(await quarantine(options, path, name, EMPTY_FILE));
    }
    for (const gap of content.gaps) {
      if (gap !== torn) options.onDamage(await quarantine(options, path, name, gap));
    }
    if (torn === undefined) continue;
    total.tornBytes += torn.endByte - torn.startByte;
    await cutTail(disk, dir, path, torn.startByte);
  }
  return { lastSeq: Math.max(afterSeq, last?.seq ?? 0), ...total };
}

/** No file but the last one is empty: it gets its first record as it is made. */
const EMPTY_FILE: WalGap = { startByte: 0, endByte: 0, reason: 'the file is empty', isWhole: false };

async function readContent(
  disk: Disk,
  path: string,
  name: WalFileName,
  apply: (record: WalRecord) => void,
): Promise<WalFileContent> {
  const file = await disk.openRead(path);
  try {
    return await readWalFile(file, name, apply);
  } catch (error) {
    if (systemCode(error) !== 'EIO') throw error;
    throw new LogError('WAL_CORRUPT', `cannot read ${path}: the disk answers with an error`, {
      cause: error,
      details: { path },
    });
  } finally {
    await file.close();
  }
}

/** The gap that reaches the end of the file, if there is one that an interrupted write may have left. */
function tornTail(content: WalFileContent): WalGap | undefined {
  const gap = content.gaps.at(-1);
  return gap?.endByte === content.sizeBytes && !gap.isWhole ? gap : undefined;
}

/** Cuts a torn tail off, so that the file is whole when it is no longer the last one; a file of nothing else goes. */
async function cutTail(disk: Disk, dir: string, path: string, goodBytes: number): Promise<void> {
  if (goodBytes === 0) {
    await disk.unlink(path);
    await disk.syncDir(dir);
    return;
  }
  const file = await disk.openWrite(path);
  try {
    await file.truncate(goodBytes);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Copies a gap; a failure to do so is part of the report, since it must not stop the start of the server. */
async function quarantine(options: ReplayOptions, path: string, name: WalFileName, gap: WalGap): Promise<WalDamage> {
  const { disk, dir } = options;
  const folder = options.quarantineDir ?? join(dirname(dir), 'quarantine');
  const copy = join(folder, `${name.name}.${gap.startByte}-${gap.endByte}`);
  const damage = { file: path, startByte: gap.startByte, endByte: gap.endByte, reason: gap.reason };
  try {
    await disk.mkdir(folder);
    // An earlier start that found the same damage has left the same bytes, or a part of them.
    await disk.unlink(copy);
    await copyRange(disk, path, copy, gap);
    await disk.syncDir(folder);
    return { ...damage, quarantinedAs: copy };
  } catch (cause) {
    return { ...damage, quarantinedAs: undefined, cause };
  }
}

async function copyRange(disk: Disk, from: string, to: string, gap: WalGap): Promise<void> {
  const source: DiskFile = await disk.openRead(from);
  try {
    const target = await disk.create(to);
    try {
      for (let at = gap.startByte; at < gap.endByte; at += COPY_BYTES) {
        const bytes = new Uint8Array(Math.min(COPY_BYTES, gap.endByte - at));
        await target.write([bytes.subarray(0, await source.read(bytes, at))], at - gap.startByte);
      }
      await target.datasync();
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}
