import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { ByteWriter } from '../../src/chunk/bytes/byte-writer.ts';

/** Template frames made by hand from the format page, also as the writer never makes them. */

/** A variable: the bytes that the header has for it, and the bits and texts of its values. */
interface Column {
  readonly header: readonly number[];
  /** Bits of a value, lowest first, as fields of a number and how many bits it has. */
  readonly fields: readonly (readonly [number: bigint, width: number])[][];
  /** What a value adds to the texts; empty for all but text columns. */
  readonly stored: readonly string[];
  /** What a value is in the line. */
  readonly shown: readonly string[];
}

interface Template {
  readonly pieces: readonly string[];
  readonly columns: readonly Column[];
  readonly lines: number;
}

export function varint(value: number): number[] {
  const out = new ByteWriter(8);
  out.varint(value);
  return [...out.view()];
}

const textBytes = (text: string): number[] => [...varint(Buffer.byteLength(text)), ...Buffer.from(text)];

/** Bits, lowest first, from a byte boundary on. */
function pack(fields: readonly (readonly [bigint, number])[]): Buffer {
  let all = 0n;
  let width = 0n;
  for (const [value, bits] of fields) {
    all |= value << width;
    width += BigInt(bits);
  }
  return Buffer.from(
    Array.from({ length: Number((width + 7n) / 8n) }, (_, i) => Number((all >> BigInt(i * 8)) & 255n)),
  );
}

const bitsOf = (value: number): number => (value === 0 ? 0 : value.toString(2).length);

export interface HandMadeFrame {
  readonly bytes: Buffer;
  readonly raw: Buffer;
  readonly marks: readonly number[];
}

/** Puts a frame together; `order` is the template of each line. */
function frameOf(
  templates: readonly Template[],
  order: readonly number[],
  marked: readonly number[],
  zip: boolean,
): HandMadeFrame {
  const next = templates.map(() => 0);
  const lines = order.map((id) => {
    const { pieces, columns } = templates[id]!;
    const row = next[id]!++;
    return pieces[0]! + columns.map((column, i) => column.shown[row]! + pieces[i + 1]!).join('');
  });
  const starts: number[] = [];
  let at = 0;
  for (const line of lines) {
    starts.push(at);
    at += Buffer.byteLength(line) + 1;
  }
  const header = [...varint(templates.length)];
  for (const { pieces, columns, lines: count } of templates) {
    header.push(...varint(count), ...varint(columns.length), ...textBytes(pieces[0]!));
    for (const [i, column] of columns.entries()) header.push(...column.header, ...textBytes(pieces[i + 1]!));
  }
  header.push(...varint(marked.length));
  for (const [i, line] of marked.entries()) {
    const before = i === 0 ? 0 : marked[i - 1]!;
    header.push(...varint(line - before), ...varint(starts[line]! - starts[before]!));
  }
  const columns = templates.flatMap((template) => template.columns);
  const ids = order.map((id) => [BigInt(id), bitsOf(templates.length - 1)] as const);
  const packed = Buffer.concat([pack(ids), ...columns.map((column) => pack(column.fields.flat()))]);
  const bytes = sections(
    lines.length,
    Buffer.from(header),
    Buffer.from(columns.map((column) => column.stored.join('')).join('')),
    packed,
    zip,
  );
  return { bytes, raw: Buffer.from(lines.join('\n')), marks: marked.flatMap((line) => [line, starts[line]!]) };
}

/** Puts sections together, compressed where that is smaller if `zip`. */
export function sections(lines: number, header: Buffer, texts: Buffer, packed: Buffer, zip: boolean): Buffer {
  const [storedHeader, storedTexts] = [header, texts].map((raw) => {
    const small = zstdCompressSync(raw);
    return zip && small.length < raw.length ? small : raw;
  }) as [Buffer, Buffer];
  const head = Buffer.alloc(24);
  const fields = [lines, header.length, storedHeader.length, texts.length, storedTexts.length, packed.length];
  for (const [i, field] of fields.entries()) head.writeUInt32LE(field, i * 4);
  return Buffer.concat([head, storedHeader, storedTexts, packed]);
}

const anyText = fc
  .oneof(
    fc.string({ maxLength: 4 }),
    fc.constantFrom('', '', 'a', 'é', ' - '),
    fc.string({ minLength: 30, maxLength: 60 }),
  )
  .map((text) => text.replaceAll('\n', ''));
const perLine = <T>(count: number, one: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.array(one, { minLength: count, maxLength: count });

function numberColumn(count: number): fc.Arbitrary<Column> {
  return fc
    .tuple(fc.nat({ max: 50 }), fc.nat({ max: 15 }), fc.double({ min: 0, max: 1, noNaN: true }))
    .chain(([width, digits, share]) => {
      const most = Math.min(2 ** width - 1, 1e15 - 1);
      const base = Math.floor(share * (1e15 - 1 - most));
      return perLine(
        count,
        fc.maxSafeNat().map((n) => n % (most + 1)),
      ).map((numbers) => ({
        header: [0, width, digits, ...varint(base)],
        fields: numbers.map((n) => [[BigInt(n), width] as const]),
        stored: [],
        shown: numbers.map((n) => String(base + n).padStart(digits, '0')),
      }));
    });
}

function dictionaryColumn(count: number): fc.Arbitrary<Column> {
  return fc.array(anyText, { minLength: 1, maxLength: 9 }).chain((entries) =>
    perLine(count, fc.nat({ max: entries.length - 1 })).map((picks) => ({
      header: [1, ...varint(entries.length), ...entries.flatMap(textBytes)],
      fields: picks.map((pick) => [[BigInt(pick), bitsOf(entries.length - 1)] as const]),
      stored: [],
      shown: picks.map((pick) => entries[pick]!),
    })),
  );
}

function hexColumn(count: number): fc.Arbitrary<Column> {
  return fc.tuple(fc.boolean(), fc.constantFrom(1, 2, 3, 8, 31, 256)).chain(([isUpper, characters]) =>
    perLine(count, perLine(characters, fc.nat({ max: 15 }))).map((values) => ({
      header: [2, isUpper ? 1 : 0, ...varint(characters)],
      fields: values.map((value) => value.map((digit) => [BigInt(digit), 4] as const)),
      stored: [],
      shown: values.map((value) => {
        const hex = value.map((digit) => digit.toString(16)).join('');
        return isUpper ? hex.toUpperCase() : hex;
      }),
    })),
  );
}

function textColumn(count: number): fc.Arbitrary<Column> {
  return fc.tuple(perLine(count, anyText), fc.nat({ max: 18 })).map(([texts, more]) => {
    const lengths = texts.map((text) => Buffer.byteLength(text));
    const shortest = Math.max(0, Math.min(...lengths) - (more & 1));
    const width = bitsOf(Math.max(...lengths) - shortest) + more;
    return {
      header: [3, ...varint(shortest), width],
      fields: lengths.map((length) => [[BigInt(length - shortest), width] as const]),
      stored: texts,
      shown: texts,
    };
  });
}

const templateOf = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.nat({ max: 5 }))
  .chain(([lines, variables]) =>
    fc
      .tuple(
        perLine(variables + 1, anyText),
        perLine(variables, fc.oneof(numberColumn(lines), dictionaryColumn(lines), hexColumn(lines), textColumn(lines))),
      )
      .map(([pieces, columns]): Template => ({ pieces, columns, lines })),
  );
/** Frames as the format allows them, what they decode to, and their marks. */
export const handMadeFrame: fc.Arbitrary<HandMadeFrame> = fc
  .tuple(fc.array(templateOf, { minLength: 1, maxLength: 6 }), fc.boolean(), fc.infiniteStream(fc.nat()))
  .map(([templates, zip, random]) => {
    const order = templates.flatMap((template, id) => Array<number>(template.lines).fill(id));
    for (let i = order.length - 1; i > 0; i--) {
      const other = random.next().value % (i + 1);
      [order[i], order[other]] = [order[other]!, order[i]!];
    }
    const marked = [...order.keys()].filter(() => random.next().value % 3 === 0);
    return frameOf(templates, order, marked, zip);
  });
