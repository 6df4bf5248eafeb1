import { Generation } from '../../head/generation.ts';
import { SlabPool } from '../../head/slab-pool.ts';

/** How the head is cut; times in milliseconds, sizes in bytes of shared memory taken. */
export interface HeadOptions {
  /** All generations together; above it pushes wait, then are refused. */
  readonly headBytes: number;
  /** A generation is cut when its rows have taken this much. */
  readonly generationBytes: number;
  /** ... or when it has been open this long, */
  readonly maxAgeMs: number;
  /** ... or when nothing has come for this long. */
  readonly idleMs: number;
}

/** The generations of the head: one open, some sealed and on their way to segments. */
export class HeadState {
  readonly options: HeadOptions;
  readonly #pool: SlabPool;
  readonly #now: () => number;
  readonly #sealed: Generation[] = [];
  #open: Generation;
  #nextId = 1;
  /** When the last rows left, at first the start. */
  #emptiedMs: number;

  constructor(options: HeadOptions, now: () => number) {
    this.options = options;
    this.#pool = new SlabPool(options.headBytes);
    this.#now = now;
    this.#emptiedMs = now();
    this.#open = this.#make();
  }

  #make(): Generation {
    return new Generation(this.#nextId++, this.#pool, this.#now());
  }

  get open(): Generation {
    return this.#open;
  }

  /** Oldest sealed generation, undefined when none is left to write. */
  get oldestSealed(): Generation | undefined {
    return this.#sealed[0];
  }

  get sealedCount(): number {
    return this.#sealed.length;
  }

  /** All generations, oldest first. */
  all(): readonly Generation[] {
    return [...this.#sealed, this.#open];
  }

  get allocatedBytes(): number {
    return this.all().reduce((sum, generation) => sum + generation.arena.allocatedBytes, 0);
  }

  get rowCount(): number {
    return this.all().reduce((sum, generation) => sum + generation.rowCount, 0);
  }

  /** Nothing is in it, and has not been for so long. */
  isEmptyFor(ms: number): boolean {
    return this.rowCount === 0 && this.#now() - this.#emptiedMs >= ms;
  }

  get isFull(): boolean {
    return this.allocatedBytes >= this.options.headBytes;
  }

  /** Whether the open generation is to be cut now. */
  get isDue(): boolean {
    const open = this.#open;
    if (open.empty) return false;
    const now = this.#now();
    return (
      open.arena.usedBytes >= this.options.generationBytes ||
      now - open.openedMs >= this.options.maxAgeMs ||
      now - open.lastAppendMs >= this.options.idleMs
    );
  }

  /** @param walSeq last WAL segment that holds rows of the open generation; later records go to later segments */
  seal(walSeq: number): void {
    this.#open.walSeq = walSeq;
    this.#sealed.push(this.#open);
    this.#open = this.#make();
  }

  /** Lets go of the oldest sealed generation: its rows are in segments that queries see from now on. */
  dropOldest(): void {
    this.#sealed.shift()?.drop();
    this.#emptiedMs = this.#now();
  }
}
