import { ColumnMemory } from './aggregate/column-memory.ts';
import { NO_SAMPLES, type SampleColumns, SampleLog } from './aggregate/range-samples.ts';
import { keepsSamples, type RangeState, rangeState } from './aggregate/range-state.ts';
import { WindowGrid } from './aggregate/window-grid.ts';
import type { GridSpec, SampleScan } from './task.ts';

/**
 * What a sample task has gathered: per series either an array of bucket states or a list of samples. Buckets outside the
 * time bounds of the task are not kept.
 */
export class SampleStore {
  readonly grid: WindowGrid;
  /** Undefined for operations that keep samples. */
  readonly state: RangeState | undefined;
  readonly firstBucket: number;
  readonly #bucketCount: number;
  readonly #buckets: Float64Array[] = [];
  /** For operations that keep samples. */
  readonly log: SampleLog | undefined;
  readonly #memory = new ColumnMemory();

  /** @param fromNs first and @param toNs last possible time of a row, relative to the first point of the grid */
  constructor(scan: SampleScan, fromNs: number, toNs: number) {
    this.grid = windowGrid(scan.grid);
    this.state = keepsSamples(scan.op) ? undefined : rangeState(scan.op, scan.grid.rangeNs, scan.unwrap !== undefined);
    this.log = this.state === undefined ? new SampleLog() : undefined;
    this.firstBucket = bucketAtOrAfter(this.grid, fromNs);
    this.#bucketCount = Math.max(0, bucketAtOrBefore(this.grid, toNs) - this.firstBucket + 1);
  }

  /** Bucket states of a series; made on first use. Index 0 is `firstBucket`. */
  bucketsOf(series: number): Float64Array {
    let buckets = this.#buckets[series];
    if (buckets === undefined) {
      buckets = this.#memory.columns(this.#bucketCount * (this.state?.width ?? 0));
      this.#buckets[series] = buckets;
    }
    return buckets;
  }

  /** Columns of all series, by number. */
  buckets(seriesCount: number): Float64Array[] {
    if (this.state === undefined) return [];
    return Array.from({ length: seriesCount }, (_, series) => this.bucketsOf(series));
  }

  samples(seriesCount: number): SampleColumns {
    return this.log?.columns(seriesCount) ?? NO_SAMPLES;
  }
}

function windowGrid(spec: GridSpec): WindowGrid {
  return new WindowGrid(spec.count, spec.stepNs, spec.rangeNs);
}

function bucketAtOrAfter(grid: WindowGrid, timeNs: number): number {
  grid.locate(timeNs);
  // A gap between windows ends where the next bucket begins.
  if (grid.bucket < 0 && Number.isFinite(grid.stretchEndNs)) grid.locate(grid.stretchEndNs + 1);
  return Math.max(0, grid.bucket);
}

function bucketAtOrBefore(grid: WindowGrid, timeNs: number): number {
  grid.locate(timeNs);
  if (grid.bucket >= 0) return grid.bucket;
  if (!Number.isFinite(grid.stretchEndNs)) return grid.bucketCount - 1;
  grid.locate(grid.stretchEndNs + 1);
  return grid.bucket - 1;
}
