import type { Labels } from '../../model/labels.ts';
import type { DroppedTailEntry } from '../../wire/result/tail-json.ts';

/** Dropped entries that a frame names one by one; more of them are counted for each stream. */
export const MAX_NAMED = 200;

/** What a tail had to leave out and has not been told yet: bounded by the streams there are, and exact in number. */
export class DroppedRows {
  #named: DroppedTailEntry[] = [];
  readonly #counted = new Map<Labels, { newestNs: bigint; count: number }>();

  get isEmpty(): boolean {
    return this.#named.length === 0 && this.#counted.size === 0;
  }

  /**
   * @param timeNs of the newest of them
   * @param labels of the stream
   */
  add(timeNs: bigint, labels: Labels, count: number): void {
    if (count === 1 && this.#named.length < MAX_NAMED) {
      this.#named.push({ timeNs, labels, count: 1 });
      return;
    }
    const known = this.#counted.get(labels);
    if (known === undefined) {
      this.#counted.set(labels, { newestNs: timeNs, count });
      return;
    }
    known.count += count;
    if (timeNs > known.newestNs) known.newestNs = timeNs;
  }

  /** All that is there; nothing is left behind. */
  take(): DroppedTailEntry[] {
    const all = this.#named;
    for (const [labels, { newestNs, count }] of this.#counted) all.push({ timeNs: newestNs, labels, count });
    this.#named = [];
    this.#counted.clear();
    return all;
  }
}
