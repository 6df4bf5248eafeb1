import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareText, labelsFromPairs } from '../../src/model/labels.ts';
import { compareLabelTexts, inTextOrder, jsonLabels, labelText, putJsonLabels } from '../../src/wire/json/json-text.ts';

const value = fc.oneof(
  fc.constantFrom('', 'a', 'a b', 'a!', 'a#', 'a"', 'ab', 'b', 'ä', '\ud83d\ude00', '\uffee', 'a\\', 'a\n', 'A'),
  fc.string({ unit: 'binary', maxLength: 4 }),
);
const labels = fc
  .array(fc.tuple(fc.constantFrom('a', 'ab', 'a_b', 'b', 'B'), value), { maxLength: 3 })
  .map((pairs) => labelsFromPairs(pairs));

test('label sets are compared as their texts are', () => {
  fc.assert(
    fc.property(labels, labels, (a, b) => {
      const expected = compareText(labelText(a), labelText(b));
      expect(Math.sign(compareLabelTexts(a, b))).toBe(Math.sign(expected));
    }),
    { numRuns: 3000 },
  );
});

test('equal ones keep their order', () => {
  const items = ['b', 'a', 'b', 'a'].map((text, number) => ({ labels: ['x', text], number }));
  expect(inTextOrder(items).map(({ number }) => number)).toEqual([1, 3, 0, 2]);
});

test('pieces of a label set make up its JSON', () => {
  fc.assert(
    fc.property(labels, (set) => {
      let text = '';
      putJsonLabels(set, (piece) => {
        text += piece;
      });
      expect(text).toBe(jsonLabels(set));
      const pairs = Array.from({ length: set.length / 2 }, (_, i) => [set[2 * i]!, set[2 * i + 1]!.toWellFormed()]);
      expect(JSON.parse(text)).toEqual(Object.fromEntries(pairs));
    }),
  );
});
