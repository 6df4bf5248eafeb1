import type { Disk } from '../../base/disk/disk.ts';
import { SyncFile } from '../../base/disk/sync-file.ts';
import { LogError } from '../../base/errors.ts';
import { checkDirectory, decodeFooter, FOOTER_BYTES, SEGMENT_MAGIC } from '../../chunk/segment-file.ts';

/** A directory larger than this is damage, not a directory. */
const MAX_DIRECTORY_BYTES = 1 << 30;

/**
 * Reads the directory at the end of a segment file, all of its checksums checked.
 *
 * @throws LogError CHUNK_CORRUPT
 */
export async function readSegmentDirectory(
  disk: Disk,
  path: string,
): Promise<{ directory: Uint8Array; fileBytes: number; directoryOffset: number }> {
  const file = await disk.openRead(path);
  try {
    const fileBytes = await file.sizeBytes();
    const magic = Buffer.alloc(SEGMENT_MAGIC.length);
    await file.read(magic, 0);
    checkFrame(magic, fileBytes, path);
    const footer = Buffer.alloc(FOOTER_BYTES);
    await file.read(footer, fileBytes - FOOTER_BYTES);
    const place = placeOfDirectory(footer, fileBytes, path);
    const directory = new Uint8Array(place.length);
    const found = await file.read(directory, place.offset);
    checkRead(directory, found, place.crc, path);
    return { directory, fileBytes, directoryOffset: place.offset };
  } finally {
    await file.close();
  }
}

/**
 * The same at once, for a query that finds the copy in the index damaged.
 *
 * @throws LogError CHUNK_CORRUPT; the error of the system when the file cannot be read at all
 */
export function readSegmentDirectorySync(path: string): Uint8Array {
  const file = new SyncFile(path);
  try {
    const fileBytes = file.sizeBytes();
    const magic = Buffer.alloc(SEGMENT_MAGIC.length);
    file.read(magic, magic.length, 0);
    checkFrame(magic, fileBytes, path);
    const footer = Buffer.alloc(FOOTER_BYTES);
    file.read(footer, FOOTER_BYTES, fileBytes - FOOTER_BYTES);
    const place = placeOfDirectory(footer, fileBytes, path);
    const directory = new Uint8Array(place.length);
    const found = file.read(directory, place.length, place.offset);
    checkRead(directory, found, place.crc, path);
    return directory;
  } finally {
    file.close();
  }
}

function checkFrame(magic: Buffer, fileBytes: number, path: string): void {
  if (fileBytes >= SEGMENT_MAGIC.length + FOOTER_BYTES && magic.equals(SEGMENT_MAGIC)) return;
  throw new LogError('CHUNK_CORRUPT', `${path}: ${fileBytes} bytes that do not begin as a segment`);
}

function placeOfDirectory(
  footer: Buffer,
  fileBytes: number,
  path: string,
): { offset: number; length: number; crc: number } {
  const place = decodeFooter(footer, fileBytes, path);
  if (place.length > MAX_DIRECTORY_BYTES)
    throw new LogError('CHUNK_CORRUPT', `${path}: directory of ${place.length} bytes`);
  return place;
}

function checkRead(directory: Uint8Array, found: number, crc: number, path: string): void {
  if (found !== directory.length)
    throw new LogError('CHUNK_CORRUPT', `${path}: directory ends after ${found} of ${directory.length} bytes`);
  checkDirectory(directory, crc, path);
}
