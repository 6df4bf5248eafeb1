import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseByteSize, parseGoDuration } from '../../grammar/literals.ts';
import { parseGoFloat } from '../../src/base/go/parse-number.ts';
import { fieldType } from '../../src/query/metadata/field-values.ts';

const BOOLEANS = ['t', 'T', 'TRUE', 'true', 'True', 'f', 'F', 'FALSE', 'false', 'False'];
const piece = fc.oneof(
  fc.nat(99_999).map(String),
  fc.constantFrom(
    '',
    '+',
    '-',
    '.',
    ',',
    '_',
    'e',
    'E',
    'p',
    'P',
    '0x',
    '0b',
    '0',
    '00',
    'ff',
    ' ',
    '\t',
    '\u00a0',
    '\ufeff',
    'inf',
    'Infinity',
    'nan',
  ),
  fc.constantFrom(
    'ns',
    'us',
    'µs',
    'μs',
    'ms',
    's',
    'm',
    'h',
    'd',
    'b',
    'B',
    'k',
    'K',
    '\u212a',
    'KiB',
    'mb',
    'Gi',
    'EB',
    'pib',
    'i',
    '9223372036854775808',
  ),
  fc.constantFrom(...BOOLEANS),
);
const value = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(''));

/** By the parsers alone. */
function typeByParsing(text: string): string {
  if (
    /^[+-]?\d{1,19}$/.test(text) &&
    BigInt.asIntN(64, BigInt(text.replace(/^\+/, ''))) === BigInt(text.replace(/^\+/, ''))
  )
    return 'int';
  if (parses(parseGoFloat, text)) return 'float';
  if (BOOLEANS.includes(text)) return 'boolean';
  if (parses(parseGoDuration, text)) return 'duration';
  return parses(parseByteSize, text) ? 'bytes' : 'string';
}

function parses(parse: (text: string) => unknown, text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

test('the type of a value is the first whose parser takes it', () => {
  const met = new Map<string, number>();
  fc.assert(
    fc.property(value, (text) => {
      const type = fieldType(text);
      met.set(type, (met.get(type) ?? 0) + 1);
      expect(type, text).toBe(typeByParsing(text));
    }),
    { numRuns: 30_000 },
  );
  for (const type of ['int', 'float', 'boolean', 'duration', 'bytes', 'string'])
    expect(met.get(type), type).toBeGreaterThan(100);
});

test('long values take no time', () => {
  for (const unit of ['1', '1_', '1.', '1,', ' ', '1s', '1 ', '.', 'e', '0x1']) {
    const startMs = performance.now();
    expect(fieldType(`1${unit.repeat(100_000)}!`)).toBe('string');
    expect(performance.now() - startMs, unit).toBeLessThan(1000);
  }
});
