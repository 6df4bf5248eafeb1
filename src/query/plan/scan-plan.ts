import type { SelectedSegment } from '../../store/snapshot/stretches.ts';
import type { TaskParts, TaskSegment } from '../task/task-parts.ts';

/** What a task of a metric query reads: it is sent to a thread when it runs, which it does not when its result is known. */
export interface ScanPlan {
  /** Order on disk of the first that it reads. */
  readonly place: number;
  /**
   * All that it reads, as parts.
   *
   * @param metadataNames structured metadata that matters: a segment that has none of it is read without; undefined: all
   */
  parts(metadataNames?: ReadonlySet<string>): TaskParts;
  /** What it reads when that is whole blocks of segments and nothing else, in order; else undefined. */
  wholeBlocks(): BlockRuns[] | undefined;
}

/** Blocks of one segment. */
export interface BlockRuns {
  readonly path: string;
  /** First block, and the one behind the last, of neighbours, as long as they are. */
  readonly blocks: Int32Array;
}

/** Makes block runs of pieces in order. */
export class BlockRunsList {
  readonly #runs: BlockRuns[] = [];
  #path: string | undefined;
  #blocks: number[] = [];

  /** What follows is of another segment. */
  begin(path: string): void {
    if (path === this.#path) return;
    this.#close();
    this.#path = path;
  }

  add(first: number, end: number): void {
    const blocks = this.#blocks;
    if (blocks.at(-1) === first) blocks[blocks.length - 1] = end;
    else blocks.push(first, end);
  }

  #close(): void {
    if (this.#path !== undefined) this.#runs.push({ path: this.#path, blocks: Int32Array.from(this.#blocks) });
    this.#blocks = [];
  }

  /** All of them; nothing is to be added then. */
  get runs(): BlockRuns[] {
    this.#close();
    this.#path = undefined;
    return this.#runs;
  }
}

/** A segment as a task reads it. @param names as for `parts` */
export function taskSegment(
  { path, day, ordinal, directory }: SelectedSegment,
  names: ReadonlySet<string> | undefined,
): TaskSegment {
  const { blocks, frames, metadataNames } = directory;
  const withoutMetadata = names !== undefined && !metadataNames.some((name) => names.has(name));
  return { path, day, ordinal, blocks, frames, metadataNames, withoutMetadata };
}
