import { isUtf8 } from 'node:buffer';
import { goQuote } from '../../grammar/literals.ts';
import { LogError } from '../base/errors.ts';
import { LEVEL_IN_METADATA, LEVEL_LABEL, LEVEL_NONE } from '../model/level.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import { invalidNameText, normalizeLabelName } from '../wire/label-name.ts';
import { readLengthEnd, readVarint, skipField, varintEnd } from '../wire/protobuf-varint.ts';
import { severityNumberLevel, verbatimLevel } from './level/level.ts';
import { fieldRank, type LevelFields } from './level/level-fields.ts';

const LEVEL_NAME = Buffer.from(LEVEL_LABEL);
const SEVERITY_NUMBER = Buffer.from('severity_number');
const MAX_NAME_BYTES = 65_535;

// What a byte may be in a name that needs no cleaning: 1 anywhere, 2 not first.
const NAME_BYTES = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  if (/[a-zA-Z_]/.test(String.fromCharCode(byte)) && byte < 128) NAME_BYTES[byte] = 1;
  else if (byte >= 0x30 && byte <= 0x39) NAME_BYTES[byte] = 2;
}

/**
 * Turns the metadata of one entry, protobuf pairs, into the encoding of model/metadata-bytes.ts: names cleaned, empty
 * values dropped, sorted by name, of equal names the last. One instance is reused; `read` fills it with one entry.
 */
export class MetadataReader {
  /** As pushed: number of pairs, and bytes of names and values. */
  pushedPairs = 0;
  pushedBytes = 0;

  #source: Uint8Array = new Uint8Array(0);
  #count = 0;
  // Four numbers per pair: name start and end, value start and end in #source.
  #ranges = new Int32Array(4 * 128);
  readonly #clean = new ByteWriter();
  #unique = true;

  /**
   * @throws LogError PUSH_DECODE if a pair is damaged
   */
  read(bytes: Uint8Array, start: number, end: number): void {
    this.#source = bytes;
    this.#count = 0;
    this.pushedPairs = 0;
    this.pushedBytes = 0;
    this.#unique = true;
    let at = start;
    while (at < end) {
      const next = this.#readShortPair(bytes, at, end);
      if (next > 0) {
        at = next;
        continue;
      }
      const tag = readVarint(bytes, at, end);
      if (tag !== 0x1a) {
        at = skipField(tag, bytes, varintEnd, end);
        continue;
      }
      const pairEnd = readLengthEnd(bytes, varintEnd, end);
      this.#readPair(bytes, varintEnd, pairEnd);
      at = pairEnd;
    }
  }

  /**
   * Reads a pair in the form that every encoder writes, name before value and one-byte lengths, without the calls of the
   * general way. Returns the position behind it, 0 when the form is another.
   */
  #readShortPair(bytes: Uint8Array, at: number, end: number): number {
    if (at + 6 > end || bytes[at] !== 0x1a || bytes[at + 2] !== 0x0a) return 0;
    const pairBytes = bytes[at + 1]!;
    const nameBytes = bytes[at + 3]!;
    const valueBytes = pairBytes - nameBytes - 4;
    if (pairBytes >= 0x80 || valueBytes < 0 || at + 2 + pairBytes > end) return 0;
    const nameEnd = at + 4 + nameBytes;
    if (bytes[nameEnd] !== 0x12 || bytes[nameEnd + 1] !== valueBytes) return 0;
    this.pushedPairs++;
    this.pushedBytes += nameBytes + valueBytes;
    this.#add(at + 4, nameEnd, nameEnd + 2, nameEnd + 2 + valueBytes);
    return nameEnd + 2 + valueBytes;
  }

  #readPair(bytes: Uint8Array, start: number, end: number): void {
    let nameStart = start;
    let nameEnd = start;
    let valueStart = start;
    let valueEnd = start;
    let at = start;
    while (at < end) {
      const tag = readVarint(bytes, at, end);
      if (tag === 0x0a) {
        nameEnd = readLengthEnd(bytes, varintEnd, end);
        nameStart = varintEnd;
        at = nameEnd;
      } else if (tag === 0x12) {
        valueEnd = readLengthEnd(bytes, varintEnd, end);
        valueStart = varintEnd;
        at = valueEnd;
      } else at = skipField(tag, bytes, varintEnd, end);
    }
    this.pushedPairs++;
    this.pushedBytes += nameEnd - nameStart + valueEnd - valueStart;
    this.#add(nameStart, nameEnd, valueStart, valueEnd);
  }

  #add(nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    let base = this.#count * 4;
    if (base === this.#ranges.length) {
      const larger = new Int32Array(this.#ranges.length * 2);
      larger.set(this.#ranges);
      this.#ranges = larger;
    }
    const ranges = this.#ranges;
    ranges[base++] = nameStart;
    ranges[base++] = nameEnd;
    ranges[base++] = valueStart;
    ranges[base] = valueEnd;
    this.#count++;
  }

  /**
   * Cleans names and values and sorts the pairs; call after the checks of size and number.
   *
   * @throws LogError PUSH_INVALID if a name cannot become a label name
   */
  normalize(): void {
    let isClean = true;
    for (let pair = 0; pair < this.#count && isClean; pair++) isClean = this.#isCleanPair(pair);
    if (!isClean) this.#cleanPairs();
    this.#dropEmpty();
    for (let pair = 1; pair < this.#count; pair++) this.#sinkPair(pair);
    if (!this.#unique) this.#dropRepeats();
  }

  #isCleanPair(pair: number): boolean {
    const source = this.#source;
    const ranges = this.#ranges;
    const start = ranges[pair * 4]!;
    const end = ranges[pair * 4 + 1]!;
    if (end === start || end - start > MAX_NAME_BYTES || NAME_BYTES[source[start]!] !== 1) return false;
    for (let i = start + 1; i < end; i++) if (NAME_BYTES[source[i]!] === 0) return false;
    if (source[start] === 0x5f && source[start + 1] !== 0x5f) return false;
    const valueEnd = ranges[pair * 4 + 3]!;
    for (let i = ranges[pair * 4 + 2]!; i < valueEnd; i++) {
      if (source[i]! >= 0x80) return isUtf8(source.subarray(i, valueEnd));
    }
    return true;
  }

  /** The slow way, by strings. */
  #cleanPairs(): void {
    const clean = this.#clean;
    clean.reset();
    for (let pair = 0; pair < this.#count; pair++) {
      const base = pair * 4;
      const pushed = utf8(this.#source, this.#ranges[base]!, this.#ranges[base + 1]!);
      const name = normalizeLabelName(pushed);
      if (name === undefined) {
        const text = `normalization for label name ${goQuote(pushed)} resulted in invalid name "${invalidNameText(pushed)}"`;
        throw new LogError('PUSH_INVALID', text, { status: 400 });
      }
      if (name.length > MAX_NAME_BYTES)
        throw new LogError('PUSH_INVALID', 'structured metadata name too long', { status: 400 });
      const value = utf8(this.#source, this.#ranges[base + 2]!, this.#ranges[base + 3]!).replaceAll('\ufffd', ' ');
      this.#ranges[base] = clean.length;
      clean.writeText(name);
      this.#ranges[base + 1] = clean.length;
      this.#ranges[base + 2] = clean.length;
      clean.writeText(value);
      this.#ranges[base + 3] = clean.length;
    }
    this.#source = clean.bytes;
  }

  #dropEmpty(): void {
    const ranges = this.#ranges;
    let kept = 0;
    for (let pair = 0; pair < this.#count; pair++) {
      if (ranges[pair * 4 + 2] === ranges[pair * 4 + 3]) continue;
      if (kept !== pair) ranges.copyWithin(kept * 4, pair * 4, pair * 4 + 4);
      kept++;
    }
    this.#count = kept;
  }

  /** One step of insertion sort; stable, so the later of equal names stays later. */
  #sinkPair(pair: number): void {
    let to = pair;
    while (to > 0) {
      const order = this.#compareNames(to - 1, pair);
      if (order === 0) this.#unique = false;
      if (order <= 0) break;
      to--;
    }
    if (to === pair) return;
    const ranges = this.#ranges;
    const moved = pair * 4;
    const [a, b, c, d] = [ranges[moved]!, ranges[moved + 1]!, ranges[moved + 2]!, ranges[moved + 3]!];
    ranges.copyWithin((to + 1) * 4, to * 4, moved);
    ranges[to * 4] = a;
    ranges[to * 4 + 1] = b;
    ranges[to * 4 + 2] = c;
    ranges[to * 4 + 3] = d;
  }

  #compareNames(a: number, b: number): number {
    const ranges = this.#ranges;
    const [x, y] = [a * 4, b * 4];
    return compareRanges(this.#source, ranges[x]!, ranges[x + 1]!, this.#source, ranges[y]!, ranges[y + 1]!);
  }

  #dropRepeats(): void {
    const ranges = this.#ranges;
    let kept = 0;
    for (let pair = 0; pair < this.#count; pair++) {
      if (pair + 1 < this.#count && this.#compareNames(pair, pair + 1) === 0) continue;
      if (kept !== pair) ranges.copyWithin(kept * 4, pair * 4, pair * 4 + 4);
      kept++;
    }
    this.#count = kept;
  }

  /** Index of the pair with this name, -1 without one. */
  #find(name: Uint8Array): number {
    const ranges = this.#ranges;
    for (let pair = 0; pair < this.#count; pair++) {
      const start = ranges[pair * 4]!;
      const length = ranges[pair * 4 + 1]! - start;
      if (length === name.length && compareRanges(this.#source, start, start + length, name, 0, length) === 0)
        return pair;
    }
    return -1;
  }

  #value(pair: number): string {
    return utf8(this.#source, this.#ranges[pair * 4 + 2]!, this.#ranges[pair * 4 + 3]!);
  }

  /**
   * Text of `detected_level` if the entry brings its own; the pair is taken out, `write` puts back what it is given.
   */
  takeDetectedLevel(): string | undefined {
    const pair = this.#find(LEVEL_NAME);
    if (pair < 0) return undefined;
    const text = this.#value(pair);
    this.#ranges.copyWithin(pair * 4, pair * 4 + 4, this.#count * 4);
    this.#count--;
    return text;
  }

  /** Level text of the pair whose name comes first among the fields. */
  levelText(fields: LevelFields): string | undefined {
    let bestRank = fields.names.length;
    let best = -1;
    for (let pair = 0; pair < this.#count; pair++) {
      const rank = fieldRank(fields, this.#source, this.#ranges[pair * 4]!, this.#ranges[pair * 4 + 1]!);
      if (rank < 0 || rank >= bestRank) continue;
      bestRank = rank;
      best = pair;
    }
    return best < 0 ? undefined : this.#value(best);
  }

  /** Level by `severity_number`; LEVEL_NONE without that pair. */
  severityLevel(): number {
    const pair = this.#find(SEVERITY_NUMBER);
    return pair < 0 ? LEVEL_NONE : severityNumberLevel(this.#value(pair));
  }

  /** Appends the encoded pairs, with `levelText` as `detected_level` among them when it is given. */
  write(out: ByteWriter, levelText: string | undefined): void {
    let level = levelText === undefined ? undefined : Buffer.from(levelText);
    for (let base = 0; base < this.#count * 4; base += 4) {
      const start = this.#ranges[base]!;
      const end = this.#ranges[base + 1]!;
      if (level !== undefined && compareRanges(LEVEL_NAME, 0, LEVEL_NAME.length, this.#source, start, end) < 0) {
        writePair(out, LEVEL_NAME, 0, LEVEL_NAME.length, level, 0, level.length);
        level = undefined;
      }
      writePair(out, this.#source, start, end, this.#source, this.#ranges[base + 2]!, this.#ranges[base + 3]!);
    }
    if (level !== undefined) writePair(out, LEVEL_NAME, 0, LEVEL_NAME.length, level, 0, level.length);
  }
}

/** Encoded metadata that holds nothing but a level. */
export function writeLevelPair(out: ByteWriter, levelText: string): void {
  const level = Buffer.from(levelText);
  writePair(out, LEVEL_NAME, 0, LEVEL_NAME.length, level, 0, level.length);
}

/** A level text as it is kept: a code alone, or LEVEL_IN_METADATA and the text. */
export function splitLevel(text: string): { readonly code: number; readonly text: string | undefined } {
  const code = verbatimLevel(text);
  return { code, text: code === LEVEL_IN_METADATA ? text : undefined };
}

function writePair(
  out: ByteWriter,
  names: Uint8Array,
  nameStart: number,
  nameEnd: number,
  values: Uint8Array,
  valueStart: number,
  valueEnd: number,
): void {
  const nameBytes = nameEnd - nameStart;
  const valueBytes = valueEnd - valueStart;
  out.reserve(6 + nameBytes + valueBytes);
  out.bytes[out.length++] = nameBytes & 0xff;
  out.bytes[out.length++] = nameBytes >> 8;
  out.writeBytes(names, nameStart, nameEnd);
  out.bytes[out.length++] = valueBytes & 0xff;
  out.bytes[out.length++] = (valueBytes >> 8) & 0xff;
  out.bytes[out.length++] = (valueBytes >> 16) & 0xff;
  out.bytes[out.length++] = valueBytes >>> 24;
  out.writeBytes(values, valueStart, valueEnd);
}

function compareRanges(
  a: Uint8Array,
  startA: number,
  endA: number,
  b: Uint8Array,
  startB: number,
  endB: number,
): number {
  const count = Math.min(endA - startA, endB - startB);
  for (let i = 0; i < count; i++) {
    const difference = a[startA + i]! - b[startB + i]!;
    if (difference !== 0) return difference;
  }
  return endA - startA - (endB - startB);
}

function utf8(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).utf8Slice();
}
