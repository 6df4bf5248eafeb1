import { doubled, grownLength, wider } from '../base/grow.ts';
import type { ByteReader } from './bytes/byte-reader.ts';
import type { ByteWriter } from './bytes/byte-writer.ts';

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
  /**
   * Rows, at most MAX_COUNT: a minute and level with more has several entries. With thousands of streams most entries are of one row, and
   * there are as many as rows: wider numbers would be most of the memory of a directory.
   */
  readonly counts: Uint8Array;
}

/** Most rows of an entry. */
export const MAX_COUNT = 255;
/** Bytes of an entry in memory. */
export const TALLY_ENTRY_BYTES = 4;

const MINUTE_NS = 60_000_000_000;
/** Minutes 1 to 1440 of a day; 0 holds its very first nanosecond. */
export const TALLY_MINUTES = 1441;

/** Of a segment without blocks. */
export const NO_TALLY: Tally = {
  starts: new Uint32Array(1),
  minutes: new Uint16Array(0),
  levels: new Uint8Array(0),
  counts: new Uint8Array(0),
};

export class TallyBuilder {
  #starts: Uint32Array = new Uint32Array(1024);
  #blocks = 0;
  #minutes: Uint16Array = new Uint16Array(16_384);
  #levels: Uint8Array = new Uint8Array(16_384);
  #counts: Uint8Array = new Uint8Array(16_384);
  #entries = 0;
  /** Where the running minute has its entry for a level, one more than its number; of an earlier minute if not above `#minuteStart`. */
  readonly #entryOfLevel: Uint32Array = new Uint32Array(256);

  /** Adds the rows `from .. to` of a block; `times` ascend. */
  addBlock(times: Float64Array, levels: Uint8Array, from: number, to: number): void {
    const entryOfLevel = this.#entryOfLevel;
    let counts = this.#counts;
    let minuteStart = this.#entries;
    let entries = minuteStart;
    let minute = 0;
    let endNs = -1;
    for (let row = from; row < to; row++) {
      const time = times[row]!;
      if (time > endNs) {
        minute = Math.ceil(time / MINUTE_NS);
        endNs = minute * MINUTE_NS;
        minuteStart = entries;
      }
      const level = levels[row]!;
      const known = entryOfLevel[level]!;
      if (known > minuteStart && counts[known - 1]! < MAX_COUNT) {
        counts[known - 1]!++;
        continue;
      }
      if (entries === counts.length) counts = this.#grow();
      this.#minutes[entries] = minute;
      this.#levels[entries] = level;
      counts[entries] = 1;
      entryOfLevel[level] = ++entries;
    }
    this.#entries = entries;
    if (this.#blocks + 1 === this.#starts.length) this.#starts = doubled(this.#starts);
    this.#starts[++this.#blocks] = entries;
  }

  #grow(): Uint8Array {
    const size = grownLength(this.#counts.length, TALLY_ENTRY_BYTES);
    this.#minutes = wider(this.#minutes, new Uint16Array(size));
    this.#levels = wider(this.#levels, new Uint8Array(size));
    this.#counts = wider(this.#counts, new Uint8Array(size));
    return this.#counts;
  }

  /** Begins another one. */
  reset(): void {
    this.#blocks = 0;
    this.#entries = 0;
    this.#entryOfLevel.fill(0);
  }

  /** Views, valid until the next change. */
  finish(): Tally {
    return {
      starts: this.#starts.subarray(0, this.#blocks + 1),
      minutes: this.#minutes.subarray(0, this.#entries),
      levels: this.#levels.subarray(0, this.#entries),
      counts: this.#counts.subarray(0, this.#entries),
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
  out.raw(tally.levels);
  out.varints(tally.counts, 0, 1);
}

export function readTally(reader: ByteReader): Tally {
  const blocks = reader.count(1);
  const starts = new Uint32Array(blocks + 1);
  for (let b = 0; b < blocks; b++) starts[b + 1] = starts[b]! + reader.count(3);
  const total = starts[blocks]!;
  const minutes = readMinutes(reader, starts);
  const levels = Uint8Array.from(reader.raw(total));
  const counts = new Uint8Array(total);
  const large = readCounts(reader, counts);
  const tally = { starts, minutes, levels, counts };
  return large.length === 0 ? tally : splitLarge(tally, large);
}

/** Moves behind a tally. @returns its blocks */
export function skipTally(reader: ByteReader): number {
  const blocks = reader.count(1);
  let total = 0;
  for (let b = 0; b < blocks; b++) total += reader.count(3);
  reader.skipVarints(total);
  reader.skip(total);
  reader.skipVarints(total);
  return blocks;
}

/** Of so many blocks, none of which tells anything. */
export function emptyTally(blocks: number): Tally {
  return { ...NO_TALLY, starts: new Uint32Array(blocks + 1) };
}

/** There may be millions of entries: a step of less than 128 is read without a call. */
function readMinutes(reader: ByteReader, starts: Uint32Array): Uint16Array {
  const minutes = new Uint16Array(starts.at(-1)!);
  for (let block = 1; block < starts.length; block++)
    readBlockMinutes(reader, minutes, starts[block - 1]!, starts[block]!);
  return minutes;
}

function readBlockMinutes(reader: ByteReader, minutes: Uint16Array, from: number, stop: number): void {
  const { bytes, end } = reader;
  let { at } = reader;
  let minute = 0;
  for (let i = from; i < stop; i++) {
    if (at < end && bytes[at]! < 128) minute += bytes[at++]!;
    else {
      reader.at = at;
      minute += reader.varint();
      at = reader.at;
    }
    minutes[i] = minute;
  }
  reader.at = at;
}

/** @returns numbers and counts of entries that must be split: those written before counts were bytes */
function readCounts(reader: ByteReader, counts: Uint8Array): [number, number][] {
  const { bytes, end } = reader;
  const large: [number, number][] = [];
  let at = reader.at;
  for (let i = 0; i < counts.length; i++) {
    if (at < end && bytes[at]! < 128) {
      counts[i] = bytes[at++]!;
      continue;
    }
    reader.at = at;
    const count = reader.varint();
    at = reader.at;
    if (count > MAX_COUNT) large.push([i, count]);
    counts[i] = count;
  }
  reader.at = at;
  return large;
}

/** Puts as many entries as it takes in the place of each of some. @param large their numbers, ascending, and what they count */
function splitLarge({ starts, minutes, levels, counts }: Tally, large: readonly [number, number][]): Tally {
  const total = large.reduce((sum, [, count]) => sum + Math.ceil(count / MAX_COUNT) - 1, counts.length);
  const split: Tally = {
    starts: starts.slice(),
    minutes: new Uint16Array(total),
    levels: new Uint8Array(total),
    counts: new Uint8Array(total),
  };
  let next = 0;
  let to = 0;
  for (let block = 1; block < starts.length; block++) {
    for (let at = starts[block - 1]!; at < starts[block]!; at++) {
      let rest = large[next]?.[0] === at ? large[next++]![1] : counts[at]!;
      do {
        split.minutes[to] = minutes[at]!;
        split.levels[to] = levels[at]!;
        split.counts[to++] = Math.min(rest, MAX_COUNT);
        rest -= MAX_COUNT;
      } while (rest > 0);
    }
    split.starts[block] = to;
  }
  return split;
}
