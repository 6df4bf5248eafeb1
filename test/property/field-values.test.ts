import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseByteSize, parseGoDuration } from '../../grammar/literals.ts';
import { openBlockKernel } from '../../src/kernels/block-kernel.ts';
import type { ValueKind } from '../../src/kernels/field-kernel.ts';
import { FieldReader } from '../../src/query/pipeline/parsers/field-reader.ts';

const kernel = openBlockKernel()!;

/** What the kernel makes of texts, NaN where it leaves them to the parser. */
function converted(texts: readonly string[], kind: ValueKind): number[] {
  const bytes = Buffer.from(texts.map((text) => `a="${text}"`).join('\n'));
  const lines = kernel.lines.subarray(64, 64 + bytes.length);
  lines.set(bytes);
  // What stands behind the lines must not be read.
  kernel.lines.write('5s 9kB "'.repeat(9), 64 + bytes.length);
  expect(kernel.splitLines(lines, texts.length)).toBe(true);
  kernel.fields.from = 64;
  const reader = FieldReader.create({ format: 'logfmt' }, new Set(['a']), [])!;
  const chosen = { rows: Uint32Array.from(texts.keys()), count: texts.length };
  reader.read({ fields: kernel.fields, streamLabels: [], bytes: lines }, chosen);
  reader.convert('a', kind);
  return texts.map((_, i) => {
    reader.row(i);
    return reader.number;
  });
}

const EDGES = ['', '0', '007', '999999999', '12345678901', '999999999999999', '1234567890123456', '9007199254740993'];
const digits = fc.oneof(
  { weight: 5, arbitrary: fc.nat(9999).map(String) },
  { weight: 1, arbitrary: fc.nat(2 ** 31 - 1).map(String) },
  { weight: 1, arbitrary: fc.constantFrom(...EDGES) },
);
const decimal = fc
  .tuple(digits, fc.constantFrom('', '', '.', '.', '.', '..', ','), digits)
  .map((parts) => parts.join(''));
const unit = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('ns', 'us', 'µs', 'μs', 'ms', 's', 'm', 'h') },
  { weight: 1, arbitrary: fc.constantFrom('d', '', 'sm', 'S', '.s', 'µ', 'μm', ' s') },
);
const duration = fc
  .tuple(
    fc.constantFrom('', '', '', '', '', '', '-', '+'),
    fc.array(
      fc.tuple(decimal, unit).map((parts) => parts.join('')),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([sign, parts]) => sign + parts.join(''));
const sizeUnit = fc
  .tuple(
    fc.constantFrom('', '', ' ', '  ', '\t'),
    fc.constantFrom('', 'k', 'K', 'M', 'm', 'G', 't', 'P', 'E', 'e', 'z', 'b'),
    fc.constantFrom('', '', 'i', 'I'),
    fc.constantFrom('', 'b', 'B', 'bb', 'x', 'B '),
  )
  .map((parts) => parts.join(''));
const size = fc.tuple(decimal, sizeUnit).map((parts) => parts.join(''));

function secondsOf(text: string): number {
  const ns = parseGoDuration(text);
  return Number(ns / 1_000_000_000n) + Number(ns % 1_000_000_000n) / 1e9;
}

test.each([
  ['seconds', duration, secondsOf],
  ['bytes', size, parseByteSize],
] as const)('%s that the kernel reads are to the last bit what the parser reads', (kind, text, parse) => {
  let read = 0;
  fc.assert(
    fc.property(fc.array(text, { minLength: 20, maxLength: 40 }), (texts) => {
      for (const [i, value] of converted(texts, kind).entries()) {
        if (Number.isNaN(value)) continue;
        read++;
        expect(value, texts[i]).toBe(parse(texts[i]!));
      }
    }),
    { numRuns: 1000 },
  );
  expect(read).toBeGreaterThan(2000);
});

test('what is usual is read', () => {
  expect(converted(['1.5s', '0.81ms', '12ns', '3.25µs', '1m2.5s', '2h0m3s', '0s'], 'seconds')).toEqual([
    1.5, 0.00081, 1.2e-8, 3.25e-6, 62.5, 7203, 0,
  ]);
  expect(converted(['12', '5B', '1.5kB', '2 KiB', '3Mi', '1E'], 'bytes')).toEqual([
    12,
    5,
    1500,
    2048,
    3 * 1024 ** 2,
    1e18,
  ]);
});

test('what is an error, or takes a closer look, is not read', () => {
  for (const text of ['', '0', '5', 's', '-1s', '.5s', '1d', '1s ', '99999999h', '1.5.5s', '1µ'])
    expect(converted([text], 'seconds'), text).toEqual([Number.NaN]);
  for (const text of ['', 'kB', '-1', '1,024', '1.2.3', '99EB', '5 x', '5kBs', '5ib'])
    expect(converted([text], 'bytes'), text).toEqual([Number.NaN]);
});
