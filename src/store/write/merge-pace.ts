import { LogError } from '../../base/errors.ts';

/** Shared between the thread that merges and the one that asked for it. */
export type MergeControl = SharedArrayBuffer;

const STOP = 0;
const BUSY = 1;
/** Work between two looks at the control. */
const SLICE_MS = 10;
/** How long a slice waits at most for queries and flushes to end: under load without end merges go on, slowly. */
const MAX_WAIT_MS = 250;

export function newMergeControl(): MergeControl {
  return new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
}

/** Ends the merge at its next step. */
export function stopMerge(control: MergeControl): void {
  const flags = new Int32Array(control);
  Atomics.store(flags, STOP, 1);
  Atomics.notify(flags, STOP);
  Atomics.notify(flags, BUSY);
}

/** Tells a merge whether anybody waits for the processor. */
export function setMergeBusy(control: MergeControl, busy: boolean): void {
  const flags = new Int32Array(control);
  if (Atomics.exchange(flags, BUSY, busy ? 1 : 0) === 1 && !busy) Atomics.notify(flags, BUSY);
}

/** Keeps a merge within its share of a core, and out of the way of queries and flushes. */
export class MergePace {
  readonly #flags: Int32Array;
  readonly #restPerWork: number;
  #sliceStart = performance.now();
  /** Time of work, rests and waits left out. */
  workedMs = 0;

  constructor(control: MergeControl, cpuPercent: number) {
    this.#flags = new Int32Array(control);
    const percent = Math.min(100, Math.max(1, cpuPercent));
    this.#restPerWork = (100 - percent) / percent;
  }

  /** True when a slice of work is done and `turn` would do something. */
  get isDue(): boolean {
    return performance.now() - this.#sliceStart >= SLICE_MS;
  }

  /**
   * Rests as long as the share asks for, and while others are busy.
   *
   * @throws LogError SHUTTING_DOWN when the merge is to end
   */
  async turn(): Promise<void> {
    const workMs = performance.now() - this.#sliceStart;
    this.workedMs += workMs;
    this.#checkStop();
    // Not a sleep: after a long slice it would hold up whoever stops the merge.
    if (this.#restPerWork > 0) await Atomics.waitAsync(this.#flags, STOP, 0, workMs * this.#restPerWork).value;
    if (Atomics.load(this.#flags, BUSY) === 1) await Atomics.waitAsync(this.#flags, BUSY, 1, MAX_WAIT_MS).value;
    this.#checkStop();
    this.#sliceStart = performance.now();
  }

  #checkStop(): void {
    if (Atomics.load(this.#flags, STOP) === 1) throw new LogError('SHUTTING_DOWN', 'the merge was ended');
  }
}
