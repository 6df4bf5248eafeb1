import type { BlockTable } from './directory.ts';

/** Blocks of one segment file, as readers need them. Plain data: the table crosses to a thread without being copied. */
export interface StoredBlocks extends BlockTable {
  readonly path: string;
  /** The structured metadata of the blocks is left aside: nobody wants any of it. */
  readonly withoutMetadata?: boolean;
  /** Names of the structured metadata of all blocks; absent: not known. */
  readonly metadataNames?: readonly string[];
}
