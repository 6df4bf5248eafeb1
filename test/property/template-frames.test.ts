import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeTemplates, templateMarks } from '../../src/chunk/template/template-decoder.ts';
import { handMadeFrame, sections, varint } from '../support/template-frames.ts';
import { kernelRead, openTemplateKernels } from '../support/template-kernels.ts';

/** Frames made by hand from the format page: what the writer never does must be read as well. */

test('every frame that the format allows is read', () => {
  fc.assert(
    fc.property(handMadeFrame, ({ bytes, raw, marks }) => {
      expect(Buffer.from(decodeTemplates(bytes, raw.length, 'test')).equals(raw)).toBe(true);
      expect([...templateMarks(bytes, raw.length, 'test')]).toEqual(marks);
    }),
    { numRuns: 2000 },
  );
});

const kernels = openTemplateKernels();

/** A frame of one template, and what the raw text would have; the kernel refuses it too. */
function expectRefused(
  what: RegExp,
  rawLength: number,
  lines: number,
  header: number[],
  texts = '',
  packed: number[] = [],
): void {
  const bytes = sections(lines, Buffer.from(header), Buffer.from(texts), Buffer.from(packed), false);
  expect(() => decodeTemplates(bytes, rawLength, 'f.seg')).toThrow(what);
  expect(kernelRead(kernels, bytes, rawLength)?.length, String(what)).not.toBe(rawLength);
}

const NO_MARKS = [0];

test('what the format does not allow is refused, each for its reason', () => {
  const oneText = [1, 2, 1, 0, 3, 0, 4, 0];
  expect(
    Buffer.from(
      decodeTemplates(sections(2, Buffer.from([...oneText, 0]), Buffer.from('ab'), Buffer.from([0x11]), false), 3, ''),
    ).toString(),
  ).toBe('a\nb');
  expectRefused(/texts of 2 bytes in 3/, 4, 2, [...oneText, ...NO_MARKS], 'abc', [0x11]);
  expectRefused(/texts of 3 bytes and more in 2/, 3, 2, [...oneText, ...NO_MARKS], 'ab', [0x21]);
  expectRefused(/columns of 1 bytes and more in 0/, 3, 2, [...oneText, ...NO_MARKS], 'ab');
  expectRefused(/bytes behind the header/, 3, 2, [...oneText, ...NO_MARKS, 0], 'ab', [0x11]);
  expectRefused(/templates of 2 lines for 3/, 4, 3, [...oneText, ...NO_MARKS], 'ab', [0x11]);
  expectRefused(/more than 2 bytes/, 2, 2, [...oneText, ...NO_MARKS], 'ab', [0x11]);
  expectRefused(/3 bytes, expected 4/, 4, 2, [...oneText, ...NO_MARKS], 'ab', [0x11]);
  expectRefused(/mark 0 at line 2/, 3, 2, [...oneText, 1, 2, 2], 'ab', [0x11]);
  expectRefused(/mark 0 at line 1, byte 4/, 3, 2, [...oneText, 1, 1, 4], 'ab', [0x11]);
  expectRefused(/line 1 begins at 2, not at 1/, 3, 2, [...oneText, 1, 1, 1], 'ab', [0x11]);
  expectRefused(/^f.seg.*lengths of 25 bits/, 3, 2, [1, 2, 1, 0, 3, 0, 25, 0, 0]);
  expectRefused(/0 templates/, 3, 1, [0, 0, 0, 0]);
  expectRefused(/template of no lines/, 3, 1, [1, 0, 0, 0, 0]);
  expectRefused(/variable of kind 4/, 3, 1, [1, 1, 1, 0, 4, 0, 0, 0, 0]);
  expectRefused(/dictionary of no entries/, 3, 1, [1, 1, 1, 0, 1, 0, 0, 0, 0]);
  expectRefused(/entry 3 of 3/, 3, 1, [1, 1, 1, 0, 1, 3, 1, 97, 1, 98, 1, 99, 0, 0], '', [3]);
  expectRefused(/0 hex characters/, 3, 1, [1, 1, 1, 0, 2, 0, 0, 0, 0]);
  expectRefused(/257 hex characters/, 300, 1, [1, 1, 1, 0, 2, 0, 0x81, 2, 0, 0]);
  expectRefused(/hex characters of case 2/, 3, 1, [1, 1, 1, 0, 2, 2, 1, 0, 0]);
  expectRefused(/number of 51 bits/, 3, 1, [1, 1, 1, 0, 0, 51, 0, 0, 0, 0]);
  expectRefused(/number of 0 bits and 16 digits/, 3, 1, [1, 1, 1, 0, 0, 0, 16, 0, 0, 0]);
  expectRefused(/from 1000000000000000/, 20, 1, [1, 1, 1, 0, 0, 0, 0, ...varint(1e15), 0, 0]);
  expectRefused(/1000000000000000 is too large/, 20, 1, [1, 1, 1, 0, 0, 1, 0, ...varint(1e15 - 1), 0, 0], '', [1]);
  expectRefused(/one too many for template 0/, 1, 2, [2, 1, 0, 0, 1, 0, 0, 0], '', [0]);
  expectRefused(/one too many for template 3/, 2, 3, [3, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0], '', [3]);
  expectRefused(/0 lines/, 0, 0, [1, 1, 0, 0, 0]);
  expectRefused(/5 lines in 3 bytes/, 3, 5, [1, 5, 0, 0, 0]);
});

test('lengths that are not believable take neither memory nor time', () => {
  const good = sections(1, Buffer.from([1, 1, 0, 0, 0]), Buffer.alloc(0), Buffer.alloc(0), false);
  expect(decodeTemplates(good, 0, '').length).toBe(0);
  for (const field of [0, 4, 8, 12, 16, 20]) {
    const bad = Buffer.from(good);
    bad.writeUInt32LE(0xffffffff, field);
    expect(() => decodeTemplates(bad, 0, 'f.seg')).toThrow(/^f.seg/);
  }
  // A header of zeros that is small when compressed, and a template of many lines whose many variables are always empty.
  const zeros = zstdCompressSync(Buffer.alloc(1 << 26));
  const head = Buffer.from(good.subarray(0, 24));
  head.writeUInt32LE(1 << 26, 4);
  head.writeUInt32LE(zeros.length, 8);
  expect(() => decodeTemplates(Buffer.concat([head, zeros]), 1 << 20, 'f.seg')).toThrow(/header of 67108864 bytes/);
  const lines = 262_145;
  const variables = 16_384;
  const empty = Buffer.concat([
    Buffer.from([1, ...varint(lines), ...varint(variables), 0]),
    Buffer.from(Array<number[]>(variables).fill([3, 0, 0, 0]).flat()),
    Buffer.from(NO_MARKS),
  ]);
  const frameOfEmpty = sections(lines, empty, Buffer.alloc(0), Buffer.alloc(0), true);
  const raw = decodeTemplates(frameOfEmpty, lines - 1, 'f.seg');
  expect(raw.every((byte) => byte === 10)).toBe(true);
});
