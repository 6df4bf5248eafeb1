import { createHash } from 'node:crypto';
import { RecentMap } from '../../base/recent-map.ts';
import { planText } from '../analysis/plan-text.ts';
import type { ScanPlan } from '../plan/scan-plan.ts';
import type { SampleScan, SampleScanResult } from '../task/task.ts';
import { emptyCounts } from '../task/task.ts';

/** Entries larger than this share of the cache are not kept: they would push everything else out. */
const MAX_ENTRY_SHARE = 0.25;
/** About what an entry and a series cost besides their columns. */
const ENTRY_BYTES = 400;
const SERIES_BYTES = 150;

interface Entry {
  /** First point of the grid that the result was made for. */
  readonly baseNs: bigint;
  readonly result: SampleScanResult;
}

/** What decides a partial result besides the rows: the plan, and how the windows lie; not where the grid begins and ends. */
export interface PlanIdentity {
  readonly text: string;
  /** Buckets by which a result moves for a step between the first points of two grids. */
  readonly bucketsPerStep: number;
}

/**
 * Keeps the partial results of metric scans over blocks of segments. A closed segment never changes, so an entry is right for as
 * long as it is kept: the key names the plan, the blocks and where the windows lie, and there is nothing to invalidate. A dashboard that
 * asks again, with a range that moved on by some steps, scans only what is new. The least recently used go first.
 */
export class ResultCache {
  readonly #maxBytes: number;
  readonly #entries: RecentMap<string, Entry>;
  hits = 0;
  misses = 0;

  /** @param maxBytes about what entries may take together; 0 turns the cache off */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#entries = new RecentMap({ maxWeight: maxBytes });
  }

  get bytes(): number {
    return this.#entries.weight;
  }

  /** Undefined when results of the scan are not kept at all. */
  planOf(scan: SampleScan): PlanIdentity | undefined {
    return this.#maxBytes > 0 ? planIdentity(scan) : undefined;
  }

  /**
   * Key of a task's result.
   *
   * @returns undefined if its rows may change or are cut by the range: head, merged parts, edges
   */
  keyOf(plan: PlanIdentity, task: ScanPlan): string | undefined {
    const runs = task.wholeBlocks();
    if (runs === undefined) return undefined;
    const hash = createHash('sha256').update(plan.text);
    for (const { path, blocks } of runs) hash.update(`\0${path}\0${blocks.length}\0`).update(blocks);
    return hash.digest('base64');
  }

  /** @returns the kept result, as the given grid has it */
  get(key: string, plan: PlanIdentity, scan: SampleScan): SampleScanResult | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      this.misses++;
      return undefined;
    }
    this.hits++;
    return moved(entry, plan, scan.grid.baseNs, scan.grid.stepNs);
  }

  put(key: string, scan: SampleScan, result: SampleScanResult): void {
    const bytes = sizeOf(result);
    if (bytes > this.#maxBytes * MAX_ENTRY_SHARE || this.#entries.has(key)) return;
    const kept = copyOf({ ...result, counts: emptyCounts() }, 0, 0);
    this.#entries.set(key, { baseNs: scan.grid.baseNs, result: kept }, bytes);
  }
}

/** States that hold times, and grids whose windows all share a bucket, are only right for the very same grid. */
function planIdentity(scan: SampleScan): PlanIdentity {
  const { grid, op } = scan;
  const step = BigInt(grid.stepNs);
  const fixed =
    op === 'first_over_time' || op === 'last_over_time' || Math.floor(grid.rangeNs / grid.stepNs) > grid.count;
  const place = fixed ? [grid.baseNs, grid.count] : [((grid.baseNs % step) + step) % step];
  const plan = [op, scan.stages, scan.unwrap, scan.grouping, scan.options, grid.stepNs, grid.rangeNs, fixed, place];
  return { text: planText(plan), bucketsPerStep: grid.rangeNs % grid.stepNs === 0 ? 1 : 2 };
}

function moved({ baseNs, result }: Entry, plan: PlanIdentity, toNs: bigint, stepNs: number): SampleScanResult {
  const byNs = Number(baseNs - toNs);
  return copyOf(result, (byNs / stepNs) * plan.bucketsPerStep, byNs);
}

/** A copy of what belongs to whoever merges the result; samples are left as they are by all. */
function copyOf(result: SampleScanResult, byBuckets: number, byNs: number): SampleScanResult {
  return {
    ...result,
    firstBucket: result.firstBucket + byBuckets,
    buckets: result.buckets.map((column) => column.slice()),
    listed: {
      starts: result.listed.starts.slice(),
      buckets: result.listed.buckets.slice(),
      states: result.listed.states.slice(),
    },
    takenBytes: 0,
    samples: byNs === 0 ? result.samples : { ...result.samples, shiftNs: byNs },
  };
}

function sizeOf(result: SampleScanResult): number {
  let bytes = ENTRY_BYTES;
  for (const key of result.keys) bytes += key.length + SERIES_BYTES;
  for (const column of result.buckets) bytes += column.byteLength;
  for (const column of Object.values(result.listed)) bytes += column.byteLength;
  const { starts, timesNs, values } = result.samples;
  bytes += starts.byteLength + timesNs.byteLength + values.byteLength;
  return bytes;
}
