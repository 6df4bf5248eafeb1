import {
  B_LINE_BYTES,
  B_MAX,
  B_METADATA_BYTES,
  B_MIN,
  B_ROWS,
  BLOCK_FIELDS,
  blockTime,
} from '../../chunk/directory.ts';
import type { StoredBlocks } from '../../chunk/stored-blocks.ts';
import type { Labels } from '../../model/labels.ts';
import { labelsAt, type SharedLabels } from '../../store/segments/shared-labels.ts';
import type { SegmentSource } from '../../store/snapshot/part-source.ts';
import type { PartRef } from '../../store/snapshot/select.ts';
import { BLOCKS_PER_SEGMENT } from '../../store/snapshot/stretches.ts';
import { OpenPart, type TaskHeads } from './task-heads.ts';

/** A segment of which a task reads blocks. Its columns lie in memory that threads share. */
export interface TaskSegment extends StoredBlocks {
  readonly day: number;
  /** Order among all segments of the selection. */
  readonly ordinal: number;
}

/**
 * What a task reads, as plain data in few arrays: with thousands of streams a task has thousands of small parts, and as objects they take
 * longer to make, to copy to a thread and to make again there than it takes to read them.
 */
export interface TaskParts {
  readonly count: number;
  /** `PART_FIELDS` numbers a part. */
  readonly numbers: Float64Array;
  readonly segments: readonly TaskSegment[];
  readonly labels: SharedLabels;
  readonly heads: TaskHeads;
  /** Parts that stand for themselves. */
  readonly loose: readonly PartRef[];
}

/** Number of the segment, `IN_HEAD` or `LOOSE`. */
export const P_SOURCE = 0;
export const IN_HEAD: number = -1;
export const LOOSE: number = -2;
/** Blocks `P_FIRST .. P_END` of a segment; else the number in `heads` or `loose`. */
export const P_FIRST = 1;
export const P_END = 2;
export const P_STREAM = 3;
/** Where its labels are. */
export const P_LABELS = 4;
/** Rows wanted, nanoseconds from the start of the part's day; both included. */
export const P_FROM = 5;
export const P_TO = 6;
export const PART_FIELDS = 7;
/** In place of the wanted times: all rows of the blocks. */
export const WHOLE_FROM: number = Number.NEGATIVE_INFINITY;
export const WHOLE_TO: number = Number.POSITIVE_INFINITY;

/** The parts of a task, where it runs. */
export class PartList {
  readonly count: number;
  readonly #parts: TaskParts;
  readonly #stored: StoredPart;
  readonly #open: OpenPart;

  constructor(parts: TaskParts) {
    this.count = parts.count;
    this.#parts = parts;
    this.#stored = new StoredPart(parts.labels);
    this.#open = new OpenPart(parts.heads, parts.labels);
  }

  #number(i: number, field: number): number {
    return this.#parts.numbers[i * PART_FIELDS + field]!;
  }

  #segment(i: number): TaskSegment | undefined {
    const source = this.#number(i, P_SOURCE);
    // A look at a negative place of an array takes a hundred times as long.
    return source < 0 ? undefined : this.#parts.segments[source];
  }

  /** A part that is in no segment; it holds until the next one is asked for. */
  #unstored(i: number): PartRef {
    const number = this.#number(i, P_FIRST);
    return this.#number(i, P_SOURCE) === LOOSE
      ? this.#parts.loose[number]!
      : this.#open.begin(number, this.streamId(i), this.#number(i, P_LABELS));
  }

  /** Time of the first row that is wanted, nanoseconds from the start of the part's day. */
  fromOffsetNs(i: number): number {
    const from = this.#number(i, P_FROM);
    if (from !== WHOLE_FROM) return from;
    return blockTime(this.#segment(i)!.blocks, this.#number(i, P_FIRST) * BLOCK_FIELDS + B_MIN);
  }

  toOffsetNs(i: number): number {
    const to = this.#number(i, P_TO);
    if (to !== WHOLE_TO) return to;
    return blockTime(this.#segment(i)!.blocks, (this.#number(i, P_END) - 1) * BLOCK_FIELDS + B_MAX);
  }

  /** First and last time that is wanted, by day. */
  daysWanted(): ReadonlyMap<number, { fromOffsetNs: number; toOffsetNs: number }> {
    const days = new Map<number, { fromOffsetNs: number; toOffsetNs: number }>();
    let bounds = { fromOffsetNs: 0, toOffsetNs: 0 };
    let day = Number.NaN;
    for (let i = 0; i < this.count; i++) {
      if (this.day(i) !== day) {
        day = this.day(i);
        bounds = days.get(day) ?? { fromOffsetNs: WHOLE_TO, toOffsetNs: WHOLE_FROM };
        days.set(day, bounds);
      }
      bounds.fromOffsetNs = Math.min(bounds.fromOffsetNs, this.fromOffsetNs(i));
      bounds.toOffsetNs = Math.max(bounds.toOffsetNs, this.toOffsetNs(i));
    }
    return days;
  }

  streamId(i: number): number {
    return this.#number(i, P_STREAM);
  }

  day(i: number): number {
    return this.#segment(i)?.day ?? this.#unstored(i).day;
  }

  /** Order on disk. */
  place(i: number): number {
    const segment = this.#segment(i);
    return segment === undefined
      ? this.#unstored(i).place
      : segment.ordinal * BLOCKS_PER_SEGMENT + this.#number(i, P_FIRST);
  }

  lineBytes(i: number): number {
    const segment = this.#segment(i);
    return segment === undefined
      ? this.#unstored(i).lineBytes
      : sumOf(segment, this.#number(i, P_FIRST), this.#number(i, P_END), B_LINE_BYTES);
  }

  /** A part as loaders take it; it holds until the next one is asked for. */
  part(i: number): PartRef {
    const segment = this.#segment(i);
    if (segment === undefined) return this.#unstored(i);
    this.#stored.begin(segment, this.#parts.numbers, i * PART_FIELDS);
    return this.#stored;
  }
}

/** Neighbouring blocks of one stream in one segment: one object for all of a task, which moves from part to part. */
class StoredPart implements PartRef, SegmentSource {
  readonly kind = 'segment';
  readonly sources: readonly [SegmentSource] = [this];
  segment!: TaskSegment;
  first = 0;
  end = 0;
  streamId = 0;
  readonly #labels: SharedLabels;
  #labelPlace = 0;

  constructor(labels: SharedLabels) {
    this.#labels = labels;
  }

  begin(segment: TaskSegment, numbers: Float64Array, at: number): void {
    this.segment = segment;
    this.first = numbers[at + P_FIRST]!;
    this.end = numbers[at + P_END]!;
    this.streamId = numbers[at + P_STREAM]!;
    this.#labelPlace = numbers[at + P_LABELS]!;
  }

  get streamLabels(): Labels {
    return labelsAt(this.#labels, this.#labelPlace, this.streamId);
  }

  get day(): number {
    return this.segment.day;
  }

  get place(): number {
    return this.segment.ordinal * BLOCKS_PER_SEGMENT + this.first;
  }

  get minOffsetNs(): number {
    return blockTime(this.segment.blocks, this.first * BLOCK_FIELDS + B_MIN);
  }

  get maxOffsetNs(): number {
    return blockTime(this.segment.blocks, (this.end - 1) * BLOCK_FIELDS + B_MAX);
  }

  get rowCount(): number {
    return sumOf(this.segment, this.first, this.end, B_ROWS);
  }

  get lineBytes(): number {
    return sumOf(this.segment, this.first, this.end, B_LINE_BYTES);
  }

  get metadataBytes(): number {
    return sumOf(this.segment, this.first, this.end, B_METADATA_BYTES);
  }
}

function sumOf({ blocks }: TaskSegment, first: number, end: number, field: number): number {
  let sum = 0;
  for (let at = first * BLOCK_FIELDS + field; at < end * BLOCK_FIELDS; at += BLOCK_FIELDS) sum += blocks[at]!;
  return sum;
}
