import { dayStartNs } from '../../model/time.ts';

/** Bounds of distances double in so many steps: a bound is at most two per cent too far. */
const STEPS_PER_OCTAVE = 32;
/** Distances up to here are one. */
const FIRST_NS = 1_000_000;
/** Up to a month; rows behind are counted, but no bound comes of them. */
const STEPS = 1024;
const COUNTS_AT = 2 * BigInt64Array.BYTES_PER_ELEMENT;

/**
 * The worst time that can still be in the answer of a log query, in memory that the workers share: whoever finds `limit` rows tells the
 * others, and nobody reads blocks that cannot beat them. Where rows are counted, it is enough that all of them together have found so many.
 */
export class SharedBound {
  readonly memory: SharedArrayBuffer;
  readonly #backward: boolean;
  /** The bound, and the time from which distances are counted. */
  readonly #values: BigInt64Array;
  /** The same memory. */
  readonly #halves: Int32Array;
  /** Halves of the value that was read last, and what it stands for. */
  #low = 0;
  #high = 0;
  #read: bigint | undefined;
  /** Rows that were found, by their distance; undefined: they are not counted. */
  readonly #counts: Int32Array | undefined;
  /** The step of distances that the bound comes from. */
  #step = STEPS - 1;
  #day = Number.NaN;
  /** Where distances begin, nanoseconds from the start of the day. */
  #edge = 0;

  /** @param memory of a bound that another thread has made, else a new one without a limit */
  constructor(backward: boolean, memory: SharedArrayBuffer = newMemory(backward, COUNTS_AT)) {
    this.memory = memory;
    this.#backward = backward;
    this.#values = new BigInt64Array(memory, 0, 2);
    this.#halves = new Int32Array(memory, 0, 2);
    this.#counts = memory.byteLength > COUNTS_AT ? new Int32Array(memory, COUNTS_AT) : undefined;
    this.#read = this.#load();
  }

  /** A new one, by rows that are counted. @param edgeNs no row is better */
  static counting(backward: boolean, edgeNs: bigint): SharedBound {
    const memory = newMemory(backward, COUNTS_AT + STEPS * Int32Array.BYTES_PER_ELEMENT);
    new BigInt64Array(memory)[1] = edgeNs;
    return new SharedBound(backward, memory);
  }

  /** Undefined while any row may be in the answer. Rows of this very time still may. */
  get(): bigint | undefined {
    // Asked for each of thousands of parts: a number of 64 bits is memory. Halves of two values that look like the old one give the
    // old one, which holds as well.
    if (this.#halves[0] !== this.#low || this.#halves[1] !== this.#high) this.#read = this.#load();
    return this.#read;
  }

  #load(): bigint | undefined {
    const value = Atomics.load(this.#values, 0);
    this.#low = Number(BigInt.asIntN(32, value));
    this.#high = Number(value >> 32n);
    return value === openBound(this.#backward) ? undefined : value;
  }

  /** Takes a bound if it is better than the one there is. */
  tighten(timeNs: bigint): void {
    let known = Atomics.load(this.#values, 0);
    while (this.#backward ? timeNs > known : timeNs < known) {
      const found = Atomics.compareExchange(this.#values, 0, known, timeNs);
      if (found === known) return;
      known = found;
    }
  }

  /**
   * Counts rows that were found and are in nobody else's parts; does nothing where rows are not counted.
   *
   * @param offsetsNs times of rows `from .. to`, nanoseconds from the start of their day
   * @param limit rows of which the worst makes the bound
   */
  count(day: number, offsetsNs: Float64Array, from: number, to: number, limit: number): void {
    const counts = this.#counts;
    if (counts === undefined || from === to) return;
    if (day !== this.#day) {
      this.#day = day;
      this.#edge = Number(this.#values[1]! - dayStartNs(day));
    }
    const sign = this.#backward ? 1 : -1;
    for (let row = from; row < to; row++) Atomics.add(counts, stepOf(sign * (this.#edge - offsetsNs[row]!)), 1);
    let found = 0;
    // What others add meanwhile is seen or not: the bound holds either way.
    for (let step = 0; step < this.#step; step++) {
      found += counts[step]!;
      if (found < limit) continue;
      this.#step = step;
      const distanceNs = BigInt(farthestOf(step));
      this.tighten(this.#values[1]! + (this.#backward ? -distanceNs : distanceNs));
      return;
    }
  }
}

/** What stands for no bound: no row is worse. */
function openBound(backward: boolean): bigint {
  return BigInt.asIntN(64, backward ? -(1n << 63n) : (1n << 63n) - 1n);
}

function newMemory(backward: boolean, bytes: number): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(bytes);
  new BigInt64Array(memory, 0, 2)[0] = openBound(backward);
  return memory;
}

function stepOf(distanceNs: number): number {
  if (distanceNs <= FIRST_NS) return 0;
  return Math.min(STEPS - 1, Math.floor(Math.log2(distanceNs / FIRST_NS) * STEPS_PER_OCTAVE) + 1);
}

/** No distance of a step is larger, however the logarithm was rounded. */
function farthestOf(step: number): number {
  return Math.ceil(FIRST_NS * 2 ** ((step + 0.01) / STEPS_PER_OCTAVE));
}
