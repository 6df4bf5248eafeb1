import type { Disk } from '../base/disk.ts';
import { LogError } from '../base/errors.ts';
import { SyncFile } from '../base/sync-file.ts';
import { checkDirectory, decodeFooter, FOOTER_BYTES, SEGMENT_MAGIC } from '../chunk/segment-file.ts';

/** A directory larger than this is damage, not a directory. */
const MAX_DIRECTORY_BYTES = 1 << 30;

/**
 * Reads the directory at the end of a segment file, all of its checksums checked.
 *
 * @throws LogError CHUNK_CORRUPT
 */
export async function readSegmentDirectory(disk: Disk, path: string): Promise<{ directory: Uint8Array; fileBytes: number; directoryOffset: number }> {
  const file = await disk.openRead(path);
  try {
    const fileBytes = await file.sizeBytes();
    const magic = Buffer.alloc(SEGMENT_MAGIC.length);
    await file.read(magic, 0);
    if (fileBytes < SEGMENT_MAGIC.length + FOOTER_BYTES || !magic.equals(SEGMENT_MAGIC)) {
      throw new LogError('CHUNK_CORRUPT', `${path}: ${fileBytes} bytes that do not begin as a segment`);
    }
    const footer = Buffer.alloc(FOOTER_BYTES);
    await file.read(footer, fileBytes - FOOTER_BYTES);
    const { offset, length, crc } = decodeFooter(footer, fileBytes, path);
    if (length > MAX_DIRECTORY_BYTES) throw new LogError('CHUNK_CORRUPT', `${path}: directory of ${length} bytes`);
    const directory = new Uint8Array(length);
    const found = await file.read(directory, offset);
    if (found !== length) throw new LogError('CHUNK_CORRUPT', `${path}: directory ends after ${found} of ${length} bytes`);
    checkDirectory(directory, crc, path);
    return { directory, fileBytes, directoryOffset: offset };
  } finally {
    await file.close();
  }
}
