import { crc32c } from '../base/crc32c.ts';
import { LogError } from '../base/errors.ts';

/**
 * The frame of a segment file: magic, then frames, then the directory, then a footer of fixed size that finds and checks it.
 * Format: docs/format/segment.md.
 */

export const SEGMENT_MAGIC: Buffer = Buffer.from('HLGSEG1\n');
export const FOOTER_MAGIC: Buffer = Buffer.from('HLGEND1\n');
/** u64 directory offset, u32 directory bytes, u32 its CRC32C, u32 CRC32C of the 16 bytes before, 4 zero bytes, magic. */
export const FOOTER_BYTES = 32;

export function encodeFooter(directoryOffset: number, directory: Uint8Array): Buffer {
  const footer = Buffer.alloc(FOOTER_BYTES);
  footer.writeBigUInt64LE(BigInt(directoryOffset), 0);
  footer.writeUInt32LE(directory.length, 8);
  footer.writeUInt32LE(crc32c(directory), 12);
  footer.writeUInt32LE(crc32c(footer.subarray(0, 16)), 16);
  FOOTER_MAGIC.copy(footer, 24);
  return footer;
}

/** @throws LogError CHUNK_CORRUPT with file, offset, what was expected and what was found */
export function decodeFooter(
  footer: Buffer,
  fileBytes: number,
  where: string,
): { offset: number; length: number; crc: number } {
  if (footer.length !== FOOTER_BYTES || footer.readUInt32LE(20) !== 0 || !footer.subarray(24).equals(FOOTER_MAGIC)) {
    throw new LogError(
      'CHUNK_CORRUPT',
      `${where}: no footer at ${fileBytes - FOOTER_BYTES}, the file is cut or not a segment`,
    );
  }
  const expected = footer.readUInt32LE(16);
  const found = crc32c(footer.subarray(0, 16));
  if (expected !== found)
    throw new LogError('CHUNK_CORRUPT', `${where}: footer checksum ${found}, expected ${expected}`);
  const offset = Number(footer.readBigUInt64LE(0));
  const length = footer.readUInt32LE(8);
  if (offset + length + FOOTER_BYTES !== fileBytes) {
    throw new LogError(
      'CHUNK_CORRUPT',
      `${where}: directory at ${offset}+${length} does not end at the footer of a file of ${fileBytes} bytes`,
    );
  }
  return { offset, length, crc: footer.readUInt32LE(12) };
}

/** Checks the directory's own checksum. */
export function checkDirectory(directory: Uint8Array, crc: number, where: string): void {
  const found = crc32c(directory);
  if (found !== crc) throw new LogError('CHUNK_CORRUPT', `${where}: directory checksum ${found}, expected ${crc}`);
}
