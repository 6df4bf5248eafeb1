import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MAX_VARINT_BYTES,
  unzigzag,
  VarintReader,
  varintLength,
  writeVarint,
  zigzag,
} from '../../../src/base/varint.ts';

describe('varint', () => {
  it('writes the known bytes', () => {
    const bytes = new Uint8Array(2);
    expect(writeVarint(bytes, 0, 300)).toBe(2);
    expect([...bytes]).toEqual([0xac, 0x02]);
  });

  it('reads back what it wrote, with the length it announced', () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeNat(), { maxLength: 20 }), (values) => {
        const bytes = new Uint8Array(values.reduce((sum, value) => sum + varintLength(value), 0));
        let at = 0;
        for (const value of values) at = writeVarint(bytes, at, value);
        expect(at).toBe(bytes.length);
        const reader = new VarintReader(bytes);
        for (const value of values) expect(reader.next()).toBe(value);
        expect(reader.next()).toBe(-1);
      }),
    );
  });

  it('holds every boundary of length', () => {
    for (let bits = 7; bits <= 53; bits++) {
      for (const value of [2 ** bits - 2, 2 ** bits - 1, Math.min(2 ** bits, Number.MAX_SAFE_INTEGER)]) {
        const bytes = new Uint8Array(MAX_VARINT_BYTES);
        expect(writeVarint(bytes, 0, value)).toBe(varintLength(value));
        expect(new VarintReader(bytes).next()).toBe(value);
      }
    }
  });

  it('refuses values and places that do not fit', () => {
    const bytes = new Uint8Array(2);
    for (const value of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => writeVarint(bytes, 0, value)).toThrow('varint');
    expect(() => writeVarint(bytes, 1, 300)).toThrow('no room');
    expect(writeVarint(bytes, 1, 127)).toBe(2);
  });

  it('answers -1 to bytes that end early, run too long or are too large, and stays where it was', () => {
    for (const bytes of [[0x80], [0x80, 0x80], new Array(9).fill(0x80), [...new Array(7).fill(0xff), 0x7f], []]) {
      const reader = new VarintReader(Uint8Array.from(bytes));
      expect(reader.next()).toBe(-1);
      expect(reader.offset).toBe(0);
    }
    expect(new VarintReader(Uint8Array.of(0x81, 0x01), 0, 1).next()).toBe(-1);
  });

  it('maps signed numbers there and back', () => {
    expect([0, -1, 1, -2, 2].map(zigzag)).toEqual([0, 1, 2, 3, 4]);
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 52) + 1, max: 2 ** 52 - 1 }), (value) => {
        expect(unzigzag(zigzag(value))).toBe(value);
      }),
    );
  });
});
