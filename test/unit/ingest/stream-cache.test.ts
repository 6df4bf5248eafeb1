import { describe, expect, test } from 'vitest';
import { TokenBucket } from '../../../src/ingest/rate-limit.ts';
import { type KnownStream, StreamCache } from '../../../src/ingest/stream-cache.ts';
import { ValidationErrors } from '../../../src/ingest/validation-errors.ts';

const known = (text: string): KnownStream => ({
  labels: ['text', text],
  failure: undefined,
  level: undefined,
  handle: undefined,
});

describe('stream cache', () => {
  const get = (cache: StreamCache, text: string): string | undefined => {
    const bytes = Buffer.from(`..${text}..`);
    return cache.get(bytes, 2, bytes.length - 2)?.labels[1];
  };
  const set = (cache: StreamCache, text: string): void => {
    const bytes = Buffer.from(text);
    cache.set(bytes, 0, bytes.length, known(text));
    bytes.fill(0);
  };

  test('finds what it was told, by bytes', () => {
    const cache = new StreamCache();
    const texts = Array.from({ length: 2000 }, (_, i) => `{app="${i}", x="${'y'.repeat(i % 9)}"}`);
    for (const text of texts) set(cache, text);
    for (const text of texts) expect(get(cache, text)).toBe(text);
    expect(get(cache, '{app="2000"}')).toBeUndefined();
    cache.clear();
    expect(get(cache, texts[0]!)).toBeUndefined();
  });

  test('is bounded; what is used stays', () => {
    const cache = new StreamCache(10);
    set(cache, 'used');
    for (let i = 0; i < 1000; i++) {
      set(cache, `{a="${i}"}`);
      expect(get(cache, 'used')).toBe('used');
    }
    let found = 0;
    for (let i = 0; i < 1000; i++) if (get(cache, `{a="${i}"}`) !== undefined) found++;
    expect(found).toBeGreaterThan(0);
    expect(found).toBeLessThanOrEqual(20);
  });
});

test('a token bucket starts full, refuses as a whole and is refilled by the clock', () => {
  const bucket = new TokenBucket();
  expect(bucket.take(100, 10, 100, 5000)).toBe(true);
  expect(bucket.take(1, 10, 100, 5000)).toBe(false);
  expect(bucket.take(11, 10, 100, 6000)).toBe(false);
  expect(bucket.take(10, 10, 100, 6000)).toBe(true);
  expect(bucket.take(1, 10, 100, 0)).toBe(false);
  expect(bucket.take(101, 10, 100, 1e9)).toBe(false);
  expect(bucket.take(100, 10, 100, 1e9)).toBe(true);
});

test('messages of errors are counted, and their number is bounded', () => {
  const errors = new ValidationErrors();
  expect(errors.isEmpty).toBe(true);
  errors.add('a');
  expect(errors.text()).toBe('a');
  errors.add('a');
  expect(errors.text()).toBe('2 errors like: a');
  errors.add('b');
  expect(errors.text()).toBe('2 errors like: a; 1 errors like: b');
  for (let i = 0; i < 10_000; i++) errors.add(`m${i}`);
  expect(errors.text().length).toBeLessThan(20_000);
  expect(errors.text()).toMatch(/; 9502 more errors$/);
});
