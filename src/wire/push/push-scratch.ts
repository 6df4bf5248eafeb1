import { type Labels, labelsFromPairs } from '../../model/labels.ts';
import { ByteWriter, varintBytes } from '../byte-writer.ts';
import { printLabels } from '../label-print.ts';
import type { PushBatch } from './push-batch.ts';

/**
 * Buffers of the JSON and OTLP decoders, reused from request to request. What `batch.bytes` refers to lives in `out`
 * until the next request is decoded; decoding and applying a push is one synchronous step, so there is never a second.
 */
export class PushScratch {
  /** Copy of the body (JSON), then texts, unescaped lines and metadata. */
  readonly out: ByteWriter = new ByteWriter();
  readonly #pair: ByteWriter = new ByteWriter();

  reset(): void {
    this.out.reset();
    this.#pair.reset();
  }

  /** Ends the stream that holds the entries since the last one; its labels are written as text. */
  endStream(batch: PushBatch, pairs: Iterable<readonly [string, string]>): void {
    const labels: Labels = labelsFromPairs(pairs);
    this.endStreamWithText(batch, printLabels(labels));
  }

  endStreamWithText(batch: PushBatch, text: string): void {
    batch.growStreams();
    const start = this.out.length;
    this.out.writeText(text);
    const stream = batch.streamCount++;
    batch.labelStart[stream] = start;
    batch.labelEnd[stream] = this.out.length;
    batch.firstEntry[stream + 1] = batch.entryCount;
  }

  /** Writes one metadata pair as a LabelPair field. */
  writePair(name: string, value: string): void {
    this.startPair();
    this.pairBytes.writeText(name);
    const nameBytes = this.pairBytes.length;
    this.pairBytes.writeText(value);
    this.endPair(nameBytes);
  }

  /** For callers that write name and value as bytes: `startPair`, name into `pairBytes`, then value, then `endPair`. */
  get pairBytes(): ByteWriter {
    return this.#pair;
  }

  startPair(): void {
    this.#pair.length = 0;
  }

  endPair(nameBytes: number): void {
    const pair = this.#pair;
    const valueBytes = pair.length - nameBytes;
    this.out.writeByte(0x1a);
    this.out.writeVarint(2 + varintBytes(nameBytes) + nameBytes + varintBytes(valueBytes) + valueBytes);
    this.out.writeByte(0x0a);
    this.out.writeVarint(nameBytes);
    this.out.writeBytes(pair.bytes, 0, nameBytes);
    this.out.writeByte(0x12);
    this.out.writeVarint(valueBytes);
    this.out.writeBytes(pair.bytes, nameBytes, pair.length);
  }
}

/** The one instance of this thread. */
export const pushScratch: PushScratch = new PushScratch();
