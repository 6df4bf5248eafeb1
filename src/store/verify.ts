import { crc32c } from '../base/crc32c.ts';
import type { Disk } from '../base/disk.ts';
import { LogError } from '../base/errors.ts';
import { BlockReader } from '../chunk/block-reader.ts';
import { REF_FIELDS, writeBlockRef } from '../chunk/block-ref.ts';
import { BLOCK_FIELDS, type Directory, decodeDirectory } from '../chunk/directory.ts';
import { listSegments } from './recover.ts';
import { readSegmentDirectory } from './segment-directory.ts';

export interface VerifyReport {
  readonly segments: number;
  readonly blocks: number;
  readonly rows: number;
  /** One sentence for each thing that is wrong, with its file. */
  readonly problems: readonly string[];
}

/** Reads every byte of every segment: all checksums, and that every block decodes to the rows its directory promises. */
export async function verifySegments(disk: Disk, dataFolder: string): Promise<VerifyReport> {
  const problems: string[] = [];
  let segments = 0;
  let blocks = 0;
  let rows = 0;
  const reader = new BlockReader(true);
  for (const path of await listSegments(disk, dataFolder)) {
    segments++;
    try {
      const { directory: bytes } = await readSegmentDirectory(disk, path);
      const directory = decodeDirectory(bytes, path);
      await checkFilters(disk, path, directory);
      const count = directory.blocks.length / BLOCK_FIELDS;
      const ref = new Float64Array(REF_FIELDS);
      for (let block = 0; block < count; block++) {
        ref.fill(0);
        writeBlockRef(directory, block, ref, 0);
        blocks++;
        try {
          rows += reader.read(path, ref, 0, { lines: true, metadata: true }).rowCount;
        } catch (error) {
          problems.push(`block ${block}: ${textOf(error)}`);
        }
      }
    } catch (error) {
      problems.push(textOf(error));
    }
  }
  reader.frames.close();
  return { segments, blocks, rows, problems };
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
