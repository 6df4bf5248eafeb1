import { LogError } from '../../base/errors.ts';
import { ByteReader } from '../bytes/byte-reader.ts';
import { CODEC_STORED, CODEC_ZSTD, decompressFrame } from '../bytes/compress.ts';
import {
  bitLength,
  FRAME_HEAD_BYTES,
  KIND_DICTIONARY,
  KIND_HEX,
  KIND_NUMBER,
  KIND_TEXT,
  MAX_DIGITS,
  MAX_HEX_CHARACTERS,
  MAX_LENGTH_BITS,
  MAX_NUMBER_BITS,
  MAX_TEMPLATES,
  NUMBER_LIMIT,
  readFrameHead,
} from './template-format.ts';

/**
 * Reads the header of a template frame: what its lines are made of. Nothing that stands in it is believed: memory is bounded by
 * the raw length of the frame and by its bytes. Format: docs/format/segment.md, section Template frames.
 */

/** Text that is the same in all lines of a template: `header[start, end)`, never empty. */
interface PiecePart {
  readonly kind: 'piece';
  readonly start: number;
  readonly end: number;
}

/** Where the next value of a column stands, moved along by the reader. */
interface Column {
  /** Bits of a value in the packed section; a column of text or of one entry may have none. */
  readonly width: number;
  /** Bit of the next value in the packed section. */
  bit: number;
}

export interface NumberPart extends Column {
  readonly kind: 'number';
  readonly base: number;
  /** Padded with zeros to so many digits. */
  readonly digits: number;
}

interface DictionaryPart extends Column {
  readonly kind: 'dictionary';
  /** Start and end in the header of each entry. */
  readonly places: Uint32Array;
}

interface HexPart extends Column {
  readonly kind: 'hex';
  readonly characters: number;
  readonly isUpper: boolean;
}

export interface TextPart extends Column {
  readonly kind: 'text';
  readonly shortest: number;
  /** Where the next value begins in the texts. */
  at: number;
}

export type Variable = NumberPart | DictionaryPart | HexPart | TextPart;

export interface Template {
  readonly lines: number;
  /**
   * What a line consists of, in order. Pieces of no text and variables that are always empty are left out, so that whoever goes
   * through the parts of a line writes a byte or reads a bit for each.
   */
  readonly parts: readonly (PiecePart | Variable)[];
}

export interface TemplateHeader {
  readonly lines: number;
  /** Uncompressed; pieces and entries stand in it. */
  readonly header: Uint8Array;
  readonly templates: readonly Template[];
  /** Pairs: number of a line at which a block begins, and its offset in the raw frame. Ascending. */
  readonly marks: Float64Array;
  /** The sections behind the header. */
  readonly rawTextBytes: number;
  readonly storedTexts: Uint8Array;
  readonly packed: Uint8Array;
}

/**
 * Most bytes of a header: pieces and entries that are used stand in a line at least once, each takes few bytes beside its text, and
 * a mark is about as long as the shortest line.
 */
function maxHeaderBytes(rawLength: number): number {
  return 4096 + rawLength * 4;
}

/**
 * Reads the head and the header of a template frame.
 *
 * @param rawLength bytes of the decoded frame
 * @param where file and place, for errors
 * @throws LogError CHUNK_CORRUPT
 */
export function readTemplateHeader(frame: Uint8Array, rawLength: number, where: string): TemplateHeader {
  if (frame.length < FRAME_HEAD_BYTES) throw corrupt(where, `${frame.length} bytes are no template frame`);
  const head = readFrameHead(frame);
  const { lines, rawHeader: rawHeaderBytes, rawTexts: rawTextBytes } = head;
  const textsAt = FRAME_HEAD_BYTES + head.header;
  const packedAt = textsAt + head.texts;
  if (packedAt + head.packed !== frame.length) throw corrupt(where, 'sections do not fill the frame');
  // All lines but the last end with a newline.
  if (lines === 0 || lines > rawLength + 1) throw corrupt(where, `${lines} lines in ${rawLength} bytes`);
  if (rawTextBytes > rawLength) throw corrupt(where, `${rawTextBytes} bytes of text in ${rawLength}`);
  if (rawHeaderBytes > maxHeaderBytes(rawLength)) throw corrupt(where, `header of ${rawHeaderBytes} bytes`);
  const header = readSection(frame.subarray(FRAME_HEAD_BYTES, textsAt), rawHeaderBytes, `${where}: header`);
  const reader = new ByteReader(header, `${where}: header`);
  const templates = readTemplates(reader, lines, where);
  const marks = readMarks(reader, lines, rawLength, where);
  if (!reader.done) throw corrupt(where, 'bytes behind the header');
  const storedTexts = frame.subarray(textsAt, packedAt);
  return { lines, header, templates, marks, rawTextBytes, storedTexts, packed: frame.subarray(packedAt) };
}

export function corrupt(where: string, what: string): LogError {
  return new LogError('CHUNK_CORRUPT', `${where}: ${what}`);
}

/** A section is compressed if its lengths differ. */
export function readSection(stored: Uint8Array, rawLength: number, where: string): Uint8Array {
  if (stored.length > rawLength) throw corrupt(where, `${stored.length} bytes for ${rawLength}`);
  return decompressFrame(stored.length === rawLength ? CODEC_STORED : CODEC_ZSTD, stored, rawLength, where);
}

function readTemplates(reader: ByteReader, lines: number, where: string): Template[] {
  const count = reader.count(3);
  if (count === 0 || count > MAX_TEMPLATES) throw corrupt(where, `${count} templates`);
  const templates: Template[] = [];
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const template = readTemplate(reader, where);
    sum += template.lines;
    templates.push(template);
  }
  if (sum !== lines) throw corrupt(where, `templates of ${sum} lines for ${lines}`);
  return templates;
}

function readTemplate(reader: ByteReader, where: string): Template {
  const lines = reader.varint();
  if (lines === 0) throw corrupt(where, 'a template of no lines');
  const variables = reader.count(4);
  const parts: (PiecePart | Variable)[] = [];
  addPiece(parts, reader);
  for (let i = 0; i < variables; i++) {
    const variable = readVariable(reader, where);
    if (!isAlwaysEmpty(variable)) parts.push(variable);
    addPiece(parts, reader);
  }
  return { lines, parts };
}

function addPiece(parts: (PiecePart | Variable)[], reader: ByteReader): void {
  const length = reader.varint();
  const start = reader.skip(length);
  if (length > 0) parts.push({ kind: 'piece', start, end: start + length });
}

function isAlwaysEmpty(variable: Variable): boolean {
  if (variable.width > 0) return false;
  if (variable.kind === 'text') return variable.shortest === 0;
  return variable.kind === 'dictionary' && variable.places[0] === variable.places[1];
}

function readVariable(reader: ByteReader, where: string): Variable {
  const kind = reader.byte();
  if (kind === KIND_NUMBER) {
    const width = reader.byte();
    const digits = reader.byte();
    const base = reader.varint();
    if (width > MAX_NUMBER_BITS || digits > MAX_DIGITS || base >= NUMBER_LIMIT)
      throw corrupt(where, `number of ${width} bits and ${digits} digits from ${base}`);
    return { kind: 'number', width, digits, base, bit: 0 };
  }
  if (kind === KIND_DICTIONARY) return readDictionary(reader, where);
  if (kind === KIND_HEX) {
    const letterCase = reader.byte();
    const characters = reader.varint();
    if (letterCase > 1 || characters === 0 || characters > MAX_HEX_CHARACTERS)
      throw corrupt(where, `${characters} hex characters of case ${letterCase}`);
    return { kind: 'hex', width: characters * 4, characters, isUpper: letterCase === 1, bit: 0 };
  }
  if (kind !== KIND_TEXT) throw corrupt(where, `variable of kind ${kind}`);
  const shortest = reader.varint();
  const width = reader.byte();
  if (width > MAX_LENGTH_BITS) throw corrupt(where, `lengths of ${width} bits`);
  return { kind: 'text', shortest, width, bit: 0, at: 0 };
}

function readDictionary(reader: ByteReader, where: string): DictionaryPart {
  const entries = reader.count(1);
  if (entries === 0) throw corrupt(where, 'a dictionary of no entries');
  const places = new Uint32Array(entries * 2);
  for (let i = 0; i < entries; i++) {
    const length = reader.varint();
    const start = reader.skip(length);
    places[i * 2] = start;
    places[i * 2 + 1] = start + length;
  }
  return { kind: 'dictionary', width: bitLength(entries - 1), places, bit: 0 };
}

function readMarks(reader: ByteReader, lines: number, rawLength: number, where: string): Float64Array {
  const count = reader.count(2);
  const marks = new Float64Array(count * 2);
  let line = 0;
  let offset = 0;
  for (let i = 0; i < count; i++) {
    line += reader.varint();
    offset += reader.varint();
    if (line >= lines || offset > rawLength) throw corrupt(where, `mark ${i} at line ${line}, byte ${offset}`);
    marks[i * 2] = line;
    marks[i * 2 + 1] = offset;
  }
  return marks;
}
