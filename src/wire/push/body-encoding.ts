import { gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { LogError } from '../../base/errors.ts';
import { uncompressLz4Frame } from './lz4-frame.ts';

/** Limits of one request body. */
export interface BodyLimits {
  /** Bytes on the wire. */
  readonly maxBodyBytes: number;
  /** Bytes after every decompression. */
  readonly maxDecompressedBytes: number;
}

/** Refuses a body that is larger than the limit (413). */
export function checkBodySize(body: Uint8Array, limits: BodyLimits): void {
  if (body.length <= limits.maxBodyBytes) return;
  throw new LogError(
    'PUSH_TOO_LARGE',
    `request body too large: message size too large than max (${body.length} vs ${limits.maxBodyBytes})`,
    { status: 413 },
  );
}

/**
 * Undoes the Content-Encoding of a push. `snappy` is left alone: protobuf is a snappy block anyway, and for JSON the
 * header has no effect.
 *
 * @throws LogError PUSH_DECODE on an unknown encoding or damaged data, PUSH_TOO_LARGE past the limit
 */
export function decodePushEncoding(body: Buffer, encoding: string | undefined, maxBytes: number): Buffer {
  switch (encoding) {
    case undefined:
    case '':
    case 'snappy':
      return body;
    case 'gzip':
      return inflate(body, maxBytes, 'gzip: invalid header', gunzipSync);
    case 'deflate':
      return inflateDeflate(body, maxBytes);
    default:
      throw new LogError('PUSH_DECODE', `Content-Encoding ${JSON.stringify(encoding)} not supported`, { status: 400 });
  }
}

/** Undoes the Content-Encoding of an OTLP request; errors as for `decodePushEncoding`. */
export function decodeOtlpEncoding(body: Buffer, encoding: string | undefined, maxBytes: number): Buffer {
  switch (encoding) {
    case undefined:
    case '':
      return body;
    case 'gzip':
      return inflate(body, maxBytes, 'gzip: invalid header', gunzipSync);
    case 'zstd':
      return inflate(body, maxBytes, 'invalid input: magic number mismatch', zstdDecompressSync);
    case 'lz4':
      return uncompressLz4Frame(body, maxBytes);
    default:
      throw new LogError(
        'PUSH_DECODE',
        `unsupported content encoding ${encoding}: only gzip, lz4 and zstd are supported`,
        { status: 400 },
      );
  }
}

type SyncCodec = (body: Buffer, options: { maxOutputLength: number }) => Buffer;

function inflate(body: Buffer, maxBytes: number, damaged: string, codec: SyncCodec): Buffer {
  try {
    return codec(body, { maxOutputLength: maxBytes });
  } catch (cause) {
    if (errorCode(cause) === 'ERR_BUFFER_TOO_LARGE') {
      throw new LogError('PUSH_TOO_LARGE', `decompressed message size too large than max (more than ${maxBytes})`, {
        status: 413,
        cause,
      });
    }
    throw new LogError('PUSH_DECODE', body.length === 0 ? 'EOF' : damaged, { status: 400, cause });
  }
}

/** Loki reads raw DEFLATE only; clients that follow the letter of HTTP send it in a zlib wrapper, so both are read. */
function inflateDeflate(body: Buffer, maxBytes: number): Buffer {
  const first = body[0] ?? 0;
  const looksWrapped = (first & 0x0f) === 8 && (first * 256 + (body[1] ?? 0)) % 31 === 0;
  if (!looksWrapped) return inflate(body, maxBytes, 'flate: corrupt input', inflateRawSync);
  try {
    return inflate(body, maxBytes, 'zlib: invalid header', inflateSync);
  } catch (error) {
    // Raw data may start with the same two bytes by chance.
    if (error instanceof LogError && error.code === 'PUSH_TOO_LARGE') throw error;
    return inflate(body, maxBytes, 'flate: corrupt input', inflateRawSync);
  }
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
