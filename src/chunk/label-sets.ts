import type { Labels } from '../model/labels.ts';
import { ByteReader } from './bytes/byte-reader.ts';
import { ByteWriter } from './bytes/byte-writer.ts';

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

const scratch = new ByteWriter();

/** A key that is equal exactly when the sets are equal: what `writeLabelSet` writes, a character for each byte. */
export function labelSetKey(labels: Labels): string {
  scratch.reset();
  writeLabelSet(labels, scratch);
  return scratch.view().latin1Slice();
}

/**
 * Label sets of a directory that was read. They stay encoded until they are asked for: whoever knows the streams finds each by its key, and
 * thousands of sets are made of tens of thousands of texts.
 */
export class LabelSets {
  readonly #reader: ByteReader;
  /** Where each set begins, and the last one ends. */
  readonly #starts: Uint32Array;

  private constructor(reader: ByteReader, starts: Uint32Array) {
    this.#reader = reader;
    this.#starts = starts;
  }

  /** Reads so many sets and moves behind them. @throws LogError CHUNK_CORRUPT when they do not fit */
  static read(reader: ByteReader, count: number): LabelSets {
    const starts = new Uint32Array(count + 1);
    for (let i = 0; i < count; i++) {
      starts[i] = reader.at;
      const texts = reader.count(2) * 2;
      for (let text = 0; text < texts; text++) reader.skip(reader.varint());
    }
    starts[count] = reader.at;
    return new LabelSets(reader.copy(), starts);
  }

  get count(): number {
    return this.#starts.length - 1;
  }

  labels(i: number): Labels {
    const reader = this.#reader;
    reader.at = this.#starts[i]!;
    const labels: string[] = [];
    const texts = reader.count(2) * 2;
    for (let text = 0; text < texts; text++) labels.push(reader.text());
    return labels;
  }

  /** The `labelSetKey` of a set. */
  key(i: number): string {
    return this.#reader.bytes.latin1Slice(this.#starts[i]!, this.#starts[i + 1]!);
  }
}

export const NO_LABEL_SETS: LabelSets = LabelSets.read(new ByteReader(new Uint8Array(0), ''), 0);
