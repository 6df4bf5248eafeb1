import { LogError } from '../base/errors.ts';
import type { Labels } from '../model/labels.ts';
import { compareText, labelsFromPairs, labelsKey, labelValue } from '../model/labels.ts';
import { dayStartNs } from '../model/time.ts';
import type { PartRef } from '../store/select.ts';
import { labelText } from '../wire/json-text.ts';
import type { VolumeParams } from '../wire/query-params.ts';
import type { ResultData, ResultSeries } from '../wire/result-json.ts';
import { floorTo } from './grid.ts';
import { type MetadataDeps, usableStart } from './labels.ts';
import { compileSelector, parseSelectorOnly } from './selectors.ts';
import { shareInside } from './stats.ts';

/**
 * Bytes that a row takes besides its line: time, length and the labels that every row carries. Volumes are compared with
 * those of Loki, which counts uncompressed chunk sizes.
 */
const ROW_OVERHEAD_BYTES = 12;
const NS_PER_SECOND = 1_000_000_000n;

interface Row {
  readonly labels: Labels;
  readonly bytesByBucket: Map<bigint, number>;
}

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
  const rows = new Map<string, Row>();
  const selection = deps.store.select(deps.tenant, compileSelector(selector), { startNs, endNs });
  try {
    for (const part of selection.parts) {
      for (const labels of volumeLabels(part.streamLabels, names, params)) {
        const key = labelsKey(labels);
        const row = rows.get(key) ?? { labels, bytesByBucket: new Map<bigint, number>() };
        rows.set(key, row);
        if (rows.size > deps.limits.volumeMaxSeries && deps.limits.volumeMaxSeries > 0) {
          throw new LogError(
            'QUERY_LIMIT',
            `the query hit the max number of series limit (limit: ${deps.limits.volumeMaxSeries} series)`,
          );
        }
        addPart(row, part, startNs, endNs, params.stepNs);
      }
    }
  } finally {
    selection.release();
  }
  return shaped([...rows.values()], endNs, params);
}

/** The rows that a stream counts for. */
function volumeLabels(stream: Labels, names: readonly string[], params: VolumeParams): Labels[] {
  if (params.aggregateBy === 'labels') {
    const wanted = params.targetLabels.length > 0 ? new Set(params.targetLabels) : undefined;
    const out: Labels[] = [];
    for (let i = 0; i < stream.length; i += 2) if (wanted?.has(stream[i]!) ?? true) out.push([stream[i]!, '']);
    return out;
  }
  if (names.length === 0) return [stream];
  const pairs: [string, string][] = [];
  for (const name of names) {
    const value = labelValue(stream, name);
    if (value !== undefined) pairs.push([name, value]);
    else if (params.targetLabels.length > 0) return [];
  }
  return [labelsFromPairs(pairs)];
}

/** Adds a part to the buckets that it touches; a bucket is named by its start. Without a step there is one. */
function addPart(row: Row, part: PartRef, startNs: bigint, endNs: bigint, stepNs: bigint | undefined): void {
  const bytes = part.lineBytes + (part.metadataBytes ?? 0) + part.rowCount * ROW_OVERHEAD_BYTES;
  const add = (bucket: bigint, from: bigint, to: bigint): void => {
    const share = shareInside(part, from, to);
    if (share > 0) row.bytesByBucket.set(bucket, (row.bytesByBucket.get(bucket) ?? 0) + bytes * share);
  };
  if (stepNs === undefined) {
    add(0n, startNs, endNs);
    return;
  }
  const dayNs = dayStartNs(part.day);
  const firstNs = dayNs + BigInt(part.minOffsetNs);
  const lastNs = dayNs + BigInt(part.maxOffsetNs);
  const stopNs = lastNs < endNs ? lastNs + 1n : endNs;
  for (let bucket = floorTo(firstNs > startNs ? firstNs : startNs, stepNs); bucket < stopNs; bucket += stepNs) {
    const from = bucket < startNs ? startNs : bucket;
    const to = bucket + stepNs > endNs ? endNs : bucket + stepNs - 1n;
    add(bucket, from, to);
  }
}

function shaped(rows: readonly Row[], endNs: bigint, params: VolumeParams): ResultData {
  const series: ResultSeries[] = [];
  for (const { labels, bytesByBucket } of rows) {
    const buckets = [...bytesByBucket].sort((a, b) => (a[0] < b[0] ? -1 : 1));
    const timesMs = buckets.map(([bucket]) => {
      const last = params.stepNs === undefined ? endNs : bucket + params.stepNs;
      // A bucket is stamped with its last millisecond; the last one with the end of the range.
      return last >= endNs ? Number(endNs / 1_000_000n) : Number(last / 1_000_000n) - 1;
    });
    const values = buckets.map(([, bytes]) => Math.round(bytes));
    if (values.length > 0) series.push({ labels, timesMs, values });
  }
  series.sort((a, b) => b.values[0]! - a.values[0]! || compareText(labelText(a.labels), labelText(b.labels)));
  series.length = Math.min(series.length, params.limit);
  const resultType = series.some((one) => one.values.length > 1) ? 'matrix' : 'vector';
  return { resultType, series };
}
