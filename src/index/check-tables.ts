import { join } from 'node:path';
import snappy from 'snappy';
import { crc32c } from '../base/crc32c.ts';
import type { Disk } from '../base/disk/disk.ts';
import { LogError } from '../base/errors.ts';
import { VarintReader } from '../base/varint.ts';

/**
 * Checks LevelDB's table files before LevelDB opens them. It reads tables without looking at their checksums and takes damaged keys for
 * its own mistakes: the process would end, at this start and at every other.
 *
 *   table   | block | type u8 | crc u32 | ... | index block | type | crc | footer 48: handles of two blocks, magic 8 |
 *   handle  | offset varint | size varint |      index entry | shared, own, value length varints | key | value: a handle |
 */

const FOOTER_BYTES = 48;
const TABLE_MAGIC = Buffer.from('57fb808b247547db', 'hex');
/** Type and checksum behind each block. */
const TRAILER_BYTES = 5;
const TYPE_SNAPPY = 1;
const MASK_DELTA = 0xa282ead8;
/** Tables have 2 MiB, or one large value. */
const MAX_TABLE_BYTES = 1 << 30;
/** Bytes that a start checks; what is left is read unchecked, as LevelDB does, rather than make every start wait for it. */
const MAX_CHECKED_BYTES = 512 * 1024 * 1024;

/** @throws LogError INDEX_CORRUPT naming the file */
export async function checkTables(disk: Disk, folder: string): Promise<void> {
  let left = MAX_CHECKED_BYTES;
  const names = (await disk.list(folder)).filter((name) => name.endsWith('.ldb') || name.endsWith('.sst'));
  // The newest first: tables are numbered in the order in which they were written.
  for (const name of names.reverse()) {
    const path = join(folder, name);
    const size = (await disk.stat(path))?.sizeBytes ?? 0;
    if (size > left) continue;
    left -= size;
    const table = await disk.readAll(path, MAX_TABLE_BYTES);
    if (table !== undefined && !isWhole(Buffer.from(table.buffer, table.byteOffset, table.byteLength)))
      throw new LogError('INDEX_CORRUPT', `${path}: a checksum is wrong`);
  }
}

function isWhole(table: Buffer): boolean {
  const footerAt = table.length - FOOTER_BYTES;
  if (footerAt < 0 || !table.subarray(table.length - TABLE_MAGIC.length).equals(TABLE_MAGIC)) return false;
  const footer = new VarintReader(table, footerAt);
  // First the block that names the filter, then the one that names the blocks of entries.
  return isTreeWhole(table, readHandle(footer)) && isTreeWhole(table, readHandle(footer));
}

/** A block of handles, and all that it points to. */
function isTreeWhole(table: Buffer, root: Handle): boolean {
  if (!isBlockWhole(table, root)) return false;
  const entries = blockContent(table, root);
  // Behind the entries: offsets of restarts, and their number.
  const restarts = entries.readUInt32LE(entries.length - 4);
  const reader = new VarintReader(entries, 0, entries.length - 4 - 4 * restarts);
  while (reader.offset < reader.end) {
    reader.next();
    const ownBytes = reader.next();
    const valueBytes = reader.next();
    reader.offset += ownBytes;
    const valueAt = reader.offset;
    if (!isBlockWhole(table, readHandle(reader))) return false;
    reader.offset = valueAt + valueBytes;
  }
  return true;
}

interface Handle {
  readonly offset: number;
  readonly size: number;
}

function readHandle(reader: VarintReader): Handle {
  return { offset: reader.next(), size: reader.next() };
}

function isBlockWhole(table: Buffer, { offset, size }: Handle): boolean {
  if (offset < 0 || size < 0 || offset + size + TRAILER_BYTES > table.length) return false;
  const crc = crc32c(table, offset, offset + size + 1);
  const masked = (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
  return table.readUInt32LE(offset + size + 1) === masked;
}

/** Of a block whose checksum is right. */
function blockContent(table: Buffer, { offset, size }: Handle): Buffer {
  const bytes = table.subarray(offset, offset + size);
  return table[offset + size] === TYPE_SNAPPY ? (snappy.uncompressSync(bytes, { asBuffer: true }) as Buffer) : bytes;
}
