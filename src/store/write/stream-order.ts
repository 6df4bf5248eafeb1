import { ByteWriter } from '../../chunk/bytes/byte-writer.ts';
import { writeLabelSet } from '../../chunk/label-sets.ts';
import type { HeadPart } from '../../head/part.ts';
import { compareLabels } from '../../model/labels.ts';

/** Parts in ascending label order, and their labels as a directory has them. */
export interface OrderedParts {
  readonly parts: readonly HeadPart[];
  readonly labelBytes: Uint8Array;
  /** Where the labels of each part end in `labelBytes`. */
  readonly labelEnds: Uint32Array;
}

/**
 * Puts the streams of a segment in order. Mostly they are those of the segment before, so it remembers these: to compare thousands
 * of label sets, and to encode them, takes longer than to write their rows. One for each tenant.
 */
export class StreamOrder {
  /** Streams of the segment before: their places by id, and their labels. */
  readonly #places = new Map<number, number>();
  #labelBytes: Buffer = Buffer.alloc(0);
  #labelEnds: Uint32Array = new Uint32Array(0);

  /** @param parts of streams that differ, in any order */
  order(parts: readonly HeadPart[]): OrderedParts {
    const known: (HeadPart | undefined)[] = new Array(this.#places.size).fill(undefined);
    const fresh: HeadPart[] = [];
    for (const part of parts) {
      const place = this.#places.get(part.streamId);
      if (place === undefined) fresh.push(part);
      else known[place] = part;
    }
    // The same streams as before; else `known` has a gap.
    if (fresh.length === 0 && parts.length === known.length)
      return { parts: known as HeadPart[], labelBytes: this.#labelBytes, labelEnds: this.#labelEnds };
    fresh.sort((a, b) => compareLabels(a.labels, b.labels));
    return this.#merge(known, fresh);
  }

  /** Both in label order; `known` by its place before, with gaps. */
  #merge(known: readonly (HeadPart | undefined)[], fresh: readonly HeadPart[]): OrderedParts {
    const parts: HeadPart[] = [];
    const ends: number[] = [];
    const labels = new ByteWriter(this.#labelBytes.length + 64 * 1024);
    let nextFresh = 0;
    const takeFresh = (before: HeadPart | undefined): void => {
      for (; nextFresh < fresh.length; nextFresh++) {
        const part = fresh[nextFresh]!;
        if (before !== undefined && compareLabels(part.labels, before.labels) > 0) return;
        parts.push(part);
        writeLabelSet(part.labels, labels);
        ends.push(labels.length);
      }
    };
    for (let place = 0; place < known.length; place++) {
      const part = known[place];
      if (part === undefined) continue;
      takeFresh(part);
      parts.push(part);
      labels.range(this.#labelBytes, place === 0 ? 0 : this.#labelEnds[place - 1]!, this.#labelEnds[place]!);
      ends.push(labels.length);
    }
    takeFresh(undefined);
    this.#places.clear();
    for (let place = 0; place < parts.length; place++) this.#places.set(parts[place]!.streamId, place);
    // Kept, and shared with the thread that writes: there are megabytes of it.
    this.#labelBytes = Buffer.from(new SharedArrayBuffer(labels.length));
    this.#labelBytes.set(labels.view());
    this.#labelEnds = new Uint32Array(new SharedArrayBuffer(ends.length * Uint32Array.BYTES_PER_ELEMENT));
    this.#labelEnds.set(ends);
    return { parts, labelBytes: this.#labelBytes, labelEnds: this.#labelEnds };
  }
}
