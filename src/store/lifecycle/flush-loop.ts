import { Pause } from '../../base/pause.ts';
import { HeadPacer } from '../../head/pacer.ts';
import type { WalWriter } from '../../wal/writer.ts';
import type { HeadState } from '../tenant/head-state.ts';
import { type FlusherOptions, writeGeneration } from './flusher.ts';

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 5000;

export interface FlushLoopOptions extends FlusherOptions {
  readonly head: HeadState;
  readonly wal: WalWriter;
  readonly onFlushed: (info: FlushInfo) => void;
  readonly onFailed: (error: unknown, retryMs: number) => void;
}

export interface FlushInfo {
  readonly rows: number;
  readonly segments: number;
  readonly bytes: number;
  readonly durationMs: number;
}

/** Writes sealed generations one after the other, oldest first; a failure is tried again until it works or the store closes. */
export class FlushLoop {
  readonly #options: FlushLoopOptions;
  readonly #pause = new Pause();
  readonly #pacer = new HeadPacer();
  #startMs = 0;
  /** Memory of the generation that is being written. */
  #writingBytes = 0;
  #running: Promise<void> | undefined;
  /** Removal of WAL files that are not needed any more; goes on while the next generation is written. */
  #deleting: Promise<void> = Promise.resolve();
  /** Pushes that wait for memory. */
  readonly #waiting = new Set<() => void>();
  /** Who asked for a flush, and is told of a failure. */
  readonly #askers = new Set<(error: unknown) => void>();
  #closed = false;
  /** Why the last attempt failed; undefined while all is well. */
  lastError: unknown;

  constructor(options: FlushLoopOptions) {
    this.#options = options;
  }

  /** Resolves when nothing sealed is left, or the store closes; undefined when nothing is being written. */
  get running(): Promise<void> | undefined {
    return this.#running;
  }

  /**
   * Resolves when nothing sealed is left, or the store closes.
   *
   * @throws what the next attempt that fails throws; it is tried again all the same
   */
  async done(): Promise<void> {
    while (this.#running !== undefined) {
      const { promise, reject } = Promise.withResolvers<never>();
      this.#askers.add(reject);
      try {
        await Promise.race([this.#running, promise]);
      } finally {
        this.#askers.delete(reject);
      }
    }
  }

  /** How long a push is to wait so that the head does not run full before the flush that runs gives memory back; milliseconds. */
  paceMs(): number {
    const { head, now } = this.#options;
    return this.#pacer.delayMs({
      nowMs: now(),
      allocatedBytes: head.allocatedBytes,
      limitBytes: head.options.headBytes,
      flushingBytes: this.#writingBytes,
      flushStartMs: this.#startMs,
    });
  }

  /** Resolves after `ms`, or before that as soon as a flush gives memory back. */
  async memoryBack(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#waiting.add(resolve);
    await promise;
    this.#waiting.delete(resolve);
    clearTimeout(timer);
  }

  /** Begins to write what is sealed, unless it is being written already. */
  start(): void {
    if (this.#running !== undefined) return;
    this.#running = this.#writeAll().finally(() => {
      this.#running = undefined;
      if (this.#options.head.sealedCount > 0 && !this.#closed) this.start();
    });
  }

  /** From now on a failure ends the loop: the WAL has what was not written. */
  close(): void {
    this.#closed = true;
    this.#pause.end();
  }

  async #writeAll(): Promise<void> {
    const { head, onFailed } = this.#options;
    let retryMs = FIRST_RETRY_MS;
    while (head.oldestSealed !== undefined) {
      try {
        await this.#writeOldest();
        retryMs = FIRST_RETRY_MS;
      } catch (error) {
        this.lastError = error;
        onFailed(error, retryMs);
        for (const tell of this.#askers) tell(error);
        if (this.#closed) return;
        await this.#pause.wait(retryMs);
        retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
      }
    }
    await this.#deleting;
  }

  async #writeOldest(): Promise<void> {
    const { head, now, onFlushed } = this.#options;
    const generation = head.oldestSealed;
    if (generation === undefined) return;
    const startMs = now();
    this.#startMs = startMs;
    this.#writingBytes = generation.arena.allocatedBytes;
    generation.pin();
    try {
      const written = await writeGeneration(generation, this.#options);
      // One step: from here queries see the segments, and the head no longer.
      for (const { tenant, segment } of written.segments) tenant.addSegment(segment);
      head.dropOldest();
      this.#pacer.flushed(this.#writingBytes, now() - startMs);
      this.lastError = undefined;
      const bytes = written.segments.reduce((sum, { segment }) => sum + segment.summary.fileBytes, 0);
      onFlushed({ rows: generation.rowCount, segments: written.segments.length, bytes, durationMs: now() - startMs });
    } finally {
      this.#writingBytes = 0;
      // Before anything is waited for: the next generation needs the memory.
      generation.unpin();
      for (const wake of this.#waiting) wake();
    }
    this.#deleteWal(generation.walSeq);
  }

  #deleteWal(walSeq: number): void {
    const { wal, onFailed } = this.#options;
    // What is left behind by a failure goes with the next flush.
    this.#deleting = this.#deleting
      .then(() => wal.deleteThrough(walSeq))
      .catch((error: unknown) => {
        this.lastError = error;
        onFailed(error, 0);
      });
  }
}
