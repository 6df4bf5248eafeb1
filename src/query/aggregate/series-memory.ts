import { LogError } from '../../base/errors.ts';

const MIB = 1024 * 1024;
/**
 * What the series of a query may take in all threads together: 112 MiB with two threads. Garbage and what the heaps keep in hand come on
 * top, about as much again: a server that is at rest at 200 to 250 MB stays within half a gigabyte. Each thread holds a partial result.
 */
const OWN_BYTES = 64 * MIB;
const THREAD_BYTES = 24 * MIB;
const MAX_BYTES = 256 * MIB;
const DEFAULT_THREADS = 2;
/** From this share on fewer tasks are run at a time. */
const TIGHT_SHARE = 0.5;
const LARGE_BYTES = 16 * 1024 * 1024;
/** About what a series costs besides its text and its numbers: places in maps and lists, and the headers of texts and arrays. */
const SERIES_BYTES = 120;

/** Counts the memory of series while a query runs, so that one over very many of them fails instead of the process. */
export class SeriesMemory {
  /** For other threads that work for the same query. */
  readonly memory: SharedArrayBuffer;
  /** What is taken, and the limit. */
  readonly #bytes: Int32Array;
  /** By this object, and not given back by it. */
  takenBytes = 0;

  /** @param memory of the query in another thread, else a new one of which nothing is taken; @param threads that scan at a time */
  constructor(memory?: SharedArrayBuffer, threads: number = DEFAULT_THREADS) {
    this.memory = memory ?? new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
    this.#bytes = new Int32Array(this.memory);
    if (memory === undefined) this.#bytes[1] = Math.min(MAX_BYTES, OWN_BYTES + threads * THREAD_BYTES);
  }

  /** So much is taken that no more than needed should be begun. */
  get isTight(): boolean {
    return Atomics.load(this.#bytes, 0) > this.#bytes[1]! * TIGHT_SHARE;
  }

  /** So much is taken that heaps have grown for it. */
  get isLarge(): boolean {
    return Atomics.load(this.#bytes, 0) >= LARGE_BYTES;
  }

  /** @throws LogError QUERY_LIMIT */
  take(bytes: number): void {
    const maxBytes = this.#bytes[1]!;
    if (Atomics.load(this.#bytes, 0) + bytes > maxBytes) {
      throw new LogError(
        'QUERY_LIMIT',
        `query needs more than ${maxBytes} bytes for its series; reduce the time range, or aggregate over fewer labels`,
      );
    }
    Atomics.add(this.#bytes, 0, bytes);
    this.takenBytes += bytes;
  }

  /** Counts a series with its key. @throws LogError QUERY_LIMIT */
  takeSeries(key: string): void {
    this.take(SERIES_BYTES + key.length);
  }

  /** @throws LogError QUERY_LIMIT */
  columns(length: number): Float64Array {
    this.take(length * Float64Array.BYTES_PER_ELEMENT);
    return new Float64Array(length);
  }

  /** Gives back what was taken, also by another thread. */
  give(bytes: number): void {
    Atomics.sub(this.#bytes, 0, bytes);
    this.takenBytes -= bytes;
  }
}
