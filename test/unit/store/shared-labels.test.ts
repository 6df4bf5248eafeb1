import { expect, test } from 'vitest';
import { LabelTable, labelsAt } from '../../../src/store/segments/shared-labels.ts';

test('labels are read where they were written, also when they are large or odd', () => {
  const sets = [
    [],
    ['app', ''],
    ['a', 'b\u0000c', 'ä', '日本\ud83d\ude00'],
    ['big', 'x'.repeat(700_000)],
    ['app', 'z'],
  ];
  const table = new LabelTable((streamId) => sets[streamId % sets.length]!);
  const places = Array.from({ length: 5000 }, (_, streamId) => table.placeOf(streamId * 3));
  const shared = structuredClone(table.shared);
  for (const [i, place] of places.entries()) {
    if (i > 50 && i % 100 !== 0) continue;
    expect(labelsAt(shared, place, i * 3)).toEqual(sets[(i * 3) % sets.length]);
  }
});

test('a set has one place, which later ones leave alone; threads keep what they read', () => {
  const table = new LabelTable((streamId) => ['stream', String(streamId)]);
  const place = table.placeOf(7);
  const before = labelsAt(table.shared, place, 7);
  for (let streamId = 0; streamId < 100_000; streamId++) table.placeOf(streamId);
  expect(table.placeOf(7)).toBe(place);
  expect(labelsAt(structuredClone(table.shared), place, 7)).toBe(before);
  const other = new LabelTable(() => ['another', 'table']);
  const otherPlace = other.placeOf(7);
  expect(otherPlace).toBe(place);
  expect(labelsAt(other.shared, otherPlace, 7)).toEqual(['another', 'table']);
});
