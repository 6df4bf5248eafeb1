import { getHeapStatistics } from 'node:v8';
import { expect, test } from 'vitest';
import { giveBackMemory, giveBackMemorySoon } from '../../../src/base/spare-memory.ts';

const heldBytes = (): number => getHeapStatistics().used_heap_size + getHeapStatistics().external_memory;
const waste = (): Float64Array[] => Array.from({ length: 1000 }, () => new Float64Array(20_000));

test('what a large task has left behind is given back', () => {
  giveBackMemory();
  const restBytes = heldBytes();
  const held = waste();
  expect(heldBytes()).toBeGreaterThan(restBytes + 100e6);
  held.length = 0;
  giveBackMemory();
  expect(heldBytes()).toBeLessThan(restBytes + 70e6);
});

test('or a little later', async () => {
  const held = waste();
  const fullBytes = heldBytes();
  held.length = 0;
  giveBackMemorySoon();
  giveBackMemorySoon();
  await expect.poll(heldBytes, { timeout: 4000, interval: 50 }).toBeLessThan(fullBytes - 80e6);
});
