import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LogError } from '../../src/base/errors.ts';
import { automatonOf } from '../../src/base/regex/byte-automaton.ts';
import { decodeTemplates } from '../../src/chunk/template/template-decoder.ts';
import { readTemplates } from '../../src/chunk/template/template-reader.ts';
import { handMadeFrame, sections, varint } from '../support/template-frames.ts';
import { kernelFrame, kernelRead, openTemplateKernels } from '../support/template-kernels.ts';
import { lineStarts } from '../support/template-texts.ts';

/** Damaged frames: the kernel refuses them or gives a text, and writes nothing outside its places. */

const kernels = openTemplateKernels();
const { block, reader, someLines, memory } = kernels;
const templates = reader.kernel;

/** Where nothing is written when a frame is opened and read: times in front, columns between, and the end of the memory. */
const CANARY = 0xa7;
const canaries: readonly Buffer[] = [
  block.times,
  memory.subarray(block.offsets.byteOffset, block.offsets.byteOffset + block.offsets.byteLength),
  memory.subarray(block.fields.values.byteOffset, block.fields.ranges.byteOffset + block.fields.ranges.byteLength),
  memory.subarray(memory.length - (2 << 20)),
];
for (const area of canaries) area.fill(CANARY);
const untouched = canaries.map((area) => Buffer.from(area));

function expectCanaries(): void {
  for (const [i, area] of canaries.entries()) if (!area.equals(untouched[i]!)) expect(i).toBe('untouched');
}

/** Whatever `use` does, it ends, and fails in no other way than by telling that a frame is damaged. */
function refusals(use: () => void): void {
  try {
    use();
  } catch (error) {
    if (!(error instanceof LogError) || error.code !== 'CHUNK_CORRUPT') throw error;
  }
}

const needles = ['1', 'GET', 'xyz', 'a', '12ms', ' '].map((text) => ({ bytes: Buffer.from(text), ignoreCase: false }));

const automata = ['5[0-9]{2}', '[0-9a-f]{6}', '^.*x$'].map((pattern) => automatonOf(pattern)!);

/** What the plain reader makes of a frame; undefined when it refuses it. */
function plainRead(frame: Uint8Array, rawLength: number): Uint8Array | undefined {
  let raw: Uint8Array | undefined;
  refusals(() => {
    raw = decodeTemplates(frame, rawLength, 'test');
  });
  return raw;
}

/** Whether sections are compressed: of damages in zstd one decoder sees more than the other, and the crc of a frame sees all. */
function isCompressed(frame: Uint8Array): boolean {
  const head = new DataView(frame.buffer, frame.byteOffset, 24);
  return head.getUint32(4) !== head.getUint32(8) || head.getUint32(12) !== head.getUint32(16);
}

/** Opens, decodes and searches a frame that may be damaged, as queries do. Both readers refuse it, or give the same. */
function useFrame(frame: Uint8Array, rawLength: number, lines: number): void {
  const plain = plainRead(frame, rawLength);
  const bytes = kernelRead(kernels, frame, rawLength);
  if (plain !== undefined) expect(bytes?.equals(plain)).toBe(true);
  else if (bytes !== undefined && !isCompressed(frame)) expect(bytes.length).not.toBe(rawLength);
  if (bytes === undefined && !reader.open(frame, rawLength)) return;
  const into = new Uint32Array(lines);
  for (const needle of needles) templates.mayHold(needle, 0, lines);
  someLines.begin('test', 0, lines);
  refusals(() => someLines.rowsWith(needles.slice(0, 2), false, 0, lines, into));
  for (const automaton of automata) {
    const rows = Uint32Array.from({ length: lines }, (_, row) => row);
    refusals(() => someLines.keepMatching(automaton, true, rows, lines, () => false));
  }
  refusals(() => someLines.need(Uint32Array.of(lines - 1), 1));
  refusals(() => someLines.needAll());
  for (const mark of [0, 5, rawLength]) templates.markedLine(mark);
}

const sample = Array.from({ length: 24 }, (_, i) => {
  if (i % 5 === 4) return `\tat a.b.C.d${'!'.repeat(i)}`;
  const hex = ((i + 1) * 2_654_435_761).toString(16).slice(0, 6).padEnd(6, 'c');
  return `${10 + i}:0${i % 10} ${['GET', 'POST', 'PUT'][i % 3]} /${hex} ${i * 977}ms "${'xyzw'.slice(i % 4)}${i}q${i * i}"`;
}).join('\n');
const damaged = [sample, 'a 1\na 2\na 3\na 5', '\n\n\n\n', ''].map((text) => Buffer.from(text));

test('every flipped byte and every cut of what the kernel writes is refused or gives a text', () => {
  for (const raw of damaged) {
    const lines = lineStarts(raw).length;
    for (const zip of [false, true]) {
      const good = kernelFrame(kernels, raw, lineStarts(raw).slice(0, 3), zip)!;
      for (let cut = 0; cut < good.length; cut++) useFrame(good.subarray(0, cut), raw.length, lines);
      for (let at = 0; at < good.length; at++) {
        for (const flip of [1, 2, 4, 8, 16, 32, 64, 128, 255, 0x81]) {
          const bad = Buffer.from(good);
          bad[at]! ^= flip;
          useFrame(bad, raw.length, lines);
        }
        if (at % 16 === 0) expectCanaries();
      }
      expectCanaries();
    }
  }
});

test('frames with several damages, and bytes that are no frame', () => {
  const damages = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(handMadeFrame, damages, ({ bytes, raw }, places) => {
      const bad = Buffer.from(bytes);
      // The head alone is easily refused.
      for (const [at, byte] of places) bad[24 + (at % Math.max(1, bad.length - 24))] = byte;
      useFrame(bad, raw.length, lineStarts(raw).length);
    }),
    { numRuns: 2000 },
  );
  expectCanaries();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 1000 }), (bytes, rawLength) =>
      useFrame(bytes, rawLength, 1),
    ),
    { numRuns: 1000 },
  );
  expectCanaries();
});

test('a number that is too large is refused by both readers', () => {
  const frame = sections(
    2,
    Buffer.from([1, 2, 1, 0, 0, 1, 0, ...varint(1e15 - 1), 0, 0]),
    Buffer.alloc(0),
    Buffer.from([2]),
    false,
  );
  expect(() => decodeTemplates(frame, 32, 'test')).toThrow(/too large/);
  expect(kernelRead(kernels, frame, 32)).toBeUndefined();
  expect(() => readTemplates(frame, 32, 'test')).toThrow(/too large/);
});

test('a mark that is no start of a line is refused by both readers', () => {
  const header = (mark: number): Buffer => Buffer.from([1, 2, 1, 0, 3, 0, 4, 0, 1, 1, mark]);
  for (const [mark, text] of [
    [1, undefined],
    [2, 'a\nb'],
    [3, undefined],
  ] as const) {
    const frame = sections(2, header(mark), Buffer.from('ab'), Buffer.from([0x11]), false);
    expect(kernelRead(kernels, frame, 3)?.toString()).toBe(text);
    if (text === undefined) expect(() => readTemplates(frame, 3, 'test')).toThrow(/line 1 begins/);
  }
});

test('many variables that are always empty take no time', () => {
  const lines = 65_536;
  const variables = 16_384;
  const header = Buffer.concat([
    Buffer.from([1, ...varint(lines), ...varint(variables), 0]),
    Buffer.from(Array<number[]>(variables).fill([3, 0, 0, 0]).flat()),
    Buffer.from([0]),
  ]);
  const frame = sections(lines, header, Buffer.alloc(0), Buffer.alloc(0), true);
  const begin = performance.now();
  expect(readTemplates(frame, lines - 1, 'test').every((byte) => byte === 10)).toBe(true);
  expect(performance.now() - begin).toBeLessThan(500);
});

test('frames as long as the kernel takes are read line by line as well', () => {
  // A line that ends with a number at the very end of the text: numbers are written before their length is known.
  for (const rawLength of [templates.maxRawBytes, templates.maxRawBytes - 1, templates.maxRawBytes - 20]) {
    const pad = 'x'.repeat(Math.floor(rawLength / 2) - 8);
    const second = 'y'.repeat(rawLength - pad.length - 3);
    const raw = Buffer.from(`${pad}1\n${second}2`);
    expect(raw.length).toBe(rawLength);
    const frame = sections(
      2,
      Buffer.from([1, 2, 2, 0, 3, ...varint(pad.length), 4, 0, 0, 1, 0, 1, 0, 0]),
      Buffer.from(pad + second),
      Buffer.from([(second.length - pad.length) << 4, 2]),
      true,
    );
    expect(raw.equals(decodeTemplates(frame, rawLength, 'test'))).toBe(true);
    expect(raw.equals(readTemplates(frame, rawLength, 'test'))).toBe(true);
    expect(reader.open(frame, rawLength)).toBe(true);
    someLines.begin('test', 0, 2);
    someLines.need(Uint32Array.of(0), 1);
    someLines.need(Uint32Array.of(1), 1);
    expect(someLines.bytes.subarray(block.starts[1], block.ends[1]).toString()).toBe(`${second}2`);
    someLines.needAll();
  }
});
