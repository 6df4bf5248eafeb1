import { ByteWriter } from '../bytes/byte-writer.ts';
import { compressFrame } from '../bytes/compress.ts';
import { areEqual, chooseForm, type Form, numberAt, stripCommon, textForm, type Values } from './template-columns.ts';
import {
  bitLength,
  FRAME_HEAD_BYTES,
  KIND_DICTIONARY,
  KIND_HEX,
  KIND_NUMBER,
  KIND_TEXT,
  MAX_TEMPLATES,
  writeFrameHead,
} from './template-format.ts';
import { findShapes, type LineWords } from './template-shapes.ts';

/**
 * Codes a text of lines as a template frame. Plain twin of the kernel. Format: docs/format/segment.md, section Template frames.
 */

/** Lines of shapes with fewer lines than this are kept as texts. */
const MIN_SHAPE_LINES = 4;
const MAX_VARIABLES = 16_384;
const MAX_ENTRIES = 65_535;

/**
 * @param raw lines joined by newlines
 * @param marks offsets in `raw` where blocks begin, ascending; each must be the start of a line
 * @param level zstd level of header and texts
 * @param belowBytes how small the frame must be to pay: smaller than what zstd makes of the text
 * @returns the frame, fresh memory; undefined when it does not pay, has too many templates or variables, or a mark is inside a line
 */
export function encodeTemplates(
  raw: Uint8Array,
  marks: readonly number[] | Float64Array,
  level: number,
  belowBytes: number = compressFrame(raw, level).bytes.length,
): Uint8Array | undefined {
  const text = Buffer.from(raw.buffer, raw.byteOffset, raw.length);
  const words = findShapes(text);
  const common = words.shapes.filter((lines) => lines.length >= MIN_SHAPE_LINES);
  const rare = words.shapes.filter((lines) => lines.length < MIN_SHAPE_LINES).flat();
  rare.sort((a, b) => a - b);
  const templates = common.length + (rare.length > 0 ? 1 : 0);
  if (templates > MAX_TEMPLATES) return undefined;

  const writer = new TemplateWriter(text, words);
  writer.header.varint(templates);
  writer.ids(rare.length > 0 ? [...common, rare] : common);
  for (const lines of common) if (!writer.shape(lines)) return undefined;
  if (rare.length > 0 && !writer.texts(rare)) return undefined;
  if (!writeMarks(writer.header, marks, words)) return undefined;
  const frame = joinSections(writer, words.lines, level);
  return frame.length < belowBytes ? frame : undefined;
}

/** False if a mark is not the start of a line. */
function writeMarks(header: ByteWriter, marks: readonly number[] | Float64Array, words: LineWords): boolean {
  header.varint(marks.length);
  let line = 0;
  let lineBefore = 0;
  let offsetBefore = 0;
  for (const offset of marks) {
    while (line < words.lines && words.lineStarts[line]! < offset) line++;
    if (line === words.lines || words.lineStarts[line] !== offset) return false;
    header.varint(line - lineBefore);
    header.varint(offset - offsetBefore);
    lineBefore = line;
    offsetBefore = offset;
  }
  return true;
}

function joinSections(writer: TemplateWriter, lines: number, level: number): Uint8Array {
  // Each result is overwritten by the next call.
  const header = Uint8Array.from(compressFrame(writer.header.view(), level).bytes);
  const texts = compressFrame(writer.textBytes.view(), level).bytes;
  const packed = writer.packed.view();
  const frame = new Uint8Array(FRAME_HEAD_BYTES + header.length + texts.length + packed.length);
  writeFrameHead(frame, {
    lines,
    rawHeader: writer.header.length,
    header: header.length,
    rawTexts: writer.textBytes.length,
    texts: texts.length,
    packed: packed.length,
  });
  frame.set(header, FRAME_HEAD_BYTES);
  frame.set(texts, FRAME_HEAD_BYTES + header.length);
  frame.set(packed, FRAME_HEAD_BYTES + header.length + texts.length);
  return frame;
}

/** Bits one behind the other, lowest first. */
class BitWriter {
  readonly #bytes = new ByteWriter(64 * 1024);
  #rest = 0;
  #restBits = 0;

  /** A number below 2^53 of at most so many bits. */
  write(value: number, width: number): void {
    let upper = value;
    for (let left = width; left > 0; ) {
      const taken = Math.min(8 - this.#restBits, left);
      const scale = 1 << taken;
      const low = upper % scale;
      upper = (upper - low) / scale;
      this.#rest |= low << this.#restBits;
      this.#restBits += taken;
      left -= taken;
      if (this.#restBits === 8) this.align();
    }
  }

  /** Goes on to the next byte if the current one is begun. */
  align(): void {
    if (this.#restBits > 0) this.#bytes.byte(this.#rest);
    this.#rest = 0;
    this.#restBits = 0;
  }

  view(): Buffer {
    return this.#bytes.view();
  }
}

/** Writes templates one behind the other, and the columns of their variables. */
class TemplateWriter {
  readonly header: ByteWriter = new ByteWriter(64 * 1024);
  readonly textBytes: ByteWriter = new ByteWriter(64 * 1024);
  readonly packed: BitWriter = new BitWriter();
  readonly #raw: Buffer;
  readonly #words: LineWords;
  #variables = 0;
  #entries = 0;

  constructor(raw: Buffer, words: LineWords) {
    this.#raw = raw;
    this.#words = words;
  }

  /** The template of each line. */
  ids(groups: readonly (readonly number[])[]): void {
    const ids = new Uint16Array(this.#words.lines);
    for (const [id, lines] of groups.entries()) for (const line of lines) ids[line] = id;
    const width = bitLength(groups.length - 1);
    for (const id of ids) this.packed.write(id, width);
    this.packed.align();
  }

  /** A template of lines that are alike; false if they cannot be coded. */
  shape(lines: readonly number[]): boolean {
    const { lineStarts, firstWords, wordStarts, wordEnds } = this.#words;
    const line = lines[0]!;
    const first = firstWords[line]!;
    const words = firstWords[line + 1]! - first;
    const rest = new ByteWriter(256);
    // A piece grows until a word differs.
    const piece = new ByteWriter(256);
    let variables = 0;
    let at = lineStarts[line]!;
    for (let word = 0; word < words; word++) {
      const start = wordStarts[first + word]!;
      const end = wordEnds[first + word]!;
      piece.raw(this.#raw.subarray(at, start));
      at = end;
      const values = this.#values(lines, word);
      if (areEqual(values)) {
        piece.raw(this.#raw.subarray(start, end));
        continue;
      }
      stripCommon(values);
      const form = chooseForm(values);
      if (form === undefined || ++variables > MAX_VARIABLES) return false;
      piece.raw(this.#raw.subarray(start, values.starts[0]));
      writeText(rest, piece.view());
      piece.reset();
      piece.raw(this.#raw.subarray(values.ends[0], end));
      this.#variable(rest, form, values);
    }
    piece.raw(this.#raw.subarray(at, lineStarts[line + 1]! - 1));
    writeText(rest, piece.view());
    return this.#template(lines.length, variables, rest);
  }

  /** A template of one text for lines that are not alike; false if their lengths are too different. */
  texts(lines: readonly number[]): boolean {
    const { lineStarts } = this.#words;
    const values: Values = {
      raw: this.#raw,
      starts: Uint32Array.from(lines, (line) => lineStarts[line]!),
      ends: Uint32Array.from(lines, (line) => lineStarts[line + 1]! - 1),
    };
    const form = textForm(values);
    if (form === undefined) return false;
    const rest = new ByteWriter(64);
    rest.varint(0);
    this.#variable(rest, form, values);
    rest.varint(0);
    return this.#template(lines.length, 1, rest);
  }

  #template(lines: number, variables: number, rest: ByteWriter): boolean {
    this.header.varint(lines);
    this.header.varint(variables);
    this.header.raw(rest.view());
    this.#variables += variables;
    return this.#variables <= MAX_VARIABLES && this.#entries <= MAX_ENTRIES;
  }

  #values(lines: readonly number[], word: number): Values {
    const { firstWords, wordStarts, wordEnds } = this.#words;
    return {
      raw: this.#raw,
      starts: Uint32Array.from(lines, (line) => wordStarts[firstWords[line]! + word]!),
      ends: Uint32Array.from(lines, (line) => wordEnds[firstWords[line]! + word]!),
    };
  }

  #variable(header: ByteWriter, form: Form, values: Values): void {
    switch (form.kind) {
      case 'number':
        header.byte(KIND_NUMBER);
        header.byte(form.width);
        header.byte(form.digits);
        header.varint(form.base);
        break;
      case 'dictionary':
        header.byte(KIND_DICTIONARY);
        header.varint(form.entries.length);
        for (const entry of form.entries) writeText(header, Buffer.from(entry, 'latin1'));
        this.#entries += form.entries.length;
        break;
      case 'hex':
        header.byte(KIND_HEX);
        header.byte(form.isUpper ? 1 : 0);
        header.varint(form.characters);
        break;
      case 'text':
        header.byte(KIND_TEXT);
        header.varint(form.shortest);
        header.byte(form.width);
    }
    for (let i = 0; i < values.starts.length; i++) this.#value(form, values, i);
    this.packed.align();
  }

  #value(form: Form, { raw, starts, ends }: Values, i: number): void {
    const start = starts[i]!;
    const end = ends[i]!;
    switch (form.kind) {
      case 'number':
        this.packed.write(numberAt(raw, start, end) - form.base, form.width);
        break;
      case 'dictionary':
        this.packed.write(form.codes[i]!, form.width);
        break;
      case 'hex':
        for (let at = start; at < end; at++) this.packed.write(hexDigit(raw[at]!), 4);
        break;
      case 'text':
        this.packed.write(end - start - form.shortest, form.width);
        this.textBytes.raw(raw.subarray(start, end));
    }
  }
}

function writeText(out: ByteWriter, bytes: Uint8Array): void {
  out.varint(bytes.length);
  out.raw(bytes);
}

/** Of a digit, or a letter of any case. */
function hexDigit(byte: number): number {
  return byte < 0x40 ? byte - 0x30 : (byte & 15) + 9;
}
