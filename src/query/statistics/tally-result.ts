import { NO_LISTED } from '../aggregate/bucket-states.ts';
import { NO_SAMPLES } from '../aggregate/range-samples.ts';
import { SlideMemory, slideWindows } from '../aggregate/range-slide.ts';
import { rangeState } from '../aggregate/range-state.ts';
import { SeriesTable } from '../aggregate/series-table.ts';
import { WindowGrid } from '../aggregate/window-grid.ts';
import { emptyCounts, type SampleScan, type SampleScanResult } from '../task/task.ts';
import type { TallySeries } from './tally-series.ts';
import type { TallyTable } from './tally-table.ts';

/** Where the rows of the series are that have any, in the order of labels; `numbers` are the series. */
function placesOf(
  table: TallyTable,
  series: TallySeries,
): { readonly starts: Int32Array; readonly numbers: Int32Array } {
  const starts = new Int32Array(table.seriesCount);
  const numbers = new Int32Array(table.seriesCount);
  const count = findPlaces(table, series.order(), starts, numbers);
  return { starts: starts.subarray(0, count), numbers: numbers.subarray(0, count) };
}

/** @returns how many there are */
function findPlaces(table: TallyTable, order: ArrayLike<number>, starts: Int32Array, numbers: Int32Array): number {
  let count = 0;
  for (let i = 0; i < order.length; i++) {
    const start = table.placeOf(order[i]!);
    if (start === 0 || isEmpty(table, start)) continue;
    starts[count] = start;
    numbers[count++] = order[i]!;
  }
  return count;
}

/** Nothing is counted in the row that begins at a place. */
function isEmpty({ counts, width }: TallyTable, start: number): boolean {
  const end = start + width - 1;
  let at = start;
  while (at < end && counts[at] === 0) at++;
  return at === end;
}

/** What statistics counted, as a scan that found the same would report it. */
export function tallyResult(table: TallyTable, series: TallySeries): SampleScanResult {
  const { starts, numbers } = placesOf(table, series);
  return {
    kind: 'samples',
    keys: Array.from(numbers, (number) => series.keys[number]!),
    firstBucket: 0,
    buckets: Array.from(starts, (start) => table.counts.subarray(start, start + table.width - 1)),
    listed: NO_LISTED,
    samples: NO_SAMPLES,
    takenBytes: 0,
    counts: emptyCounts(),
  };
}

/** What statistics counted, as the answer of a scan that has nothing else to count. */
export function tallySeries(scan: SampleScan, table: TallyTable, series: TallySeries): SeriesTable {
  const { count, stepNs, rangeNs } = scan.grid;
  const grid = new WindowGrid(count, stepNs, rangeNs);
  const state = rangeState(scan.op, rangeNs, false);
  const { starts, numbers } = placesOf(table, series);
  const values = new Float64Array(count * starts.length);
  const present = new Uint8Array(count * starts.length);
  if (grid.bucketCount === 1) {
    for (let i = 0; i < starts.length; i++) values[i] = state.value(table.counts, starts[i]!);
    present.fill(1);
  } else {
    const memory = new SlideMemory(grid, state);
    for (let i = 0; i < starts.length; i++) {
      const row = {
        values: values.subarray(i * count, (i + 1) * count),
        present: present.subarray(i * count, (i + 1) * count),
      };
      slideWindows(grid, state, table.counts.subarray(starts[i]!, starts[i]! + table.width - 1), row, memory);
    }
  }
  const { labels } = series;
  return new SeriesTable(count, { values, present }, (i) => labels[numbers[i]!]!);
}
