import { expect, test } from 'vitest';
import { ByteReader } from '../../../src/chunk/bytes/byte-reader.ts';
import { ByteWriter } from '../../../src/chunk/bytes/byte-writer.ts';
import { B_MAX, B_MIN, BLOCK_FIELDS, blockTime, setBlockTime } from '../../../src/chunk/directory.ts';

const DAY_NS = 86_400_000_000_000;

test('a time of a block comes back to the nanosecond, beside its neighbours', () => {
  const times = [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, DAY_NS - 1, DAY_NS, 2 ** 53 - 1];
  const blocks = new Uint32Array(times.length * BLOCK_FIELDS).fill(7);
  for (const [i, ns] of times.entries()) {
    setBlockTime(blocks, i * BLOCK_FIELDS + B_MIN, ns);
    setBlockTime(blocks, i * BLOCK_FIELDS + B_MAX, times.at(-1 - i)!);
  }
  for (const [i, ns] of times.entries()) {
    expect(blockTime(blocks, i * BLOCK_FIELDS + B_MIN)).toBe(ns);
    expect(blockTime(blocks, i * BLOCK_FIELDS + B_MAX)).toBe(times.at(-1 - i));
  }
  expect(blocks.filter((number) => number === 7)).toHaveLength(times.length * (BLOCK_FIELDS - 4));
});

test('numbers that do not fit into 32 bits are refused, not cut', () => {
  const most = 2 ** 32 - 1;
  const written = (numbers: readonly number[]): ByteReader => {
    const out = new ByteWriter();
    for (const number of numbers) out.varint(number);
    return new ByteReader(out.view(), 'x.seg');
  };
  const into = new Uint32Array(6);
  written([1, most, 127]).varints(into, 1, 2, 3);
  expect([...into]).toEqual([0, 1, 0, most, 0, 127]);
  expect(() => written([1, most + 1]).varints(into, 0, 1, 2)).toThrow(`x.seg: number ${most + 1} is too large`);
  expect(() => written([1]).varints(into, 0, 1, 2)).toThrow('unexpected end');
});
