import { LogError } from '../../base/errors.ts';
import { ByteWriter } from '../byte-writer.ts';

/**
 * LZ4 frames, as OpenTelemetry collectors send them: magic, descriptor, blocks of at most 4 MiB, end mark. Checksums are
 * skipped, not verified: the protobuf in it is checked field by field anyway.
 */
const MAGIC = 0x184d2204;

function damaged(): LogError {
  return new LogError('PUSH_DECODE', 'lz4: corrupt input', { status: 400 });
}

/**
 * Decompresses the LZ4 frames of a body.
 *
 * @throws LogError PUSH_DECODE if damaged, PUSH_TOO_LARGE once the output passes `maxBytes`
 */
export function uncompressLz4Frame(body: Buffer, maxBytes: number): Buffer {
  const out = new ByteWriter();
  let at = 0;
  if (body.length === 0) throw damaged();
  while (at < body.length) at = readFrame(body, at, out, maxBytes);
  return out.bytes.subarray(0, out.length);
}

function readFrame(body: Buffer, start: number, out: ByteWriter, maxBytes: number): number {
  if (start + 7 > body.length || body.readUInt32LE(start) !== MAGIC) throw damaged();
  const flags = body[start + 4]!;
  if (flags >> 6 !== 1) throw damaged();
  const blockChecksum = (flags & 0x10) !== 0;
  const frameStart = out.length;
  // Descriptor: flags, block size, content size (8) and dictionary id (4) if present, header checksum.
  let at = start + 6 + ((flags & 0x08) === 0 ? 0 : 8) + ((flags & 0x01) === 0 ? 0 : 4) + 1;
  for (;;) {
    if (at + 4 > body.length) throw damaged();
    const word = body.readUInt32LE(at);
    at += 4;
    if (word === 0) break;
    const size = word & 0x7fff_ffff;
    if (size > body.length - at) throw damaged();
    if (word >>> 31 === 1) {
      checkRoom(out, size, maxBytes);
      out.writeBytes(body, at, at + size);
    } else readBlock(body, at, at + size, out, frameStart, maxBytes);
    at += size + (blockChecksum ? 4 : 0);
  }
  return at + ((flags & 0x04) === 0 ? 0 : 4);
}

function readBlock(
  body: Buffer,
  start: number,
  end: number,
  out: ByteWriter,
  windowStart: number,
  maxBytes: number,
): void {
  let at = start;
  const readLength = (nibble: number): number => {
    let length = nibble;
    if (nibble < 15) return length;
    for (;;) {
      if (at >= end) throw damaged();
      const byte = body[at++]!;
      length += byte;
      if (byte !== 255) return length;
    }
  };
  while (at < end) {
    const token = body[at++]!;
    const literals = readLength(token >> 4);
    if (literals > end - at) throw damaged();
    checkRoom(out, literals, maxBytes);
    out.writeBytes(body, at, at + literals);
    at += literals;
    if (at === end) return;
    if (at + 2 > end) throw damaged();
    const offset = body[at]! | (body[at + 1]! << 8);
    at += 2;
    const count = readLength(token & 0x0f) + 4;
    if (offset === 0 || offset > out.length - windowStart) throw damaged();
    checkRoom(out, count, maxBytes);
    out.reserve(count);
    // Source and target may overlap on purpose, so byte by byte.
    for (let i = 0; i < count; i++) out.bytes[out.length + i] = out.bytes[out.length + i - offset]!;
    out.length += count;
  }
}

function checkRoom(out: ByteWriter, count: number, maxBytes: number): void {
  if (out.length + count <= maxBytes) return;
  throw new LogError('PUSH_TOO_LARGE', `decompressed message size too large than max (more than ${maxBytes})`, {
    status: 413,
  });
}
