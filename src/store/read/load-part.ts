import { LogError } from '../../base/errors.ts';
import { type BlockColumns, BlockReader, type StoredRows } from '../../chunk/block-reader.ts';
import {
  B_FLAGS,
  B_LINE_BYTES,
  B_MAX,
  B_MIN,
  B_ROWS,
  BLOCK_FIELDS,
  blockTime,
  FLAG_LITERAL,
} from '../../chunk/directory.ts';
import type { StoredBlocks } from '../../chunk/stored-blocks.ts';
import { type PageRows, pageRows } from '../../head/load-pages.ts';
import type { RowHider } from '../../model/hidden-rows.ts';
import type { RowBlock } from '../../model/row-block.ts';
import type { HeadSource, PartSource, SegmentSource } from '../snapshot/part-source.ts';
import type { LoadCounts, LoadOptions, PartRef } from '../snapshot/select.ts';
import { HeadBlocks } from './head-blocks.ts';
import { LoadedBlock } from './loaded-block.ts';
import { mergeSources, type SourceRows } from './merge-rows.ts';
import { metadataTextsOf } from './metadata-texts.ts';
import { LaterMetadata, NO_METADATA, pageRowMetadata, type RowMetadata, storedMetadata } from './row-set.ts';

/** A part of a segment that is being read. */
interface StoredAtHand {
  readonly part: PartRef;
  readonly source: SegmentSource;
  readonly options: LoadOptions;
  readonly counts: LoadCounts;
  readonly metadata: readonly Uint8Array[];
}

/** Told of a block of a segment file that was left out. */
export type BlockDamageHandler = (error: unknown, path: string, block: number) => void;

/** Blocks until there is none. One object for all parts: most of thousands are of one block, and a generator for each takes longer to make. */
class BlockIterator implements IterableIterator<RowBlock> {
  readonly #next: () => RowBlock | undefined;
  readonly #result: { done: boolean; value: RowBlock | undefined } = { done: false, value: undefined };

  constructor(next: () => RowBlock | undefined) {
    this.#next = next;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<RowBlock> {
    const value = this.#next();
    this.#result.done = value === undefined;
    this.#result.value = value;
    return this.#result as IteratorResult<RowBlock>;
  }
}

/**
 * Turns parts into row blocks, in one thread (a worker). Damaged blocks are left out and reported, not thrown; where lines are decoded on
 * demand, the scan leaves them out (query/scan/leave-out.ts).
 */
export class PartLoader {
  readonly #reader: BlockReader;
  /** For merges, which hold the rows of several blocks at a time. */
  readonly #owning: BlockReader = new BlockReader(false);
  readonly #onDamage: BlockDamageHandler;
  readonly #hide: RowHider | undefined;
  /** Null where there are no kernels; made when rows of the head are read for the first time, which not all threads do. */
  #head: HeadBlocks | null | undefined;

  /** The part whose blocks are asked for, and how many of them were looked at. */
  #atHand: StoredAtHand | undefined;
  #place = 0;
  #handedOut = 0;
  readonly #blocks: BlockIterator = new BlockIterator(() => this.#next());
  readonly #openBlocks: BlockIterator = new BlockIterator(() => this.#head!.next());

  /** @param hide without it, parts with hidden rows cannot be read */
  constructor(onDamage: BlockDamageHandler, hide?: RowHider) {
    this.#onDamage = onDamage;
    this.#hide = hide;
    // A block whose lines come later is the one that was handed out last.
    this.#reader = new BlockReader(true, (error) =>
      onDamage(error, this.#atHand!.source.segment.path, this.#handedOut),
    );
  }

  /** Blocks of one part at a time: what was begun before is at its end. */
  load(part: PartRef, options: LoadOptions, counts: LoadCounts): Iterable<RowBlock> {
    const sources = part.sources as readonly PartSource[];
    const source = sources[0];
    if (source === undefined) return [];
    this.#reader.frames.counts = counts;
    this.#owning.frames.counts = counts;
    if (sources.length > 1 || part.hidden !== undefined || (source.kind === 'head' && !source.sorted))
      return this.#merged(part, sources, options, counts);
    if (source.kind === 'head') return this.#open(part, source, options, counts);
    this.#atHand = { part, source, options, counts, metadata: metadataTextsOf(part, options) };
    this.#place = 0;
    return this.#blocks;
  }

  /** The next block of the part at hand that may hold a wanted row, as it is stored; undefined: none is left. */
  #next(): RowBlock | undefined {
    const { part, source, options, counts, metadata } = this.#atHand!;
    const { segment, first, end } = source;
    while (this.#place < end - first) {
      const place = this.#place++;
      const block = options.reverse ? end - 1 - place : first + place;
      if (this.#skips(segment, block, options, metadata, counts)) continue;
      const loaded = this.#tryLoad(part, segment, block, options);
      if (loaded === undefined) continue;
      this.#handedOut = block;
      count1(counts, loaded.rowCount);
      return loaded;
    }
    return undefined;
  }

  /** A block as it is stored; undefined, and told, when it is damaged. */
  #tryLoad(part: PartRef, segment: StoredBlocks, block: number, options: LoadOptions): LoadedBlock | undefined {
    const isLater = options.metadata && options.lazyMetadata === true;
    const { lines, lazy } = options;
    try {
      const rows = this.#reader.read(segment, block, isLater ? { lines, lazy, metadata: false } : options);
      const metadata = this.#metadataOf(segment, block, rows, options);
      const at = block * BLOCK_FIELDS;
      return new LoadedBlock(part, rows, rows.ascii, metadata, rows, {
        lineBytes: segment.blocks[at + B_LINE_BYTES]!,
        literal: (segment.blocks[at + B_FLAGS]! & FLAG_LITERAL) !== 0,
        metadataNames: segment.metadataNames,
      });
    } catch (error) {
      this.#onDamage(error, segment.path, block);
      return undefined;
    }
  }

  /** @throws LogError CHUNK_CORRUPT */
  #metadataOf(segment: StoredBlocks, block: number, rows: StoredRows, options: LoadOptions): RowMetadata {
    if (!options.metadata) return NO_METADATA;
    if (options.lazyMetadata !== true) return storedMetadata(rows.levels, rows.columns, rows.rowCount);
    // Only where lines come later, too, does a scan leave out a block that turns out to be damaged.
    if (rows.someLines !== undefined)
      return new LaterMetadata(this.#reader, segment, block, rows, options.metadataNames);
    const columns = this.#reader.readMetadata(segment, block, options.metadataNames);
    return storedMetadata(rows.levels, columns, rows.rowCount);
  }

  /** True when no row of the block can be wanted. */
  #skips(
    segment: StoredBlocks,
    block: number,
    options: LoadOptions,
    metadata: readonly Uint8Array[],
    counts: LoadCounts,
  ): boolean {
    const { blocks } = segment;
    const at = block * BLOCK_FIELDS;
    if (blockTime(blocks, at + B_MAX) < options.fromOffsetNs || blockTime(blocks, at + B_MIN) > options.toOffsetNs) {
      counts.blocksSkippedByTime++;
      return true;
    }
    const mayHold =
      (metadata.length === 0 || this.#metadataHolds(segment, block, metadata)) &&
      (!options.lines || this.#mayHold(segment, block, options));
    if (mayHold) return false;
    // Read and searched as a whole: its rows count as scanned.
    count1(counts, blocks[at + B_ROWS]!);
    counts.blocksSkippedByFilter++;
    return true;
  }

  /** False when a search of all lines rules every row out. */
  #mayHold(segment: StoredBlocks, block: number, { needles, anyOf }: LoadOptions): boolean {
    try {
      for (const needle of needles) if (!this.#reader.mayHold(segment, block, needle)) return false;
      return anyOf === undefined || anyOf.some((needle) => this.#reader.mayHold(segment, block, needle));
    } catch {
      // The reading that follows meets the same damage and reports it.
      return true;
    }
  }

  #metadataHolds(segment: StoredBlocks, block: number, texts: readonly Uint8Array[]): boolean {
    try {
      return this.#reader.metadataHolds(segment, block, texts);
    } catch {
      return true;
    }
  }

  #tryRead(reader: BlockReader, segment: StoredBlocks, block: number, columns: BlockColumns): StoredRows | undefined {
    try {
      return reader.read(segment, block, columns);
    } catch (error) {
      this.#onDamage(error, segment.path, block);
      return undefined;
    }
  }

  #open(part: PartRef, source: HeadSource, options: LoadOptions, counts: LoadCounts): Iterable<RowBlock> {
    this.#head ??= HeadBlocks.open() ?? null;
    if (this.#head?.takes(source) !== true) return this.#pages(part, source, options, counts);
    this.#head.begin(part, source, options, counts);
    return this.#openBlocks;
  }

  /** Page by page, where it lies. */
  *#pages(part: PartRef, source: HeadSource, options: LoadOptions, counts: LoadCounts): Iterable<RowBlock> {
    const { first, end } = source;
    for (let i = first; i < end; i++) {
      const rows = pageRows(source.slabs, source.pages, options.reverse ? first + end - 1 - i : i);
      if (rows.rowCount === 0) continue;
      if (rows.times[rows.rowCount - 1]! < options.fromOffsetNs || rows.times[0]! > options.toOffsetNs) {
        counts.blocksSkippedByTime++;
        continue;
      }
      countHead(counts, rows);
      yield new LoadedBlock(
        part,
        rows,
        false,
        options.metadata ? pageRowMetadata(rows, options.metadataNames) : NO_METADATA,
      );
    }
  }

  /** Sources that overlap in time: all rows gathered, sorted, repeats and hidden rows left out. */
  *#merged(
    part: PartRef,
    sources: readonly PartSource[],
    options: LoadOptions,
    counts: LoadCounts,
  ): Iterable<RowBlock> {
    const gathered: SourceRows[] = [];
    // Lines decide what a repeat is, so they are read even when the query has no use for them.
    const { hidden } = part;
    // Whether a row is hidden may depend on any of its metadata.
    const metadata = options.metadata || hidden !== undefined;
    const metadataNames = hidden === undefined ? options.metadataNames : undefined;
    const columns = { lines: true, metadata, metadataNames };
    for (const source of sources) {
      if (source.kind === 'head') {
        for (let i = source.first; i < source.end; i++) {
          const rows = pageRows(source.slabs, source.pages, i);
          countHead(counts, rows);
          gathered.push(this.#visible(part, { ...rows, metadata: metadata ? pageRowMetadata(rows) : NO_METADATA }));
        }
        continue;
      }
      for (let block = source.first; block < source.end; block++) {
        const rows = this.#tryRead(this.#owning, source.segment, block, columns);
        if (rows === undefined) continue;
        count1(counts, rows.rowCount);
        const ofRows = metadata ? storedMetadata(rows.levels, rows.columns, rows.rowCount) : NO_METADATA;
        gathered.push(this.#visible(part, { ...rows, metadata: ofRows }));
      }
    }
    yield* mergeSources(part, gathered, options, counts);
  }

  /** Marks the rows of a source that are hidden. @throws LogError INTERNAL when nobody can tell */
  #visible(part: PartRef, rows: SourceRows): SourceRows {
    if (part.hidden === undefined) return rows;
    if (this.#hide === undefined) throw new LogError('INTERNAL', 'a part with hidden rows, and nobody to tell which');
    const hidden = this.#hide(new LoadedBlock(part, rows, false, rows.metadata), part.hidden);
    return hidden === undefined ? rows : { ...rows, hidden };
  }

  /** Lets go of the memory of the head, behind a task: threads share it. */
  forgetHead(): void {
    this.#head?.forget();
  }

  close(): void {
    this.#reader.frames.close();
    this.#owning.frames.close();
  }
}

function count1(counts: LoadCounts, rows: number): void {
  counts.blocksRead++;
  counts.rows += rows;
}

function countHead(counts: LoadCounts, rows: PageRows): void {
  counts.rows += rows.rowCount;
  counts.headRows += rows.rowCount;
  counts.headBytes += rows.rowCount === 0 ? 0 : rows.lineEnds[rows.rowCount - 1]!;
}
