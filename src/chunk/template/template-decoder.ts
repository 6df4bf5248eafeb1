import { bitLength, NUMBER_LIMIT } from './template-format.ts';
import {
  corrupt,
  type NumberPart,
  readSection,
  readTemplateHeader,
  type TemplateHeader,
  type TextPart,
  type Variable,
} from './template-header.ts';

/**
 * Decodes template frames: lines from templates and columns of variables. Plain twin of the kernel; reads every frame that the
 * format allows, whatever wrote it. The work is bounded by the raw length and the bits of the frame, also for damaged ones.
 * Format: docs/format/segment.md, section Template frames.
 */

/**
 * @param rawLength what the directory says; more or fewer bytes are corruption
 * @param where file and place, for errors
 * @returns the text, fresh memory
 * @throws LogError CHUNK_CORRUPT
 */
export function decodeTemplates(frame: Uint8Array, rawLength: number, where: string): Uint8Array {
  const header = readTemplateHeader(frame, rawLength, where);
  const texts = readSection(header.storedTexts, header.rawTextBytes, `${where}: texts`);
  placeColumns(header, where);
  return new LineWriter(header, texts, rawLength, where).write();
}

/**
 * Where blocks begin in a frame, without decoding it.
 *
 * @returns pairs of line number and raw offset, ascending
 * @throws LogError CHUNK_CORRUPT
 */
export function templateMarks(frame: Uint8Array, rawLength: number, where: string): Float64Array {
  return readTemplateHeader(frame, rawLength, where).marks;
}

/** Finds where each column begins in the packed section and in the texts, and that both hold them all. */
function placeColumns(header: TemplateHeader, where: string): void {
  const { lines, templates, packed, rawTextBytes } = header;
  let at = Math.ceil((lines * bitLength(templates.length - 1)) / 8);
  let textAt = 0;
  for (const template of templates) {
    for (const part of template.parts) {
      if (part.kind === 'piece') continue;
      part.bit = at * 8;
      at += Math.ceil((template.lines * part.width) / 8);
      if (at > packed.length) throw corrupt(where, `columns of ${at} bytes and more in ${packed.length}`);
      if (part.kind !== 'text') continue;
      part.at = textAt;
      textAt += textBytes(part, template.lines, packed);
      if (textAt > rawTextBytes) throw corrupt(where, `texts of ${textAt} bytes and more in ${rawTextBytes}`);
    }
  }
  // A frame of one template and of numbers in no bits has no columns at all.
  if (at > packed.length) throw corrupt(where, `columns of ${at} bytes in ${packed.length}`);
  if (textAt !== rawTextBytes) throw corrupt(where, `texts of ${textAt} bytes in ${rawTextBytes}`);
}

function textBytes(part: TextPart, lines: number, packed: Uint8Array): number {
  let sum = lines * part.shortest;
  if (part.width === 0) return sum;
  for (let i = 0; i < lines; i++) sum += readBits(packed, part.bit + i * part.width, part.width);
  return sum;
}

/** A number of at most 50 bits, low bit first. Bits are counted beyond 32 bits, so they are divided, not shifted. */
function readBits(bytes: Uint8Array, from: number, count: number): number {
  let at = Math.floor(from / 8);
  let skip = from % 8;
  let value = 0;
  let scale = 1;
  for (let left = count; left > 0; ) {
    const taken = Math.min(8 - skip, left);
    value += ((bytes[at++]! >> skip) & ((1 << taken) - 1)) * scale;
    scale *= 1 << taken;
    left -= taken;
    skip = 0;
  }
  return value;
}

/** Texts shorter than this are copied byte by byte: a call takes longer. */
const SHORT_BYTES = 24;

const LOWER_DIGITS: Uint8Array = Buffer.from('0123456789abcdef');
const UPPER_DIGITS: Uint8Array = Buffer.from('0123456789ABCDEF');
/** The last digits of a number that is being written. */
const digitBytes = new Uint8Array(16);

/** Writes the lines of a frame whose columns are placed; moves the columns along, so it does so once. */
class LineWriter {
  readonly #header: TemplateHeader;
  readonly #texts: Uint8Array;
  readonly #where: string;
  readonly #out: Uint8Array;
  #at = 0;

  constructor(header: TemplateHeader, texts: Uint8Array, rawLength: number, where: string) {
    this.#header = header;
    this.#texts = texts;
    this.#where = where;
    this.#out = new Uint8Array(rawLength);
  }

  write(): Uint8Array {
    const { lines, templates, packed, marks, header } = this.#header;
    const idBits = bitLength(templates.length - 1);
    const left = Float64Array.from(templates, (template) => template.lines);
    let mark = 0;
    for (let line = 0; line < lines; line++) {
      if (line > 0) this.#newline();
      for (; mark < marks.length && marks[mark] === line; mark += 2)
        if (marks[mark + 1] !== this.#at) this.#fail(`line ${line} begins at ${this.#at}, not at ${marks[mark + 1]}`);
      const id = readBits(packed, line * idBits, idBits);
      // Lines of all templates are as many as the lines of the frame: if none has too many, none has too few.
      if (id >= templates.length || left[id] === 0) this.#fail(`line ${line} is one too many for template ${id}`);
      left[id]!--;
      for (const part of templates[id]!.parts) {
        if (part.kind === 'piece') this.#copy(header, part.start, part.end);
        else this.#value(part);
      }
    }
    if (this.#at !== this.#out.length) this.#fail(`${this.#at} bytes, expected ${this.#out.length}`);
    return this.#out;
  }

  #fail(what: string): never {
    throw corrupt(this.#where, what);
  }

  #room(count: number): void {
    if (count > this.#out.length - this.#at) this.#fail(`more than ${this.#out.length} bytes`);
  }

  #newline(): void {
    this.#room(1);
    this.#out[this.#at++] = 0x0a;
  }

  #copy(bytes: Uint8Array, start: number, end: number): void {
    this.#room(end - start);
    if (end - start < SHORT_BYTES) for (let i = start; i < end; i++) this.#out[this.#at++] = bytes[i]!;
    else {
      this.#out.set(bytes.subarray(start, end), this.#at);
      this.#at += end - start;
    }
  }

  #value(part: Variable): void {
    const packed = this.#header.packed;
    const bit = part.bit;
    part.bit += part.width;
    switch (part.kind) {
      case 'number':
        this.#number(part, part.base + readBits(packed, bit, part.width));
        break;
      case 'dictionary': {
        const entry = readBits(packed, bit, part.width) * 2;
        if (entry >= part.places.length) this.#fail(`entry ${entry / 2} of ${part.places.length / 2}`);
        this.#copy(this.#header.header, part.places[entry]!, part.places[entry + 1]!);
        break;
      }
      case 'hex':
        this.#hex(bit, part.characters, part.isUpper ? UPPER_DIGITS : LOWER_DIGITS);
        break;
      case 'text': {
        const end = part.at + part.shortest + readBits(packed, bit, part.width);
        this.#copy(this.#texts, part.at, end);
        part.at = end;
      }
    }
  }

  #number(part: NumberPart, value: number): void {
    if (value >= NUMBER_LIMIT) this.#fail(`number ${value} is too large`);
    let at = digitBytes.length;
    let rest = value;
    do {
      const tenth = Math.floor(rest / 10);
      digitBytes[--at] = 0x30 + rest - tenth * 10;
      rest = tenth;
    } while (rest > 0);
    const padded = digitBytes.length - part.digits;
    while (at > padded) digitBytes[--at] = 0x30;
    this.#copy(digitBytes, at, digitBytes.length);
  }

  #hex(bit: number, characters: number, digits: Uint8Array): void {
    const packed = this.#header.packed;
    this.#room(characters);
    for (let i = 0; i < characters; i++) {
      const at = bit + i * 4;
      // Columns begin at a byte and values are whole characters: a character never spans two bytes.
      this.#out[this.#at++] = digits[(packed[Math.floor(at / 8)]! >> (at % 8)) & 15]!;
    }
  }
}
