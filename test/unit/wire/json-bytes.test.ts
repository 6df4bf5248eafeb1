import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonBytes } from '../../../src/wire/json/json-bytes.ts';
import { decodeLine, jsonText } from '../../../src/wire/json/json-text.ts';

function written(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const out = new JsonBytes();
  out.text(bytes, start, end);
  return Buffer.from(out.finish()).toString();
}

describe('JsonBytes', () => {
  it('writes any bytes as the text encoder does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(written(bytes)).toBe(jsonText(decodeLine(bytes, 0, bytes.length)));
      }),
    );
  });

  it('escapes quotes, backslashes and control characters', () => {
    const every = Uint8Array.from({ length: 128 }, (_, code) => code);
    expect(written(every)).toBe(JSON.stringify(Buffer.from(every).toString()));
  });

  it('writes a part, and grows', () => {
    const bytes = Buffer.from('"'.repeat(100_000));
    expect(written(bytes, 1, 70_000)).toBe(JSON.stringify('"'.repeat(69_999)));
  });

  it('writes digits with zeros in front', () => {
    const out = new JsonBytes();
    out.digits(42, 9);
    out.digits(1_795_399_200, 10);
    expect(Buffer.from(out.finish()).toString()).toBe('0000000421795399200');
  });
});
