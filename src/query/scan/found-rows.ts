import { wider } from '../../base/grow.ts';
import { orderBy } from '../../base/order-by.ts';
import { MAX_UNIT_BYTES, writeUtf8 } from '../../base/write-utf8.ts';
import { dayStartNs, NS_PER_DAY_NUMBER } from '../../model/time.ts';

const FIRST_ROWS = 256;
const FIRST_BYTES = 64 * 1024;
/** Larger memory is not kept for the next scan. */
const MAX_KEPT_BYTES = 8 * 1024 * 1024;

/** In place of a label set: the row's own labels lie behind its line. */
export const OWN_LABELS = -1;

let idle: FoundRows | undefined;

/** Makes no view of the bytes, as `set` would need. */
const copy = Buffer.prototype.copy as (this: Uint8Array, ...to: Parameters<Buffer['copy']>) => number;

/**
 * Rows that may be in the answer of a log query, as columns, with copies of their lines: blocks are reused. Rows of a common word come by
 * the thousand, and an object with a line of its own for each would cost more than finding them.
 */
export class FoundRows {
  count = 0;
  days: Int32Array = new Int32Array(FIRST_ROWS);
  /** Nanoseconds from the start of the day. */
  offsetsNs: Float64Array = new Float64Array(FIRST_ROWS);
  streamIds: Float64Array = new Float64Array(FIRST_ROWS);
  labelIds: Int32Array = new Int32Array(FIRST_ROWS);
  /**
   * Row `i` has line `bytes[starts[i], ends[i])`. What is printed for it alone follows: the labels of its stream as JSON up to `jsonEnds[i]` and
   * as a text up to `textEnds[i]`, and the end of its entry up to `tailEnds[i]`; each of no bytes where the label set has it.
   */
  starts: Uint32Array = new Uint32Array(FIRST_ROWS);
  ends: Uint32Array = new Uint32Array(FIRST_ROWS);
  jsonEnds: Uint32Array = new Uint32Array(FIRST_ROWS);
  textEnds: Uint32Array = new Uint32Array(FIRST_ROWS);
  tailEnds: Uint32Array = new Uint32Array(FIRST_ROWS);
  bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #used = 0;

  /** Memory of the last one that was given back, or fresh. */
  static take(): FoundRows {
    const rows = idle ?? new FoundRows();
    idle = undefined;
    rows.count = 0;
    rows.#used = 0;
    return rows;
  }

  giveBack(): void {
    if (this.bytes.length <= MAX_KEPT_BYTES) idle = this;
  }

  /** Adds a row whose line is `bytes[start, end)`. */
  add(
    day: number,
    offsetNs: number,
    streamId: number,
    labelId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (this.count === this.days.length) this.#growRows();
    if (this.#used + end - start > this.bytes.length) this.#growBytes(end - start);
    const row = this.count++;
    this.days[row] = day;
    this.offsetsNs[row] = offsetNs;
    this.streamIds[row] = streamId;
    this.labelIds[row] = labelId;
    copy.call(bytes, this.bytes, this.#used, start, end);
    this.starts[row] = this.#used;
    this.#used += end - start;
    this.ends[row] = this.#used;
    this.jsonEnds[row] = this.#used;
    this.textEnds[row] = this.#used;
    this.tailEnds[row] = this.#used;
  }

  /**
   * Prints for the row that was added last alone: labels of rows that a parser has made differ from row to row, and as objects that live until
   * the end of the scan they would be most of its work.
   */
  addLabels(json: string, text: string, tail: string): void {
    const row = this.count - 1;
    this.#write(json);
    this.jsonEnds[row] = this.#used;
    this.#write(text);
    this.textEnds[row] = this.#used;
    this.#write(tail);
    this.tailEnds[row] = this.#used;
  }

  #write(text: string): void {
    const most = text.length * MAX_UNIT_BYTES;
    if (this.#used + most > this.bytes.length) this.#growBytes(most);
    this.#used += writeUtf8(this.bytes, text, this.#used);
  }

  #growRows(): void {
    const size = this.count * 2;
    this.days = wider(this.days, new Int32Array(size));
    this.offsetsNs = wider(this.offsetsNs, new Float64Array(size));
    this.streamIds = wider(this.streamIds, new Float64Array(size));
    this.labelIds = wider(this.labelIds, new Int32Array(size));
    this.starts = wider(this.starts, new Uint32Array(size));
    this.ends = wider(this.ends, new Uint32Array(size));
    this.jsonEnds = wider(this.jsonEnds, new Uint32Array(size));
    this.textEnds = wider(this.textEnds, new Uint32Array(size));
    this.tailEnds = wider(this.tailEnds, new Uint32Array(size));
  }

  #growBytes(more: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.#used + more));
    this.bytes.copy(larger, 0, 0, this.#used);
    this.bytes = larger;
  }

  /** Time of a row, nanoseconds since the epoch. */
  timeNs(row: number): bigint {
    return dayStartNs(this.days[row]!) + BigInt(this.offsetsNs[row]!);
  }

  /** Orders rows in the asked direction and keeps the best `limit`; ties are broken by stream, and keep their order within one. */
  keepBest(limit: number, backward: boolean): void {
    const sign = backward ? -1 : 1;
    if (!this.#isInOrder(sign)) {
      const order = orderBy(this.#sortKeys(sign), (a, b) => sign * this.#compare(a, b));
      this.#take(order.subarray(0, limit));
    }
    this.count = Math.min(this.count, limit);
    this.#compact();
  }

  /** By time alone; rounded where rows are of days that lie far apart. */
  #sortKeys(sign: number): Float64Array {
    const { days, offsetsNs } = this;
    const keys = new Float64Array(this.count);
    for (let row = 0; row < keys.length; row++)
      keys[row] = sign * ((days[row]! - days[0]!) * NS_PER_DAY_NUMBER + offsetsNs[row]!);
    return keys;
  }

  #compare(a: number, b: number): number {
    const { days, offsetsNs, streamIds } = this;
    return days[a]! - days[b]! || offsetsNs[a]! - offsetsNs[b]! || streamIds[a]! - streamIds[b]!;
  }

  #isInOrder(sign: number): boolean {
    for (let row = 1; row < this.count; row++) if (sign * this.#compare(row - 1, row) > 0) return false;
    return true;
  }

  #take(order: Uint32Array): void {
    for (const column of [
      this.days,
      this.offsetsNs,
      this.streamIds,
      this.labelIds,
      this.starts,
      this.ends,
      this.jsonEnds,
      this.textEnds,
      this.tailEnds,
    ])
      pick(column, this.count, order);
  }

  /** Leaves out the bytes of rows that were dropped, when they are most of what is kept. */
  #compact(): void {
    let wanted = 0;
    for (let row = 0; row < this.count; row++) wanted += this.tailEnds[row]! - this.starts[row]!;
    if (this.#used < 2 * wanted + FIRST_BYTES) return;
    const bytes = Buffer.allocUnsafeSlow(this.bytes.length);
    this.#used = 0;
    for (let row = 0; row < this.count; row++) {
      const by = this.#used - this.starts[row]!;
      this.#used += this.bytes.copy(bytes, this.#used, this.starts[row]!, this.tailEnds[row]!);
      for (const column of [this.starts, this.ends, this.jsonEnds, this.textEnds, this.tailEnds]) column[row]! += by;
    }
    this.bytes = bytes;
  }
}

/** What `pick` reads: memory for a copy of each column would be most of its work. */
let copied = new Float64Array(FIRST_ROWS);

/** Puts the numbers at the places of `order` to the front of the first `count`. */
function pick(column: Int32Array | Uint32Array | Float64Array, count: number, order: Uint32Array): void {
  if (copied.length < count) copied = new Float64Array(column.length);
  for (let i = 0; i < count; i++) copied[i] = column[i]!;
  for (let i = 0; i < order.length; i++) column[i] = copied[order[i]!]!;
}
