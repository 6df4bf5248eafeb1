/**
 * The evaluation grid of a range aggregation. Point `k` sits at `k * step` (nanoseconds from the first point) and sees the
 * rows of its window `(k * step - range, k * step]`. Window edges cut time into buckets, such that every window is a run
 * of whole buckets: a row is added to one bucket, however many windows overlap, and windows are combined afterwards.
 *
 * Times are float64 nanoseconds relative to the first point: exact below 2^53 (104 days), which is more than the longest
 * query allowed by default.
 */
export class WindowGrid {
  readonly count: number;
  readonly stepNs: number;
  readonly rangeNs: number;
  readonly bucketCount: number;
  /** What `locate` found: the bucket, -1 when no window sees the time, and the last time that belongs to the same stretch. */
  bucket = -1;
  stretchEndNs: number = Number.POSITIVE_INFINITY;

  readonly #wholeSteps: number;
  readonly #restNs: number;
  /** The range is longer than the grid: all windows share one long middle bucket. */
  readonly #wide: boolean;

  /** @param count points, at least 1; @param stepNs whole, above 0; @param rangeNs whole, 0 or more (0: windows are empty) */
  constructor(count: number, stepNs: number, rangeNs: number) {
    this.count = count;
    this.stepNs = stepNs;
    this.rangeNs = rangeNs;
    this.#wholeSteps = floorDivide(rangeNs, stepNs);
    this.#restNs = rangeNs - this.#wholeSteps * stepNs;
    this.#wide = this.#wholeSteps > count;
    if (rangeNs === 0) this.bucketCount = 0;
    else if (this.#wide) this.bucketCount = 2 * count - 1;
    else if (this.#restNs === 0) this.bucketCount = count + this.#wholeSteps - 1;
    else this.bucketCount = 2 * (count + this.#wholeSteps);
  }

  /** First bucket of a window. */
  firstBucket(point: number): number {
    return this.#wide || this.#restNs === 0 ? point : 2 * point + 1;
  }

  /** Last bucket of a window; included. */
  lastBucket(point: number): number {
    if (this.#wide) return this.count - 1 + point;
    return this.#restNs === 0 ? point + this.#wholeSteps - 1 : 2 * (point + this.#wholeSteps) + 1;
  }

  /** Finds the bucket of a time; the answer is left in `bucket` and `stretchEndNs`. */
  locate(timeNs: number): void {
    const lastNs = (this.count - 1) * this.stepNs;
    this.bucket = -1;
    if (timeNs > lastNs || this.rangeNs === 0) this.stretchEndNs = Number.POSITIVE_INFINITY;
    else if (timeNs <= -this.rangeNs) this.stretchEndNs = -this.rangeNs;
    else if (this.#wide) this.#locateWide(timeNs);
    else this.#locateNarrow(timeNs);
  }

  #locateWide(timeNs: number): void {
    const lastLeftNs = (this.count - 1) * this.stepNs - this.rangeNs;
    if (timeNs <= lastLeftNs) {
      const left = ceilDivide(timeNs + this.rangeNs, this.stepNs);
      this.bucket = left - 1;
      this.stretchEndNs = left * this.stepNs - this.rangeNs;
    } else if (timeNs <= 0) {
      this.bucket = this.count - 1;
      this.stretchEndNs = 0;
    } else {
      const right = ceilDivide(timeNs, this.stepNs);
      this.bucket = this.count - 1 + right;
      this.stretchEndNs = right * this.stepNs;
    }
  }

  #locateNarrow(timeNs: number): void {
    const step = ceilDivide(timeNs, this.stepNs);
    const endNs = step * this.stepNs;
    if (this.#restNs === 0) {
      this.bucket = step + this.#wholeSteps - 1;
      this.stretchEndNs = endNs;
      return;
    }
    const cutNs = endNs - this.#restNs;
    const late = timeNs > cutNs;
    this.stretchEndNs = late ? endNs : cutNs;
    // With a range below the step the early part of each step lies between windows.
    if (!late && this.#wholeSteps === 0) return;
    this.bucket = 2 * (step + this.#wholeSteps) + (late ? 1 : 0);
  }
}

/** Quotients of large whole numbers may round across the integer; both functions put that right. */
function ceilDivide(a: number, b: number): number {
  const q = Math.ceil(a / b);
  if ((q - 1) * b >= a) return q - 1;
  return q * b < a ? q + 1 : q;
}

function floorDivide(a: number, b: number): number {
  const q = Math.floor(a / b);
  if (q * b > a) return q - 1;
  return (q + 1) * b <= a ? q + 1 : q;
}
