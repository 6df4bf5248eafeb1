/** A token bucket: `ratePerSecond` tokens flow in, at most `burst` are kept. The clock is handed in. */
export class TokenBucket {
  #tokens = Number.POSITIVE_INFINITY;
  #lastMs = 0;

  /**
   * Takes `count` tokens if there are enough, else none. A count above the burst is always refused.
   *
   * @param nowMs any clock that does not go back; if it does, nothing flows in
   */
  take(count: number, ratePerSecond: number, burst: number, nowMs: number): boolean {
    const elapsedMs = Math.max(0, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    this.#tokens = Math.min(burst, this.#tokens + (elapsedMs * ratePerSecond) / 1000);
    if (count > this.#tokens) return false;
    this.#tokens -= count;
    return true;
  }
}
