import { type Labels, labelsOfKey } from '../../model/labels.ts';
import type { SeriesMemory } from './series-memory.ts';
import { hasPoint, type Points, type Series, type VectorValue } from './series-set.ts';

/** A view of an array, and what a point takes. */
const SERIES_BYTES = 400;
const POINT_BYTES = 9;

/** Points of an answer that was written, for the next one: fresh memory of such a size is what makes V8 look through all it has. */
let idle: Points | undefined;
/** 4.5 MiB. */
const MAX_IDLE_POINTS = 512 * 1024;

/** Zeros, in memory that may be larger. */
function takePoints(count: number): Points {
  const used = idle;
  if (used === undefined || used.values.length < count)
    return { values: new Float64Array(count), present: new Uint8Array(count) };
  idle = undefined;
  used.values.fill(0, 0, count);
  used.present.fill(0, 0, count);
  return used;
}

/**
 * The series that a scan has found, in the order of their labels. They can be looked at one after the other: of a hundred thousand
 * series an aggregation needs one at a time, and all of them would take gigabytes.
 */
export class MergedSeries implements VectorValue {
  readonly kind = 'vector';
  /** Points of a series. */
  readonly width: number;
  /** Series, of which some may be without a point. */
  readonly count: number;
  readonly #keys: readonly string[];
  readonly #order: readonly number[];
  readonly #fill: (series: number, into: Points) => void;
  /** That of the query. */
  readonly memory: SeriesMemory;
  #series: readonly Series[] | undefined;
  /** Of all series. */
  #points: Points | undefined;

  /**
   * @param keys of the series, and @param order their numbers in the order of their labels
   * @param fill writes a series into zeros
   */
  constructor(
    width: number,
    keys: readonly string[],
    order: readonly number[],
    fill: (series: number, into: Points) => void,
    memory: SeriesMemory,
  ) {
    this.width = width;
    this.count = order.length;
    this.#keys = keys;
    this.#order = order;
    this.#fill = fill;
    this.memory = memory;
  }

  labels(place: number): Labels {
    return labelsOfKey(this.#keys[this.#order[place]!]!);
  }

  /** Writes the series at a place of the order. */
  read(place: number, into: Points): void {
    into.present.fill(0);
    this.#fill(this.#order[place]!, into);
  }

  /** All of them. @throws LogError QUERY_LIMIT when they take too much memory */
  get series(): readonly Series[] {
    this.#series ??= this.#make();
    return this.#series;
  }

  #make(): readonly Series[] {
    const { width, count } = this;
    this.memory.take(count * (SERIES_BYTES + width * POINT_BYTES));
    // One piece of memory for all: of thousands of series each small array would cost more than its numbers.
    const { values, present } = takePoints(width * count);
    this.#points = { values, present };
    const made: Series[] = [];
    for (let place = 0; place < count; place++) {
      const [from, to] = [place * width, (place + 1) * width];
      const points = { values: values.subarray(from, to), present: present.subarray(from, to) };
      this.#fill(this.#order[place]!, points);
      if (hasPoint(points)) made.push({ labels: this.labels(place), ...points });
    }
    return made;
  }

  /** The series are of no more use: their memory goes to the next answer. */
  giveBack(): void {
    const points = this.#points;
    this.#points = undefined;
    this.#series = undefined;
    if (points !== undefined && points.values.length <= MAX_IDLE_POINTS) idle = points;
  }
}
