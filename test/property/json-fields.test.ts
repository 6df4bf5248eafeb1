import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonFields, parseJsonObject } from '../../src/query/metadata/json-fields.ts';

type Found = [name: string, value: string, path: readonly string[]];

/** One line at a time, with all numbers as they are written. */
function reference(line: string): Found[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line, (_key, inner: unknown, context?: { source?: string }) =>
      typeof inner === 'number' ? context?.source : inner,
    );
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const fields = new Map<string, Found>();
  collect(value, [], '', fields);
  return [...fields.values()];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function collect(
  object: Record<string, unknown>,
  path: readonly string[],
  prefix: string,
  fields: Map<string, Found>,
): void {
  if (path.length >= 128) return;
  for (const [key, value] of Object.entries(object)) {
    const cleaned = key.trim().replace(/[^A-Za-z0-9_]/gu, '_');
    const name = prefix === '' ? (/^\d/.test(cleaned) ? `_${cleaned}` : cleaned) : `${prefix}_${cleaned}`;
    const own = [...path, key];
    if (isObject(value)) collect(value, own, name, fields);
    else if (value !== null && !Array.isArray(value) && name !== '' && !fields.has(name))
      fields.set(name, [name, String(value), own]);
  }
}

const blank = fc.constantFrom('', '', '', ' ', '\t', '\n ');
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.tuple(fc.constantFrom('', '-'), fc.bigInt({ min: 0n, max: 10n ** 22n }), fc.nat(22)).map(
    ([sign, n, cut]) =>
      `${sign}${String(n)
        .slice(-cut || undefined)
        .replace(/^0+(?=\d)/, '')}`,
  ),
  fc
    .tuple(
      fc.constantFrom('0', '-0', '7', '123456789', '1234567890123'),
      fc.constantFrom('', '.0', '.5', '.50', '.000001', '.0000001', '.123456'),
      fc.constantFrom('', '', 'e3', 'E-7', 'e+0'),
    )
    .map((parts) => parts.join('')),
  fc.constantFrom('01', '1.', '.5', '+1', 'NaN', '0x1'),
);
const key = fc.oneof(
  fc.constantFrom('a', 'b', 'a_b', ' a ', 'a.b', '1', '', '__proto__', 'é', 'toString'),
  fc.string({ maxLength: 4 }),
);
const scalar = fc.oneof(
  number,
  fc.constantFrom('true', 'false', 'null', '"at 12:05, or :1.50}"', '":01"', 'nonsense'),
  fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => JSON.stringify(text)),
);
const { value } = fc.letrec<{ value: string; object: string; array: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'medium' },
    { weight: 3, arbitrary: scalar },
    { weight: 2, arbitrary: tie('object') },
    { weight: 1, arbitrary: tie('array') },
  ),
  array: fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
  object: fc
    .array(fc.tuple(blank, key, blank, blank, tie('value'), blank), { maxLength: 4 })
    .map(
      (members) =>
        `{${members.map(([a, name, b, c, inner, d]) => `${a}${JSON.stringify(name)}${b}:${c}${inner}${d}`).join(',')}}`,
    ),
}));

test('fields of lines are found as if each line were the only one', () => {
  let objects = 0;
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 8 }), (lines) => {
      const fields = new JsonFields();
      for (const line of lines) {
        const object = parseJsonObject(line);
        const found: Found[] = [];
        if (object !== undefined) fields.read(object, (...field) => found.push(field));
        expect(object === undefined ? undefined : found, line).toEqual(reference(line));
        if (found.length > 0) objects++;
      }
    }),
    { numRuns: 5000 },
  );
  expect(objects).toBeGreaterThan(2000);
});

test('a line nested deeper than is followed ends there', () => {
  const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  for (const depth of [127, 128, 129, 200]) {
    const found: Found[] = [];
    new JsonFields().read(parseJsonObject(nested(depth))!, (...field) => found.push(field));
    expect(found).toEqual(reference(nested(depth)));
  }
});
