import { doubled } from '../../base/grow.ts';
import type { ByteWriter } from '../bytes/byte-writer.ts';
import { KIND_DICTIONARY, KIND_SEQUENCE } from './metadata-columns.ts';
import { hashBytes, joinKey } from './metadata-filter.ts';

/** Values and rows that a column has room for at first. */
const FIRST_VALUES = 64;
/** What has more room than this, in values or rows, is not kept for the next block. */
const MAX_KEPT_VALUES = 8192;
/** Names whose columns are kept. */
const MAX_KEPT_COLUMNS = 64;

/**
 * Values of one name, as ranges of the bytes that all rows of a block lie in; told apart by a hash table of their numbers. Used for
 * one block after the other, since the columns of thousands of small blocks cost more to make than to fill.
 */
class ColumnBuilder {
  readonly name: Buffer;
  readonly nameText: string;
  /** Block that it was last used for. */
  block = 0;
  codes: Uint32Array = new Uint32Array(FIRST_VALUES);
  valueCount = 0;
  present = 0;
  #starts: Uint32Array = new Uint32Array(FIRST_VALUES);
  #ends: Uint32Array = new Uint32Array(FIRST_VALUES);
  #hashes: Uint32Array = new Uint32Array(FIRST_VALUES);
  /** Codes by hash; 0 is free. The first `#slotCount` are used: a power of two, at least twice the values. */
  #slots: Uint32Array = new Uint32Array(FIRST_VALUES * 2);
  #slotCount = FIRST_VALUES * 2;

  constructor(name: Buffer) {
    this.name = name;
    this.nameText = name.utf8Slice();
  }

  get isWorthKeeping(): boolean {
    return this.codes.length <= MAX_KEPT_VALUES && this.#starts.length <= MAX_KEPT_VALUES;
  }

  /** Begins a block. */
  begin(block: number, rowCount: number): void {
    this.block = block;
    this.valueCount = 0;
    this.present = 0;
    this.#slotCount = FIRST_VALUES * 2;
    this.#slots.fill(0, 0, this.#slotCount);
    if (this.codes.length < rowCount) this.codes = new Uint32Array(rowCount);
    else this.codes.fill(0, 0, rowCount);
  }

  add(row: number, bytes: Uint8Array, start: number, end: number): void {
    const hash = hashBytes(bytes, start, end);
    const mask = this.#slotCount - 1;
    let slot = hash & mask;
    let code = this.#slots[slot]!;
    while (code !== 0 && !this.#equals(code, hash, bytes, start, end)) {
      slot = (slot + 1) & mask;
      code = this.#slots[slot]!;
    }
    if (code === 0) {
      code = this.#addValue(hash, start, end);
      if (code * 2 <= this.#slotCount) this.#slots[slot] = code;
      else this.#rehash();
    }
    // A name that comes twice in a row keeps its last value.
    if (this.codes[row] === 0) this.present++;
    this.codes[row] = code;
  }

  #equals(code: number, hash: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#hashes[code - 1] !== hash) return false;
    const from = this.#starts[code - 1]!;
    return this.#ends[code - 1]! - from === end - start && sameBytes(bytes, from, start, end - start);
  }

  #addValue(hash: number, start: number, end: number): number {
    const index = this.valueCount++;
    if (index === this.#starts.length) {
      this.#starts = doubled(this.#starts);
      this.#ends = doubled(this.#ends);
      this.#hashes = doubled(this.#hashes);
    }
    this.#starts[index] = start;
    this.#ends[index] = end;
    this.#hashes[index] = hash;
    return index + 1;
  }

  #rehash(): void {
    const count = this.#slotCount * 2;
    if (this.#slots.length < count) this.#slots = new Uint32Array(count);
    else this.#slots.fill(0, 0, count);
    const slots = this.#slots;
    const mask = count - 1;
    for (let code = 1; code <= this.valueCount; code++) {
      let slot = this.#hashes[code - 1]! & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = code;
    }
    this.#slotCount = count;
  }

  length(code: number): number {
    return this.#ends[code - 1]! - this.#starts[code - 1]!;
  }

  /** Adds the key of each value. */
  addKeys(keys: number[]): void {
    const nameHash = hashBytes(this.name, 0, this.name.length);
    for (let i = 0; i < this.valueCount; i++) keys.push(joinKey(nameHash, this.#hashes[i]!));
  }

  writeValue(code: number, bytes: Buffer, out: ByteWriter): void {
    out.range(bytes, this.#starts[code - 1]!, this.#ends[code - 1]!);
  }
}

function sameBytes(bytes: Uint8Array, a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}

/**
 * Collects the metadata of a block's rows. No text is made of names and values: they stay ranges of the bytes that rows are
 * added from, which must be the same for all rows of a block and unchanged until `write`.
 */
export class MetadataColumnsBuilder {
  readonly #columns: ColumnBuilder[] = [];
  /** Columns of this block and of those before, by name in latin1. */
  readonly #byName = new Map<string, ColumnBuilder>();
  #block = 0;
  #rowCount = 0;
  #bytes: Buffer = Buffer.alloc(0);

  /** Begins a block of so many rows. */
  begin(rowCount: number): void {
    const isLarge = this.#byName.size > MAX_KEPT_COLUMNS || this.#columns.some((column) => !column.isWorthKeeping);
    if (isLarge) this.#byName.clear();
    this.#columns.length = 0;
    this.#block++;
    this.#rowCount = rowCount;
  }

  /** Adds the names of the block's columns, as text. */
  addNames(into: Set<string>): void {
    for (const column of this.#columns) into.add(column.nameText);
  }

  /** Keys of the block's values for its metadata filter. */
  keys(): number[] {
    const keys: number[] = [];
    for (const column of this.#columns) column.addKeys(keys);
    return keys;
  }

  /** Adds one row's metadata in the encoding of model/metadata-bytes.ts. */
  add(row: number, bytes: Buffer, start: number, end: number): void {
    this.#bytes = bytes;
    let at = start;
    // Most rows have the names of the row before, in the same order.
    for (let guess = 0; at < end; guess++) {
      const nameAt = at + 2;
      const nameBytes = bytes[at]! | (bytes[at + 1]! << 8);
      const sizeAt = nameAt + nameBytes;
      const size =
        (bytes[sizeAt]! | (bytes[sizeAt + 1]! << 8) | (bytes[sizeAt + 2]! << 16) | (bytes[sizeAt + 3]! << 24)) >>> 0;
      at = sizeAt + 4 + size;
      this.#column(guess, bytes, nameAt, nameBytes).add(row, bytes, sizeAt + 4, at);
    }
  }

  #column(guess: number, bytes: Buffer, nameAt: number, nameBytes: number): ColumnBuilder {
    const guessed = this.#columns[guess];
    if (guessed !== undefined && isName(guessed, bytes, nameAt, nameBytes)) return guessed;
    const name = bytes.latin1Slice(nameAt, nameAt + nameBytes);
    let column = this.#byName.get(name);
    if (column?.block === this.#block) return column;
    if (column === undefined) {
      column = new ColumnBuilder(Buffer.from(bytes.subarray(nameAt, nameAt + nameBytes)));
      this.#byName.set(name, column);
    }
    column.begin(this.#block, this.#rowCount);
    this.#columns.push(column);
    return column;
  }

  write(out: ByteWriter): void {
    const rowCount = this.#rowCount;
    out.varint(this.#columns.length);
    for (const column of this.#columns) {
      out.varint(column.name.length);
      out.raw(column.name);
      if (column.present > 8 && column.valueCount === column.present) writeSequence(column, this.#bytes, rowCount, out);
      else writeDictionary(column, this.#bytes, rowCount, out);
    }
  }
}

function isName(column: ColumnBuilder, bytes: Uint8Array, nameAt: number, nameBytes: number): boolean {
  const { name } = column;
  if (name.length !== nameBytes) return false;
  for (let i = 0; i < nameBytes; i++) if (name[i] !== bytes[nameAt + i]) return false;
  return true;
}

function writeDictionary(column: ColumnBuilder, bytes: Buffer, rowCount: number, out: ByteWriter): void {
  out.byte(KIND_DICTIONARY);
  out.varint(column.valueCount);
  for (let code = 1; code <= column.valueCount; code++) {
    out.varint(column.length(code));
    column.writeValue(code, bytes, out);
  }
  const width = codeWidth(column.valueCount);
  out.byte(width);
  const { codes } = column;
  for (let row = 0; row < rowCount; row++) {
    let code = codes[row]!;
    for (let i = 0; i < width; i++) {
      out.byte(code & 0xff);
      code >>>= 8;
    }
  }
}

/** Values are unique, so codes ascend in row order: the order of values is that of rows. */
function writeSequence(column: ColumnBuilder, bytes: Buffer, rowCount: number, out: ByteWriter): void {
  out.byte(KIND_SEQUENCE);
  const allPresent = column.present === rowCount;
  out.byte(allPresent ? 1 : 0);
  if (!allPresent) {
    const { codes } = column;
    for (let first = 0; first < rowCount; first += 8) {
      let presence = 0;
      for (let row = first; row < Math.min(first + 8, rowCount); row++) if (codes[row]! > 0) presence |= 1 << (row & 7);
      out.byte(presence);
    }
  }
  const fixed = fixedLength(column);
  out.varint(fixed);
  if (fixed === 0) for (let code = 1; code <= column.valueCount; code++) out.varint(column.length(code));
  for (let code = 1; code <= column.valueCount; code++) column.writeValue(code, bytes, out);
}

/** Length that all values have; 0 if they differ. */
function fixedLength(column: ColumnBuilder): number {
  const length = column.length(1);
  for (let code = 2; code <= column.valueCount; code++) if (column.length(code) !== length) return 0;
  return length;
}

function codeWidth(count: number): number {
  return count < 256 ? 1 : count < 65_536 ? 2 : 4;
}
