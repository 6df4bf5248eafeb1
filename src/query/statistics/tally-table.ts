import { SeriesMemory } from '../aggregate/series-memory.ts';

const FIRST_ROWS = 16;
/** Rows of all series that may come are made at once when they are not more than so many numbers. */
const FIRST_NUMBERS = 64 * 1024;

/**
 * Counts by series and bucket, one row of numbers for each series that has rows, in one array: of thousands of series with a bucket or two
 * an array for each would cost more than the counting.
 */
export class TallyTable {
  /** Numbers of a row; the last one takes what no window sees. */
  readonly width: number;
  /** Row after row; replaced by a longer one as rows come. The first one is nobody's: for what is counted and thrown away. */
  counts: Float64Array;
  /** Row by series number, 0 for none. */
  #rowOf: Int32Array;
  #rows = 1;

  /** @param seriesCount series that may come; more are fine */
  constructor(buckets: number, seriesCount = 0) {
    this.width = buckets + 1;
    const rows = (seriesCount + 1) * this.width <= FIRST_NUMBERS ? Math.max(FIRST_ROWS, seriesCount + 1) : FIRST_ROWS;
    this.counts = new SeriesMemory().columns(rows * this.width);
    this.#rowOf = new Int32Array(Math.max(FIRST_ROWS, seriesCount));
  }

  /** Where the row of a series begins; `counts` may be another array afterwards. */
  startOf(series: number): number {
    if (series >= this.#rowOf.length) {
      const longer = new Int32Array(Math.max(series + 1, this.#rowOf.length * 2));
      longer.set(this.#rowOf);
      this.#rowOf = longer;
    }
    let row = this.#rowOf[series]!;
    if (row === 0) {
      row = this.#rows++;
      this.#rowOf[series] = row;
      if (this.#rows * this.width > this.counts.length) this.#grow();
    }
    return row * this.width;
  }

  /** Where the row of a series begins; 0: it has none. */
  placeOf(series: number): number {
    return (this.#rowOf[series] ?? 0) * this.width;
  }

  /** Rows of series so far. */
  get seriesCount(): number {
    return this.#rows - 1;
  }

  #grow(): void {
    const longer = new SeriesMemory().columns(this.width * Math.ceil(this.#rows * 1.5));
    longer.set(this.counts);
    this.counts = longer;
  }

  /** All that is counted, but for what no window sees. */
  total(): number {
    const { counts, width } = this;
    let total = 0;
    for (let start = width; start < this.#rows * width; start += width)
      total += sumOf(counts, start, start + width - 1);
    return total;
  }
}

function sumOf(counts: Float64Array, from: number, end: number): number {
  let sum = 0;
  for (let at = from; at < end; at++) sum += counts[at]!;
  return sum;
}
