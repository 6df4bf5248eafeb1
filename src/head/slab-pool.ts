import { type IngestKernel, ingestKernel } from '../kernels/ingest-kernel.ts';

/**
 * Shared memory for open rows, handed out in regions of a few slabs and taken back a generation at a time. Slabs are kept for
 * reuse: fresh memory costs page faults, and those cost more than the copy.
 */

export const SLAB_BYTES: number = 1024 * 1024;

export interface Slab {
  readonly memory: SharedArrayBuffer;
  /** Where the slab begins in `memory`, and its size; the views span all of `memory`. */
  readonly base: number;
  readonly sizeBytes: number;
  /** Set when `memory` is that of the kernel. */
  readonly kernel: IngestKernel | undefined;
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  readonly buffer: Buffer;
}

/** In the memory of the kernel, so that it can write rows itself; undefined when there is none, or no room in it. */
function makeKernelSlab(): Slab | undefined {
  const kernel = ingestKernel();
  const base = kernel?.takeSlab(SLAB_BYTES);
  if (kernel === undefined || base === undefined) return undefined;
  const { memory, u8, u32, f64, buffer } = kernel;
  return { memory, base, sizeBytes: SLAB_BYTES, kernel, u8, u32, f64, buffer };
}

function makeSlab(sizeBytes: number): Slab {
  const memory = new SharedArrayBuffer(sizeBytes);
  return {
    memory,
    base: 0,
    sizeBytes,
    kernel: undefined,
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
    return this.#free.pop() ?? makeKernelSlab() ?? makeSlab(SLAB_BYTES);
  }

  give(slabs: readonly Slab[]): void {
    for (const slab of slabs) {
      // A region of the kernel's memory cannot be given back to anybody but the next generation.
      const isKept = slab.kernel !== undefined || this.#free.length < this.#keepSlabs;
      if (slab.sizeBytes === SLAB_BYTES && isKept) this.#free.push(slab);
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
  /** Bytes of them that are handed out. */
  usedBytes = 0;

  constructor(pool: SlabPool) {
    this.#pool = pool;
  }

  /** @returns number of the slab and offset in its memory, a multiple of 8 */
  allocate(sizeBytes: number): { slabIndex: number; offset: number } {
    const size = (sizeBytes + 7) & ~7;
    this.usedBytes += size;
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
    const offset = this.slabs[this.#current]!.base + this.#used;
    this.#used += size;
    return { slabIndex: this.#current, offset };
  }

  release(): void {
    this.#pool.give(this.slabs);
    this.slabs.length = 0;
    this.allocatedBytes = 0;
    this.usedBytes = 0;
    this.#used = SLAB_BYTES;
  }
}
