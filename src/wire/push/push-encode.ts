import { type ByteWriter, varintBytes } from '../byte-writer.ts';
import type { PushBatch } from './push-batch.ts';

/**
 * Writes the marked entries of a batch as a protobuf push that `decodePushProtobuf` reads back to the same columns.
 *
 * @param accepted one byte per entry; only entries with 1 are written
 * @param labelText label text to write for a stream; asked only for streams with a marked entry
 */
export function encodePushProtobuf(
  batch: PushBatch,
  accepted: Uint8Array,
  labelText: (stream: number) => Uint8Array,
  out: ByteWriter,
): void {
  for (let stream = 0; stream < batch.streamCount; stream++) {
    const first = batch.firstEntry[stream]!;
    const last = batch.firstEntry[stream + 1]!;
    let size = 0;
    for (let entry = first; entry < last; entry++) {
      if (accepted[entry] !== 1) continue;
      const entrySize = entryBytes(batch, entry);
      size += 1 + varintBytes(entrySize) + entrySize;
    }
    if (size === 0) continue;
    const labels = labelText(stream);
    out.writeByte(0x0a);
    out.writeVarint(1 + varintBytes(labels.length) + labels.length + size);
    out.writeByte(0x0a);
    out.writeVarint(labels.length);
    out.writeBytes(labels, 0, labels.length);
    for (let entry = first; entry < last; entry++) if (accepted[entry] === 1) writeEntry(batch, entry, out);
  }
}

function timestampBytes(batch: PushBatch, entry: number): number {
  const seconds = batch.seconds[entry]!;
  return 1 + (seconds < 0 ? 10 : varintBytes(seconds)) + 1 + varintBytes(batch.nanos[entry]!);
}

function entryBytes(batch: PushBatch, entry: number): number {
  const line = batch.lineEnd[entry]! - batch.lineStart[entry]!;
  const metadata = batch.metadataEnd[entry]! - batch.metadataStart[entry]!;
  return 2 + timestampBytes(batch, entry) + 1 + varintBytes(line) + line + metadata;
}

function writeEntry(batch: PushBatch, entry: number, out: ByteWriter): void {
  const lineStart = batch.lineStart[entry]!;
  const lineEnd = batch.lineEnd[entry]!;
  out.writeByte(0x12);
  out.writeVarint(entryBytes(batch, entry));
  // First, because the range may hold other fields between two pairs, and of those the last one counts: ours.
  out.writeBytes(batch.bytes, batch.metadataStart[entry]!, batch.metadataEnd[entry]!);
  out.writeByte(0x0a);
  out.writeVarint(timestampBytes(batch, entry));
  out.writeByte(0x08);
  const seconds = batch.seconds[entry]!;
  if (seconds < 0) writeNegative(seconds, out);
  else out.writeVarint(seconds);
  out.writeByte(0x10);
  out.writeVarint(batch.nanos[entry]!);
  out.writeByte(0x12);
  out.writeVarint(lineEnd - lineStart);
  out.writeBytes(batch.bytes, lineStart, lineEnd);
}

/** A negative int64 takes ten bytes: its two's complement as an unsigned varint. */
function writeNegative(value: number, out: ByteWriter): void {
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    out.writeByte(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.writeByte(Number(rest));
}
