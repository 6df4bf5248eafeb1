import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FilterBuilder } from '../../src/chunk/filter/filter-builder.ts';
import {
  blocksHolding,
  buildFilter,
  collectKeys,
  FILTER_SHAPE,
  keysOfText,
  mayHold,
} from '../../src/chunk/filter/skip-filter.ts';
import { openSkipFilterKernel } from '../../src/kernels/skip-filter-kernel.ts';

/** Texts like logs: words, digits, separators, capitals, and any bytes at all. */
const word = fc.stringMatching(/^[A-Za-z0-9_]{1,24}$/);
const logText = fc
  .array(fc.oneof(word, fc.constantFrom(' ', '-', '=', '\n', '"', '.', '\\u00e9', 'é', '日本')), { maxLength: 60 })
  .map((parts) => Buffer.from(parts.join('')));
const anyText = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));
const text = fc.oneof(logText, anyText);

test('a filter never rules out a text that is there, in any case', () => {
  const builder = new FilterBuilder();
  fc.assert(
    fc.property(text, fc.nat(), fc.nat(), fc.boolean(), (bytes, a, b, flip) => {
      const start = a % (bytes.length + 1);
      const end = start + (b % (bytes.length - start + 1));
      const part = Buffer.from(bytes.subarray(start, end));
      if (flip)
        for (let i = 0; i < part.length; i++) if (/[a-zA-Z]/.test(String.fromCharCode(part[i]!))) part[i]! ^= 0x20;
      const filter = builder.build(bytes);
      expect(mayHold(filter, 0, filter.length, keysOfText(part))).toBe(true);
    }),
    { numRuns: 3000 },
  );
});

test('the kernel finds the keys that its twin finds', () => {
  const kernel = openSkipFilterKernel();
  expect(kernel, 'kernels are built: npm run build:kernels').toBeDefined();
  fc.assert(
    fc.property(text, (bytes) => {
      const keys = new Set<number>();
      collectKeys(bytes, 0, bytes.length, keys);
      expect([...kernel!.collect(bytes)!].sort()).toEqual([...keys].sort());
    }),
    { numRuns: 2000 },
  );
});

test('the kernel builds the filter that its twin builds, and counts newlines and bytes outside ASCII', () => {
  const kernel = openSkipFilterKernel()!;
  fc.assert(
    fc.property(fc.array(text, { maxLength: 6 }), fc.nat({ max: 40 }), (parts, from) => {
      const bytes = Buffer.concat(parts);
      const keys = new Set<number>();
      collectKeys(bytes, 0, bytes.length, keys);
      // In the kernel's own memory, at any place, with other bytes behind: nothing but the text may count.
      kernel.texts.fill(0x61, 0, from + bytes.length + 64);
      kernel.texts.set(bytes, from);
      for (const place of [bytes, kernel.texts.subarray(from, from + bytes.length)]) {
        const built = kernel.build(place, FILTER_SHAPE)!;
        expect(Buffer.from(built.filter).equals(buildFilter(keys, keys.size))).toBe(true);
        expect(built.newlines).toBe(bytes.filter((byte) => byte === 10).length);
        expect(built.ascii).toBe(bytes.every((byte) => byte < 128));
        expect(built.mayEscape || !bytes.includes(0x5c)).toBe(true);
      }
    }),
    { numRuns: 1000 },
  );
});

test('a text of many keys, and one that is too long', () => {
  const kernel = openSkipFilterKernel()!;
  const many = Buffer.alloc(1 << 20);
  let state = 3;
  for (let i = 0; i < many.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    many[i] = 0x30 + ((state >>> 24) % 10);
  }
  const keys = new Set<number>();
  collectKeys(many, 0, many.length, keys);
  expect(keys.size).toBeGreaterThan(200_000);
  expect(kernel.collect(many)!.length).toBe(keys.size);
  expect(Buffer.from(kernel.build(many, FILTER_SHAPE)!.filter).equals(buildFilter(keys, keys.size))).toBe(true);
  expect(kernel.build(Buffer.alloc(many.length + 1), FILTER_SHAPE)).toBeUndefined();
});

test('most texts that are not there are ruled out', () => {
  let seed = 7;
  const hex = (): string => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return seed.toString(16).padStart(8, '0');
  };
  const lines = Array.from({ length: 800 }, () => `trace_id=${hex()}${hex()}${hex()}${hex()} user=${hex()}`).join('\n');
  const keys = new Set<number>();
  collectKeys(Buffer.from(lines), 0, lines.length, keys);
  const filter = buildFilter(keys, keys.size);
  let wrong = 0;
  for (let i = 0; i < 500; i++)
    if (mayHold(filter, 0, filter.length, keysOfText(Buffer.from(`${hex()}${hex()}${hex()}${hex()}`)))) wrong++;
  expect(wrong).toBeLessThan(10);
});

test('seven word bytes give a key wherever they stand, and a dashed UUID four', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9_]{7,24}$/), (long) => {
      expect(keysOfText(Buffer.from(long)).length).toBeGreaterThan(0);
    }),
  );
  fc.assert(fc.property(fc.uuid(), (id) => keysOfText(Buffer.from(id)).length >= 4 || /(.)\1\1/.test(id)));
});

test('a block without a filter is never ruled out', () => {
  expect(mayHold(new Uint8Array(8), 4, 4, keysOfText(Buffer.from('anything')))).toBe(true);
});

test('filters of many blocks looked at together tell what each tells', () => {
  const text = fc.string({ minLength: 0, maxLength: 60, unit: fc.constantFrom('a', 'b', 'c', '1', ' ') });
  fc.assert(
    fc.property(
      fc.oneof(fc.array(text, { maxLength: 40 }), fc.array(fc.option(text, { freq: 5 }), { maxLength: 40 })),
      text,
      (lines, wanted) => {
        const filters = lines.map((line) => {
          if (line === null) return new Uint8Array(0);
          const keys = keysOfText(Buffer.from(line));
          return buildFilter(keys, keys.length);
        });
        const bytes = Buffer.concat(filters);
        const starts = new Uint32Array(filters.length);
        for (let i = 1; i < filters.length; i++) starts[i] = starts[i - 1]! + filters[i - 1]!.length;
        const ends = Uint32Array.from(filters, (filter, i) => starts[i]! + filter.length);
        const keys = keysOfText(Buffer.from(wanted));
        const found = new Uint32Array(filters.length).fill(7);
        const count = blocksHolding(bytes, starts, ends, keys, found);
        const expected = filters.flatMap((_, i) => (mayHold(bytes, starts[i]!, ends[i]!, keys) ? [i] : []));
        expect([...found.subarray(0, count)]).toEqual(expected);
      },
    ),
  );
});
