import { LogError } from '../../base/errors.ts';
import { ingestKernel } from '../../kernels/ingest-kernel.ts';
import { readLengthEnd, readSignedVarint, readVarint, skipField, truncated, varintEnd } from '../protobuf-varint.ts';
import type { PushBatch } from './push-batch.ts';

/**
 * Walk of a decompressed protobuf push. Lines stay ranges of the body; no object, string or BigInt per entry.
 *
 *     PushRequest  1 streams (Stream)
 *     Stream       1 labels (text)      2 entries (Entry)
 *     Entry        1 timestamp {1 seconds, 2 nanos}    2 line    3 structured metadata {1 name, 2 value}
 */

// Seconds that still fit 64-bit nanoseconds, with room for the nanos.
const MAX_SECONDS = 9_223_372_035;

const TAG_1 = 0x0a;
const TAG_2 = 0x12;
const TAG_3 = 0x1a;

/**
 * Fills `batch` from a protobuf push; `batch.bytes` becomes `bytes` itself.
 *
 * @throws LogError PUSH_DECODE if any length, tag or timestamp is wrong, PUSH_TOO_LARGE for too many entries
 */
export function decodePushProtobuf(bytes: Uint8Array, batch: PushBatch): void {
  const kernel = ingestKernel();
  if (kernel?.holdsBody(bytes) === true) {
    const streamCount = kernel.walkPush(bytes.length);
    if (streamCount >= 0) {
      batch.useKernel(kernel, bytes, streamCount);
      return;
    }
  }
  walkPush(bytes, batch);
}

/** The same without the kernel; it decides what is right, and how it is told. */
export function walkPush(bytes: Uint8Array, batch: PushBatch): void {
  batch.reset();
  batch.bytes = bytes;
  const end = bytes.length;
  let at = 0;
  while (at < end) {
    const tag = readVarint(bytes, at, end);
    at = varintEnd;
    if (tag !== TAG_1) {
      at = skipField(tag, bytes, at, end);
      continue;
    }
    const streamEnd = readLengthEnd(bytes, at, end);
    walkStream(bytes, varintEnd, streamEnd, batch);
    at = streamEnd;
  }
}

function walkStream(bytes: Uint8Array, start: number, end: number, batch: PushBatch): void {
  batch.growStreams();
  let labelStart = start;
  let labelEnd = start;
  let at = start;
  while (at < end) {
    const tag = bytes[at]!;
    if (tag === TAG_2) {
      const entryEnd = readLengthEnd(bytes, at + 1, end);
      walkEntry(bytes, varintEnd, entryEnd, batch);
      at = entryEnd;
    } else if (tag === TAG_1) {
      labelEnd = readLengthEnd(bytes, at + 1, end);
      labelStart = varintEnd;
      at = labelEnd;
    } else {
      const longTag = readVarint(bytes, at, end);
      at = skipField(longTag, bytes, varintEnd, end);
    }
  }
  const stream = batch.streamCount++;
  batch.labelStart[stream] = labelStart;
  batch.labelEnd[stream] = labelEnd;
  batch.firstEntry[stream + 1] = batch.entryCount;
}

function walkEntry(bytes: Uint8Array, start: number, end: number, batch: PushBatch): void {
  batch.growEntries();
  const entry = batch.entryCount++;
  let lineStart = start;
  let lineEnd = start;
  let metadataStart = 0;
  let metadataEnd = 0;
  batch.seconds[entry] = 0;
  batch.nanos[entry] = 0;
  let at = start;
  while (at < end) {
    const tag = bytes[at]!;
    if (tag !== TAG_1 && tag !== TAG_2 && tag !== TAG_3) {
      const longTag = readVarint(bytes, at, end);
      at = skipField(longTag, bytes, varintEnd, end);
      continue;
    }
    // The one- and two-byte lengths that nearly all fields have are read in place.
    let next = at + 1;
    if (next >= end) throw truncated();
    let length = bytes[next++]!;
    if (length >= 0x80) {
      length = readVarint(bytes, next - 1, end);
      next = varintEnd;
    }
    if (length > end - next) throw truncated();
    const fieldEnd = next + length;
    if (tag === TAG_2) {
      lineStart = next;
      lineEnd = fieldEnd;
    } else if (tag === TAG_1) walkTimestamp(bytes, next, fieldEnd, batch, entry);
    else {
      if (metadataEnd === 0) metadataStart = at;
      metadataEnd = fieldEnd;
    }
    at = fieldEnd;
  }
  batch.lineStart[entry] = lineStart;
  batch.lineEnd[entry] = lineEnd;
  batch.metadataStart[entry] = metadataStart;
  batch.metadataEnd[entry] = metadataEnd;
}

function walkTimestamp(bytes: Uint8Array, start: number, end: number, batch: PushBatch, entry: number): void {
  let at = start;
  while (at < end) {
    const tag = bytes[at++]!;
    if (tag === 0x08) {
      const seconds = readSignedVarint(bytes, at, end);
      at = varintEnd;
      if (!(seconds >= -MAX_SECONDS && seconds <= MAX_SECONDS)) throw badTime('seconds out of range');
      batch.seconds[entry] = seconds;
    } else if (tag === 0x10) {
      const nanos = readSignedVarint(bytes, at, end);
      at = varintEnd;
      if (!(nanos >= 0 && nanos < 1_000_000_000)) throw badTime('nanos not in range [0, 1e9)');
      batch.nanos[entry] = nanos;
    } else {
      const longTag = readVarint(bytes, at - 1, end);
      at = skipField(longTag, bytes, varintEnd, end);
    }
  }
}

function badTime(text: string): LogError {
  return new LogError('PUSH_DECODE', `timestamp: ${text}`, { status: 400 });
}
