import type { Labels } from '../../model/labels.ts';
import { compareText } from '../../model/labels.ts';
import { ByteReader } from '../bytes/byte-reader.ts';

/**
 * Structured metadata of a block as columns, one for each name: a dictionary with one code a row, or, when (nearly) every
 * row has a value of its own (trace ids), the values in row order.
 * Format: docs/format/segment.md, section Metadata.
 */

export const KIND_DICTIONARY = 0;
export const KIND_SEQUENCE = 1;

/** Where values are: of one width, one behind the other, or (width 0) anywhere. */
interface Places {
  readonly from: number;
  readonly width: number;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

const NO_PLACES = new Uint32Array(0);
/** Codes of a column in which every row has a value of its own. */
let ascending = new Uint32Array(0);

function ascendingCodes(rowCount: number): Uint32Array {
  if (ascending.length < rowCount) ascending = new Uint32Array(rowCount * 2).map((_, row) => row + 1);
  return ascending;
}

/** One decoded column: code 0 means that the row lacks the name; text is made on first use. */
export class MetadataColumn {
  readonly name: string;
  readonly codes: Uint32Array;
  /** Number of distinct codes, 0 included. */
  readonly codeCount: number;
  readonly #bytes: Buffer;
  readonly #places: Places;
  readonly #texts: (string | undefined)[] = [];

  /** @param codes at least one for each row */
  constructor(name: string, codes: Uint32Array, codeCount: number, bytes: Buffer, places: Places) {
    this.name = name;
    this.codes = codes;
    this.codeCount = codeCount;
    this.#bytes = bytes;
    this.#places = places;
  }

  /** Bytes of a value: `bytes[start(code), end(code))`. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  start(code: number): number {
    const { starts, from, width } = this.#places;
    return width > 0 ? from + (code - 1) * width : starts[code - 1]!;
  }

  end(code: number): number {
    const { ends, from, width } = this.#places;
    return width > 0 ? from + code * width : ends[code - 1]!;
  }

  text(code: number): string {
    const known = this.#texts[code];
    if (known !== undefined) return known;
    const text = this.#bytes.utf8Slice(this.start(code), this.end(code));
    this.#texts[code] = text;
    return text;
  }
}

/**
 * Reads the columns of a block; `bytes` must stay unchanged while they are in use. Sorted by name.
 *
 * @param names those that are wanted; undefined: all
 */
export function readMetadataColumns(
  bytes: Buffer,
  start: number,
  end: number,
  rowCount: number,
  where: string,
  names?: ReadonlySet<string>,
): MetadataColumn[] {
  const reader = new ByteReader(bytes, where, start, end);
  const columns: MetadataColumn[] = [];
  const count = reader.count(3);
  for (let i = 0; i < count; i++) {
    const name = reader.text();
    const isDictionary = reader.byte() === KIND_DICTIONARY;
    if (names !== undefined && !names.has(name)) {
      if (isDictionary) skipDictionary(rowCount, reader);
      else skipSequence(rowCount, bytes, reader);
      continue;
    }
    columns.push(
      isDictionary ? readDictionary(name, bytes, rowCount, reader) : readSequence(name, bytes, rowCount, reader),
    );
  }
  return columns.sort((a, b) => compareText(a.name, b.name));
}

function readDictionary(name: string, bytes: Buffer, rowCount: number, reader: ByteReader): MetadataColumn {
  const size = reader.count(1);
  const starts = new Uint32Array(size);
  const ends = new Uint32Array(size);
  for (let i = 0; i < size; i++) {
    const length = reader.varint();
    starts[i] = reader.skip(length);
    ends[i] = starts[i]! + length;
  }
  const width = reader.byte();
  const at = reader.skip(width * rowCount);
  const codes = new Uint32Array(rowCount);
  for (let row = 0; row < rowCount; row++) codes[row] = Math.min(bytes.readUIntLE(at + row * width, width), size);
  return new MetadataColumn(name, codes, size + 1, bytes, { from: 0, width: 0, starts, ends });
}

function readSequence(name: string, bytes: Buffer, rowCount: number, reader: ByteReader): MetadataColumn {
  const allPresent = reader.byte() === 1;
  const presenceAt = allPresent ? 0 : reader.skip((rowCount + 7) >> 3);
  const codes = allPresent ? ascendingCodes(rowCount) : new Uint32Array(rowCount);
  let present = allPresent ? rowCount : 0;
  if (!allPresent)
    for (let row = 0; row < rowCount; row++)
      if ((bytes[presenceAt + (row >> 3)]! & (1 << (row & 7))) !== 0) codes[row] = ++present;
  const width = reader.varint();
  // Trace ids have one width: of a page of lines, a few of them are looked at.
  const places = width > 0 ? fixedPlaces(reader, width, present) : listedPlaces(reader, present);
  return new MetadataColumn(name, codes, present + 1, bytes, places);
}

function fixedPlaces(reader: ByteReader, width: number, present: number): Places {
  return { from: reader.skip(width * present), width, starts: NO_PLACES, ends: NO_PLACES };
}

function listedPlaces(reader: ByteReader, present: number): Places {
  const starts = new Uint32Array(present);
  const ends = new Uint32Array(present);
  let total = 0;
  for (let i = 0; i < present; i++) {
    starts[i] = total;
    total += reader.varint();
    ends[i] = total;
  }
  const from = reader.skip(total);
  for (let i = 0; i < present; i++) {
    starts[i]! += from;
    ends[i]! += from;
  }
  return { from, width: 0, starts, ends };
}

function skipDictionary(rowCount: number, reader: ByteReader): void {
  const size = reader.count(1);
  for (let i = 0; i < size; i++) reader.skip(reader.varint());
  reader.skip(reader.byte() * rowCount);
}

function skipSequence(rowCount: number, bytes: Buffer, reader: ByteReader): void {
  let present = rowCount;
  if (reader.byte() !== 1) {
    const at = reader.skip((rowCount + 7) >> 3);
    present = 0;
    for (let row = 0; row < rowCount; row++) present += (bytes[at + (row >> 3)]! >> (row & 7)) & 1;
  }
  const fixed = reader.varint();
  let total = fixed * present;
  if (fixed === 0) for (let i = 0; i < present; i++) total += reader.varint();
  reader.skip(total);
}

/** Label set of one row from its columns, detected level put in its place by name. */
export function columnsToLabels(columns: readonly MetadataColumn[], row: number): Labels {
  const out: string[] = [];
  for (const column of columns) {
    const code = column.codes[row]!;
    if (code > 0) out.push(column.name, column.text(code));
  }
  return out;
}
