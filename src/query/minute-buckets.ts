import type { WindowGrid } from './aggregate/window-grid.ts';
import { TALLY_MINUTES } from './tally-cache.ts';

const MINUTE_NS = 60_000_000_000;

/** Which bucket each minute of a day falls into: tallies of a day have the same few, many times over. */
export class MinuteBuckets {
  readonly #grid: WindowGrid;
  readonly #firstBucket: number;
  readonly #buckets = new Int32Array(TALLY_MINUTES);
  #baseNs: number = Number.NaN;

  constructor(grid: WindowGrid, firstBucket: number) {
    this.#grid = grid;
    this.#firstBucket = firstBucket;
  }

  /**
   * @param baseNs start of the day, relative to the grid
   * @returns bucket by minute, from the first one on, -1 for none; overwritten by the next day's
   */
  of(baseNs: number): Int32Array {
    if (this.#baseNs === baseNs) return this.#buckets;
    this.#baseNs = baseNs;
    for (let minute = 0; minute < TALLY_MINUTES; minute++) {
      this.#grid.locate(baseNs + minute * MINUTE_NS);
      this.#buckets[minute] = this.#grid.bucket < 0 ? -1 : this.#grid.bucket - this.#firstBucket;
    }
    return this.#buckets;
  }
}
