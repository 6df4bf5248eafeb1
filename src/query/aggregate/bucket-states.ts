import type { SeriesMemory } from './series-memory.ts';

/** So much goes to columns over all buckets at once; series beyond it begin with a list of the buckets that they have. */
const FIRST_COLUMNS_BYTES = 4 * 1024 * 1024;
/** More columns than these take longer to hand to another thread than lists do. */
const MAX_FIRST_COLUMNS = 2048;
/** About what the array itself costs. */
const COLUMN_BYTES = 200;
/** A list is searched from its begin when samples come out of order, so it must not grow long. */
const MIN_LISTED = 8;
const MAX_LISTED = 64;
/** A listed state takes 8 bytes more than one of a column; from a quarter of the buckets on there is little to win. */
const LISTED_SHARE = 0.25;

const PAGE_SHIFT = 12;
const PAGE_ENTRIES = 1 << PAGE_SHIFT;
const FIRST_SERIES = 64;
/** In place of a column: the states are listed. */
const NO_COLUMN: Float64Array = new Float64Array(0);

/** States of the series that have no column: those of series `s` are `starts[s] .. starts[s + 1]`, in the order of their buckets. */
export interface ListedStates {
  readonly starts: Uint32Array;
  readonly buckets: Uint32Array;
  readonly states: Float64Array;
}

/** Of no bytes, so that it is never given away. */
export const NO_LISTED: ListedStates = {
  starts: new Uint32Array(0),
  buckets: new Uint32Array(0),
  states: new Float64Array(0),
};

/** Entries are numbered from 1; `next` is the one of the next bucket of the series, 0 for none. */
interface Page {
  readonly buckets: Uint32Array;
  readonly next: Uint32Array;
  readonly states: Float64Array;
}

/**
 * States of buckets by series. A series is a column over all buckets, or, when there are many series, a list of the buckets that have samples:
 * of a hundred thousand series most have a few points, and their columns would take gigabytes.
 */
export class BucketStates {
  /** What `locate` found. */
  column: Float64Array = NO_COLUMN;
  at = 0;
  readonly #bucketCount: number;
  readonly #width: number;
  readonly #memory: SeriesMemory;
  readonly #maxListed: number;
  readonly #firstColumns: number;
  readonly #columns: (Float64Array | undefined)[] = [];
  #columnCount = 0;
  readonly #pages: Page[] = [];
  #entryCount = 0;
  /** By series, 0 for none. */
  #heads: Uint32Array = new Uint32Array(FIRST_SERIES);
  #tails: Uint32Array = new Uint32Array(FIRST_SERIES);
  #lengths: Uint32Array = new Uint32Array(FIRST_SERIES);

  /** @param width numbers of a state */
  constructor(bucketCount: number, width: number, memory: SeriesMemory) {
    this.#bucketCount = bucketCount;
    this.#width = width;
    this.#memory = memory;
    this.#maxListed = Math.max(MIN_LISTED, Math.min(MAX_LISTED, Math.floor(bucketCount * LISTED_SHARE)));
    const fitting = Math.ceil(FIRST_COLUMNS_BYTES / (bucketCount * width * 8 + COLUMN_BYTES));
    this.#firstColumns = Math.min(MAX_FIRST_COLUMNS, fitting);
  }

  /** Finds the state of a bucket, made on first use; it is `column[at]` and those behind it. */
  locate(series: number, bucket: number): void {
    const column = this.#columns[series];
    if (column !== undefined) {
      this.column = column;
      this.at = bucket * this.#width;
    } else if (series >= this.#heads.length || this.#heads[series] === 0) this.#begin(series, bucket);
    else this.#locateListed(series, bucket);
  }

  /** Takes a column over all buckets as the states of a series that has none. */
  adopt(series: number, column: Float64Array): void {
    this.#memory.take(column.byteLength + COLUMN_BYTES);
    this.#setColumn(series, column);
  }

  #setColumn(series: number, column: Float64Array): void {
    while (this.#columns.length <= series) this.#columns.push(undefined);
    this.#columns[series] = column;
    this.#columnCount++;
  }

  #begin(series: number, bucket: number): void {
    if (this.#columnCount < this.#firstColumns) this.#makeColumn(series, bucket);
    else {
      if (series >= this.#heads.length) this.#growSeries(series);
      this.#append(series, bucket);
    }
  }

  #makeColumn(series: number, bucket: number): void {
    this.#memory.take(COLUMN_BYTES);
    const column = this.#memory.columns(this.#bucketCount * this.#width);
    if (series < this.#heads.length) this.#copyListed(series, column);
    this.#setColumn(series, column);
    this.locate(series, bucket);
  }

  #locateListed(series: number, bucket: number): void {
    const tail = this.#tails[series]!;
    const last = this.#bucketOf(tail);
    if (bucket === last) this.#found(tail);
    else if (this.#lengths[series]! >= this.#maxListed) this.#locateFull(series, bucket);
    else if (bucket > last) this.#append(series, bucket);
    else this.#insert(series, bucket);
  }

  /** The list is as long as lists get: a further bucket makes it a column. */
  #locateFull(series: number, bucket: number): void {
    for (let entry = this.#heads[series]!; entry !== 0; entry = this.#nextOf(entry)) {
      if (this.#bucketOf(entry) !== bucket) continue;
      this.#found(entry);
      return;
    }
    this.#makeColumn(series, bucket);
    this.#heads[series] = 0;
  }

  #append(series: number, bucket: number): void {
    const entry = this.#newEntry(bucket, 0);
    if (this.#heads[series] === 0) this.#heads[series] = entry;
    else this.#setNext(this.#tails[series]!, entry);
    this.#tails[series] = entry;
    this.#lengths[series]!++;
    this.#found(entry);
  }

  /** For a bucket before the last one of the list. */
  #insert(series: number, bucket: number): void {
    let before = 0;
    let entry = this.#heads[series]!;
    while (this.#bucketOf(entry) < bucket) {
      before = entry;
      entry = this.#nextOf(entry);
    }
    if (this.#bucketOf(entry) !== bucket) {
      entry = this.#newEntry(bucket, entry);
      if (before === 0) this.#heads[series] = entry;
      else this.#setNext(before, entry);
      this.#lengths[series]!++;
    }
    this.#found(entry);
  }

  #newEntry(bucket: number, next: number): number {
    const index = this.#entryCount++;
    const at = index & (PAGE_ENTRIES - 1);
    if (at === 0) {
      this.#memory.take(PAGE_ENTRIES * (8 * this.#width + 8));
      this.#pages.push({
        buckets: new Uint32Array(PAGE_ENTRIES),
        next: new Uint32Array(PAGE_ENTRIES),
        states: new Float64Array(PAGE_ENTRIES * this.#width),
      });
    }
    const page = this.#pages[index >> PAGE_SHIFT]!;
    page.buckets[at] = bucket;
    page.next[at] = next;
    return index + 1;
  }

  #found(entry: number): void {
    this.column = this.#pages[(entry - 1) >> PAGE_SHIFT]!.states;
    this.at = ((entry - 1) & (PAGE_ENTRIES - 1)) * this.#width;
  }

  #bucketOf(entry: number): number {
    return this.#pages[(entry - 1) >> PAGE_SHIFT]!.buckets[(entry - 1) & (PAGE_ENTRIES - 1)]!;
  }

  #nextOf(entry: number): number {
    return this.#pages[(entry - 1) >> PAGE_SHIFT]!.next[(entry - 1) & (PAGE_ENTRIES - 1)]!;
  }

  #setNext(entry: number, next: number): void {
    this.#pages[(entry - 1) >> PAGE_SHIFT]!.next[(entry - 1) & (PAGE_ENTRIES - 1)] = next;
  }

  #growSeries(series: number): void {
    const length = Math.max(series + 1, this.#heads.length * 2);
    const longer = (from: Uint32Array): Uint32Array => {
      const to = new Uint32Array(length);
      to.set(from);
      return to;
    };
    this.#heads = longer(this.#heads);
    this.#tails = longer(this.#tails);
    this.#lengths = longer(this.#lengths);
  }

  #copyListed(series: number, into: Float64Array): void {
    const width = this.#width;
    for (let entry = this.#heads[series]!; entry !== 0; entry = this.#nextOf(entry)) {
      this.#found(entry);
      const to = this.#bucketOf(entry) * width;
      for (let i = 0; i < width; i++) into[to + i] = this.column[this.at + i]!;
    }
  }

  /** The states of a series as a column over all buckets; undefined where they are listed. */
  columnOf(series: number): Float64Array | undefined {
    return this.#columns[series];
  }

  /**
   * Writes the listed states of a series into a column of zeros.
   *
   * @param buckets gets the numbers of its buckets, ascending; has room for `maxListed`
   * @returns how many there are
   */
  spread(series: number, into: Float64Array, buckets: Uint32Array): number {
    if (series >= this.#heads.length) return 0;
    let count = 0;
    for (let entry = this.#heads[series]!; entry !== 0; entry = this.#nextOf(entry))
      buckets[count++] = this.#bucketOf(entry);
    if (count > 0) this.#copyListed(series, into);
    return count;
  }

  /** Most buckets that a series has listed. */
  get maxListed(): number {
    return this.#maxListed;
  }

  /** Columns of the series by number, empty ones for those that are listed. */
  columns(seriesCount: number): Float64Array[] {
    return Array.from({ length: seriesCount }, (_, series) => this.#columns[series] ?? NO_COLUMN);
  }

  /** What is not in `columns`. */
  listed(seriesCount: number): ListedStates {
    if (this.#entryCount === 0) return NO_LISTED;
    const width = this.#width;
    const starts = new Uint32Array(seriesCount + 1);
    const isListed = (series: number): boolean => series < this.#heads.length && this.#heads[series] !== 0;
    for (let i = 0; i < seriesCount; i++) starts[i + 1] = starts[i]! + (isListed(i) ? this.#lengths[i]! : 0);
    const total = starts[seriesCount]!;
    const buckets = new Uint32Array(total);
    const states = new Float64Array(total * width);
    let at = 0;
    for (let series = 0; series < seriesCount; series++) {
      if (!isListed(series)) continue;
      for (let entry = this.#heads[series]!; entry !== 0; entry = this.#nextOf(entry)) {
        buckets[at] = this.#bucketOf(entry);
        this.#found(entry);
        for (let i = 0; i < width; i++) states[at * width + i] = this.column[this.at + i]!;
        at++;
      }
    }
    return { starts, buckets, states };
  }
}
