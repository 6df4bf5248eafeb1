import type { Labels } from '../../model/labels.ts';
import { labelValue, orderedKey } from '../../model/labels.ts';
import type { SeriesMemory } from '../aggregate/series-memory.ts';
import type { ScanGrouping } from '../analysis/fold.ts';
import type { LabelState } from '../pipeline/row/stage.ts';

/** Numbers the series of a sample scan: equal label sets after grouping share one number. Only their keys are kept, by number. */
export class SeriesIndex {
  readonly keys: string[] = [];
  readonly #grouping: ScanGrouping;
  readonly #memory: SeriesMemory | undefined;
  readonly #byKey = new Map<string, number>();
  /** Grouping by one label, the usual case, needs no key text. */
  readonly #single: string | undefined;
  readonly #byValue = new Map<string | undefined, number>();

  /** @param memory counts the series when given */
  constructor(grouping: ScanGrouping, memory?: SeriesMemory) {
    this.#grouping = grouping;
    this.#memory = memory;
    this.#single = !grouping.without && grouping.labels.length === 1 ? grouping.labels[0] : undefined;
  }

  /** All rows fall into one series. */
  get isConstant(): boolean {
    return !this.#grouping.without && this.#grouping.labels.length === 0;
  }

  /** The grouping can be told from the stream labels alone: each name of a `by` is one of them. */
  streamDecides(stream: Labels): boolean {
    if (this.#grouping.without) return false;
    for (const name of this.#grouping.labels) if (labelValue(stream, name) === undefined) return false;
    return true;
  }

  /** Number of the series of the row whose labels are given. */
  of(labels: LabelState): number {
    if (this.#single !== undefined) return this.#ofValue(this.#single, labels.get(this.#single));
    return this.ofGrouped(labels.grouped(this.#grouping.without, this.#grouping.labels));
  }

  /** Number of the series of rows that have the labels of their stream alone; undefined when that takes a `LabelState`. */
  ofStream(stream: Labels): number | undefined {
    if (this.#single !== undefined) return this.#ofValue(this.#single, labelValue(stream, this.#single));
    return this.isConstant ? this.ofGrouped([]) : undefined;
  }

  /** Number of a series whose labels, grouped before, are given. */
  ofGrouped(grouped: Labels): number {
    if (this.#single !== undefined) return this.#ofValue(this.#single, labelValue(grouped, this.#single));
    const key = orderedKey(grouped);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const added = this.#add(key);
    this.#byKey.set(key, added);
    return added;
  }

  #ofValue(name: string, value: string | undefined): number {
    const known = this.#byValue.get(value);
    if (known !== undefined) return known;
    const added = this.#add(value === undefined ? '' : orderedKey([name, value]));
    this.#byValue.set(value, added);
    return added;
  }

  #add(key: string): number {
    this.#memory?.takeSeries(key);
    this.keys.push(key);
    return this.keys.length - 1;
  }
}
