import { expect, test } from 'vitest';
import { ScratchColumns } from '../../src/base/scratch-columns.ts';

test('columns of one piece of work lie apart, those of the next are in the same memory', () => {
  const scratch = new ScratchColumns();
  scratch.begin(5000);
  const [a, b] = [scratch.next(2000).fill(1), scratch.next(3000).fill(2)];
  expect(a.every((number) => number === 1)).toBe(true);
  expect(b.every((number) => number === 2)).toBe(true);
  scratch.begin(10);
  expect(scratch.next(10).buffer).toBe(a.buffer);
});

test('very large ones are not kept', () => {
  const scratch = new ScratchColumns();
  scratch.begin(1_000_000);
  const large = scratch.next(999_990);
  expect(scratch.next(10).buffer).not.toBe(large.buffer);
  scratch.begin(10);
  expect(scratch.next(10).buffer).not.toBe(large.buffer);
});
