import { REF_FIELDS } from '../chunk/block-ref.ts';
import { B_MAX, B_MIN, BLOCK_FIELDS } from '../chunk/directory.ts';
import type { Stretches } from '../store/stretches.ts';
import type { TaskPart } from './task.ts';

/** Numbers of a piece: stretch, first block and the one behind the last (-1: a loose part as it is), wanted times. */
const PIECE_FIELDS = 5;

/** Neighbouring pieces of a task in one segment. */
export interface BlockRuns {
  readonly path: string;
  /** First block, and the one behind the last, of each piece. */
  readonly blocks: Int32Array;
}

/**
 * What a task reads, as numbers: parts are made of it when it runs, which it does not when its result is known. With thousands of streams
 * a task has thousands of pieces.
 */
export class PlannedTask {
  readonly #stretches: Stretches;
  readonly #pieces: number[] = [];
  #isWhole = true;

  constructor(stretches: Stretches) {
    this.#stretches = stretches;
  }

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  /** Adds the rows of a loose part in a range of time. */
  addLoose(i: number, fromOffsetNs: number, toOffsetNs: number): void {
    this.#isWhole = false;
    this.#pieces.push(i, -1, -1, fromOffsetNs, toOffsetNs);
  }

  /** Adds the rows of blocks `first .. end` of a stretch, cut to a range of time; nothing when they lie outside of it. */
  addBlocks(i: number, first: number, end: number, from: number, to: number): void {
    const { blocks } = this.#stretches.directory(i)!;
    const min = blocks[first * BLOCK_FIELDS + B_MIN]!;
    const max = blocks[(end - 1) * BLOCK_FIELDS + B_MAX]!;
    if (min > to || max < from) return;
    if (min < from || max > to) this.#isWhole = false;
    this.#pieces.push(i, first, end, Math.max(min, from), Math.min(max, to));
  }

  /** @param metadataNames structured metadata that matters; undefined: all */
  parts(metadataNames?: ReadonlySet<string>): TaskPart[] {
    const parts: TaskPart[] = [];
    const pieces = this.#pieces;
    let blocks = 0;
    for (let at = 0; at < pieces.length; at += PIECE_FIELDS)
      if (pieces[at + 1]! >= 0) blocks += pieces[at + 2]! - pieces[at + 1]!;
    const refs = new Float64Array(blocks * REF_FIELDS);
    let used = 0;
    for (let at = 0; at < pieces.length; at += PIECE_FIELDS) {
      const i = pieces[at]!;
      const first = pieces[at + 1]!;
      const end = pieces[at + 2]!;
      const size = first < 0 ? 0 : (end - first) * REF_FIELDS;
      const part =
        first < 0
          ? this.#stretches.part(i)
          : this.#stretches.part(i, first, end, { metadataNames, refs: refs.subarray(used, used + size) });
      used += size;
      parts.push({ part, fromOffsetNs: pieces[at + 3]!, toOffsetNs: pieces[at + 4]! });
    }
    return parts;
  }

  /** What it reads when that is whole blocks of segments and nothing else, in order; else undefined. */
  wholeBlocks(): BlockRuns[] | undefined {
    if (!this.#isWhole) return undefined;
    const { sources, segments } = this.#stretches;
    const runs: BlockRuns[] = [];
    let blocks: number[] = [];
    for (let at = 0; at < this.#pieces.length; at += PIECE_FIELDS) {
      const source = sources[this.#pieces[at]!]!;
      blocks.push(this.#pieces[at + 1]!, this.#pieces[at + 2]!);
      const next = this.#pieces[at + PIECE_FIELDS];
      if (next !== undefined && sources[next] === source) continue;
      runs.push({ path: segments[source]!.path, blocks: Int32Array.from(blocks) });
      blocks = [];
    }
    return runs;
  }
}
