import { B_LINE_BYTES, B_MAX, B_MIN, B_ROWS, BLOCK_FIELDS, blockTime } from '../../chunk/directory.ts';
import { dayStartNs } from '../../model/time.ts';
import type { Stretches } from '../../store/snapshot/stretches.ts';
import { NO_LISTED } from '../aggregate/bucket-states.ts';
import { NO_SAMPLES } from '../aggregate/range-samples.ts';
import { rangeState } from '../aggregate/range-state.ts';
import { WindowGrid } from '../aggregate/window-grid.ts';
import { emptyCounts, type SampleScan, type SampleScanResult } from '../task/task.ts';
import { isLabelStage, streamDecides } from './tally-rules.ts';
import { DROPPED, type TallySeries } from './tally-series.ts';

/**
 * `bytes_over_time` and `bytes_rate` as far as block statistics know them: blocks whose rows all lie in one window edge to edge are added by
 * their sums of line bytes; the others are left to be scanned. That answers the volume of a day without reading a line.
 */
export function takeBlockBytes(
  scan: SampleScan,
  stored: Stretches,
  series: TallySeries,
): { readonly result: SampleScanResult; readonly left: Stretches } {
  const left = stored.sibling();
  const sums = new BlockBytes(scan, series);
  for (let i = 0; i < stored.count; i++) sums.take(stored, i, left);
  return { result: sums.result(), left };
}

/** Sums of bytes that statistics may know. */
export function suitsBlockBytes({ op, unwrap, stages }: SampleScan): boolean {
  return unwrap === undefined && (op === 'bytes_over_time' || op === 'bytes_rate') && stages.every(isLabelStage);
}

class BlockBytes {
  readonly #scan: SampleScan;
  readonly #series: TallySeries;
  readonly #grid: WindowGrid;
  readonly #width: number;
  /** States of the buckets by series. */
  readonly #columns = new Map<number, Float64Array>();
  #rows = 0;

  constructor(scan: SampleScan, series: TallySeries) {
    const { count, stepNs, rangeNs } = scan.grid;
    this.#scan = scan;
    this.#series = series;
    this.#grid = new WindowGrid(count, stepNs, rangeNs);
    this.#width = rangeState(scan.op, rangeNs, false).width;
  }

  take(stored: Stretches, i: number, left: Stretches): void {
    const directory = stored.directory(i);
    const streamId = stored.streamIds[i]!;
    const series = directory === undefined ? DROPPED : this.#series.of(streamId, 0);
    const known =
      directory !== undefined &&
      (series >= 0 || series === DROPPED) &&
      streamDecides(stored, i, directory, this.#series.names);
    if (!known) {
      left.addFrom(stored, i);
      return;
    }
    if (series === DROPPED) return;
    const baseNs = Number(dayStartNs(stored.days[i]!) - this.#scan.grid.baseNs);
    if (this.#add(series, baseNs + stored.mins[i]!, baseNs + stored.maxs[i]!, stored.rows[i]!, stored.lineBytes[i]!))
      return;
    const { blocks } = directory;
    const first = stored.firsts[i]!;
    const end = stored.ends[i]!;
    let begin = first;
    for (let block = first; block < end; block++) {
      const at = block * BLOCK_FIELDS;
      const [min, max] = [baseNs + blockTime(blocks, at + B_MIN), baseNs + blockTime(blocks, at + B_MAX)];
      if (!this.#add(series, min, max, blocks[at + B_ROWS]!, blocks[at + B_LINE_BYTES]!)) continue;
      if (begin < block) left.addBlocks(streamId, stored.sources[i]!, begin, block);
      begin = block + 1;
    }
    if (begin === first) left.addFrom(stored, i);
    else if (begin < end) left.addBlocks(streamId, stored.sources[i]!, begin, end);
  }

  /** Adds rows that all lie in one bucket, or in none. @returns false when they lie in several */
  #add(series: number, minNs: number, maxNs: number, rows: number, lineBytes: number): boolean {
    const grid = this.#grid;
    grid.locate(minNs);
    if (grid.stretchEndNs < maxNs) return false;
    if (grid.bucket < 0) return true;
    let column = this.#columns.get(series);
    if (column === undefined) {
      column = new Float64Array(grid.bucketCount * this.#width);
      this.#columns.set(series, column);
    }
    column[grid.bucket * this.#width]! += rows;
    column[grid.bucket * this.#width + 1]! += lineBytes;
    this.#rows += rows;
    return true;
  }

  result(): SampleScanResult {
    const { keys } = this.#series;
    return {
      kind: 'samples',
      keys: Array.from(this.#columns.keys(), (number) => keys[number]!),
      firstBucket: 0,
      buckets: [...this.#columns.values()],
      listed: NO_LISTED,
      samples: NO_SAMPLES,
      takenBytes: 0,
      counts: { ...emptyCounts(), rowsMatched: this.#rows },
    };
  }
}
