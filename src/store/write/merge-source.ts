import type { BlockReader, StoredRows } from '../../chunk/block-reader.ts';
import { B_FILTER, B_MIN, BLOCK_FIELDS, blockTime, type DirectoryTables } from '../../chunk/directory.ts';
import type { StoredBlocks } from '../../chunk/stored-blocks.ts';
import type { Labels } from '../../model/labels.ts';

/** A segment that is being merged, opened by the task. */
export interface MergeSource {
  readonly path: string;
  readonly directory: DirectoryTables;
  /** Labels of its streams, in their order. */
  readonly streams: readonly Labels[];
  /** Its own, so that the frames which small blocks share are decompressed once. */
  readonly reader: BlockReader;
  /** A skip filter by its place in their section; overwritten by the next one. */
  readonly filter: (start: number, length: number) => Uint8Array;
  /** Whether blocks may be taken over compressed: their frames have the level that is wanted. */
  readonly mayCopy: boolean;
  readonly blocks: StoredBlocks;
  /** Compressed bytes of a frame, fresh memory, checked against their crc. */
  readonly readFrame: (frame: number) => Uint8Array;
}

/** Blocks of one stream in one source, read one at a time in their order. */
export class BlockCursor {
  readonly source: MergeSource;
  /** Rows of the current block, once it was read, and the next one of them. */
  rows: StoredRows | undefined;
  /** 1 for each of them that is removed; undefined: none is. */
  removed: Uint8Array | undefined;
  row = 0;
  #block = 0;
  #end = 0;

  constructor(source: MergeSource) {
    this.source = source;
  }

  begin(firstBlock: number, endBlock: number): void {
    this.#block = firstBlock - 1;
    this.#end = endBlock;
    this.next();
  }

  next(): void {
    this.#block++;
    this.rows = undefined;
    this.removed = undefined;
    this.row = 0;
  }

  get done(): boolean {
    return this.#block >= this.#end;
  }

  field(field: number): number {
    return this.source.directory.blocks[this.#block * BLOCK_FIELDS + field]!;
  }

  /** Time of the block: B_MIN or B_MAX. */
  time(field: number): number {
    return blockTime(this.source.directory.blocks, this.#block * BLOCK_FIELDS + field);
  }

  /** Time of the next row. */
  get timeNs(): number {
    return this.rows === undefined ? this.time(B_MIN) : this.rows.times[this.row]!;
  }

  get filter(): Uint8Array {
    return this.source.filter(this.field(B_FILTER), this.field(B_FILTER + 1));
  }

  read(withLines: boolean): StoredRows {
    const { reader, blocks } = this.source;
    return reader.read(blocks, this.#block, { lines: withLines, metadata: true });
  }
}
