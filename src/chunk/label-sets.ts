import type { Labels } from '../model/labels.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/** Label sets as a directory has them: the number of pairs, then each name and value. Format: docs/format/segment.md. */

/** Label sets of streams, one behind the other. */
export interface EncodedLabelSets {
  readonly count: number;
  readonly bytes: Uint8Array;
}

export function writeLabelSet(labels: Labels, out: ByteWriter): void {
  out.varint(labels.length / 2);
  for (const text of labels) out.text(text);
}

export function readLabelSet(reader: ByteReader): Labels {
  const labels: string[] = [];
  const texts = reader.count(2) * 2;
  for (let i = 0; i < texts; i++) labels.push(reader.text());
  return labels;
}
