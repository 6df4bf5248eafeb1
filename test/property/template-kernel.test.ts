import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeTemplates, templateMarks } from '../../src/chunk/template/template-decoder.ts';
import { encodeTemplates } from '../../src/chunk/template/template-encoder.ts';
import { readTemplates } from '../../src/chunk/template/template-reader.ts';
import { handMadeFrame } from '../support/template-frames.ts';
import { kernelFrame, kernelRead, openTemplateKernels } from '../support/template-kernels.ts';
import { lineStarts, templateText } from '../support/template-texts.ts';

/** Frames that the kernel writes are read by both readers, and the kernel reads what others write. */

const ANY_SIZE = Number.POSITIVE_INFINITY;
const kernels = openTemplateKernels();

/** Both readers give the text, and both know where the marks are. */
function expectRead(frame: Uint8Array, raw: Buffer, marks: readonly number[]): void {
  expect(raw.equals(decodeTemplates(frame, raw.length, 'test'))).toBe(true);
  expect(kernelRead(kernels, frame, raw.length)?.equals(raw)).toBe(true);
  const starts = lineStarts(raw);
  const { kernel } = kernels.reader;
  expectLengths(raw, starts);
  for (const mark of marks) expect(kernel.markedLine(mark)).toBe(starts.indexOf(mark));
  expect(kernel.markedLine(raw.length + 1)).toBe(-1);
  expect(raw.equals(readTemplates(frame, raw.length, 'test'))).toBe(true);
}

/** The open frame knows how long its lines are; of each part of them that a block may have. */
function expectLengths(raw: Buffer, starts: readonly number[]): void {
  const { kernel } = kernels.reader;
  const lengths = starts.map((start, line) => (starts[line + 1] ?? raw.length + 1) - 1 - start);
  const first = Math.floor(lengths.length / 3);
  for (const [from, end] of [
    [0, first],
    [first, Math.min(lengths.length, first + 60_000)],
  ] as const) {
    kernel.begin(end - from);
    kernel.want(
      Uint32Array.from({ length: end - from }, (_, row) => row),
      end - from,
    );
    expect(kernel.measure(from, end - from)).toBe(true);
    const { starts: rowStarts, ends } = kernels.block;
    const found = Array.from({ length: end - from }, (_, row) => ends[row]! - rowStarts[row]!);
    expect(found).toEqual(lengths.slice(from, end));
  }
}

/** Starts of every so many lines; 0: of the first alone. */
function someMarks(raw: Buffer, step: number): number[] {
  return lineStarts(raw).filter((_, line) => line === 0 || (step > 0 && line % step === 0));
}

/** The kernel writes the text, and what it writes is read. */
function expectWritten(raw: Buffer, marks: readonly number[] = [0]): void {
  const frame = kernelFrame(kernels, raw, marks, true);
  expect(frame, 'written').toBeDefined();
  expectRead(frame!, raw, marks);
}

test('what the kernel writes, both readers read, with the marks', () => {
  fc.assert(
    fc.property(templateText, fc.boolean(), fc.nat({ max: 5 }), (raw, zip, step) => {
      const marks = someMarks(raw, step);
      const frame = kernelFrame(kernels, raw, marks, zip)!;
      expectRead(frame, raw, marks);
      expect([...templateMarks(frame, raw.length, 'test')].filter((_, i) => i % 2 === 1)).toEqual(marks);
    }),
    { numRuns: 4000 },
  );
});

test('what stands behind a text in memory does not matter', () => {
  fc.assert(
    fc.property(templateText, templateText, (raw, other) => {
      const first = kernelFrame(kernels, raw, [0], false);
      kernels.writer.encode(Buffer.concat([raw, other]), [0]);
      expect(kernelFrame(kernels, raw, [0], false)).toEqual(first);
    }),
    { numRuns: 500 },
  );
});

test('the kernel reads what the plain writer writes', () => {
  fc.assert(
    fc.property(templateText, fc.nat({ max: 5 }), (raw, step) => {
      const marks = someMarks(raw, step);
      expectRead(encodeTemplates(raw, marks, 1, ANY_SIZE)!, raw, marks);
    }),
    { numRuns: 1500 },
  );
});

test('the kernel reads every frame that the format allows', () => {
  fc.assert(
    fc.property(handMadeFrame, ({ bytes, raw, marks }) => {
      const places = marks.filter((_, i) => i % 2 === 1);
      expectRead(bytes, raw, places);
    }),
    { numRuns: 2000 },
  );
});

/** The kernel leaves the text to zstd. */
function expectRefused(raw: Buffer): void {
  expect(kernelFrame(kernels, raw, [0], true)).toBeUndefined();
}

const joined = (lines: readonly string[]): Buffer => Buffer.from(lines.join('\n'));
const made = (count: number, line: (i: number) => string): string[] => Array.from({ length: count }, (_, i) => line(i));

test('very many lines, or a few words too many, are left to zstd', () => {
  expectWritten(Buffer.alloc(65_000, '\n'));
  expectWritten(joined(made(65_000, (i) => (i % 3 === 0 ? '' : 'a'))));
  expectRefused(Buffer.alloc(65_536, '\n'));
  expectRefused(joined(made(200_000, () => 'a')));
  const words = (count: number): Buffer =>
    joined(made(count / 1000, (i) => made(1000, (j) => String((i + j) % 10)).join(' ')));
  expectWritten(words(130_000));
  expectRefused(words(132_000));
  // Numbers with units are two words each.
  expectWritten(joined(made(1000, (i) => made(65, (j) => `${(i * j) % 10}s`).join(' '))));
  expectRefused(joined(made(1000, (i) => made(67, (j) => `${(i * j) % 10}s`).join(' '))));
  expectRefused(Buffer.alloc((1 << 19) + 1, 'a'));
  expectWritten(Buffer.alloc(1 << 19, 'a'));
});

test('long lines', () => {
  const long = (seed: number): string => made(30_000, (i) => ((i * seed) % 9973).toString(36).padEnd(9, '-')).join(' ');
  expectWritten(joined([long(7)]));
  expectWritten(joined(made(40, (i) => (i === 20 ? long(11).slice(0, 300_000) : `short line ${i}`))));
  // Alike but for one word, and that one very long.
  expectWritten(joined(made(5, (i) => `x=${String(i).repeat(90_000)} y`)));
  expectWritten(joined(made(5, (i) => `x=${i} y=${'='.repeat(90_000)}`)));
});

test('as many shapes as there is room for, and more', () => {
  const shape = (i: number): string => i.toString(2).replaceAll('0', '-').replaceAll('1', '=');
  for (const shapes of [4095, 4096, 4097, 5000])
    expectWritten(joined(made(shapes * 4, (i) => `${shape(i >> 2)}${i % 10}`)), [0]);
  // Of few lines each: all of them are texts.
  expectWritten(joined(made(9000, (i) => `${shape(i)}${i % 10}`)));
});

test('as many variables as a reader takes', () => {
  const columns = (count: number): Buffer => joined(made(4, (i) => Array(count).fill(i).join(' ')));
  expectWritten(columns(16_384));
  expectRefused(columns(16_385));
});

const MASK = (1n << 64n) - 1n;

const turned = (hash: bigint): bigint => ((hash << 23n) | (hash >> 41n)) & MASK;

/** As kernels/template-shapes.ts mixes a gap between words into the hash of a shape. */
function mixed(hash: bigint, gap: Buffer): bigint {
  const bytes = Buffer.alloc(8);
  gap.copy(bytes);
  return ((turned(hash) ^ bytes.readBigUInt64LE() ^ (BigInt(gap.length) << 56n)) * 0x9e3779b97f4a7c15n) & MASK;
}

/** Two pairs of gaps of one hash, found as somebody would who wants to mix lines up. */
function equalHashes(seed: number): [Buffer, Buffer][] {
  const gapBytes = Buffer.from(
    made(128, (i) => String.fromCharCode(i))
      .join('')
      .replace(/[\w\n]/g, ''),
  );
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return gapBytes[(state >>> 16) % gapBytes.length]!;
  };
  for (;;) {
    const first = Buffer.from(Array.from({ length: 8 }, next));
    const other = Buffer.from(Array.from({ length: 8 }, next));
    const difference = Buffer.alloc(8);
    difference.writeBigUInt64LE(turned(mixed(0n, first)) ^ turned(mixed(0n, other)));
    const pairs = [...difference].map((byte) => gapBytes.find((one) => gapBytes.includes(one ^ byte)));
    if (pairs.includes(undefined)) continue;
    const second = Buffer.from(pairs as number[]);
    return [
      [first, second],
      [other, Buffer.from(second.map((byte, i) => byte ^ difference[i]!))],
    ];
  }
}

test('lines whose shapes have the same hash are not taken for alike', () => {
  for (const seed of [1, 2, 3]) {
    const shapes = equalHashes(seed);
    const [one, other] = shapes.map(([first, second]) => mixed(mixed(0n, first), second));
    expect(one).toBe(other);
    const lines = made(64, (i) => {
      const [first, second] = shapes[(i >> (seed % 2)) & 1]!;
      return `${i}${first.toString('latin1')}b${i % 7}${second.toString('latin1')}c`;
    });
    expectWritten(joined(lines));
  }
});

test('numbers at their bounds, and what only looks like one', () => {
  const wide = made(50, (i) => (i === 7 ? '0' : String(999_999_999_999_999 - i * i)));
  expectWritten(joined(wide.map((n) => `n=${n}`)));
  for (const digits of [1, 7, 8, 9, 14, 15, 16, 17, 20])
    for (const padded of [true, false]) {
      const value = (i: number): string => String((BigInt(i * i * i) * 7_919_193_721_987n) % 10n ** BigInt(digits));
      expectWritten(joined(made(40, (i) => `n=${padded ? value(i).padStart(digits, '0') : value(i)};`)));
    }
  expectWritten(joined(made(40, (i) => `n=${'0'.repeat(i % 16)}${i}`)));
  expectWritten(joined(made(40, (i) => `n=${'9'.repeat(1 + (i % 15))}`)));
  expectWritten(joined(made(40, (i) => `n=${'0'.repeat(1 + (i % 15))}`)));
});

test('hexadecimal values of all lengths and cases', () => {
  const hex = (i: number, length: number): string => {
    let text = '';
    for (let j = 0; text.length < length; j++)
      text += (((i + 1) * (j + 3) * 2_654_435_761) >>> 0).toString(16).padStart(8, '0');
    return text.slice(0, length);
  };
  for (const length of [1, 2, 3, 4, 15, 16, 17, 18, 31, 32, 33, 63, 64, 128, 254, 255, 256, 257, 258, 300]) {
    expectWritten(joined(made(30, (i) => `id=${hex(i, length)} `)));
    expectWritten(joined(made(30, (i) => `id=${hex(i, length).toUpperCase()} `)));
    expectWritten(joined(made(30, (i) => `id=${i % 9 === 0 ? hex(i, length).toUpperCase() : hex(i, length)} `)));
    expectWritten(joined(made(30, (i) => `id=${i % 9 === 0 ? '7'.repeat(length) : hex(i, length)} `)));
  }
});

test('dictionaries of as many entries as there is room for', () => {
  for (const entries of [2, 3, 128, 255, 256, 257, 300])
    expectWritten(
      joined(made(1200, (i) => `user=name_${'x'.repeat(((i * 7) % entries) % 11)}_${(i * 7) % entries} ok`)),
    );
});
