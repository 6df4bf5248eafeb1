/** What the pacer looks at when a push comes. */
export interface HeadFill {
  readonly nowMs: number;
  /** Memory that rows have taken, of all generations, and what they may take. */
  readonly allocatedBytes: number;
  readonly limitBytes: number;
  /** Memory that comes back when the flush that runs now has ended, and when it began; 0 bytes when none runs. */
  readonly flushingBytes: number;
  readonly flushStartMs: number;
}

/** Bytes a millisecond, taken for the speed of flushes until one has been seen. */
const FIRST_SPEED = 100 * 1024;
/** Weight of the newest flush and of the newest push in the running means. */
const SPEED_WEIGHT = 0.6;
const PUSH_WEIGHT = 0.1;
/** Part of the limit that is left free: the estimates are rough, and slabs are taken whole. */
const SPARE_PART = 0.05;
/** A flush that takes longer than thought is thought to take this part of its time so far again. */
const OVERDUE_PART = 0.25;
/** No push waits longer on account of an estimate. */
const LONGEST_WAIT_MS = 250;

/**
 * Slows pushes down to the pace at which flushes give memory back. Without it they run at full speed until the head is full,
 * and then all stand still until a whole generation is written: the same throughput, with waits of half a second.
 *
 * While a flush runs, the room that is left is dealt out evenly over the time that the flush still takes. Pushes that come more
 * slowly than that do not wait at all.
 */
export class HeadPacer {
  #speed = FIRST_SPEED;
  #pushBytes = 0;
  #lastAllocatedBytes = 0;
  #nextMs = 0;

  /** A flush has ended: what it gave back, and how long it took. */
  flushed(bytes: number, durationMs: number): void {
    this.#nextMs = 0;
    if (bytes <= 0) return;
    this.#speed += SPEED_WEIGHT * (bytes / Math.max(1, durationMs) - this.#speed);
    this.#lastAllocatedBytes = Math.max(0, this.#lastAllocatedBytes - bytes);
  }

  /** How long the push that comes now is to wait, in milliseconds; call once a push. */
  delayMs(fill: HeadFill): number {
    const grown = Math.max(0, fill.allocatedBytes - this.#lastAllocatedBytes);
    this.#lastAllocatedBytes = fill.allocatedBytes;
    this.#pushBytes += PUSH_WEIGHT * (grown - this.#pushBytes);
    const { nowMs } = fill;
    if (fill.flushingBytes === 0) {
      this.#nextMs = nowMs;
      return 0;
    }
    const room = fill.limitBytes * (1 - SPARE_PART) - fill.allocatedBytes;
    const elapsedMs = nowMs - fill.flushStartMs;
    const flushMs = Math.max(1, fill.flushingBytes / this.#speed - elapsedMs, OVERDUE_PART * elapsedMs);
    const gapMs = room <= 0 ? flushMs : (this.#pushBytes * flushMs) / room;
    const startMs = Math.max(nowMs, this.#nextMs);
    this.#nextMs = Math.min(startMs + gapMs, nowMs + LONGEST_WAIT_MS);
    return startMs - nowMs;
  }
}
