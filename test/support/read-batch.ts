import { readLengthEnd, readVarint, skipField, varintEnd } from '../../src/wire/protobuf-varint.ts';
import type { PushBatch } from '../../src/wire/push/push-batch.ts';

export interface ReadEntry {
  readonly labels: string;
  readonly ns: bigint;
  readonly line: string;
  readonly metadata: readonly (readonly [string, string])[];
}

/** A decoded batch as plain objects, for comparisons. */
export function readBatch(batch: PushBatch): ReadEntry[] {
  const out: ReadEntry[] = [];
  const bytes = Buffer.from(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.length);
  for (let stream = 0; stream < batch.streamCount; stream++) {
    const labels = bytes.toString('utf8', batch.labelStart[stream], batch.labelEnd[stream]);
    for (let entry = batch.firstEntry[stream]!; entry < batch.firstEntry[stream + 1]!; entry++) {
      const line = bytes.toString('utf8', batch.lineStart[entry], batch.lineEnd[entry]);
      const ns = BigInt(batch.seconds[entry]!) * 1_000_000_000n + BigInt(batch.nanos[entry]!);
      const metadata = readPairs(bytes, batch.metadataStart[entry]!, batch.metadataEnd[entry]!);
      out.push({ labels, ns, line, metadata });
    }
  }
  return out;
}

function readPairs(bytes: Buffer, start: number, end: number): [string, string][] {
  const pairs: [string, string][] = [];
  let at = start;
  while (at < end) {
    const tag = readVarint(bytes, at, end);
    if (tag !== 0x1a) {
      at = skipField(tag, bytes, varintEnd, end);
      continue;
    }
    const pairEnd = readLengthEnd(bytes, varintEnd, end);
    const pair: [string, string] = ['', ''];
    at = varintEnd;
    while (at < pairEnd) {
      const field = readVarint(bytes, at, pairEnd);
      const fieldEnd = readLengthEnd(bytes, varintEnd, pairEnd);
      pair[field === 0x0a ? 0 : 1] = bytes.toString('utf8', varintEnd, fieldEnd);
      at = fieldEnd;
    }
    pairs.push(pair);
  }
  return pairs;
}
