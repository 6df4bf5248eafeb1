/** Memory of a log result, and what tells where its columns lie. */
export interface FoundMemory {
  readonly memory: ArrayBuffer;
  readonly rows: number;
  readonly sets: number;
  /** Bytes of the entries, behind which those of the label sets follow. */
  readonly entryBytes: number;
}

/** Columns of 8 and of 4 bytes by row, and of 4 bytes by label set. */
const ROW_FLOATS = 2;
const ROW_INTS = 3;
const SET_INTS = 3;

/**
 * Rows that a log task has found, in the asked direction; rows of one stream and time keep their order (reversed when going backward). All columns
 * lie in one piece of memory, which crosses threads as one: ten that are allocated, moved and let go of one by one take longer than a page of
 * lines does to be found.
 */
export class FoundColumns {
  /** All of it. */
  readonly found: FoundMemory;
  /** Nanoseconds from the start of the day. */
  readonly offsetsNs: Float64Array;
  readonly streamIds: Float64Array;
  readonly days: Int32Array;
  /** Label set of each row. Two sets may be equal. */
  readonly labelIds: Uint32Array;
  /** Where the entry of each row ends in `entries`: as the task's format has it with a comma behind it, or else just the line. */
  readonly ends: Uint32Array;
  readonly entries: Buffer;
  /** Entries and label sets, as they follow each other. */
  readonly bytes: Buffer;
  /**
   * Label sets: bytes cross threads many times as fast as sets of texts. Each begins where the one before ends. With a format it is what stands before
   * the entries of the set, up to `jsonEnds`, and the printed labels, by which streams are ordered, up to `textEnds`; without one
   * it is an `EntryLabels` as JSON, and no text.
   */
  readonly setBytes: Buffer;
  readonly jsonEnds: Uint32Array;
  readonly textEnds: Uint32Array;
  /** Of what stands up to `jsonEnds`; equal for equal sets. */
  readonly hashes: Uint32Array;

  constructor(found: FoundMemory) {
    const { memory, rows, sets, entryBytes } = found;
    this.found = found;
    let at = rows * ROW_FLOATS * Float64Array.BYTES_PER_ELEMENT;
    this.offsetsNs = new Float64Array(memory, 0, rows);
    this.streamIds = new Float64Array(memory, at / ROW_FLOATS, rows);
    const ints = (count: number): Uint32Array => {
      at += count * Uint32Array.BYTES_PER_ELEMENT;
      return new Uint32Array(memory, at - count * Uint32Array.BYTES_PER_ELEMENT, count);
    };
    this.days = new Int32Array(memory, ints(rows).byteOffset, rows);
    this.labelIds = ints(rows);
    this.ends = ints(rows);
    this.hashes = ints(sets);
    this.jsonEnds = ints(sets);
    this.textEnds = ints(sets);
    this.bytes = Buffer.from(memory, at);
    this.entries = this.bytes.subarray(0, entryBytes);
    this.setBytes = this.bytes.subarray(entryBytes);
  }

  /** Columns to be filled, in fresh memory: nothing in it is zero. */
  static of(rows: number, sets: number, entryBytes: number, setBytes: number): FoundColumns {
    const numbers =
      rows * (ROW_FLOATS * Float64Array.BYTES_PER_ELEMENT + ROW_INTS * Uint32Array.BYTES_PER_ELEMENT) +
      sets * SET_INTS * Uint32Array.BYTES_PER_ELEMENT;
    const { buffer } = Buffer.allocUnsafeSlow(numbers + entryBytes + setBytes);
    return new FoundColumns({ memory: buffer, rows, sets, entryBytes });
  }
}
