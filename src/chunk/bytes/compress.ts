import { zstdDecompressSync } from 'node:zlib';
import { LogError } from '../../base/errors.ts';
import { createZstdEncoder, type ZstdEncoder } from '../zstd/zstd-encoder.ts';

/** Codec byte of a frame. */
export const CODEC_STORED = 0;
export const CODEC_ZSTD = 1;
/** Of frames of lines; see template-format.ts. */
export const CODEC_TEMPLATES = 2;

/** Below this many bytes a zstd header costs more than it saves. */
const MIN_COMPRESS_BYTES = 64;

export interface CompressedFrame {
  readonly codec: number;
  readonly bytes: Uint8Array;
}

/** Of this thread, by level. */
const encoders = new Map<number, ZstdEncoder>();

/**
 * Compresses a frame; keeps it as it is when that is not smaller. The result is overwritten by the next call of this thread.
 *
 * @param level 1 for fresh data, more for cold days
 */
export function compressFrame(raw: Uint8Array, level: number): CompressedFrame {
  if (raw.length >= MIN_COMPRESS_BYTES) {
    let encoder = encoders.get(level);
    if (encoder === undefined) {
      encoder = createZstdEncoder(level);
      encoders.set(level, encoder);
    }
    const bytes = encoder.encode(raw);
    if (bytes.length < raw.length) return { codec: CODEC_ZSTD, bytes };
  }
  return { codec: CODEC_STORED, bytes: raw };
}

/**
 * Undoes `compressFrame`. Frames of templates are for template-reader.ts.
 *
 * @param rawLength what the directory says; more or fewer bytes are corruption
 */
export function decompressFrame(codec: number, bytes: Uint8Array, rawLength: number, where: string): Uint8Array {
  if (codec === CODEC_STORED) {
    if (bytes.length !== rawLength)
      throw new LogError('CHUNK_CORRUPT', `${where}: frame is ${bytes.length} bytes, expected ${rawLength}`);
    return bytes;
  }
  if (codec !== CODEC_ZSTD) throw new LogError('FORMAT_UNKNOWN', `${where}: unknown codec ${codec}`);
  let raw: Uint8Array;
  try {
    raw = zstdDecompressSync(bytes, { maxOutputLength: Math.max(rawLength, 1), chunkSize: Math.max(64, rawLength) });
  } catch (cause) {
    throw new LogError('CHUNK_CORRUPT', `${where}: frame does not decompress to ${rawLength} bytes`, { cause });
  }
  if (raw.length !== rawLength)
    throw new LogError('CHUNK_CORRUPT', `${where}: frame has ${raw.length} bytes, expected ${rawLength}`);
  return raw;
}
