import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sampleLines } from '../../bench/logs/lines.ts';
import {
  automatonOf,
  automatonOfNeedles,
  type ByteAutomaton,
  runAutomaton,
} from '../../src/base/regex/byte-automaton.ts';
import { compileRegex } from '../../src/base/regex/regex.ts';
import { encodeTemplates } from '../../src/chunk/template/template-encoder.ts';
import { createRandom, randomPattern } from '../support/random-regex.ts';
import { handMadeFrame } from '../support/template-frames.ts';
import { kernelFrame, openTemplateKernels } from '../support/template-kernels.ts';
import { linesOf, templateText } from '../support/template-texts.ts';

/** Automata over lines of template frames tell what the regex tells of the lines. */

const kernels = openTemplateKernels();
const { block, reader, someLines } = kernels;

const PATTERNS = [
  '[0-9]{3}',
  '5[0-9][0-9] ',
  '\\b50[0-9]\\b',
  '(4|5)[0-9]{2}',
  '\\d+\\.\\d+\\.\\d+\\.\\d+',
  '[0-9]{4,}ms',
  '^[A-Z]',
  '^[^ ]+ - ',
  '[0-9a-f]{8}-[0-9a-f]{4}',
  '[A-F0-9]{4}$',
  '"(GET|POST) /',
  '(?i)error|warn',
  'took .*ms',
  'e.r',
  'level=(error|warn)',
  '0$',
  '00',
  '\\.0\\.',
  '99+',
  'ü',
  '^$',
  '\\B1',
  '',
];

/** A pattern of the list, or one at random; none that has no automaton. */
const pattern = fc.oneof(
  fc.constantFrom(...PATTERNS),
  fc.nat().map((seed) => randomPattern(createRandom(seed))),
);

interface Matching {
  readonly automaton: ByteAutomaton;
  test(line: Buffer): boolean;
}

function matchingOf(text: string): Matching | undefined {
  try {
    const regex = compileRegex(text);
    const automaton = automatonOf(text);
    return automaton === undefined ? undefined : { automaton, test: (line) => regex.testBytes(line, 0, line.length) };
  } catch {
    return undefined;
  }
}

/** Texts of which lines hold one, case ignored or not. */
const texts = fc.tuple(
  fc.array(fc.constantFrom('error', 'GET', 's', 'k', 'took', 'MS', '10.', 'a.b', '"', '=', '00', 'X'), {
    minLength: 1,
    maxLength: 4,
  }),
  fc.boolean(),
);

function matchingTexts([some, ignoreCase]: readonly [readonly string[], boolean]): Matching {
  const regex = compileRegex(
    `${ignoreCase ? '(?i)' : ''}${some.map((text) => text.replaceAll(/[.]/g, '\\.')).join('|')}`,
  );
  const needles = some.map((text) => ({
    bytes: Buffer.from(ignoreCase ? text.toLowerCase() : text),
    ignoreCase,
  }));
  return { automaton: automatonOfNeedles(needles)!, test: (line) => regex.testBytes(line, 0, line.length) };
}

/** Rows of the block of lines `[first, first + rows)` that the kernel keeps of some, and those that it should. */
function expectKept(lines: readonly Buffer[], first: number, some: readonly number[], matching: Matching): void {
  for (const wanted of [true, false]) {
    const into = Uint32Array.from(some);
    const rows = lines.length - first;
    someLines.begin('test', first, rows);
    const count = someLines.keepMatching(
      matching.automaton,
      wanted,
      into,
      some.length,
      // Lines that are asked for are there.
      (row) => matching.test(someLines.bytes.subarray(block.starts[row], block.ends[row])) === wanted,
    );
    const expected = some.filter((row) => matching.test(lines[first + row]!) === wanted);
    expect([...into.subarray(0, count)]).toEqual(expected);
  }
}

const cut = fc.record({ first: fc.nat(), skips: fc.array(fc.nat({ max: 3 }), { maxLength: 80 }) });

interface Cut {
  readonly first: number;
  readonly skips: readonly number[];
}

function expectAll(raw: Buffer, patterns: readonly string[], { first, skips }: Cut): void {
  const lines = linesOf(raw);
  const from = first % lines.length;
  const some: number[] = [];
  for (let row = 0, i = 0; row < lines.length - from; row += 1 + (skips[i++] ?? 0)) some.push(row);
  for (const text of patterns) {
    const matching = matchingOf(text);
    if (matching !== undefined) expectKept(lines, from, some, matching);
  }
}

test('rows that hold texts are kept as the regex of these says', () => {
  fc.assert(
    fc.property(templateText, texts, (raw, some) => {
      expect(reader.open(kernelFrame(kernels, raw, [0], false)!, raw.length)).toBe(true);
      const lines = linesOf(raw);
      expectKept(lines, 0, [...lines.keys()], matchingTexts(some));
    }),
    { numRuns: 2000 },
  );
});

const patternsOf = fc.array(pattern, { minLength: 1, maxLength: 4 });

test('rows are kept as the regex says, in frames of the kernel', () => {
  fc.assert(
    fc.property(templateText, patternsOf, cut, (raw, patterns, where) => {
      expect(reader.open(kernelFrame(kernels, raw, [0], false)!, raw.length)).toBe(true);
      expectAll(raw, patterns, where);
    }),
    { numRuns: 4000 },
  );
});

test('the same in frames of the plain writer', () => {
  fc.assert(
    fc.property(templateText, patternsOf, cut, (raw, patterns, where) => {
      expect(reader.open(encodeTemplates(raw, [0], 1, Number.POSITIVE_INFINITY)!, raw.length)).toBe(true);
      expectAll(raw, patterns, where);
    }),
    { numRuns: 1000 },
  );
});

test('the same in every frame that the format allows', () => {
  fc.assert(
    fc.property(handMadeFrame, patternsOf, cut, ({ bytes, raw }, patterns, where) => {
      expect(reader.open(bytes, raw.length)).toBe(true);
      expectAll(raw, patterns, where);
    }),
    { numRuns: 3000 },
  );
});

test('lines of programs are told without a look at one, and automata take turns', () => {
  for (const kind of ['nginx', 'json', 'logfmt', 'java', 'plain'] as const) {
    const lines = sampleLines(kind, 1000).map((line) => Buffer.from(line.replaceAll('\n', ' ')));
    const raw = Buffer.concat(lines.flatMap((line, i) => (i === 0 ? [line] : [Buffer.from('\n'), line])));
    expect(reader.open(kernelFrame(kernels, raw, [0], true)!, raw.length)).toBe(true);
    const automata = [
      ...PATTERNS.flatMap((text) => automatonOf(text) ?? []),
      automatonOfNeedles([{ bytes: Buffer.from('error'), ignoreCase: true }])!,
    ];
    for (let turn = 0; turn < 2; turn++) {
      for (const automaton of automata) {
        someLines.begin('test', 0, lines.length);
        const rows = Uint32Array.from(lines, (_, row) => row);
        let asked = 0;
        const count = someLines.keepMatching(automaton, true, rows, lines.length, () => {
          asked++;
          return false;
        });
        const results = lines.map((line) => runAutomaton(automaton, line, 0, line.length));
        expect([...rows.subarray(0, count)]).toEqual(results.flatMap((result, row) => (result === 1 ? [row] : [])));
        expect(asked).toBe(results.filter((result) => result === 2).length);
      }
    }
  }
});
