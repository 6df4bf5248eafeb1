import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CODEC_TEMPLATES } from '../../src/chunk/bytes/compress.ts';
import { LineCompressor } from '../../src/chunk/line-compressor.ts';
import { SomeLines } from '../../src/chunk/template/some-lines.ts';
import { TemplateReader } from '../../src/chunk/template/template-reader.ts';
import { createZstdDecoder } from '../../src/chunk/zstd/zstd-decoder.ts';
import { openBlockKernel } from '../../src/kernels/block-kernel.ts';
import {
  ABSENT,
  EMPTY,
  FIRST_OBJECT,
  type FieldScan,
  type KeyReader,
  NOT_WANTED,
  PENDING,
  type UnknownKey,
} from '../../src/kernels/field-kernel.ts';
import { openSkipFilterKernel } from '../../src/kernels/skip-filter-kernel.ts';

const kernel = openBlockKernel()!;
const compressor = new LineCompressor(1, openSkipFilterKernel()!.templates);
const reader = new TemplateReader(kernel.templates, createZstdDecoder());
const SOME_LINES_AT = 1 << 20;
const WANTED = ['status', 'duration', 'level', 'id', 'http_status', 'ok'];

/** Knows keys by their paths. */
class Keys implements KeyReader {
  readonly #paths = [''];
  readonly #isPaths: boolean;
  #pending = '';

  constructor({ format }: FieldScan) {
    this.#isPaths = format === 'json-paths';
  }

  fieldOf({ parent, bytes, start, end }: UnknownKey): number {
    const key = Buffer.from(bytes.subarray(start, end)).toString('latin1');
    this.#pending = parent === 0 ? key : `${this.#paths[parent]}_${key}`;
    if (this.#isPaths && this.#pending === 'http') return FIRST_OBJECT;
    const field = WANTED.indexOf(this.#pending);
    return field < 0 ? NOT_WANTED : field;
  }

  numbered(number: number): void {
    this.#paths[number] = this.#pending;
  }
}

type Row = readonly (string | undefined)[];

/** Fields of all rows whose status is 0; undefined for others. */
function fieldsRead(bytes: Uint8Array, count: number): { rows: (Row | undefined)[]; pending: number } {
  const { status, ranges } = kernel.fields;
  let pending = 0;
  const rows = Array.from({ length: count }, (_, row) => {
    if (status[row] === PENDING) pending++;
    if (status[row] !== 0) return undefined;
    return WANTED.map((_name, field) => {
      const at = (row * WANTED.length + field) * 2;
      const start = ranges[at]!;
      return start === ABSENT ? undefined : Buffer.from(bytes.subarray(start, ranges[at + 1]!)).toString('latin1');
    });
  });
  return { rows, pending };
}

/** Reads fields from decoded lines, and from templates; what the second tells must be what the first told. @returns rows left pending */
function compare(lines: readonly string[], source: FieldScan, missing = ABSENT): number | undefined {
  const raw = Buffer.from(lines.join('\n'), 'latin1');
  const { codec, bytes } = compressor.compress(raw, [0]);
  if (codec !== CODEC_TEMPLATES) return undefined;
  expect(reader.open(Uint8Array.from(bytes), raw.length)).toBe(true);
  const some = new SomeLines(
    kernel,
    () => undefined,
    () => undefined,
  );
  const rows = Uint32Array.from(lines, (_, row) => row);
  const select = (): void => {
    kernel.fields.own({});
    kernel.fields.from = SOME_LINES_AT;
    const enough = source.format === 'logfmt-targets' ? ABSENT : WANTED.length;
    kernel.fields.select(rows, lines.length, WANTED.length, enough, missing);
  };
  some.begin('test', 0, lines.length);
  some.needAll();
  select();
  kernel.fields.read(source, new Keys(source));
  const expected = fieldsRead(some.bytes, lines.length).rows;
  some.begin('test', 0, lines.length);
  select();
  some.readFields(kernel.fields, source, new Keys(source));
  const { rows: found, pending } = fieldsRead(some.bytes, lines.length);
  for (const [row, fields] of found.entries()) {
    if (fields !== undefined) expect(fields, lines[row]).toEqual(expected[row]);
  }
  // Lines can still be had, and stand where nothing else does.
  some.need(rows, lines.length);
  for (const [row, line] of lines.entries()) {
    expect(Buffer.from(some.bytes.subarray(kernel.starts[row]!, kernel.ends[row]!)).toString('latin1')).toBe(line);
  }
  expect(fieldsRead(some.bytes, lines.length).rows).toEqual(found);
  return pending;
}

/** Values that look alike and are not: what makes a line of one shape another thing to a parser. */
const value = fc.oneof(
  fc.nat(999).map(String),
  fc.nat(999_999_999).map(String),
  fc.constantFrom('true', 'false', 'null', 'tru1', 'a1', '1a', '007', '0', 'e5', 'x', '12ms', '1.5s', '-3', '1e9', ''),
  fc.constantFrom('\\n1', '\\u00e9', 'q\\"1', 'a b 1', '[1]', '{1}', 'é1', 'k=1', '"', "'"),
  fc.integer({ min: 0, max: 0xffff }).map((n) => n.toString(16).padStart(4, '0')),
);
const word = fc.oneof({ weight: 6, arbitrary: fc.nat(99_999).map(String) }, { weight: 1, arbitrary: value });
const shapes = fc.array(fc.nat(7), { minLength: 1, maxLength: 4 });

function linesOf(make: (shape: number, a: string, b: string, i: number) => string) {
  return fc
    .tuple(shapes, fc.array(fc.tuple(word, word), { minLength: 120, maxLength: 300 }))
    .map(([kinds, pairs]) => pairs.map(([a, b], i) => make(kinds[i % kinds.length]!, a, b, i)));
}

const jsonLine = (shape: number, a: string, b: string, i: number): string =>
  [
    `{"time":"2026-11-25T23:19:0${i % 10}Z","level":"info","status":${a},"duration":"${b}"}`,
    `{"level":"warn","http":{"status":${a},"path":"/x/${b}"},"ok":${b},"id":"${i}"}`,
    `{"k${a}":1,"status":${b},"level":"error"}`,
    `{"a":[${a},{"status":${b}}],"status":${i},"duration":${a} }`,
    `{"msg":"said \\"${a}\\" to ${b}","status":${i % 7},"id":"${a}${b}"}`,
    `{"status":"${a}","status":"${b}","duration":-${a}}`,
    `{"id":t${a},"ok":${i % 2 === 0},"status":${i}, "level": "${b}"`,
    `plain ${a} text ${b}`,
  ][shape]!;
const logfmtLine = (shape: number, a: string, b: string, i: number): string =>
  [
    `level=info status=${a} duration=${b} id=${i}`,
    `level="warn ${a}" msg="did ${b} things" status=${i}`,
    `k${a}=1 status=${b} level=error`,
    `status=${a}=${b} id=${i}`,
    `bare${a} status=${b} ok=${i % 2 === 0}`,
    `msg="a \\${a}" status=${b} id="${i}`,
    `${a} ${b} level=x status=`,
    `duration=${a}ms status=${b} duration=${i}`,
  ][shape]!;
const accessLine = (shape: number, a: string, b: string, i: number): string =>
  [
    `10.0.${i % 256}.${i % 7} - - [t] "GET /p/${a} HTTP/1.1" ${b} ${i}`,
    `10.0.0.1 - - [t ${a}] "POST /p HTTP/1.1" 200 ${b} x`,
    `${a} - - [${b}] "GET / H" ${i} 5`,
    `x${a}y - - [] "" ${b} `,
    `nothing ${a} of the kind ${b}`,
    `1 - - [2] "3 4 5" ${a}`,
    `${i} - ${a} - [${b}] "a" 1 2`,
    `é${a} - - [1] "q q q" ${b} 7`,
  ][shape]!;

/** `<level> - - [<id>] "<_>" <status> <_>` and one whose literals have letters. */
function pattern(captures: readonly (readonly [string | undefined, string])[], prefix = ''): FieldScan {
  const out: number[] = [];
  const u16 = (n: number): number => out.push(n & 0xff, (n >> 8) & 0xff);
  u16(prefix.length);
  out.push(...Buffer.from(prefix));
  for (const [name, literal] of captures) {
    u16(name === undefined ? -1 : WANTED.indexOf(name));
    u16(literal.length);
    out.push(...Buffer.from(literal));
  }
  return { format: 'pattern', pattern: Uint8Array.from(out), captures: captures.length };
}

test.each([
  ['json', jsonLine, { format: 'json' }, true],
  ['logfmt', logfmtLine, { format: 'logfmt' }, true],
  ['logfmt with empty values', logfmtLine, { format: 'logfmt-keep-empty' }, true],
  ['json by paths', jsonLine, { format: 'json-paths' }, true],
  ['json by paths, empty where missing', jsonLine, { format: 'json-paths' }, true, EMPTY],
  ['logfmt by keys', logfmtLine, { format: 'logfmt-targets' }, true],
  ['logfmt by keys, empty where missing', logfmtLine, { format: 'logfmt-targets' }, true, EMPTY],
  [
    'pattern',
    accessLine,
    pattern([
      ['level', ' - - ['],
      ['id', '] "'],
      [undefined, '" '],
      ['status', ' '],
    ]),
    true,
  ],
  [
    'pattern with a prefix',
    accessLine,
    pattern(
      [
        ['id', '.'],
        [undefined, ' "'],
        ['status', ''],
      ],
      '10.0.',
    ),
    true,
  ],
  // A literal with letters or digits may be in a variable, so every line is looked at.
  [
    'pattern with letters',
    accessLine,
    pattern([
      ['id', ' HTTP/1.1" '],
      ['status', ' '],
    ]),
    false,
  ],
] as const)(
  'fields of %s lines are the same out of templates',
  (_name, make, source, hasPlans, missing: number = ABSENT) => {
    let coded = 0;
    let pending = 0;
    let rows = 0;
    fc.assert(
      fc.property(linesOf(make), (lines) => {
        const left = compare(lines, source, missing);
        if (left === undefined) return;
        coded++;
        pending += left;
        rows += lines.length;
      }),
      { numRuns: 150 },
    );
    expect(coded).toBeGreaterThan(20);
    if (hasPlans) expect(pending).toBeLessThan(rows);
    else expect(pending).toBe(rows);
  },
);

test('lines of a usual program need not be decoded', () => {
  const lines = Array.from({ length: 600 }, (_, i) => jsonLine(i % 2, String(200 + (i % 5)), String(i * 37), i));
  expect(compare(lines, { format: 'json' })).toBe(0);
  expect(compare(lines, { format: 'json-paths' }, EMPTY)).toBe(0);
});
