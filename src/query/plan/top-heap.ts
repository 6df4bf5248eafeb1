import { wider } from '../../base/grow.ts';

/** Numbers with keys, the largest key first. */
export class TopHeap {
  size = 0;
  #keys: Float64Array;
  #items: Int32Array;

  /** @param capacity items to have room for at first */
  constructor(capacity: number) {
    this.#keys = new Float64Array(Math.max(1, capacity));
    this.#items = new Int32Array(Math.max(1, capacity));
  }

  /** Lets go of all items, not of their memory. */
  clear(): void {
    this.size = 0;
  }

  /** Makes room for so many more. */
  reserve(more: number): void {
    const needed = this.size + more;
    if (needed <= this.#keys.length) return;
    this.#keys = wider(this.#keys, new Float64Array(needed));
    this.#items = wider(this.#items, new Int32Array(needed));
  }

  get topKey(): number {
    return this.#keys[0]!;
  }

  get topItem(): number {
    return this.#items[0]!;
  }

  push(key: number, item: number): void {
    if (this.size === this.#keys.length) this.reserve(this.size);
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (this.#keys[parent]! >= key) break;
      this.#keys[at] = this.#keys[parent]!;
      this.#items[at] = this.#items[parent]!;
      at = parent;
    }
    this.#keys[at] = key;
    this.#items[at] = item;
  }

  /** Gives the item on top another key. */
  replaceTop(key: number): void {
    this.#sink(key, this.#items[0]!);
  }

  pop(): void {
    this.size--;
    if (this.size > 0) this.#sink(this.#keys[this.size]!, this.#items[this.size]!);
  }

  #sink(key: number, item: number): void {
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= this.size) break;
      if (child + 1 < this.size && this.#keys[child + 1]! > this.#keys[child]!) child++;
      if (this.#keys[child]! <= key) break;
      this.#keys[at] = this.#keys[child]!;
      this.#items[at] = this.#items[child]!;
      at = child;
    }
    this.#keys[at] = key;
    this.#items[at] = item;
  }
}
