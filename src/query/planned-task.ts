import { orderBy } from '../base/order-by.ts';
import { B_MAX, B_MIN, BLOCK_FIELDS, blockTime } from '../chunk/directory.ts';
import { withOwnPages } from '../store/part-source.ts';
import type { PartRef } from '../store/select.ts';
import type { Stretches } from '../store/stretches.ts';
import { taskHeads } from './task-heads.ts';
import {
  IN_HEAD,
  LOOSE,
  P_END,
  P_FIRST,
  P_FROM,
  P_LABELS,
  P_SOURCE,
  P_STREAM,
  P_TO,
  PART_FIELDS,
  type TaskParts,
  type TaskSegment,
  WHOLE_FROM,
  WHOLE_TO,
} from './task-parts.ts';

/** Numbers of a piece: stretch, first block and the one behind the last; for what is in no segment, these are 0. */
const PIECE_FIELDS = 3;
const FIRST_PIECES = 64;

/** Neighbouring pieces of a task in one segment. */
export interface BlockRuns {
  readonly path: string;
  /** First block, and the one behind the last, of each piece. */
  readonly blocks: Int32Array;
}

/**
 * What a task reads, as numbers of stretches: it is sent to a thread when it runs, which it does not when its result is known.
 */
export class PlannedTask {
  readonly #stretches: Stretches;
  #pieces: Int32Array = new Int32Array(FIRST_PIECES * PIECE_FIELDS);
  #length = 0;
  /** First and last wanted time of each piece, `WHOLE_FROM` and `WHOLE_TO` for all of it. */
  #times: Float64Array = new Float64Array(FIRST_PIECES * 2);
  #isCut = false;

  constructor(stretches: Stretches) {
    this.#stretches = stretches;
  }

  /** Begins anew, in the same memory. */
  reset(): void {
    this.#length = 0;
    this.#isCut = false;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Adds the rows of a stretch that is in no segment in a range of time. */
  addLoose(i: number, fromOffsetNs: number, toOffsetNs: number): void {
    this.#addCut(i, 0, 0, fromOffsetNs, toOffsetNs);
  }

  /** Adds the rows of blocks `first .. end` of a stretch, cut to a range of time; nothing when they lie outside of it. */
  addBlocks(i: number, first: number, end: number, from: number, to: number): void {
    const { blocks } = this.#stretches.directory(i)!;
    const min = blockTime(blocks, first * BLOCK_FIELDS + B_MIN);
    const max = blockTime(blocks, (end - 1) * BLOCK_FIELDS + B_MAX);
    if (min > to || max < from) return;
    if (min >= from && max <= to) this.addWhole(i, first, end);
    else this.#addCut(i, first, end, Math.max(min, from), Math.min(max, to));
  }

  /** Adds all rows of blocks `first .. end` of a stretch. */
  addWhole(i: number, first: number, end: number): void {
    this.#add(i, first, end, WHOLE_FROM, WHOLE_TO);
  }

  #addCut(i: number, first: number, end: number, fromOffsetNs: number, toOffsetNs: number): void {
    this.#isCut = true;
    this.#add(i, first, end, fromOffsetNs, toOffsetNs);
  }

  #add(i: number, first: number, end: number, fromOffsetNs: number, toOffsetNs: number): void {
    const at = this.#length;
    if (at === this.#pieces.length) {
      const wider = new Int32Array(at * 2);
      wider.set(this.#pieces);
      this.#pieces = wider;
      const times = new Float64Array((at / PIECE_FIELDS) * 4);
      times.set(this.#times);
      this.#times = times;
    }
    const timesAt = (at / PIECE_FIELDS) * 2;
    this.#times[timesAt] = fromOffsetNs;
    this.#times[timesAt + 1] = toOffsetNs;
    this.#pieces[at] = i;
    this.#pieces[at + 1] = first;
    this.#pieces[at + 2] = end;
    this.#length = at + PIECE_FIELDS;
  }

  /**
   * The same as some tasks, each in the order of the disk. What shares a frame stays together, so that it is read once; of neighbouring frames each
   * task has its share, for wanted rows are more in some segments than in others.
   *
   * @param joined whether two stretches that follow each other share a frame
   */
  divided(tasks: number, joined: (stretch: number, next: number) => boolean): PlannedTask[] {
    if (tasks === 1) return [this];
    const count = this.#length / PIECE_FIELDS;
    const stretches = new Float64Array(count);
    for (let piece = 0; piece < count; piece++) stretches[piece] = this.#pieces[piece * PIECE_FIELDS]!;
    const order = orderBy(stretches, (a, b) => a - b);
    const parts = Array.from({ length: tasks }, () => new PlannedTask(this.#stretches));
    let part = parts[0]!;
    for (let at = 0; at < count; at++) {
      const isJoined = at > 0 && joined(stretches[order[at - 1]!]!, stretches[order[at]!]!);
      if (!isJoined) part = parts.reduce((least, other) => (other.#length < least.#length ? other : least));
      part.#addFrom(this, order[at]!);
    }
    return parts.filter((one) => !one.isEmpty);
  }

  #addFrom(other: PlannedTask, piece: number): void {
    const at = piece * PIECE_FIELDS;
    const [first, end] = [other.#pieces[at + 1]!, other.#pieces[at + 2]!];
    this.#isCut ||= other.#isCut;
    this.#add(other.#pieces[at]!, first, end, other.#times[piece * 2]!, other.#times[piece * 2 + 1]!);
  }

  /** Stream of piece number `piece`, in the order in which pieces were added. */
  streamId(piece: number): number {
    return this.#stretches.streamIds[this.#pieces[piece * PIECE_FIELDS]!]!;
  }

  /**
   * All pieces as parts, in the order in which they were added.
   *
   * @param metadataNames structured metadata that matters: a segment that has none of it is read without; undefined: all
   */
  parts(metadataNames?: ReadonlySet<string>): TaskParts {
    const { sources, streamIds, labelTable } = this.#stretches;
    const pieces = this.#pieces;
    const count = this.#length / PIECE_FIELDS;
    const numbers = new Float64Array(count * PART_FIELDS);
    const segments: TaskSegment[] = [];
    const heads: number[] = [];
    const loose: PartRef[] = [];
    const numberOf = new Map<number, number>();
    let source = -1;
    let segment = -1;
    for (let i = 0; i < count; i++) {
      const from = i * PIECE_FIELDS;
      const at = i * PART_FIELDS;
      const stretch = pieces[from]!;
      const streamId = streamIds[stretch]!;
      numbers[at + P_STREAM] = streamId;
      numbers[at + P_LABELS] = labelTable.placeOf(streamId);
      numbers[at + P_FROM] = this.#times[i * 2]!;
      numbers[at + P_TO] = this.#times[i * 2 + 1]!;
      if (sources[stretch]! < 0) {
        const isOpen = this.#stretches.headPages(stretch) !== undefined;
        numbers[at + P_SOURCE] = isOpen ? IN_HEAD : LOOSE;
        numbers[at + P_FIRST] = isOpen
          ? heads.push(stretch) - 1
          : loose.push(withOwnPages(this.#stretches.part(stretch))) - 1;
        continue;
      }
      if (sources[stretch] !== source) {
        source = sources[stretch]!;
        segment = numberOf.get(source) ?? segments.push(this.#segment(source, metadataNames)) - 1;
        numberOf.set(source, segment);
      }
      numbers[at + P_SOURCE] = segment;
      numbers[at + P_FIRST] = pieces[from + 1]!;
      numbers[at + P_END] = pieces[from + 2]!;
    }
    return { count, numbers, segments, labels: labelTable.shared, heads: taskHeads(this.#stretches, heads), loose };
  }

  #segment(source: number, names: ReadonlySet<string> | undefined): TaskSegment {
    const { path, day, ordinal, directory } = this.#stretches.segments[source]!;
    const { blocks, frames, metadataNames } = directory;
    const withoutMetadata = names !== undefined && !metadataNames.some((name) => names.has(name));
    return { path, day, ordinal, blocks, frames, metadataNames, withoutMetadata };
  }

  /** What it reads when that is whole blocks of segments and nothing else, in order; else undefined. */
  wholeBlocks(): BlockRuns[] | undefined {
    if (this.#isCut) return undefined;
    const { sources, segments } = this.#stretches;
    const runs: BlockRuns[] = [];
    let blocks: number[] = [];
    for (let at = 0; at < this.#length; at += PIECE_FIELDS) {
      const source = sources[this.#pieces[at]!]!;
      blocks.push(this.#pieces[at + 1]!, this.#pieces[at + 2]!);
      const next = at + PIECE_FIELDS;
      if (next < this.#length && sources[this.#pieces[next]!] === source) continue;
      runs.push({ path: segments[source]!.path, blocks: Int32Array.from(blocks) });
      blocks = [];
    }
    return runs;
  }
}
