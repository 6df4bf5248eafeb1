/** All of a slab's memory, in the widths that a page has. */
export interface SlabViews {
  readonly memory: SharedArrayBuffer;
  readonly f64: Float64Array;
  readonly u32: Uint32Array;
  /** A Buffer, for its `copy`: `set` of a typed array copies shared memory with care, at a third of the speed. */
  readonly bytes: Buffer;
}

/** Views of the slab that was asked for last: neighbouring pages mostly lie in the same memory. */
export class LastSlab {
  #views: SlabViews | undefined;

  of(memory: SharedArrayBuffer): SlabViews {
    if (this.#views?.memory === memory) return this.#views;
    this.#views = {
      memory,
      f64: new Float64Array(memory, 0, memory.byteLength >> 3),
      u32: new Uint32Array(memory, 0, memory.byteLength >> 2),
      bytes: Buffer.from(memory),
    };
    return this.#views;
  }

  /** Lets go of the memory. */
  forget(): void {
    this.#views = undefined;
  }
}
