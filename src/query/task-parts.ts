import { C_LENGTH, R_METADATA, REF_FIELDS, writeBlockRef } from '../chunk/block-ref.ts';
import {
  B_LINE_BYTES,
  B_MAX,
  B_METADATA_BYTES,
  B_MIN,
  B_ROWS,
  BLOCK_FIELDS,
  type BlockTable,
} from '../chunk/directory.ts';
import type { Labels } from '../model/labels.ts';
import type { SegmentSource } from '../store/part-source.ts';
import type { PartRef } from '../store/select.ts';
import { labelsAt, type SharedLabels } from '../store/shared-labels.ts';
import { BLOCKS_PER_SEGMENT } from '../store/stretches.ts';

/** A segment of which a task reads blocks. Its columns lie in memory that threads share. */
export interface TaskSegment extends BlockTable {
  readonly path: string;
  readonly day: number;
  /** Order among all segments of the selection. */
  readonly ordinal: number;
  /** None of its structured metadata matters. */
  readonly withoutMetadata: boolean;
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
  /** Parts that are no blocks of a segment. */
  readonly loose: readonly PartRef[];
}

/** Number of the segment, or `-1 - number` in `loose`. */
export const P_SOURCE = 0;
/** Blocks `P_FIRST .. P_END` of a segment. */
export const P_FIRST = 1;
export const P_END = 2;
export const P_STREAM = 3;
/** Where its labels are. */
export const P_LABELS = 4;
/** Rows wanted, nanoseconds from the start of the part's day; both included. */
export const P_FROM = 5;
export const P_TO = 6;
export const PART_FIELDS = 7;

const NO_LABELS: SharedLabels = { id: 0, chunks: [] };

/** Parts that stand for themselves, with their wanted times. */
export function looseParts(
  parts: readonly { readonly part: PartRef; readonly fromOffsetNs: number; readonly toOffsetNs: number }[],
): TaskParts {
  const numbers = new Float64Array(parts.length * PART_FIELDS);
  for (const [i, { part, fromOffsetNs, toOffsetNs }] of parts.entries()) {
    const at = i * PART_FIELDS;
    numbers[at + P_SOURCE] = -1 - i;
    numbers[at + P_STREAM] = part.streamId;
    numbers[at + P_FROM] = fromOffsetNs;
    numbers[at + P_TO] = toOffsetNs;
  }
  return { count: parts.length, numbers, segments: [], labels: NO_LABELS, loose: parts.map(({ part }) => part) };
}

/** The parts of a task, where it runs. */
export class PartList {
  readonly count: number;
  readonly #parts: TaskParts;
  /** For one part at a time: see `part`. */
  #refs: Float64Array = new Float64Array(16 * REF_FIELDS);

  constructor(parts: TaskParts) {
    this.count = parts.count;
    this.#parts = parts;
  }

  #number(i: number, field: number): number {
    return this.#parts.numbers[i * PART_FIELDS + field]!;
  }

  #segment(i: number): TaskSegment | undefined {
    return this.#parts.segments[this.#number(i, P_SOURCE)];
  }

  #loose(i: number): PartRef {
    return this.#parts.loose[-1 - this.#number(i, P_SOURCE)]!;
  }

  fromOffsetNs(i: number): number {
    return this.#number(i, P_FROM);
  }

  toOffsetNs(i: number): number {
    return this.#number(i, P_TO);
  }

  streamId(i: number): number {
    return this.#number(i, P_STREAM);
  }

  day(i: number): number {
    return this.#segment(i)?.day ?? this.#loose(i).day;
  }

  /** Order on disk. */
  place(i: number): number {
    const segment = this.#segment(i);
    return segment === undefined
      ? this.#loose(i).place
      : segment.ordinal * BLOCKS_PER_SEGMENT + this.#number(i, P_FIRST);
  }

  lineBytes(i: number): number {
    const segment = this.#segment(i);
    return segment === undefined
      ? this.#loose(i).lineBytes
      : sumOf(segment, this.#first(i), this.#end(i), B_LINE_BYTES);
  }

  #first(i: number): number {
    return this.#number(i, P_FIRST);
  }

  #end(i: number): number {
    return this.#number(i, P_END);
  }

  /** A part as loaders take it; it holds until the next one is asked for. */
  part(i: number): PartRef {
    const segment = this.#segment(i);
    if (segment === undefined) return this.#loose(i);
    const first = this.#first(i);
    const end = this.#end(i);
    const length = (end - first) * REF_FIELDS;
    if (this.#refs.length < length) this.#refs = new Float64Array(length * 2);
    const refs = this.#refs.subarray(0, length);
    for (let block = first, at = 0; block < end; block++, at += REF_FIELDS) {
      writeBlockRef(segment, block, refs, at);
      if (segment.withoutMetadata) refs[at + R_METADATA + C_LENGTH] = 0;
    }
    const place = segment.ordinal * BLOCKS_PER_SEGMENT + first;
    return new StoredPart(this.#parts, i, segment, place, { kind: 'segment', path: segment.path, refs });
  }
}

/** Neighbouring blocks of one stream in one segment. */
class StoredPart implements PartRef {
  readonly streamId: number;
  readonly day: number;
  readonly place: number;
  readonly sources: readonly SegmentSource[];
  readonly #labels: SharedLabels;
  readonly #labelPlace: number;
  readonly #segment: TaskSegment;
  readonly #first: number;
  readonly #end: number;

  constructor({ numbers, labels }: TaskParts, i: number, segment: TaskSegment, place: number, source: SegmentSource) {
    const at = i * PART_FIELDS;
    this.streamId = numbers[at + P_STREAM]!;
    this.day = segment.day;
    this.place = place;
    this.sources = [source];
    this.#labels = labels;
    this.#labelPlace = numbers[at + P_LABELS]!;
    this.#segment = segment;
    this.#first = numbers[at + P_FIRST]!;
    this.#end = numbers[at + P_END]!;
  }

  get streamLabels(): Labels {
    return labelsAt(this.#labels, this.#labelPlace);
  }

  get minOffsetNs(): number {
    return this.#segment.blocks[this.#first * BLOCK_FIELDS + B_MIN]!;
  }

  get maxOffsetNs(): number {
    return this.#segment.blocks[(this.#end - 1) * BLOCK_FIELDS + B_MAX]!;
  }

  get rowCount(): number {
    return sumOf(this.#segment, this.#first, this.#end, B_ROWS);
  }

  get lineBytes(): number {
    return sumOf(this.#segment, this.#first, this.#end, B_LINE_BYTES);
  }

  get metadataBytes(): number {
    return sumOf(this.#segment, this.#first, this.#end, B_METADATA_BYTES);
  }
}

function sumOf({ blocks }: TaskSegment, first: number, end: number, field: number): number {
  let sum = 0;
  for (let at = first * BLOCK_FIELDS + field; at < end * BLOCK_FIELDS; at += BLOCK_FIELDS) sum += blocks[at]!;
  return sum;
}
