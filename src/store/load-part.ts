import type { Needle } from '../base/regex/byte-search.ts';
import { BlockReader, type StoredRows } from '../chunk/block-reader.ts';
import { R_LINE_BYTES, R_MAX, R_MIN, R_ROWS, REF_FIELDS } from '../chunk/block-ref.ts';
import { type PageRows, pageRows } from '../head/load-pages.ts';
import { PAGE_FIELDS } from '../head/page.ts';
import type { RowBlock } from '../model/row-block.ts';
import { HeadBlocks } from './head-blocks.ts';
import { LoadedBlock } from './loaded-block.ts';
import { mergeSources, type SourceRows } from './merge-rows.ts';
import type { HeadSource, PartSource, SegmentSource } from './part-source.ts';
import { NoMetadata, pageRowMetadata, storedMetadata } from './row-set.ts';
import type { LoadCounts, LoadOptions, PartRef } from './select.ts';

/**
 * Turns parts into row blocks, in one thread (a worker). Damaged blocks are left out and reported, not thrown; where lines are decoded on
 * demand, the scan leaves them out (query/leave-out.ts).
 */
export class PartLoader {
  readonly #reader: BlockReader;
  /** For merges, which hold the rows of several blocks at a time. */
  readonly #owning: BlockReader = new BlockReader(false);
  readonly #onDamage: (error: unknown) => void;
  /** Null where there are no kernels; made when rows of the head are read for the first time, which not all threads do. */
  #head: HeadBlocks | null | undefined;

  constructor(onDamage: (error: unknown) => void) {
    this.#onDamage = onDamage;
    this.#reader = new BlockReader(true, onDamage);
  }

  *load(part: PartRef, options: LoadOptions, counts: LoadCounts): Iterable<RowBlock> {
    const sources = part.sources as readonly PartSource[];
    const source = sources[0];
    if (source === undefined) return;
    const compressedBefore = this.#compressedBytes();
    const decompressedBefore = this.#decompressedBytes();
    if (sources.length > 1 || (source.kind === 'head' && !source.sorted))
      yield* this.#merged(part, sources, options, counts);
    else if (source.kind === 'segment') yield* this.#stored(part, source, options, counts);
    else yield* this.#open(part, source, options, counts);
    counts.compressedBytes += this.#compressedBytes() - compressedBefore;
    counts.decompressedBytes += this.#decompressedBytes() - decompressedBefore;
  }

  #compressedBytes(): number {
    return this.#reader.frames.compressedBytes + this.#owning.frames.compressedBytes;
  }

  #decompressedBytes(): number {
    return this.#reader.frames.decompressedBytes + this.#owning.frames.decompressedBytes;
  }

  *#stored(part: PartRef, source: SegmentSource, options: LoadOptions, counts: LoadCounts): Iterable<RowBlock> {
    const count = source.refs.length / REF_FIELDS;
    for (let i = 0; i < count; i++) {
      const at = (options.reverse ? count - 1 - i : i) * REF_FIELDS;
      if (this.#skips(source, at, options, counts)) continue;
      const rows = this.#tryRead(this.#reader, source, at, options);
      if (rows === undefined) continue;
      count1(counts, rows.rowCount);
      yield new LoadedBlock(
        part,
        rows,
        rows.ascii,
        options.metadata ? storedMetadata(rows.levels, rows.columns, rows.rowCount) : new NoMetadata(),
        rows,
        source.refs[at + R_LINE_BYTES]!,
      );
    }
  }

  /** True when no row of the block can be wanted. */
  #skips(source: SegmentSource, at: number, options: LoadOptions, counts: LoadCounts): boolean {
    if (source.refs[at + R_MAX]! < options.fromOffsetNs || source.refs[at + R_MIN]! > options.toOffsetNs) {
      counts.blocksSkippedByTime++;
      return true;
    }
    if (!options.lines || this.#mayHold(source, at, options)) return false;
    // Read and searched as a whole: its rows count as scanned.
    count1(counts, source.refs[at + R_ROWS]!);
    counts.blocksSkippedByFilter++;
    return true;
  }

  /** False when a search of all lines rules every row out. */
  #mayHold(source: SegmentSource, at: number, { needles, anyOf }: LoadOptions): boolean {
    const holds = (needle: Needle): boolean => this.#reader.mayHold(source.path, source.refs, at, needle);
    try {
      return needles.every(holds) && (anyOf === undefined || anyOf.some(holds));
    } catch {
      // The reading that follows meets the same damage and reports it.
      return true;
    }
  }

  #tryRead(reader: BlockReader, source: SegmentSource, at: number, options: LoadOptions): StoredRows | undefined {
    try {
      return reader.read(source.path, source.refs, at, options);
    } catch (error) {
      this.#onDamage(error);
      return undefined;
    }
  }

  #open(part: PartRef, source: HeadSource, options: LoadOptions, counts: LoadCounts): Iterable<RowBlock> {
    this.#head ??= HeadBlocks.open() ?? null;
    if (this.#head?.takes(source) === true) return this.#head.load(part, source, options, counts);
    return this.#pages(part, source, options, counts);
  }

  /** Page by page, where it lies. */
  *#pages(part: PartRef, source: HeadSource, options: LoadOptions, counts: LoadCounts): Iterable<RowBlock> {
    const count = source.pages.length / PAGE_FIELDS;
    for (let i = 0; i < count; i++) {
      const rows = pageRows(source.slabs, source.pages, options.reverse ? count - 1 - i : i);
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
        options.metadata ? pageRowMetadata(rows, options.metadataNames) : new NoMetadata(),
      );
    }
  }

  /** Sources that overlap in time: all rows gathered, sorted, repeats left out. */
  *#merged(
    part: PartRef,
    sources: readonly PartSource[],
    options: LoadOptions,
    counts: LoadCounts,
  ): Iterable<RowBlock> {
    const gathered: SourceRows[] = [];
    // Lines decide what a repeat is, so they are read even when the query has no use for them.
    const columns = { lines: true };
    for (const source of sources) {
      if (source.kind === 'head') {
        for (let i = 0; i < source.pages.length / PAGE_FIELDS; i++) {
          const rows = pageRows(source.slabs, source.pages, i);
          countHead(counts, rows);
          gathered.push({ ...rows, metadata: options.metadata ? pageRowMetadata(rows) : new NoMetadata() });
        }
        continue;
      }
      for (let at = 0; at < source.refs.length; at += REF_FIELDS) {
        const rows = this.#tryRead(this.#owning, source, at, { ...options, ...columns });
        if (rows === undefined) continue;
        count1(counts, rows.rowCount);
        gathered.push({
          ...rows,
          metadata: options.metadata ? storedMetadata(rows.levels, rows.columns, rows.rowCount) : new NoMetadata(),
        });
      }
    }
    yield* mergeSources(part, gathered, options, counts);
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
