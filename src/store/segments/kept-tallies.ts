import { TALLY_ENTRY_BYTES, type Tally } from '../../chunk/tally.ts';

/** A tally gives way to another one when so many queries have not asked for it. */
const IDLE_QUERIES = 8;

/**
 * Tallies in memory, apart from the directories that they belong to: with thousands of streams a tally has an entry for nearly every row, and is many
 * times as large as the rest. Most queries ask for none of them. Of tallies that do not fit together, part of them stays.
 */
export class KeptTallies {
  readonly #maxBytes: () => number;
  readonly #kept = new Set<SegmentTally>();
  #bytes = 0;
  #queries = 0;

  /** @param maxBytes what they may take together; may change */
  constructor(maxBytes: () => number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Queries so far. */
  get queries(): number {
    return this.#queries;
  }

  beginQuery(): void {
    this.#queries++;
  }

  /** Makes room for a tally. @returns false when there is none */
  admit(tally: SegmentTally, bytes: number): boolean {
    const maxBytes = this.#maxBytes();
    const leaving: SegmentTally[] = [];
    let left = this.#bytes;
    for (const other of this.#kept) {
      if (left + bytes <= maxBytes) break;
      if (this.#queries - other.lastQuery < IDLE_QUERIES) continue;
      leaving.push(other);
      left -= other.bytes;
    }
    if (left + bytes > maxBytes) return false;
    for (const other of leaving) other.leave();
    this.#kept.add(tally);
    this.#bytes += bytes;
    return true;
  }

  /** Lets tallies go until they fit, the oldest first: what they may take has become less. */
  trim(): void {
    const maxBytes = this.#maxBytes();
    for (const tally of this.#kept) {
      if (this.#bytes <= maxBytes) return;
      tally.leave();
    }
  }

  remove(tally: SegmentTally): void {
    if (this.#kept.delete(tally)) this.#bytes -= tally.bytes;
  }
}

/** The tally of one segment: in memory, or read when it is asked for. */
export class SegmentTally {
  /** Number of the last query that asked. */
  lastQuery: number;
  bytes = 0;
  readonly #all: KeptTallies;
  readonly #load: () => Tally;
  #tally: Tally | undefined;
  /** One that is not kept: in any case until the work at hand is done, as weak references go, and longer while nobody needs the memory. */
  #passing: WeakRef<Tally> | undefined;
  #isOver = false;

  /**
   * @param first the tally, which is at hand
   * @param load reads it again
   */
  constructor(all: KeptTallies, first: Tally, load: () => Tally) {
    this.#all = all;
    this.#load = load;
    this.lastQuery = all.queries;
    this.#take(first);
  }

  get(): Tally {
    this.lastQuery = this.#all.queries;
    return this.#tally ?? this.#passing?.deref() ?? this.#take(this.#load());
  }

  #take(tally: Tally): Tally {
    this.bytes = tally.counts.length * TALLY_ENTRY_BYTES + tally.starts.byteLength;
    if (!this.#isOver && this.#all.admit(this, this.bytes)) this.#tally = tally;
    else this.#passing = new WeakRef(tally);
    return tally;
  }

  /** Gives its memory back. */
  leave(): void {
    this.#all.remove(this);
    if (this.#tally !== undefined) this.#passing = new WeakRef(this.#tally);
    this.#tally = undefined;
  }

  /** The same, for good: its directory is not kept, and only a query that has it may still ask. */
  end(): void {
    this.#isOver = true;
    this.leave();
  }
}
