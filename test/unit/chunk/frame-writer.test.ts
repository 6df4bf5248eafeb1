import { zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { FrameMemory, type FramePlace, FrameWriter, OpenFrame } from '../../../src/chunk/frame-writer.ts';
import { LineCompressor } from '../../../src/chunk/line-compressor.ts';
import { createZstdEncoder } from '../../../src/chunk/zstd/zstd-encoder.ts';

function text(size: number, seed: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = seed;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = 0x61 + ((state >>> 24) % (1 + (seed % 20)));
  }
  return bytes;
}

test.each([1, 3, 6])('frames of level %d come back, whatever was compressed before', (level) => {
  const encoder = createZstdEncoder(level);
  for (const [i, size] of [100, 300_000, 1, 65_536, 3_000_000, 64, 1_000_000].entries()) {
    const raw = text(size, i + 1);
    const frame = encoder.encode(raw);
    expect(zstdDecompressSync(frame).equals(raw)).toBe(true);
  }
});

test('a frame is written over by the next one, and random bytes do not pass the end of its memory', () => {
  const encoder = createZstdEncoder(1);
  const random = Buffer.alloc(500_000);
  let state = 9;
  for (let i = 0; i < random.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    random[i] = state >>> 24;
  }
  expect(zstdDecompressSync(encoder.encode(random)).equals(random)).toBe(true);
});

test('what was emitted stays as it is until its memory is taken back', () => {
  const emitted: Uint8Array[] = [];
  const memory = new FrameMemory();
  const frames = new FrameWriter({
    emit: (bytes) => emitted.push(bytes),
    startOffset: 8,
    level: 1,
    memory,
    lines: new LineCompressor(1, undefined),
  });
  const columns = Array.from({ length: 40 }, (_, i) => text(200_000, i + 2));
  const places = columns.map((column) => frames.wholeLines(column));
  const shared = new OpenFrame();
  const put = (column: string): FramePlace => {
    const start = frames.begin(shared);
    shared.bytes.raw(Buffer.from(column));
    return frames.end(shared, start, 6);
  };
  expect(put('one')).toEqual([40, 0, 3]);
  expect(put('two')).toEqual([40, 3, 3]);
  expect(shared.index).toBe(-1);
  expect(places.map(([frame]) => frame)).toEqual(columns.map((_, i) => i));
  for (const [i, column] of columns.entries()) expect(zstdDecompressSync(emitted[i]!).equals(column)).toBe(true);
  expect(Buffer.from(emitted[40]!).toString()).toBe('onetwo');
  expect(frames.offset).toBe(8 + emitted.reduce((sum, bytes) => sum + bytes.length, 0));
  const [first] = emitted;
  memory.recycle();
  frames.wholeLines(columns[1]!);
  expect(emitted.at(-1)!.byteOffset).toBe(first!.byteOffset);
});
