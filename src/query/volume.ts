import { LogError } from '../base/errors.ts';
import type { Labels } from '../model/labels.ts';
import { compareText, labelsFromPairs, labelsKey, labelValue } from '../model/labels.ts';
import { dayStartNs } from '../model/time.ts';
import type { Stretches } from '../store/stretches.ts';
import { labelText } from '../wire/json-text.ts';
import type { VolumeParams } from '../wire/query-params.ts';
import type { ResultData, ResultSeries } from '../wire/result-json.ts';
import { shareInside, visitExtents } from './extents.ts';
import { floorTo } from './grid.ts';
import { type MetadataDeps, usableStart } from './labels.ts';
import { compileSelector, parseSelectorOnly } from './selectors.ts';

/**
 * Volumes are compared with those of Loki, which counts uncompressed chunks: the lines, 8 bytes for each metadata pair of a row
 * (two references), and each name and value once for the chunk. Every row carries the pair of its level, which is not among
 * our metadata bytes; other pairs are counted as we hold them.
 */
const LEVEL_PAIR_BYTES = 8;
/** `detected_level` and one level. */
const LEVEL_TEXT_BYTES = 21;
const NS_PER_SECOND = 1_000_000_000n;

interface Row {
  readonly labels: Labels;
  readonly bytesByBucket: Map<number, number>;
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
  const rows = new VolumeRows(names, params, deps.limits.volumeMaxSeries);
  const grid = new VolumeGrid(startNs, endNs, params.stepNs);
  const selection = deps.store.select(deps.tenant, compileSelector(selector), { startNs, endNs });
  try {
    const { stored } = selection;
    rows.reserve(stored.largestId());
    for (let i = 0; i < stored.count; i++) {
      const wanted = rows.of(stored.streamIds[i]!, stored);
      if (wanted.length > 0) grid.addStretch(wanted, stored, i);
    }
  } finally {
    selection.release();
  }
  return shaped(rows.all, grid, endNs, params);
}

/** Rows by stream: the labels of each stream are looked at once. */
class VolumeRows {
  readonly #names: readonly string[];
  readonly #params: VolumeParams;
  readonly #maxRows: number;
  readonly #byKey = new Map<string, Row>();
  /** By stream id. */
  #byStream: (readonly Row[] | undefined)[] = [];
  /** By the values of the wanted names: streams are many, their rows few. */
  readonly #byValues = new Map<string, readonly Row[]>();

  /** @param maxRows 0: no limit */
  constructor(names: readonly string[], params: VolumeParams, maxRows: number) {
    this.#names = names;
    this.#params = params;
    this.#maxRows = maxRows;
  }

  /** Makes room for streams up to an id. */
  reserve(largestId: number): void {
    this.#byStream = new Array<readonly Row[] | undefined>(largestId + 1).fill(undefined);
  }

  get all(): readonly Row[] {
    return [...this.#byKey.values()];
  }

  /** @throws LogError QUERY_LIMIT */
  of(streamId: number, stretches: Stretches): readonly Row[] {
    let rows = this.#byStream[streamId];
    if (rows === undefined) {
      rows = this.#rowsOf(stretches.labels(streamId));
      this.#byStream[streamId] = rows;
    }
    return rows;
  }

  #rowsOf(stream: Labels): readonly Row[] {
    const make = (): readonly Row[] =>
      volumeLabels(stream, this.#names, this.#params).map((labels) => this.#row(labels));
    if (this.#params.aggregateBy === 'labels' || this.#names.length === 0) return make();
    let key = '';
    for (const name of this.#names) {
      const value = labelValue(stream, name);
      key += value === undefined ? '-' : `${value.length}:${value}`;
    }
    let rows = this.#byValues.get(key);
    if (rows === undefined) {
      rows = make();
      this.#byValues.set(key, rows);
    }
    return rows;
  }

  #row(labels: Labels): Row {
    const key = labelsKey(labels);
    let row = this.#byKey.get(key);
    if (row === undefined) {
      if (this.#maxRows > 0 && this.#byKey.size >= this.#maxRows) {
        throw new LogError(
          'QUERY_LIMIT',
          `the query hit the max number of series limit (limit: ${this.#maxRows} series)`,
        );
      }
      row = { labels, bytesByBucket: new Map<number, number>() };
      this.#byKey.set(key, row);
    }
    return row;
  }
}

/** Buckets of time, numbered from the one that the start lies in; without a step there is one. */
class VolumeGrid {
  /** Start of bucket 0, and its width; undefined without a step. */
  readonly #baseNs: bigint;
  readonly #stepNs: bigint | undefined;
  readonly #step: number;
  /** Range relative to the base, both ends included. */
  readonly #start: number;
  readonly #end: number;
  #day = Number.NaN;
  #dayBase = 0;

  constructor(startNs: bigint, endNs: bigint, stepNs: bigint | undefined) {
    this.#stepNs = stepNs;
    this.#baseNs = stepNs === undefined ? startNs : floorTo(startNs, stepNs);
    this.#step = stepNs === undefined ? Number.POSITIVE_INFINITY : Number(stepNs);
    this.#start = Number(startNs - this.#baseNs);
    this.#end = Number(endNs - this.#baseNs);
  }

  /** First nanosecond behind a bucket; undefined without a step. */
  bucketEndNs(bucket: number): bigint | undefined {
    return this.#stepNs === undefined ? undefined : this.#baseNs + BigInt(bucket + 1) * this.#stepNs;
  }

  /** Adds the bytes of a stretch to the buckets that it touches, spread evenly over the time span of each block. */
  addStretch(rows: readonly Row[], stretches: Stretches, i: number): void {
    const day = stretches.days[i]!;
    if (day !== this.#day) {
      this.#day = day;
      this.#dayBase = Number(dayStartNs(day) - this.#baseNs);
    }
    const base = this.#dayBase;
    const [first, last] = [base + stretches.mins[i]!, base + stretches.maxs[i]!];
    const bucket = this.#bucketOf(first);
    if (first >= this.#start && last <= this.#end && this.#bucketOf(last) === bucket && this.#isInside(bucket)) {
      const bytes =
        stretches.lineBytes[i]! +
        stretches.metadataBytes[i]! +
        stretches.rows[i]! * LEVEL_PAIR_BYTES +
        LEVEL_TEXT_BYTES;
      for (const { bytesByBucket } of rows) bytesByBucket.set(bucket, (bytesByBucket.get(bucket) ?? 0) + bytes);
      return;
    }
    visitExtents(stretches, i, (min, max, rowCount, lineBytes, metadataBytes) =>
      this.#add(
        rows,
        base + min,
        base + max,
        lineBytes + metadataBytes + rowCount * LEVEL_PAIR_BYTES + LEVEL_TEXT_BYTES,
      ),
    );
  }

  /** The bucket begins before the range ends. */
  #isInside(bucket: number): boolean {
    return bucket <= 0 || bucket * this.#step < this.#end;
  }

  #bucketOf(time: number): number {
    return this.#step === Number.POSITIVE_INFINITY ? 0 : Math.floor(time / this.#step);
  }

  #add(rows: readonly Row[], min: number, max: number, bytes: number): void {
    const stop = Math.min(max, this.#end);
    for (let bucket = this.#bucketOf(Math.max(min, this.#start)); bucket <= this.#bucketOf(stop); bucket++) {
      if (!this.#isInside(bucket)) break;
      const from = bucket === 0 ? this.#start : bucket * this.#step;
      const to = Math.min(this.#end, (bucket + 1) * this.#step - 1);
      const share = shareInside(min, max, from, to);
      if (share === 0) continue;
      for (const { bytesByBucket } of rows) bytesByBucket.set(bucket, (bytesByBucket.get(bucket) ?? 0) + bytes * share);
    }
  }
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

function shaped(rows: readonly Row[], grid: VolumeGrid, endNs: bigint, params: VolumeParams): ResultData {
  const series: ResultSeries[] = [];
  for (const { labels, bytesByBucket } of rows) {
    const buckets = [...bytesByBucket].sort((a, b) => a[0] - b[0]);
    const timesMs = buckets.map(([bucket]) => {
      const last = grid.bucketEndNs(bucket) ?? endNs;
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
