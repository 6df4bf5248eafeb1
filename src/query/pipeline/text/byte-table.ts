/** Values longer than this are not remembered by their bytes. */
const MAX_VALUE_BYTES = 64;
/** Values that one table remembers. */
const MAX_VALUES = 4096;
const FIRST_SLOTS = 16;
/** Values come from users: a start that they cannot know keeps them from choosing values that collide. */
const HASH_START = (Math.random() * 0x1_0000_0000) | 0;

/** Numbers by the bytes of a value: what was worked out for a value once is found again without making text of it. */
export class ByteTable {
  /** By slot: number plus one, 0 for a free slot. */
  #slots: Uint16Array = new Uint16Array(FIRST_SLOTS);
  /** By entry: hash, place of the bytes, their length, what was asked for. */
  readonly #hashes: number[] = [];
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  readonly #numbers: number[] = [];
  #bytes: Uint8Array = new Uint8Array(256);
  #used = 0;

  /** @returns -1 for a value that was not added */
  find(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(bytes, start, end);
    const mask = this.#slots.length - 1;
    for (let slot = slotOf(hash) & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]! - 1;
      if (this.#hashes[entry] === hash && this.#is(entry, bytes, start, end)) return this.#numbers[entry]!;
    }
    return -1;
  }

  #is(entry: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#lengths[entry] !== end - start) return false;
    const own = this.#bytes;
    const shift = this.#starts[entry]! - start;
    for (let i = start; i < end; i++) if (bytes[i] !== own[i + shift]) return false;
    return true;
  }

  /** Remembers a value that `find` did not find; nothing is done for a long one, or when there are too many. */
  add(bytes: Uint8Array, start: number, end: number, number: number): void {
    const entry = this.#numbers.length;
    if (entry === MAX_VALUES || end - start > MAX_VALUE_BYTES) return;
    if (this.#used + end - start > this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    // Bytes of a block are copied: its memory is used again.
    this.#bytes.set(bytes.subarray(start, end), this.#used);
    this.#hashes.push(hashOf(bytes, start, end));
    this.#starts.push(this.#used);
    this.#lengths.push(end - start);
    this.#numbers.push(number);
    this.#used += end - start;
    if (entry * 2 >= this.#slots.length) this.#grow();
    else this.#place(entry);
  }

  #place(entry: number): void {
    const mask = this.#slots.length - 1;
    let slot = slotOf(this.#hashes[entry]!) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry + 1;
  }

  #grow(): void {
    this.#slots = new Uint16Array(this.#slots.length * 4);
    for (let entry = 0; entry < this.#numbers.length; entry++) this.#place(entry);
  }
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = HASH_START;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash;
}

function slotOf(hash: number): number {
  return hash ^ (hash >>> 15);
}
