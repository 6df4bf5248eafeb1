import { TALLY_MINUTES } from '../../chunk/tally.ts';
import type { WindowGrid } from '../aggregate/window-grid.ts';

const MINUTE_NS = 60_000_000_000;

/** Which bucket each minute of a day falls into: tallies of a day have the same few, many times over. */
export class MinuteBuckets {
  readonly #grid: WindowGrid;
  readonly #none: number;
  readonly #buckets = new Int32Array(TALLY_MINUTES);
  #baseNs: number = Number.NaN;

  /** @param none stands for minutes that no window sees */
  constructor(grid: WindowGrid, none: number) {
    this.#grid = grid;
    this.#none = none;
  }

  /**
   * @param baseNs start of the day, relative to the grid
   * @returns bucket by minute; overwritten by the next day's
   */
  of(baseNs: number): Int32Array {
    if (this.#baseNs === baseNs) return this.#buckets;
    this.#baseNs = baseNs;
    for (let minute = 0; minute < TALLY_MINUTES; minute++) {
      this.#grid.locate(baseNs + minute * MINUTE_NS);
      this.#buckets[minute] = this.#grid.bucket < 0 ? this.#none : this.#grid.bucket;
    }
    return this.#buckets;
  }
}
