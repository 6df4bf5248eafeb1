import { expect, test } from 'vitest';
import { HeadState } from '../../../src/store/tenant/head-state.ts';

const MB = 1 << 20;

test('the head is due by what its rows use, not by the slabs that they lie in', () => {
  const head = new HeadState({ headBytes: 2 * MB, generationBytes: MB / 2, maxAgeMs: 1e9, idleMs: 1e9 }, () => 0);
  const part = head.open.part('t', 1, ['a', 'b'], 0);
  const line = new Uint8Array(1000);
  let rows = 0;
  while (!head.isDue && rows < 5000) {
    part.append(rows, line, 0, line.length, 0, line, 0, 0);
    head.open.rowCount++;
    rows++;
  }
  expect(head.open.arena.allocatedBytes).toBe(MB);
  expect(head.open.arena.usedBytes).toBeGreaterThanOrEqual(MB / 2);
  expect(rows).toBeGreaterThan(250);
  expect(head.isFull).toBe(false);
});

test('pages of a stream are mostly full', () => {
  for (const lineBytes of [40, 170, 900]) {
    const head = new HeadState({ headBytes: 256 * MB, generationBytes: 256 * MB, maxAgeMs: 1e9, idleMs: 1e9 }, () => 0);
    const part = head.open.part('t', 1, ['a', 'b'], 0);
    const line = new Uint8Array(lineBytes);
    const rows = Math.floor(400_000 / lineBytes);
    for (let row = 0; row < rows; row++) part.append(row, line, 0, lineBytes, 0, line, 0, 0);
    expect((rows * (lineBytes + 18)) / head.open.arena.usedBytes).toBeGreaterThan(0.7);
  }
});
