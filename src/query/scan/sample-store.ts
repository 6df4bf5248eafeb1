import { BucketStates, type ListedStates, NO_LISTED } from '../aggregate/bucket-states.ts';
import { NO_SAMPLES, type SampleColumns, SampleLog } from '../aggregate/range-samples.ts';
import { keepsSamples, type RangeState, rangeState } from '../aggregate/range-state.ts';
import type { SeriesMemory } from '../aggregate/series-memory.ts';
import { WindowGrid } from '../aggregate/window-grid.ts';
import type { GridSpec, SampleScan } from '../task/task.ts';

/**
 * What a sample task has gathered: per series either states of buckets or a list of samples. Buckets outside the
 * time bounds of the task are not kept.
 */
export class SampleStore {
  readonly grid: WindowGrid;
  /** Undefined for operations that keep samples. */
  readonly state: RangeState | undefined;
  readonly firstBucket: number;
  /** Of `firstBucket` and those behind it; undefined for operations that keep samples. */
  readonly states: BucketStates | undefined;
  /** For operations that keep samples. */
  readonly log: SampleLog | undefined;

  /** @param memory of the query; @param fromNs first and @param toNs last possible time of a row, relative to the first point of the grid */
  constructor(scan: SampleScan, memory: SeriesMemory, fromNs: number, toNs: number) {
    this.grid = windowGrid(scan.grid);
    this.state = keepsSamples(scan.op) ? undefined : rangeState(scan.op, scan.grid.rangeNs, scan.unwrap !== undefined);
    this.log = this.state === undefined ? new SampleLog(memory) : undefined;
    this.firstBucket = bucketAtOrAfter(this.grid, fromNs);
    const bucketCount = Math.max(0, bucketAtOrBefore(this.grid, toNs) - this.firstBucket + 1);
    this.states = this.state === undefined ? undefined : new BucketStates(bucketCount, this.state.width, memory);
  }

  /** Columns of all series, by number; empty where the states are listed. */
  buckets(seriesCount: number): Float64Array[] {
    return this.states?.columns(seriesCount) ?? [];
  }

  listed(seriesCount: number): ListedStates {
    return this.states?.listed(seriesCount) ?? NO_LISTED;
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
