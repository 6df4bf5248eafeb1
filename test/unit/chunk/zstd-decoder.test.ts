import { constants, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { createZstdDecoder, reusesMemory } from '../../../src/chunk/zstd/zstd-decoder.ts';

const raw = Buffer.from(Array.from({ length: 20_000 }, (_, i) => `line ${i} of the test, ${i * 7919}`).join('\n'));

test('the handle of this Node passes the self-test', () => {
  expect(reusesMemory(createZstdDecoder())).toBe(true);
});

test('frames of all levels come back, also after damaged ones', () => {
  const decoder = createZstdDecoder();
  const into = Buffer.alloc(raw.length);
  for (let level = 1; level <= 6; level++) {
    const frame = zstdCompressSync(raw, { params: { [constants.ZSTD_c_compressionLevel]: level } });
    expect(decoder.decode(frame, into)).toBe(raw.length);
    expect(into.equals(raw)).toBe(true);
    expect(decoder.decode(frame.subarray(0, frame.length >> 1), into)).not.toBe(raw.length);
    expect(decoder.decode(Buffer.from('no frame at all'), into)).toBe(-1);
    expect(decoder.decode(frame, into.subarray(0, raw.length - 1))).not.toBe(raw.length);
  }
});

test('a flipped bit never writes outside, and the next frame is right', () => {
  const decoder = createZstdDecoder();
  const text = Buffer.from('a short frame for every bit of it, a short frame');
  const frame = zstdCompressSync(text);
  const into = Buffer.alloc(text.length);
  for (let bit = 0; bit < frame.length * 8; bit++) {
    const bad = Buffer.from(frame);
    bad[bit >> 3]! ^= 1 << (bit & 7);
    into.fill(0);
    const count = decoder.decode(bad, into);
    expect(count).toBeLessThanOrEqual(text.length);
    expect(decoder.decode(frame, into)).toBe(text.length);
    expect(into.equals(text)).toBe(true);
  }
});
