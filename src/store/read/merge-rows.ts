import type { RowBlock } from '../../model/row-block.ts';
import type { LoadCounts, LoadOptions, PartRef } from '../snapshot/select.ts';
import { LoadedBlock } from './loaded-block.ts';
import { gatheredMetadata, type RowMetadata } from './row-set.ts';

/** Rows of one source block that a merge reads; arrays are its own. */
export interface SourceRows {
  readonly rowCount: number;
  readonly times: Float64Array;
  readonly bytes: Buffer;
  readonly lineStarts: Uint32Array;
  readonly lineEnds: Uint32Array;
  readonly metadata: RowMetadata;
  /** 1 for each row that is not to be seen. */
  readonly hidden?: Uint8Array | undefined;
}

/** Rows that one merged block holds at most. */
const MERGED_BLOCK_ROWS = 16_384;

/** Rows of several sources as one list in time order, arrival order among equals, repeats of (time, line) left out. */
class RowOrder {
  readonly sources: readonly SourceRows[];
  /** Source and row by place in the order. */
  readonly source: Uint32Array;
  readonly row: Uint32Array;
  count = 0;
  duplicates = 0;

  constructor(sources: readonly SourceRows[], fromNs: number, toNs: number) {
    this.sources = sources;
    let total = 0;
    for (const rows of sources) total += rows.rowCount;
    const sourceOf = new Uint32Array(total);
    const rowOf = new Uint32Array(total);
    const times = new Float64Array(total);
    let count = 0;
    for (let s = 0; s < sources.length; s++) {
      const rows = sources[s]!;
      for (let row = 0; row < rows.rowCount; row++) {
        const time = rows.times[row]!;
        if (time < fromNs || time > toNs || rows.hidden?.[row] === 1) continue;
        sourceOf[count] = s;
        rowOf[count] = row;
        times[count++] = time;
      }
    }
    const order = new Uint32Array(count);
    for (let i = 0; i < count; i++) order[i] = i;
    order.sort((a, b) => times[a]! - times[b]! || a - b);
    this.source = new Uint32Array(count);
    this.row = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      const s = sourceOf[order[i]!]!;
      const row = rowOf[order[i]!]!;
      if (this.#repeats(s, row, times[order[i]!]!)) this.duplicates++;
      else {
        this.source[this.count] = s;
        this.row[this.count++] = row;
      }
    }
  }

  time(place: number): number {
    return this.sources[this.source[place]!]!.times[this.row[place]!]!;
  }

  /** Compares with the rows of equal time that were kept before. */
  #repeats(source: number, row: number, time: number): boolean {
    const rows = this.sources[source]!;
    for (let place = this.count - 1; place >= 0 && this.time(place) === time; place--) {
      const other = this.sources[this.source[place]!]!;
      const at = this.row[place]!;
      const length = rows.lineEnds[row]! - rows.lineStarts[row]!;
      if (other.lineEnds[at]! - other.lineStarts[at]! !== length) continue;
      if (
        rows.bytes.compare(
          other.bytes,
          other.lineStarts[at]!,
          other.lineEnds[at]!,
          rows.lineStarts[row]!,
          rows.lineEnds[row]!,
        ) === 0
      )
        return true;
    }
    return false;
  }
}

/** Merges sources that overlap in time into blocks of a bounded number of rows. */
export function* mergeSources(
  part: PartRef,
  sources: readonly SourceRows[],
  options: LoadOptions,
  counts: LoadCounts,
): Iterable<RowBlock> {
  const order = new RowOrder(sources, options.fromOffsetNs, options.toOffsetNs);
  counts.duplicates += order.duplicates;
  const blocks = Math.ceil(order.count / MERGED_BLOCK_ROWS);
  for (let i = 0; i < blocks; i++) {
    const from = (options.reverse ? blocks - 1 - i : i) * MERGED_BLOCK_ROWS;
    yield mergedBlock(part, order, from, Math.min(order.count, from + MERGED_BLOCK_ROWS), options.lines);
  }
}

function mergedBlock(part: PartRef, order: RowOrder, from: number, to: number, withLines: boolean): RowBlock {
  const rowCount = to - from;
  const times = new Float64Array(rowCount);
  const lineStarts = new Uint32Array(withLines ? rowCount : 0);
  const lineEnds = new Uint32Array(withLines ? rowCount : 0);
  let size = 0;
  for (let i = 0; i < rowCount; i++) {
    times[i] = order.time(from + i);
    if (!withLines) continue;
    const rows = order.sources[order.source[from + i]!]!;
    const row = order.row[from + i]!;
    lineStarts[i] = size;
    size += rows.lineEnds[row]! - rows.lineStarts[row]!;
    lineEnds[i] = size++;
  }
  const bytes = Buffer.allocUnsafe(size);
  for (let i = 0; i < rowCount && withLines; i++) {
    const rows = order.sources[order.source[from + i]!]!;
    const row = order.row[from + i]!;
    rows.bytes.copy(bytes, lineStarts[i]!, rows.lineStarts[row]!, rows.lineEnds[row]!);
    bytes[lineEnds[i]!] = 10;
  }
  const metadata = gatheredMetadata(rowCount, (i) => {
    const rows = order.sources[order.source[from + i]!]!;
    return rows.metadata.labels(rows.metadata.id(order.row[from + i]!));
  });
  return new LoadedBlock(part, { rowCount, times, bytes, lineStarts, lineEnds }, false, metadata);
}
