import { dirname, join } from 'node:path';
import { crc32c } from '../../base/crc32c.ts';
import { type Disk, systemCode } from '../../base/disk/disk.ts';
import { LogError } from '../../base/errors.ts';
import { BlockReader } from '../../chunk/block-reader.ts';
import { BLOCK_FIELDS, type Directory, decodeDirectory, LEVEL_COUNTERS } from '../../chunk/directory.ts';
import { readSegmentDirectory } from '../segments/segment-directory.ts';
import { listSegments } from './recover.ts';

export interface VerifyReport {
  readonly segments: number;
  readonly blocks: number;
  readonly rows: number;
  /** One sentence for each thing that is wrong, with its file. */
  readonly problems: readonly string[];
}

/**
 * Reads every byte of every segment: all checksums, and that every block decodes to the rows its directory promises. A segment whose rows
 * are in a merged one, which the next start removes, is read too, but counts for nothing.
 */
export async function verifySegments(disk: Disk, dataFolder: string): Promise<VerifyReport> {
  const problems: string[] = [];
  const found = new Map<string, { blocks: number; rows: number }>();
  const replaced = new Set<string>();
  const reader = new BlockReader(true);
  for (const path of await listSegments(disk, dataFolder)) {
    try {
      const { directory: bytes } = await readSegmentDirectory(disk, path);
      const directory = decodeDirectory(bytes, path, { levelCounts: true });
      for (const name of directory.merge?.replaces ?? []) replaced.add(join(dirname(path), name));
      await checkFilters(disk, path, directory);
      found.set(path, checkBlocks(reader, path, directory, problems));
    } catch (error) {
      // A server that runs on the folder has merged the segment meanwhile.
      if (systemCode(error) === 'ENOENT') continue;
      found.set(path, { blocks: 0, rows: 0 });
      problems.push(textOf(error));
    }
  }
  reader.frames.close();
  const counted = [...found].filter(([path]) => !replaced.has(path)).map(([, counts]) => counts);
  return {
    segments: counted.length,
    blocks: counted.reduce((sum, { blocks }) => sum + blocks, 0),
    rows: counted.reduce((sum, { rows }) => sum + rows, 0),
    problems,
  };
}

function checkBlocks(
  reader: BlockReader,
  path: string,
  directory: Directory,
  problems: string[],
): { blocks: number; rows: number } {
  const blocks = directory.blocks.length / BLOCK_FIELDS;
  const segment = { path, blocks: directory.blocks, frames: directory.frames };
  let rows = 0;
  for (let block = 0; block < blocks; block++) {
    try {
      const { rowCount, levels } = reader.read(segment, block, { lines: true, metadata: true });
      rows += rowCount;
      if (!hasLevels(directory, block, levels.subarray(0, rowCount)))
        problems.push(`block ${block} of ${path}: levels of its rows are not those that the directory counts`);
    } catch (error) {
      problems.push(`block ${block}: ${textOf(error)}`);
    }
  }
  return { blocks, rows };
}

/** Whether a block has as many rows of each level as its directory says. */
function hasLevels({ levelCounts }: Directory, block: number, levels: Uint8Array): boolean {
  const counts = new Uint32Array(LEVEL_COUNTERS);
  for (const level of levels) counts[Math.min(level, LEVEL_COUNTERS - 1)]!++;
  return counts.every((count, level) => count === levelCounts?.[block * LEVEL_COUNTERS + level]);
}

async function checkFilters(disk: Disk, path: string, { filterSection }: Directory): Promise<void> {
  const { offset, length, crc } = filterSection;
  const section = new Uint8Array(length);
  const file = await disk.openRead(path);
  try {
    const found = crc32c(section, 0, await file.read(section, offset));
    if (found !== crc)
      throw new LogError('CHUNK_CORRUPT', `${path}: skip filters at ${offset}: checksum ${found}, expected ${crc}`);
  } finally {
    await file.close();
  }
}

function textOf(error: unknown): string {
  if (error instanceof LogError && error.kind === 'corrupt') return error.message;
  throw error;
}
