import type { Labels } from '../../model/labels.ts';
import { storedRunsOf } from '../../store/snapshot/query-store.ts';
import { largestIdOf } from '../../store/snapshot/segment-runs.ts';
import { compareLabelTexts } from '../../wire/json/json-text.ts';
import type { VolumeParams } from '../../wire/query-params.ts';
import type { ResultData, ResultSeries } from '../../wire/result/result-json.ts';
import { usableStart } from '../analysis/check-query.ts';
import { floorTo } from '../analysis/grid.ts';
import { compileSelector, parseSelectorOnly } from '../analysis/selectors.ts';
import type { MetadataDeps } from './labels.ts';
import { VolumeGrid } from './volume-grid.ts';
import { VolumeRows } from './volume-rows.ts';

const NS_PER_SECOND = 1_000_000_000n;

/**
 * Bytes per label combination (`/index/volume`), or per combination and step (`/index/volume_range`); the biggest first. The
 * bytes of a part are spread evenly over its time span.
 *
 * @throws LogError QUERY_LIMIT when there are more rows than volume_max_series
 */
export function queryVolume(params: VolumeParams, deps: MetadataDeps): ResultData {
  const empty = /^\s*\{\s*\}\s*$/.test(params.query);
  const selector = empty ? [] : parseSelectorOnly(params.query);
  const names =
    params.targetLabels.length > 0 ? params.targetLabels : empty ? [] : selector.map((matcher) => matcher.name);
  // Bounds are cut to whole seconds.
  const endNs = floorTo(params.endNs, NS_PER_SECOND);
  const startNs = usableStart({ startNs: floorTo(params.startNs, NS_PER_SECOND), endNs: params.endNs }, deps);
  if (startNs === undefined) return { resultType: 'vector', series: [] };
  const selection = deps.store.select(deps.tenant, compileSelector(selector), { startNs, endNs });
  try {
    const selected = storedRunsOf(selection);
    const { runs, others } = selected;
    const rows = new VolumeRows(names, params, others.labelTable, largestIdOf(selected), deps);
    const grid = new VolumeGrid(startNs, endNs, params.stepNs, rows);
    for (const run of runs) grid.addRun(run);
    for (let i = 0; i < others.count; i++) grid.addStretch(others, i);
    return shaped(rows.labels, grid, endNs, params);
  } finally {
    selection.release();
  }
}

function shaped(rows: readonly Labels[], grid: VolumeGrid, endNs: bigint, params: VolumeParams): ResultData {
  const series: ResultSeries[] = [];
  for (const [row, labels] of rows.entries()) {
    const buckets = grid.bucketsOf(row);
    const timesMs = buckets.map(([bucket]) => {
      const last = grid.bucketEndNs(bucket) ?? endNs;
      // A bucket is stamped with its last millisecond; the last one with the end of the range.
      return last >= endNs ? Number(endNs / 1_000_000n) : Number(last / 1_000_000n) - 1;
    });
    const values = buckets.map(([, bytes]) => Math.round(bytes));
    if (values.length > 0) series.push({ labels, timesMs, values });
  }
  series.sort((a, b) => b.values[0]! - a.values[0]! || compareLabelTexts(a.labels, b.labels));
  series.length = Math.min(series.length, params.limit);
  const resultType = series.some((one) => one.values.length > 1) ? 'matrix' : 'vector';
  return { resultType, series };
}
