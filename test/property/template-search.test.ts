import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sampleLines } from '../../bench/logs/lines.ts';
import type { Needle } from '../../src/base/regex/byte-search.ts';
import { encodeTemplates } from '../../src/chunk/template/template-encoder.ts';
import { handMadeFrame } from '../support/template-frames.ts';
import { kernelFrame, openTemplateKernels } from '../support/template-kernels.ts';
import { linesOf, templateText } from '../support/template-texts.ts';

/** Searches in template frames find what is in their lines, and lines that are decoded on demand are the right ones. */

const kernels = openTemplateKernels();
const { block, reader, someLines } = kernels;
const templates = reader.kernel;

/** ASCII letters in lower case, other bytes as they are. */
function folded(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte)));
}

function holds(line: Buffer, { bytes, ignoreCase }: Needle): boolean {
  return (ignoreCase ? folded(line) : line).indexOf(bytes) >= 0;
}

/** How a needle is made of a text. */
interface Recipe {
  readonly at: number;
  readonly length: number;
  /** Words that are cut are taken whole. */
  readonly grow: boolean;
  readonly ignoreCase: boolean;
  /** A byte that takes the place of another. */
  readonly change: readonly [at: number, byte: number] | undefined;
  /** In place of all that. */
  readonly text: string | undefined;
}

/** Mostly nothing. */
const seldom = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: one });

const recipe: fc.Arbitrary<Recipe> = fc.record({
  at: fc.nat(),
  length: fc.oneof(fc.constantFrom(1, 2, 3), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 64 })),
  grow: fc.boolean(),
  ignoreCase: fc.boolean(),
  change: seldom(fc.tuple(fc.nat({ max: 63 }), fc.constantFrom(0x20, 0x30, 0x61, 0x41, 0x66, 0x67, 0xff, 0x3d))),
  text: seldom(
    fc.oneof(
      fc.constantFrom(
        '12ms',
        'ms',
        '0',
        '00',
        '1',
        'a',
        'f',
        'ff',
        'FF',
        'g',
        ' ',
        '=',
        '\n',
        'a\n',
        '\na',
        '_',
        'é',
        '\0',
      ),
      fc.constantFrom('a b c d e f g h i j k', '1 2 3 4 5 6 7 8 9 0', 'GET', 'get', 'T23', '0x1f', '9'.repeat(20)),
      fc.stringMatching(/^[0-9]{1,17}$/),
      fc.stringMatching(/^[0-9a-f]{1,17}$/),
      fc.stringMatching(/^[0-9A-F]{1,17}$/),
      fc.stringMatching(/^[0-9]{1,3}(ms|s|h|m)$/),
      fc.uuid(),
    ),
  ),
});

function isWord(byte: number | undefined): boolean {
  return byte !== undefined && (byte >= 0x80 || /\w/.test(String.fromCharCode(byte)));
}

function needleOf(raw: Buffer, { at, length, grow, ignoreCase, change, text }: Recipe): Needle {
  let bytes = Buffer.from(text ?? '');
  if (text === undefined) {
    let start = at % Math.max(1, raw.length);
    let end = Math.min(raw.length, start + length);
    if (grow) {
      while (isWord(raw[start]) && isWord(raw[start - 1])) start--;
      while (isWord(raw[end]) && isWord(raw[end - 1])) end++;
    }
    bytes = Buffer.from(raw.subarray(start, Math.min(end, start + 64)));
    if (bytes.length === 0) bytes = Buffer.from('x');
    if (change !== undefined) bytes[change[0] % bytes.length] = change[1];
  }
  return { bytes: Uint8Array.from(ignoreCase ? folded(bytes) : bytes), ignoreCase };
}

/** Row `row` of the block that begins at line `first` is as in the text. */
function expectLine(lines: readonly Buffer[], first: number, row: number): void {
  const found = someLines.bytes.subarray(block.starts[row], block.ends[row]);
  if (!found.equals(lines[first + row]!)) expect([row, found]).toEqual([row, lines[first + row]]);
}

interface Cut {
  readonly from: number;
  readonly count: number;
  readonly low: number;
  readonly high: number;
}

const cut: fc.Arbitrary<Cut> = fc.record({ from: fc.nat(), count: fc.nat(), low: fc.nat(), high: fc.nat() });

/** A block of some of the lines, and a range of its rows. */
function blockOf(
  lineCount: number,
  { from, count, low, high }: Cut,
): [first: number, rows: number, low: number, high: number] {
  const first = from % lineCount;
  const rows = 1 + (count % (lineCount - first));
  const start = low % rows;
  return [first, rows, start, start + (high % (rows - start + 1))];
}

function expectFound(raw: Buffer, needles: readonly Needle[], where: Cut): void {
  const lines = linesOf(raw);
  const [first, rows, low, high] = blockOf(lines.length, where);
  for (const needle of needles) {
    let any = false;
    for (let row = 0; row < rows; row++) {
      if (!holds(lines[first + row]!, needle)) continue;
      any = true;
      if (!templates.mayHold(needle, first + row, 1)) expect([needle, lines[first + row]]).toBe('found');
    }
    if (any) expect(templates.mayHold(needle, first, rows)).toBe(true);
  }
  const into = new Uint32Array(rows);
  for (const some of [needles, needles.slice(0, 1)]) {
    for (const wanted of [true, false]) {
      someLines.begin('test', first, rows);
      const count = someLines.rowsWith(some, wanted, low, high, into);
      const expected: number[] = [];
      for (let row = low; row < high; row++)
        if (some.some((needle) => holds(lines[first + row]!, needle)) === wanted) expected.push(row);
      expect([...into.subarray(0, count)]).toEqual(expected);
      if (wanted) for (const row of expected) expectLine(lines, first, row);
      // What was not decoded comes when it is needed.
      someLines.need(into, count);
      for (const row of expected) expectLine(lines, first, row);
    }
  }
}

const needlesOf = fc.array(recipe, { minLength: 1, maxLength: 3 });

test('every line that holds a needle is found, and no other', () => {
  fc.assert(
    fc.property(templateText, needlesOf, cut, (raw, recipes, where) => {
      const frame = kernelFrame(kernels, raw, [0], false)!;
      expect(reader.open(frame, raw.length)).toBe(true);
      expectFound(
        raw,
        recipes.map((one) => needleOf(raw, one)),
        where,
      );
    }),
    { numRuns: 8000 },
  );
});

test('the same in frames of the plain writer, whose words are split elsewhere', () => {
  fc.assert(
    fc.property(templateText, needlesOf, cut, (raw, recipes, where) => {
      const frame = encodeTemplates(raw, [0], 1, Number.POSITIVE_INFINITY)!;
      expect(reader.open(frame, raw.length)).toBe(true);
      expectFound(
        raw,
        recipes.map((one) => needleOf(raw, one)),
        where,
      );
    }),
    { numRuns: 1500 },
  );
});

test('the same in every frame that the format allows', () => {
  fc.assert(
    fc.property(handMadeFrame, needlesOf, cut, ({ bytes, raw }, recipes, where) => {
      expect(reader.open(bytes, raw.length)).toBe(true);
      expectFound(
        raw,
        recipes.map((one) => needleOf(raw, one)),
        where,
      );
    }),
    { numRuns: 1500 },
  );
});

const asked = fc.array(fc.oneof(fc.constant('all' as const), fc.array(fc.nat(), { minLength: 1, maxLength: 9 })), {
  minLength: 1,
  maxLength: 6,
});

test('lines that are asked for are right, in any order and however often', () => {
  fc.assert(
    fc.property(templateText, asked, cut, (raw, steps, where) => {
      const lines = linesOf(raw);
      expect(reader.open(kernelFrame(kernels, raw, [0], true)!, raw.length)).toBe(true);
      const [first, rows] = blockOf(lines.length, where);
      someLines.begin('test', first, rows);
      const known = new Set<number>();
      for (const step of steps) {
        const wanted = step === 'all' ? [...lines.keys()].slice(0, rows) : [...new Set(step.map((n) => n % rows))];
        if (step === 'all') someLines.needAll();
        else someLines.need(Uint32Array.from(wanted), wanted.length);
        for (const row of wanted) known.add(row);
        for (const row of known) expectLine(lines, first, row);
      }
    }),
    { numRuns: 2000 },
  );
});

test('in lines of programs few are decoded for words that are not there, and not many in vain for others', () => {
  for (const kind of ['nginx', 'json', 'logfmt', 'java', 'plain'] as const) {
    const lines = sampleLines(kind, 400).map((line) => line.replaceAll('\n', ' '));
    const raw = Buffer.from(lines.join('\n'));
    expect(reader.open(kernelFrame(kernels, raw, [0], true)!, raw.length)).toBe(true);
    const candidates = (text: string): number => {
      const needle = { bytes: Uint8Array.from(Buffer.from(text)), ignoreCase: false };
      return lines.filter((_, line) => templates.mayHold(needle, line, 1)).length;
    };
    let absent = 0;
    let inVain = 0;
    const words = [...new Set(lines.flatMap((line) => line.match(/[a-z]{4,}/g) ?? []))].slice(0, 40);
    for (const word of words) {
      absent += candidates(`${word}qz`);
      inVain += candidates(word) - lines.filter((line) => line.includes(word)).length;
    }
    expect(absent).toBeLessThan(0.02 * words.length * lines.length);
    expect(inVain).toBeLessThan(0.4 * words.length * lines.length);
  }
});
