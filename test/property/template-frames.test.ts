import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteWriter } from '../../src/chunk/byte-writer.ts';
import { decodeTemplates, templateMarks } from '../../src/chunk/template-decoder.ts';

/** Frames made by hand from the format page: what the writer never does must be read as well. */

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

function varint(value: number): number[] {
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

interface Frame {
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
): Frame {
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

function sections(lines: number, header: Buffer, texts: Buffer, packed: Buffer, zip: boolean): Buffer {
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
const frame = fc
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

test('every frame that the format allows is read', () => {
  fc.assert(
    fc.property(frame, ({ bytes, raw, marks }) => {
      expect(Buffer.from(decodeTemplates(bytes, raw.length, 'test')).equals(raw)).toBe(true);
      expect([...templateMarks(bytes, raw.length, 'test')]).toEqual(marks);
    }),
    { numRuns: 2000 },
  );
});

/** A frame of one template, and what the raw text would have. */
function expectRefused(
  what: RegExp,
  rawLength: number,
  lines: number,
  header: number[],
  texts = '',
  packed: number[] = [],
): void {
  const bytes = sections(lines, Buffer.from(header), Buffer.from(texts), Buffer.from(packed), false);
  expect(() => decodeTemplates(bytes, rawLength, 'f.seg')).toThrow(what);
}

const NO_MARKS = [0];

test('what the format does not allow is refused, each for its reason', () => {
  const oneText = [1, 2, 1, 0, 3, 0, 4, 0];
  expect(
    Buffer.from(
      decodeTemplates(sections(2, Buffer.from([...oneText, 0]), Buffer.from('ab'), Buffer.from([0x11]), false), 3, ''),
    ).toString(),
  ).toBe('a\nb');
  expectRefused(/texts of 2 bytes in 3/, 4, 2, [...oneText, ...NO_MARKS], 'abc', [0x11]);
  expectRefused(/texts of 3 bytes and more in 2/, 3, 2, [...oneText, ...NO_MARKS], 'ab', [0x21]);
  expectRefused(/columns of 1 bytes and more in 0/, 3, 2, [...oneText, ...NO_MARKS], 'ab');
  expectRefused(/bytes behind the header/, 3, 2, [...oneText, ...NO_MARKS, 0], 'ab', [0x11]);
  expectRefused(/templates of 2 lines for 3/, 4, 3, [...oneText, ...NO_MARKS], 'ab', [0x11]);
  expectRefused(/more than 2 bytes/, 2, 2, [...oneText, ...NO_MARKS], 'ab', [0x11]);
  expectRefused(/3 bytes, expected 4/, 4, 2, [...oneText, ...NO_MARKS], 'ab', [0x11]);
  expectRefused(/mark 0 at line 2/, 3, 2, [...oneText, 1, 2, 2], 'ab', [0x11]);
  expectRefused(/mark 0 at line 1, byte 4/, 3, 2, [...oneText, 1, 1, 4], 'ab', [0x11]);
  expectRefused(/line 1 begins at 2, not at 1/, 3, 2, [...oneText, 1, 1, 1], 'ab', [0x11]);
  expectRefused(/^f.seg.*lengths of 25 bits/, 3, 2, [1, 2, 1, 0, 3, 0, 25, 0, 0]);
  expectRefused(/0 templates/, 3, 1, [0, 0, 0, 0]);
  expectRefused(/template of no lines/, 3, 1, [1, 0, 0, 0, 0]);
  expectRefused(/variable of kind 4/, 3, 1, [1, 1, 1, 0, 4, 0, 0, 0, 0]);
  expectRefused(/dictionary of no entries/, 3, 1, [1, 1, 1, 0, 1, 0, 0, 0, 0]);
  expectRefused(/entry 3 of 3/, 3, 1, [1, 1, 1, 0, 1, 3, 1, 97, 1, 98, 1, 99, 0, 0], '', [3]);
  expectRefused(/0 hex characters/, 3, 1, [1, 1, 1, 0, 2, 0, 0, 0, 0]);
  expectRefused(/257 hex characters/, 300, 1, [1, 1, 1, 0, 2, 0, 0x81, 2, 0, 0]);
  expectRefused(/hex characters of case 2/, 3, 1, [1, 1, 1, 0, 2, 2, 1, 0, 0]);
  expectRefused(/number of 51 bits/, 3, 1, [1, 1, 1, 0, 0, 51, 0, 0, 0, 0]);
  expectRefused(/number of 0 bits and 16 digits/, 3, 1, [1, 1, 1, 0, 0, 0, 16, 0, 0, 0]);
  expectRefused(/from 1000000000000000/, 20, 1, [1, 1, 1, 0, 0, 0, 0, ...varint(1e15), 0, 0]);
  expectRefused(/1000000000000000 is too large/, 20, 1, [1, 1, 1, 0, 0, 1, 0, ...varint(1e15 - 1), 0, 0], '', [1]);
  expectRefused(/one too many for template 0/, 1, 2, [2, 1, 0, 0, 1, 0, 0, 0], '', [0]);
  expectRefused(/one too many for template 3/, 2, 3, [3, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0], '', [3]);
  expectRefused(/0 lines/, 0, 0, [1, 1, 0, 0, 0]);
  expectRefused(/5 lines in 3 bytes/, 3, 5, [1, 5, 0, 0, 0]);
});

test('lengths that are not believable take neither memory nor time', () => {
  const good = sections(1, Buffer.from([1, 1, 0, 0, 0]), Buffer.alloc(0), Buffer.alloc(0), false);
  expect(decodeTemplates(good, 0, '').length).toBe(0);
  for (const field of [0, 4, 8, 12, 16, 20]) {
    const bad = Buffer.from(good);
    bad.writeUInt32LE(0xffffffff, field);
    expect(() => decodeTemplates(bad, 0, 'f.seg')).toThrow(/^f.seg/);
  }
  // A header of zeros that is small when compressed, and a template of many lines whose many variables are always empty.
  const zeros = zstdCompressSync(Buffer.alloc(1 << 26));
  const head = Buffer.from(good.subarray(0, 24));
  head.writeUInt32LE(1 << 26, 4);
  head.writeUInt32LE(zeros.length, 8);
  expect(() => decodeTemplates(Buffer.concat([head, zeros]), 1 << 20, 'f.seg')).toThrow(/header of 67108864 bytes/);
  const lines = 262_145;
  const variables = 16_384;
  const empty = Buffer.concat([
    Buffer.from([1, ...varint(lines), ...varint(variables), 0]),
    Buffer.from(Array<number[]>(variables).fill([3, 0, 0, 0]).flat()),
    Buffer.from(NO_MARKS),
  ]);
  const frameOfEmpty = sections(lines, empty, Buffer.alloc(0), Buffer.alloc(0), true);
  const raw = decodeTemplates(frameOfEmpty, lines - 1, 'f.seg');
  expect(raw.every((byte) => byte === 10)).toBe(true);
});
