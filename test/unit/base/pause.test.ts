import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Pause } from '../../../src/base/pause.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function isOver(waiting: Promise<void>): Promise<boolean> {
  return Promise.race([waiting.then(() => true), Promise.resolve().then(() => Promise.resolve().then(() => false))]);
}

test('a pause lasts as long as it was told', async () => {
  const waiting = new Pause().wait(1000);
  await vi.advanceTimersByTimeAsync(999);
  expect(await isOver(waiting)).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await waiting;
});

test('end cuts it short and leaves no timer; the next one is as long as before', async () => {
  const pause = new Pause();
  pause.end();
  const first = pause.wait(1000);
  pause.end();
  await first;
  expect(vi.getTimerCount()).toBe(0);
  const second = pause.wait(1000);
  await vi.advanceTimersByTimeAsync(500);
  expect(await isOver(second)).toBe(false);
  pause.end();
  await second;
});
