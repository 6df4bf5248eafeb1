/** Ascending stream ids without repeats, in typed arrays. */

const EMPTY = new Uint32Array(0);

/** Ids per byte of range above which a union marks ids in a map of bytes, else it sorts them. */
const MARK_DENSITY = 1 / 16;

/** A growing list. Ids that ascend are appended; others cost a move of what is behind them. */
export class IdList {
  #ids: Uint32Array = EMPTY;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The ids, without a copy; valid until the next change. */
  view(): Uint32Array {
    return this.#ids.subarray(0, this.#length);
  }

  /** True if the mask has a 1 for one of the ids. */
  touches(mask: Uint8Array): boolean {
    for (let i = 0; i < this.#length; i++) if (mask[this.#ids[i]!] === 1) return true;
    return false;
  }

  add(id: number): void {
    const length = this.#length;
    const at = length === 0 || this.#ids[length - 1]! < id ? length : lowerBound(this.#ids, length, id);
    if (at < length && this.#ids[at] === id) return;
    if (length === this.#ids.length) {
      const grown = new Uint32Array(Math.max(2, length * 2));
      grown.set(this.#ids);
      this.#ids = grown;
    }
    if (at < length) this.#ids.copyWithin(at + 1, at, length);
    this.#ids[at] = id;
    this.#length = length + 1;
  }

  remove(id: number): void {
    const at = lowerBound(this.#ids, this.#length, id);
    if (at === this.#length || this.#ids[at] !== id) return;
    this.#ids.copyWithin(at, at + 1, this.#length);
    this.#length--;
  }
}

/** First place in the first `length` ids whose id is not below `id`. */
function lowerBound(ids: Uint32Array, length: number, id: number, from = 0): number {
  let low = from;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ids[middle]! < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Ids that are in both. */
export function intersect(a: Uint32Array, b: Uint32Array): Uint32Array {
  const [few, many] = a.length < b.length ? [a, b] : [b, a];
  const out = new Uint32Array(few.length);
  const doesSearch = few.length * 16 < many.length;
  let count = 0;
  let j = 0;
  for (let i = 0; i < few.length && j < many.length; i++) {
    const id = few[i]!;
    if (doesSearch) j = lowerBound(many, many.length, id, j);
    else while (j < many.length && many[j]! < id) j++;
    if (j < many.length && many[j] === id) out[count++] = id;
  }
  return out.subarray(0, count);
}

/** Ids of `a` that are not in `b`. */
export function difference(a: Uint32Array, b: Uint32Array): Uint32Array {
  if (b.length === 0) return a;
  const out = new Uint32Array(a.length);
  const doesSearch = a.length * 16 < b.length;
  let count = 0;
  let j = 0;
  for (let i = 0; i < a.length; i++) {
    const id = a[i]!;
    if (doesSearch) j = lowerBound(b, b.length, id, j);
    else while (j < b.length && b[j]! < id) j++;
    if (j === b.length || b[j] !== id) out[count++] = id;
  }
  return out.subarray(0, count);
}

/** Ids that are in any of the lists; the lists have no id in common. */
export function unite(lists: readonly Uint32Array[]): Uint32Array {
  if (lists.length < 2) return lists[0] ?? EMPTY;
  let count = 0;
  let largest = 0;
  for (const list of lists) {
    count += list.length;
    largest = Math.max(largest, list.at(-1) ?? 0);
  }
  const out = new Uint32Array(count);
  if (count < (largest + 1) * MARK_DENSITY) {
    let at = 0;
    for (const list of lists) {
      out.set(list, at);
      at += list.length;
    }
    return out.sort();
  }
  const marks = new Uint8Array(largest + 1);
  for (const list of lists) for (let i = 0; i < list.length; i++) marks[list[i]!] = 1;
  let at = 0;
  for (let id = 0; id <= largest; id++) if (marks[id] === 1) out[at++] = id;
  return out;
}
