import {
  B_LINE_BYTES,
  B_MAX,
  B_METADATA_BYTES,
  B_MIN,
  B_ROWS,
  BLOCK_FIELDS,
  blockTime,
} from '../../chunk/directory.ts';
import { dayStartNs } from '../../model/time.ts';
import type { SegmentRun } from '../../store/snapshot/segment-runs.ts';
import type { Stretches } from '../../store/snapshot/stretches.ts';
import { floorTo } from '../analysis/grid.ts';
import { shareInside, visitExtents } from '../statistics/extents.ts';
import type { VolumeRows } from './volume-rows.ts';
import { groupSums, volumeBytes } from './volume-sums.ts';

/** With more buckets than that, rows keep only those that have bytes. */
const MAX_DENSE = 1024;

/**
 * Bytes of one row by bucket. What is spread over a thousand buckets alike is noted where it begins and ends: the bytes of a bucket are its own and
 * all that began up to it.
 */
class DenseBytes {
  readonly #own: Float64Array;
  /** Bytes that each bucket from here on gets, and how many times something begins here. */
  readonly #begun: Float64Array;
  readonly #spans: Int32Array;

  constructor(bucketCount: number) {
    this.#own = new Float64Array(bucketCount);
    this.#begun = new Float64Array(bucketCount + 1);
    this.#spans = new Int32Array(bucketCount + 1);
  }

  add(bucket: number, bytes: number): void {
    this.#own[bucket]! += bytes;
  }

  /** Adds to each of the buckets `first .. end`. */
  addToEach(first: number, end: number, bytes: number): void {
    this.#begun[first]! += bytes;
    this.#begun[end]! -= bytes;
    this.#spans[first]!++;
    this.#spans[end]!--;
  }

  *entries(): Iterable<[number, number]> {
    let begun = 0;
    let spans = 0;
    for (let bucket = 0; bucket < this.#own.length; bucket++) {
      begun += this.#begun[bucket]!;
      spans += this.#spans[bucket]!;
      // Where nothing is left of what began, neither is what rounding left.
      if (spans === 0) begun = 0;
      yield [bucket, this.#own[bucket]! + begun];
    }
  }
}

type BucketBytes = DenseBytes | Map<number, number>;

/** Buckets of time, numbered from the one that the start lies in; without a step there is one. */
export class VolumeGrid {
  /** Start of bucket 0, and its width; undefined without a step. */
  readonly #baseNs: bigint;
  readonly #stepNs: bigint | undefined;
  readonly #step: number;
  /** Range relative to the base, both ends included. */
  readonly #start: number;
  readonly #end: number;
  readonly #rows: VolumeRows;
  /** By row. */
  readonly #bytes: BucketBytes[] = [];
  readonly #bucketCount: number;
  /** First and last time of a block, and its bytes: as arguments, each of the numbers would be an object. */
  readonly #span = new Float64Array(3);
  #day = Number.NaN;
  #dayBase = 0;

  constructor(startNs: bigint, endNs: bigint, stepNs: bigint | undefined, rows: VolumeRows) {
    this.#rows = rows;
    this.#stepNs = stepNs;
    this.#baseNs = stepNs === undefined ? startNs : floorTo(startNs, stepNs);
    this.#step = stepNs === undefined ? Number.POSITIVE_INFINITY : Number(stepNs);
    this.#start = Number(startNs - this.#baseNs);
    this.#end = Number(endNs - this.#baseNs);
    this.#bucketCount = this.#bucketOf(this.#end) + 1;
  }

  /** First nanosecond behind a bucket; undefined without a step. */
  bucketEndNs(bucket: number): bigint | undefined {
    return this.#stepNs === undefined ? undefined : this.#baseNs + BigInt(bucket + 1) * this.#stepNs;
  }

  /** Buckets of a row that have bytes, ascending, each with its bytes. */
  bucketsOf(row: number): readonly (readonly [number, number])[] {
    const bytes = this.#bytes[row];
    if (bytes === undefined) return [];
    const all = [...bytes.entries()].filter(([, count]) => count > 0);
    return all.sort((a, b) => a[0] - b[0]);
  }

  /** Adds a whole segment, spread as stretches are. */
  addRun(run: SegmentRun): void {
    const { columns, day } = run.segment;
    const base = this.#baseOf(day);
    const bucket = this.#onlyBucketOf(base + columns.minNs, base + columns.maxNs);
    if (bucket >= 0) this.#addSums(run, bucket);
    else this.#addBlocks(run, base);
  }

  /** Adds a segment that lies in one bucket. */
  #addSums(run: SegmentRun, bucket: number): void {
    const { groups } = this.#rows;
    if (groups === undefined) {
      this.#addStreams(run, bucket);
      return;
    }
    const sums = groupSums(groups, run);
    for (let group = 0; group < sums.length; group++)
      if (sums[group]! > 0) this.#addTo(this.#rows.ofGroup(group), bucket, sums[group]!);
  }

  #addStreams({ segment, streams, count }: SegmentRun, bucket: number): void {
    const { rows, lineBytes, metadataBytes } = segment.columns;
    for (let i = 0; i < count; i++) {
      const stream = streams === undefined ? i : streams[i]!;
      const bytes = volumeBytes(rows[stream]!, lineBytes[stream]!, metadataBytes[stream]!);
      this.#addTo(this.#rows.of(segment.streamIds[stream]!), bucket, bytes);
    }
  }

  #addBlocks({ segment, streams, count }: SegmentRun, base: number): void {
    const { streamIds, columns, firstBlocks, directory } = segment;
    const { mins, maxs, rows: rowCounts, lineBytes, metadataBytes } = columns;
    const { blocks } = directory;
    for (let i = 0; i < count; i++) {
      const stream = streams === undefined ? i : streams[i]!;
      const rows = this.#rows.of(streamIds[stream]!);
      if (rows.length === 0) continue;
      const min = base + mins[stream]!;
      const max = base + maxs[stream]!;
      const bucket = this.#onlyBucketOf(min, max);
      const bytes = volumeBytes(rowCounts[stream]!, lineBytes[stream]!, metadataBytes[stream]!);
      if (bucket >= 0) {
        this.#addTo(rows, bucket, bytes);
        continue;
      }
      if (firstBlocks[stream + 1]! - firstBlocks[stream]! === 1) {
        // The numbers of a block lie further apart than those of columns.
        this.#setSpan(min, max, bytes);
        this.#spread(rows);
        continue;
      }
      const end = firstBlocks[stream + 1]! * BLOCK_FIELDS;
      for (let at = firstBlocks[stream]! * BLOCK_FIELDS; at < end; at += BLOCK_FIELDS) {
        const size = volumeBytes(blocks[at + B_ROWS]!, blocks[at + B_LINE_BYTES]!, blocks[at + B_METADATA_BYTES]!);
        this.#setSpan(base + blockTime(blocks, at + B_MIN), base + blockTime(blocks, at + B_MAX), size);
        this.#spread(rows);
      }
    }
  }

  /** Adds the bytes of a stretch to the buckets that it touches, spread evenly over the time span of each block. */
  addStretch(stretches: Stretches, i: number): void {
    const rows = this.#rows.of(stretches.streamIds[i]!);
    if (rows.length === 0) return;
    const base = this.#baseOf(stretches.days[i]!);
    const bucket = this.#onlyBucketOf(base + stretches.mins[i]!, base + stretches.maxs[i]!);
    if (bucket >= 0) {
      this.#addTo(rows, bucket, volumeBytes(stretches.rows[i]!, stretches.lineBytes[i]!, stretches.metadataBytes[i]!));
      return;
    }
    visitExtents(stretches, i, (min, max, rowCount, lineBytes, metadataBytes) => {
      this.#setSpan(base + min, base + max, volumeBytes(rowCount, lineBytes, metadataBytes));
      this.#spread(rows);
    });
  }

  #baseOf(day: number): number {
    if (day !== this.#day) {
      this.#day = day;
      this.#dayBase = Number(dayStartNs(day) - this.#baseNs);
    }
    return this.#dayBase;
  }

  /** Bucket of all times from the first to the last; -1 when there are several, or when some lie outside the range. */
  #onlyBucketOf(first: number, last: number): number {
    const bucket = this.#bucketOf(first);
    const isOnly = first >= this.#start && last <= this.#end && this.#bucketOf(last) === bucket;
    return isOnly && this.#isInside(bucket) ? bucket : -1;
  }

  /** The bucket begins before the range ends. */
  #isInside(bucket: number): boolean {
    return bucket <= 0 || bucket * this.#step < this.#end;
  }

  #bucketOf(time: number): number {
    return this.#step === Number.POSITIVE_INFINITY ? 0 : Math.floor(time / this.#step);
  }

  #setSpan(min: number, max: number, bytes: number): void {
    this.#span[0] = min;
    this.#span[1] = max;
    this.#span[2] = bytes;
  }

  /** Adds the bytes of the span to the buckets that it touches. */
  #spread(rows: readonly number[]): void {
    const min = this.#span[0]!;
    const max = this.#span[1]!;
    const bytes = this.#span[2]!;
    const step = this.#step;
    const rangeEnd = this.#end;
    const stop = this.#bucketOf(Math.min(max, rangeEnd));
    const first = this.#bucketOf(Math.max(min, this.#start));
    const own = rows.length === 1 ? (this.#bytes[rows[0]!] ?? this.#make(rows[0]!)) : undefined;
    const only = own instanceof DenseBytes ? own : undefined;
    // What a bucket gets that lies within the time span.
    const middle = max > min ? bytes * ((step - 1) / (max - min)) : 0;
    for (let bucket = first; bucket <= stop; bucket++) {
      const to = (bucket + 1) * step - 1;
      let part = middle;
      if (bucket === first || bucket === stop || to >= rangeEnd || max === min) {
        if (!this.#isInside(bucket)) break;
        const from = bucket === 0 ? this.#start : bucket * step;
        part = bytes * shareInside(min, max, from, Math.min(rangeEnd, to));
      } else if (only !== undefined) {
        // And all others that end before the last bucket of the span, and of the range.
        const end = Math.min(stop, Math.floor(rangeEnd / step));
        only.addToEach(bucket, end, middle);
        bucket = end - 1;
        continue;
      }
      if (only !== undefined) only.add(bucket, part);
      else if (part > 0) this.#addTo(rows, bucket, part);
    }
  }

  #addTo(rows: readonly number[], bucket: number, bytes: number): void {
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const own = this.#bytes[row] ?? this.#make(row);
      if (own instanceof Map) own.set(bucket, (own.get(bucket) ?? 0) + bytes);
      else own.add(bucket, bytes);
    }
  }

  #make(row: number): BucketBytes {
    const own = this.#bucketCount <= MAX_DENSE ? new DenseBytes(this.#bucketCount) : new Map<number, number>();
    this.#bytes[row] = own;
    return own;
  }
}
