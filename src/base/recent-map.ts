/** What a `RecentMap` may hold at most. */
export interface RecentLimits {
  /** Sum of weights, mostly about bytes; absent: any. */
  readonly maxWeight?: number;
  readonly maxEntries?: number;
  /** The entry that was set last stays, whatever it weighs. */
  readonly keepsLast?: boolean;
}

interface Entry<V> {
  readonly value: V;
  readonly weight: number;
}

/** A map with limits: the entries that were used least recently go first. */
export class RecentMap<K, V> {
  readonly #maxWeight: number;
  readonly #maxEntries: number;
  readonly #leastEntries: number;
  /** In order of use, oldest first. */
  readonly #entries = new Map<K, Entry<V>>();
  #weight = 0;

  constructor({
    maxWeight = Number.POSITIVE_INFINITY,
    maxEntries = Number.POSITIVE_INFINITY,
    keepsLast = false,
  }: RecentLimits) {
    this.#maxWeight = maxWeight;
    this.#maxEntries = maxEntries;
    this.#leastEntries = keepsLast ? 1 : 0;
  }

  /** Sum of the weights of all entries. */
  get weight(): number {
    return this.#weight;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  /** The value of a key, which counts as a use of it. */
  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Sets a value, in place of the one that the key had; entries that are too many then go. */
  set(key: K, value: V, weight = 1): void {
    this.delete(key);
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      const fits = this.#weight <= this.#maxWeight && this.#entries.size <= this.#maxEntries;
      if (fits || this.#entries.size <= this.#leastEntries) return;
      this.delete(oldest);
    }
  }

  delete(key: K): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#weight -= entry.weight;
  }
}
