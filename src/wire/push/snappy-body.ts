import snappy from 'snappy';
import { LogError } from '../../base/errors.ts';
import { ingestKernel } from '../../kernels/ingest-kernel.ts';

// The densest snappy tag is a 3-byte copy of 64 bytes, so no honest block grows more than 22-fold.
const MAX_EXPANSION = 24;

function corrupt(cause?: unknown): LogError {
  return new LogError('PUSH_DECODE', 'snappy: corrupt input', { status: 400, cause });
}

/**
 * Decoded length that a snappy block claims in its header.
 *
 * @throws LogError PUSH_DECODE if there is no valid header
 */
function snappyDecodedBytes(block: Uint8Array): number {
  let value = 0;
  let factor = 1;
  for (let i = 0; i < 5; i++) {
    const byte = block[i];
    if (byte === undefined) throw corrupt();
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) {
      if (value > 0xffff_ffff) throw corrupt();
      return value;
    }
    factor *= 0x80;
  }
  throw corrupt();
}

/**
 * Decompresses a raw snappy block. The claimed length is checked before anything is allocated.
 *
 * @throws LogError PUSH_DECODE if the block is damaged, PUSH_TOO_LARGE if it claims more than `maxBytes`
 */
export function uncompressSnappy(block: Buffer, maxBytes: number): Buffer {
  return uncompressChecked(block, checkedLength(block, maxBytes));
}

/**
 * The same for a push: decompressed into reused memory where that is possible, so the result is valid only until the next
 * call. Errors as for `uncompressSnappy`.
 */
export function uncompressPush(block: Buffer, maxBytes: number): Buffer {
  const decodedBytes = checkedLength(block, maxBytes);
  // What the kernel refuses is damaged or too large for it; the library tells which.
  return ingestKernel()?.uncompress(block) ?? uncompressChecked(block, decodedBytes);
}

function checkedLength(block: Uint8Array, maxBytes: number): number {
  const decodedBytes = snappyDecodedBytes(block);
  if (decodedBytes > maxBytes) {
    throw new LogError(
      'PUSH_TOO_LARGE',
      `decompressed message size too large than max (${decodedBytes} vs ${maxBytes})`,
      {
        status: 413,
      },
    );
  }
  if (decodedBytes > block.length * MAX_EXPANSION) throw corrupt();
  return decodedBytes;
}

function uncompressChecked(block: Buffer, decodedBytes: number): Buffer {
  let out: string | Buffer;
  try {
    // copyOutputData: the default hands over fresh external memory, which costs 3-5 times as much.
    out = snappy.uncompressSync(block, { asBuffer: true, copyOutputData: true });
  } catch (cause) {
    throw corrupt(cause);
  }
  if (typeof out === 'string' || out.length !== decodedBytes) throw corrupt();
  return out;
}

/** Compresses to a raw snappy block. */
export function compressSnappy(bytes: Buffer): Buffer {
  return snappy.compressSync(bytes, { copyOutputData: true });
}
