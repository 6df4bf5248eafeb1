import { LogError } from '../../base/errors.ts';
import type { StoredRows } from '../../chunk/block-reader.ts';
import { BLOCK_LINE_BYTES, BLOCK_ROWS, type StreamRows } from '../../chunk/segment-builder.ts';
import { growBytes, growRows } from '../read/row-arrays.ts';

const FIRST_ROWS = 8192;
/** Rows of one time from which their lines are remembered as texts instead of being compared one by one. */
const MAX_COMPARED = 32;

/** Rows of one stream on their way to new blocks, in time order, repeats of (time, line) left out. */
export class MergeColumns implements StreamRows {
  rowCount = 0;
  times: Float64Array = new Float64Array(FIRST_ROWS);
  lineStarts: Uint32Array = new Uint32Array(FIRST_ROWS);
  lineEnds: Uint32Array = new Uint32Array(FIRST_ROWS);
  levels: Uint8Array = new Uint8Array(FIRST_ROWS);
  metadataStarts: Uint32Array = new Uint32Array(FIRST_ROWS);
  metadataEnds: Uint32Array = new Uint32Array(FIRST_ROWS);
  bytes: Buffer = Buffer.allocUnsafeSlow(2 * 1024 * 1024);
  metadataBytes: Buffer = Buffer.allocUnsafeSlow(64 * 1024);
  /** Lines with a separator behind each. */
  joinedBytes = 0;
  #metadataLength = 0;
  /** Time of the newest row ever added to the stream. */
  newestNs = -1;
  /** Rows of that time here, and, when they are many, all of its lines. */
  #newestCount = 0;
  #newestLines: Set<string> | undefined;

  /** Empties the columns for another stream. */
  beginStream(): void {
    this.clear();
    this.newestNs = -1;
    this.#newestCount = 0;
    this.#newestLines = undefined;
  }

  clear(): void {
    this.rowCount = 0;
    this.joinedBytes = 0;
    this.#metadataLength = 0;
  }

  /** Notes rows that went past these columns: later rows are compared with none of them. */
  passed(newestNs: number): void {
    this.newestNs = newestNs;
    this.#newestCount = 0;
    this.#newestLines = undefined;
  }

  /**
   * Adds rows of a block, which must not be older than those added before.
   *
   * @returns how many were repeats and left out
   * @throws LogError CHUNK_CORRUPT when they are
   */
  add(rows: StoredRows, from: number, to: number): number {
    let start = from;
    let repeats = 0;
    for (let row = from; row < to; row++) {
      const time = rows.times[row]!;
      if (time > this.newestNs) {
        this.newestNs = time;
        this.#newestCount = 1;
        this.#newestLines = undefined;
        continue;
      }
      if (time < this.newestNs)
        throw new LogError('CHUNK_CORRUPT', `row at ${time} ns behind one at ${this.newestNs} ns`);
      // Compared with what stands here, so what comes before has to stand here too.
      this.#copy(rows, start, row);
      start = row;
      if (!this.#repeats(rows, row)) {
        this.#newestCount++;
        this.#newestLines?.add(lineText(rows.bytes, rows.lineStarts[row]!, rows.lineEnds[row]!));
        continue;
      }
      repeats++;
      start = row + 1;
    }
    this.#copy(rows, start, to);
    return repeats;
  }

  #repeats(rows: StoredRows, row: number): boolean {
    const start = rows.lineStarts[row]!;
    const end = rows.lineEnds[row]!;
    if (this.#newestCount > MAX_COMPARED || this.#newestLines !== undefined) {
      this.#newestLines ??= this.#linesOfNewest();
      return this.#newestLines.has(lineText(rows.bytes, start, end));
    }
    for (let i = this.rowCount - 1; i >= 0 && this.times[i] === this.newestNs; i--) {
      if (this.lineEnds[i]! - this.lineStarts[i]! !== end - start) continue;
      if (rows.bytes.compare(this.bytes, this.lineStarts[i]!, this.lineEnds[i]!, start, end) === 0) return true;
    }
    return false;
  }

  #linesOfNewest(): Set<string> {
    const lines = new Set<string>();
    for (let i = this.rowCount - 1; i >= 0 && this.times[i] === this.newestNs; i--)
      lines.add(lineText(this.bytes, this.lineStarts[i]!, this.lineEnds[i]!));
    return lines;
  }

  #copy(rows: StoredRows, from: number, to: number): void {
    if (to <= from) return;
    const count = to - from;
    growRows(this, count);
    const at = this.rowCount;
    const lineFrom = rows.lineStarts[from]!;
    const size = rows.lineEnds[to - 1]! - lineFrom;
    this.bytes = growBytes(this.bytes, this.joinedBytes, size + 1);
    rows.bytes.copy(this.bytes, this.joinedBytes, lineFrom, lineFrom + size);
    this.bytes[this.joinedBytes + size] = 10;
    const shift = this.joinedBytes - lineFrom;
    this.times.set(rows.times.subarray(from, to), at);
    this.levels.set(rows.levels.subarray(from, to), at);
    for (let i = 0; i < count; i++) {
      this.lineStarts[at + i] = rows.lineStarts[from + i]! + shift;
      this.lineEnds[at + i] = rows.lineEnds[from + i]! + shift;
      this.#copyMetadata(rows, from + i, at + i);
    }
    this.joinedBytes += size + 1;
    this.rowCount += count;
  }

  /** In the encoding of model/metadata-bytes.ts; columns are sorted by name. */
  #copyMetadata(rows: StoredRows, row: number, at: number): void {
    this.metadataStarts[at] = this.#metadataLength;
    for (const column of rows.columns) {
      const code = column.codes[row]!;
      if (code === 0) continue;
      const nameBytes = Buffer.byteLength(column.name);
      const start = column.start(code);
      const valueBytes = column.end(code) - start;
      const to = this.#metadataLength;
      this.metadataBytes = growBytes(this.metadataBytes, to, 6 + nameBytes + valueBytes);
      const into = this.metadataBytes;
      into.writeUInt16LE(nameBytes, to);
      into.write(column.name, to + 2);
      into.writeUInt32LE(valueBytes, to + 2 + nameBytes);
      column.bytes.copy(into, to + 6 + nameBytes, start, start + valueBytes);
      this.#metadataLength += 6 + nameBytes + valueBytes;
    }
    this.metadataEnds[at] = this.#metadataLength;
  }

  /** Times, levels and metadata of a whole block, without its lines. */
  setWithoutLines(rows: StoredRows): void {
    this.clear();
    growRows(this, rows.rowCount);
    this.times.set(rows.times.subarray(0, rows.rowCount));
    this.levels.set(rows.levels.subarray(0, rows.rowCount));
    for (let row = 0; row < rows.rowCount; row++) this.#copyMetadata(rows, row, row);
    this.rowCount = rows.rowCount;
  }

  /** Rows of the first whole block, 0 when there is not that much, or when later rows may have to be compared with its last. */
  wholeBlockRows(): number {
    if (this.joinedBytes <= BLOCK_LINE_BYTES && this.rowCount <= BLOCK_ROWS) return 0;
    const base = this.lineStarts[0]!;
    let to = 1;
    while (to < this.rowCount && to < BLOCK_ROWS && this.lineEnds[to]! + 1 - base <= BLOCK_LINE_BYTES) to++;
    return this.times[to - 1]! < this.newestNs || this.#newestLines !== undefined ? to : 0;
  }

  /** Rows `[0, count)`, valid until the next change. */
  head(count: number): StreamRows {
    return {
      rowCount: count,
      times: this.times,
      bytes: this.bytes,
      lineStarts: this.lineStarts,
      lineEnds: this.lineEnds,
      levels: this.levels,
      metadataBytes: this.metadataBytes,
      metadataStarts: this.metadataStarts,
      metadataEnds: this.metadataEnds,
    };
  }

  /** Lets go of the first rows. */
  drop(count: number): void {
    const rest = this.rowCount - count;
    if (rest === 0) {
      this.clear();
      return;
    }
    const lineFrom = this.lineStarts[count]!;
    const metadataFrom = this.metadataStarts[count]!;
    this.bytes.copyWithin(0, lineFrom, this.joinedBytes);
    this.metadataBytes.copyWithin(0, metadataFrom, this.#metadataLength);
    this.times.copyWithin(0, count, this.rowCount);
    this.levels.copyWithin(0, count, this.rowCount);
    for (let row = 0; row < rest; row++) {
      this.lineStarts[row] = this.lineStarts[count + row]! - lineFrom;
      this.lineEnds[row] = this.lineEnds[count + row]! - lineFrom;
      this.metadataStarts[row] = this.metadataStarts[count + row]! - metadataFrom;
      this.metadataEnds[row] = this.metadataEnds[count + row]! - metadataFrom;
    }
    this.joinedBytes -= lineFrom;
    this.#metadataLength -= metadataFrom;
    this.rowCount = rest;
  }
}

function lineText(bytes: Buffer, start: number, end: number): string {
  return bytes.latin1Slice(start, end);
}
