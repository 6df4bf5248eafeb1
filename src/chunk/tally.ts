import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/**
 * Rows per minute and level of each block, kept in the directory: counts over whole minutes, and histograms by level, are
 * answered from it without reading a row. Minute `m` holds the rows with `(m - 1) min < time <= m min` of the day, as the windows
 * of LogQL do.
 * Format: docs/format/segment.md, section Tally.
 */
export interface Tally {
  /** Entries of block `b` are `starts[b] .. starts[b + 1]`. */
  readonly starts: Uint32Array;
  /** Ascending within a block and level. */
  readonly minutes: Uint16Array;
  /** Codes of model/level.ts. */
  readonly levels: Uint8Array;
  readonly counts: Uint32Array;
}

const MINUTE_NS = 60_000_000_000;

/** Of a segment without blocks. */
export const NO_TALLY: Tally = {
  starts: new Uint32Array(1),
  minutes: new Uint16Array(0),
  levels: new Uint8Array(0),
  counts: new Uint32Array(0),
};

export class TallyBuilder {
  readonly #starts: number[] = [0];
  readonly #minutes: number[] = [];
  readonly #levels: number[] = [];
  readonly #counts: number[] = [];
  /** Rows of the running minute by level, and which levels have any. */
  readonly #running: Uint32Array = new Uint32Array(256);
  readonly #touched: number[] = [];

  /** Adds the rows `from .. to` of a block; `times` ascend. */
  addBlock(times: Float64Array, levels: Uint8Array, from: number, to: number): void {
    let minute = -1;
    let endNs = -1;
    for (let row = from; row < to; row++) {
      if (times[row]! > endNs) {
        this.#closeMinute(minute);
        minute = Math.ceil(times[row]! / MINUTE_NS);
        endNs = minute * MINUTE_NS;
      }
      const level = levels[row]!;
      if (this.#running[level] === 0) this.#touched.push(level);
      this.#running[level]!++;
    }
    this.#closeMinute(minute);
    this.#starts.push(this.#minutes.length);
  }

  #closeMinute(minute: number): void {
    for (const level of this.#touched) {
      this.#minutes.push(minute);
      this.#levels.push(level);
      this.#counts.push(this.#running[level]!);
      this.#running[level] = 0;
    }
    this.#touched.length = 0;
  }

  finish(): Tally {
    return {
      starts: Uint32Array.from(this.#starts),
      minutes: Uint16Array.from(this.#minutes),
      levels: Uint8Array.from(this.#levels),
      counts: Uint32Array.from(this.#counts),
    };
  }
}

/** Column by column: entries per block, minutes as steps from the entry before (first of a block: absolute), levels, counts. */
export function writeTally(tally: Tally, out: ByteWriter): void {
  const blocks = tally.starts.length - 1;
  out.varint(blocks);
  for (let b = 0; b < blocks; b++) out.varint(tally.starts[b + 1]! - tally.starts[b]!);
  for (let b = 0; b < blocks; b++) {
    let before = 0;
    for (let i = tally.starts[b]!; i < tally.starts[b + 1]!; i++) {
      out.varint(tally.minutes[i]! - before);
      before = tally.minutes[i]!;
    }
  }
  for (const level of tally.levels) out.byte(level);
  for (const count of tally.counts) out.varint(count);
}

export function readTally(reader: ByteReader): Tally {
  const blocks = reader.count(1);
  const starts = new Uint32Array(blocks + 1);
  for (let b = 0; b < blocks; b++) starts[b + 1] = starts[b]! + reader.count(3);
  const total = starts[blocks]!;
  const minutes = new Uint16Array(total);
  for (let b = 0; b < blocks; b++) {
    let before = 0;
    for (let i = starts[b]!; i < starts[b + 1]!; i++) {
      before += reader.varint();
      minutes[i] = before;
    }
  }
  const levels = Uint8Array.from(reader.raw(total));
  const counts = new Uint32Array(total);
  for (let i = 0; i < total; i++) counts[i] = reader.varint();
  return { starts, minutes, levels, counts };
}
