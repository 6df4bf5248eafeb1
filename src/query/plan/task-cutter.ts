/** Tasks are cut at multiples of so many blocks if they hold at least this share of their wanted cost. */
const SECTION_BLOCKS = 64;
const LEAST_SHARE = 0.25;

/** Tasks of about a cost, one after the other: what is planned goes to the current one until it costs enough. */
export class TaskCutter<T extends { readonly isEmpty: boolean }> {
  current: T;
  readonly #make: () => T;
  readonly #target: number;
  readonly #tasks: T[] = [];
  #cost = 0;

  /** @param make a task of nothing, and @param target what one should cost */
  constructor(make: () => T, target: number) {
    this.#make = make;
    this.#target = target;
    this.current = make();
  }

  /** Counts what was added, or is about to be. */
  count(cost: number): void {
    this.#cost += cost;
  }

  /** What was added makes the task large enough. */
  get isFull(): boolean {
    return this.#cost >= this.#target;
  }

  /**
   * Whether the task ends behind a block, with so much that is not counted yet. Cuts fall on multiples of `SECTION_BLOCKS` where the task is not
   * much too small then: so two ranges that begin at different blocks soon have the same tasks.
   */
  isCutBehind(block: number, pendingCost = 0): boolean {
    const least = (block + 1) % SECTION_BLOCKS === 0 ? this.#target * LEAST_SHARE : this.#target;
    return this.#cost + pendingCost >= least;
  }

  /** Another segment begins: so does a task, unless the one before is still small. */
  enterSegment(): void {
    if (this.#cost >= this.#target * LEAST_SHARE) this.cut();
  }

  cut(): void {
    if (!this.current.isEmpty) {
      this.#tasks.push(this.current);
      this.current = this.#make();
    }
    this.#cost = 0;
  }

  /** All of them. */
  finish(): T[] {
    this.cut();
    return this.#tasks;
  }
}
