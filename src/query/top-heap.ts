/** Numbers with keys, the largest key first. */
export class TopHeap {
  size = 0;
  readonly #keys: Float64Array;
  readonly #items: Int32Array;

  /** @param capacity most items at a time */
  constructor(capacity: number) {
    this.#keys = new Float64Array(capacity);
    this.#items = new Int32Array(capacity);
  }

  get topKey(): number {
    return this.#keys[0]!;
  }

  get topItem(): number {
    return this.#items[0]!;
  }

  push(key: number, item: number): void {
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
