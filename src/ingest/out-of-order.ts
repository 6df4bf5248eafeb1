import type { SinkStream } from '../model/row-sink.ts';
import { formatGoTime, formatRfc3339Seconds } from './go-time.ts';

const MAX_LISTED = 10;

/** Entries that the storage stage refused for one stream, told as a list of at most ten and the full count. */
export class RefusedList {
  readonly #lines: string[] = [];
  #refused = 0;

  /** @param reason asked for only when the entry is listed */
  add(seconds: number, nanos: number, reason: () => string): void {
    this.#refused++;
    if (this.#lines.length >= MAX_LISTED) return;
    this.#lines.push(`entry with timestamp ${formatGoTime(seconds, nanos)} ignored, reason: '${reason()}',\n`);
  }

  get isEmpty(): boolean {
    return this.#refused === 0;
  }

  text(tenant: string, streamText: string, total: number): string {
    return `${this.#lines.join('')}user '${tenant}', total ignored: ${this.#refused} out of ${total} for stream: ${streamText}`;
  }
}

/**
 * The window before the newest time of a stream inside which late entries are taken: of one stream at a time, through one batch. The
 * bound itself is still inside.
 */
export class LateWindow {
  #windowNs: number = Number.POSITIVE_INFINITY;
  newestSeconds: number = Number.NEGATIVE_INFINITY;
  newestNanos = 0;

  /** @param windowMs 0: entries of any age are taken */
  begin(windowMs: number, { newestSeconds, newestNanos }: SinkStream): void {
    this.#windowNs = windowMs > 0 ? windowMs * 1e6 : Number.POSITIVE_INFINITY;
    this.newestSeconds = newestSeconds;
    this.newestNanos = newestNanos;
  }

  /** Whether an entry is newer than all before it. */
  isNewer(seconds: number, nanos: number): boolean {
    return seconds > this.newestSeconds || (seconds === this.newestSeconds && nanos > this.newestNanos);
  }

  /** Whether an entry may be taken; if it is the newest so far, it moves the window. */
  admits(seconds: number, nanos: number): boolean {
    if (this.isNewer(seconds, nanos)) {
      this.newestSeconds = seconds;
      this.newestNanos = nanos;
      return true;
    }
    return (this.newestSeconds - seconds) * 1e9 + (this.newestNanos - nanos) <= this.#windowNs;
  }

  reason(seconds: number): string {
    // The bound is printed in whole seconds, rounded down as any printed time is.
    const bound = this.newestSeconds + Math.floor((this.newestNanos - this.#windowNs) / 1e9);
    return `entry too far behind, entry timestamp is: ${formatRfc3339Seconds(seconds)}, oldest acceptable timestamp is: ${formatRfc3339Seconds(bound)}`;
  }
}
