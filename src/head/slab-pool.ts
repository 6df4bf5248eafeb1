/**
 * Shared memory for open rows, handed out in regions of a few slabs and taken back a generation at a time. Slabs are kept for
 * reuse: fresh memory costs page faults, and those cost more than the copy.
 */

export const SLAB_BYTES: number = 4 * 1024 * 1024;

export interface Slab {
  readonly memory: SharedArrayBuffer;
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  readonly buffer: Buffer;
}

function makeSlab(sizeBytes: number): Slab {
  const memory = new SharedArrayBuffer(sizeBytes);
  return {
    memory,
    u8: new Uint8Array(memory),
    u32: new Uint32Array(memory),
    f64: new Float64Array(memory),
    buffer: Buffer.from(memory),
  };
}

/** Slabs that no generation uses; bounded, so that a burst does not hold its memory for ever. */
export class SlabPool {
  readonly #free: Slab[] = [];
  readonly #keepSlabs: number;

  constructor(keepBytes: number) {
    this.#keepSlabs = Math.ceil(keepBytes / SLAB_BYTES);
  }

  take(sizeBytes: number): Slab {
    if (sizeBytes > SLAB_BYTES) return makeSlab(sizeBytes);
    return this.#free.pop() ?? makeSlab(SLAB_BYTES);
  }

  give(slabs: readonly Slab[]): void {
    for (const slab of slabs) {
      if (slab.memory.byteLength === SLAB_BYTES && this.#free.length < this.#keepSlabs) this.#free.push(slab);
    }
  }
}

/** Bump allocation over slabs of one generation. */
export class SlabArena {
  readonly slabs: Slab[] = [];
  readonly #pool: SlabPool;
  #current = 0;
  #used: number = SLAB_BYTES;
  /** Bytes of all slabs taken: what the generation costs. */
  allocatedBytes = 0;

  constructor(pool: SlabPool) {
    this.#pool = pool;
  }

  /** @returns number of the slab and offset in it, a multiple of 8 */
  allocate(sizeBytes: number): { slabIndex: number; offset: number } {
    const size = (sizeBytes + 7) & ~7;
    if (size > SLAB_BYTES) {
      this.slabs.push(this.#pool.take(size));
      this.allocatedBytes += size;
      return { slabIndex: this.slabs.length - 1, offset: 0 };
    }
    if (this.#used + size > SLAB_BYTES) {
      this.slabs.push(this.#pool.take(SLAB_BYTES));
      this.allocatedBytes += SLAB_BYTES;
      this.#current = this.slabs.length - 1;
      this.#used = 0;
    }
    const offset = this.#used;
    this.#used += size;
    return { slabIndex: this.#current, offset };
  }

  release(): void {
    this.#pool.give(this.slabs);
    this.slabs.length = 0;
    this.allocatedBytes = 0;
    this.#used = SLAB_BYTES;
  }
}
