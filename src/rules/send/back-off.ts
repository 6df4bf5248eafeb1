const FIRST_MS = 100;
const LONGEST_MS = 30_000;

/** Waits between tries that fail: each twice as long as the one before. */
export class BackOff {
  #nextMs = FIRST_MS;

  succeeded(): void {
    this.#nextMs = FIRST_MS;
  }

  /** How long to wait now. @param atLeastMs what the other side asked for */
  failed(atLeastMs = 0): number {
    const ms = Math.max(this.#nextMs, Math.min(atLeastMs, LONGEST_MS));
    this.#nextMs = Math.min(this.#nextMs * 2, LONGEST_MS);
    return ms;
  }
}

/** Resolves after the time, or at once when the signal fires. */
export function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    timer.unref();
    signal.addEventListener('abort', end);
  });
}
