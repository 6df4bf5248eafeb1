/**
 * The worst time that can still be in the answer of a log query, in memory that the workers share: whoever finds `limit` rows tells the
 * others, and nobody reads blocks that cannot beat them.
 */
export class SharedBound {
  readonly memory: SharedArrayBuffer;
  readonly #backward: boolean;
  readonly #value: BigInt64Array;
  /** The same memory. */
  readonly #halves: Int32Array;
  /** Halves of the value that was read last, and what it stands for. */
  #low = 0;
  #high = 0;
  #read: bigint | undefined;

  /** @param memory of a bound that another thread has made, else a new one without a limit */
  constructor(backward: boolean, memory?: SharedArrayBuffer) {
    this.memory = memory ?? new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
    this.#backward = backward;
    this.#value = new BigInt64Array(this.memory);
    this.#halves = new Int32Array(this.memory);
    if (memory === undefined) this.#value[0] = this.#open;
    this.#read = this.#load();
  }

  /** What stands for no bound: no row is worse. */
  get #open(): bigint {
    return BigInt.asIntN(64, this.#backward ? -(1n << 63n) : (1n << 63n) - 1n);
  }

  /** Undefined while any row may be in the answer. Rows of this very time still may. */
  get(): bigint | undefined {
    // Asked for each of thousands of parts: a number of 64 bits is memory. Halves of two values that look like the old one give the
    // old one, which holds as well.
    if (this.#halves[0] !== this.#low || this.#halves[1] !== this.#high) this.#read = this.#load();
    return this.#read;
  }

  #load(): bigint | undefined {
    const value = Atomics.load(this.#value, 0);
    this.#low = Number(BigInt.asIntN(32, value));
    this.#high = Number(value >> 32n);
    return value === this.#open ? undefined : value;
  }

  /** Takes a bound if it is better than the one there is. */
  tighten(timeNs: bigint): void {
    let known = Atomics.load(this.#value, 0);
    while (this.#backward ? timeNs > known : timeNs < known) {
      const found = Atomics.compareExchange(this.#value, 0, known, timeNs);
      if (found === known) return;
      known = found;
    }
  }
}
