import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LogError } from '../../src/base/errors.ts';
import { decodeTemplates, templateMarks } from '../../src/chunk/template/template-decoder.ts';
import { encodeTemplates } from '../../src/chunk/template/template-encoder.ts';
import { lineStarts, templateText as text, withoutCompression } from '../support/template-texts.ts';

const ANY_SIZE = Number.POSITIVE_INFINITY;

test('texts come back exactly, with their marks', () => {
  fc.assert(
    fc.property(text, fc.constantFrom(1, 3), fc.nat({ max: 5 }), (raw, level, step) => {
      const starts = lineStarts(raw);
      const lines = [...starts.keys()].filter((line) => line === 0 || (step > 0 && line % step === 0));
      const marks = lines.map((line) => starts[line]!);
      const frame = encodeTemplates(raw, marks, level, ANY_SIZE)!;
      expect(Buffer.from(decodeTemplates(frame, raw.length, 'test')).equals(raw)).toBe(true);
      expect([...templateMarks(frame, raw.length, 'test')]).toEqual(lines.flatMap((line) => [line, starts[line]!]));
      const plain = withoutCompression(frame);
      expect(Buffer.from(decodeTemplates(plain, raw.length, 'test')).equals(raw)).toBe(true);
      for (const wrong of [raw.length + 1, raw.length - 1])
        if (wrong >= 0) expect(() => decodeTemplates(frame, wrong, 'test')).toThrow();
      const paying = encodeTemplates(raw, marks, level);
      if (paying !== undefined) expect(Buffer.from(paying).equals(frame)).toBe(true);
    }),
    { numRuns: 3000 },
  );
});

test('marks that are no starts of lines are refused', () => {
  fc.assert(
    fc.property(text, fc.nat(), (raw, pick) => {
      const mark = pick % (raw.length + 2);
      const isStart = lineStarts(raw).includes(mark);
      expect(encodeTemplates(raw, [0, mark], 1, ANY_SIZE) !== undefined).toBe(isStart);
    }),
  );
});

/** Decodes bytes that may be damaged: they give a text of that length, or are refused in the right way. */
function expectTextOrRefusal(frame: Uint8Array, rawLength: number): void {
  let raw: Uint8Array;
  try {
    raw = decodeTemplates(frame, rawLength, 'test');
  } catch (error) {
    if (!(error instanceof LogError) || error.code !== 'CHUNK_CORRUPT') throw error;
    return;
  }
  if (raw.length !== rawLength) throw new Error(`${raw.length} bytes of ${rawLength}`);
}

test('every flipped bit and every cut gives a text of that length or is refused', { timeout: 240_000 }, () => {
  const sample = Array.from({ length: 24 }, (_, i) => {
    if (i % 5 === 4) return `\tat a.b.C.d${'!'.repeat(i)}`;
    const hex = ((i + 1) * 2_654_435_761).toString(16).slice(0, 6).padEnd(6, 'c');
    return `${10 + i}:0${i % 10} ${['GET', 'POST'][i & 1]} /${hex} ${i * 977}ms "${'xyzw'.slice(i % 4)}${i}q${i * i}"`;
  });
  const texts = [
    Buffer.from(sample.join('\n')),
    Buffer.from('a 1\na 2\na 3\na 5'),
    Buffer.from('\n\n\n\n'),
    Buffer.from(''),
  ];
  for (const raw of texts) {
    const frame = encodeTemplates(raw, lineStarts(raw).slice(0, 3), 1, ANY_SIZE)!;
    for (const good of [frame, withoutCompression(frame)]) {
      for (let cut = 0; cut < good.length; cut++) {
        const part = good.subarray(0, cut);
        expect(() => decodeTemplates(part, raw.length, 'test')).toThrow(/^test/);
        expectTextOrRefusal(part, raw.length);
      }
      for (let at = 0; at < good.length; at++) {
        for (let flip = 1; flip < 256; flip++) {
          const bad = Uint8Array.from(good);
          bad[at]! ^= flip;
          expectTextOrRefusal(bad, raw.length);
        }
      }
    }
  }
});

test('bytes that are no frame are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 1000 }), (bytes, rawLength) => {
      expectTextOrRefusal(bytes, rawLength);
    }),
  );
});
