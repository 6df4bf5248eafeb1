import type { Labels } from '../../../model/labels.ts';
import { type Base, baseOf } from './label-base.ts';

/** Bases that a thread keeps, about two megabytes; with more than that it begins anew. */
const MAX_KEPT = 2048;
/** Of a stream: one for each level. More are sets that come once. */
const MAX_KEPT_OF_STREAM = 12;
/** A level alone, as a set of labels has it. */
const MAX_METADATA = 2;

/** By table of label sets. */
const tables = new Map<number, KeptBases>();
let keptCount = 0;

/**
 * Bases of the streams of a table of label sets, kept for later queries. Label sets of streams, and metadata that is none or a level alone, are the same
 * objects from query to query; a page of lines of hundreds of streams would make all of their bases each time. Not for scans of rows
 * by the million, which meet more sets than are kept.
 */
export class KeptBases {
  readonly #lists: (Base[] | undefined)[] = [];
  /** The stream of the rows at hand. */
  streamId = 0;

  /** @param tableId of `SharedLabels` */
  static of(tableId: number): KeptBases {
    let bases = tables.get(tableId);
    if (bases === undefined) {
      bases = new KeptBases();
      tables.set(tableId, bases);
    }
    return bases;
  }

  /** The base of rows of the stream at hand; undefined for metadata that is not kept. */
  find(stream: Labels, metadata: Labels): Base | undefined {
    if (metadata.length > MAX_METADATA) return undefined;
    const known = this.#lists[this.streamId];
    // The thread may have let go of the labels, and read them again.
    if (known === undefined || known[0]!.stream !== stream) return this.#begin(baseOf(stream, metadata));
    for (let i = 0; i < known.length; i++) if (known[i]!.metadata === metadata) return known[i];
    const base = baseOf(stream, metadata);
    if (known.length < MAX_KEPT_OF_STREAM) {
      known.push(base);
      keptCount++;
    }
    return base;
  }

  #begin(base: Base): Base {
    if (keptCount >= MAX_KEPT) {
      for (const bases of tables.values()) bases.#lists.length = 0;
      keptCount = 0;
    }
    keptCount++;
    this.#lists[this.streamId] = [base];
    return base;
  }
}
