import { expect, test } from 'vitest';
import {
  automatonOf,
  automatonOfNeedles,
  MATCH,
  NO_MATCH,
  runAutomaton,
  UNKNOWN,
} from '../../src/base/regex/byte-automaton.ts';
import { compileRegex, type Regex } from '../../src/base/regex/regex.ts';
import { createRandom, randomGarbage, randomLine, randomPattern } from '../support/random-regex.ts';

const PATTERNS = Number(process.env['HALOGI_FUZZ_PAIRS'] ?? 160_000) / 20;
const SEED = Number(process.env['HALOGI_FUZZ_SEED'] ?? 1);

function compiled(pattern: string): Regex | undefined {
  try {
    return compileRegex(pattern);
  } catch {
    return undefined;
  }
}

test('an automaton says what the regex says, and nothing of some lines beyond ASCII', () => {
  const random = createRandom(SEED);
  const counts = [0, 0, 0];
  let automata = 0;
  for (let i = 0; i < PATTERNS; i++) {
    const pattern = randomPattern(random);
    const regex = compiled(pattern);
    const automaton = regex === undefined ? undefined : automatonOf(pattern);
    if (regex === undefined || automaton === undefined) continue;
    automata++;
    for (let l = 0; l < 20; l++) {
      const line = Buffer.from(random.int(8) === 0 ? randomGarbage(random) : randomLine(random));
      const padded = Buffer.concat([Buffer.from('a'), line, Buffer.from('a')]);
      const found = runAutomaton(automaton, padded, 1, line.length + 1);
      counts[found]!++;
      if (found === UNKNOWN)
        expect(
          line.some((byte) => byte >= 0x80 || byte === 0x0a),
          pattern,
        ).toBe(true);
      else
        expect(found === MATCH, `${pattern} on ${JSON.stringify(line.toString('latin1'))}`).toBe(
          regex.testBytes(line, 0, line.length),
        );
    }
  }
  // Most patterns have one, and lines of each kind were met.
  expect(automata).toBeGreaterThan(PATTERNS / 3);
  for (const kind of [NO_MATCH, MATCH, UNKNOWN]) expect(counts[kind]).toBeGreaterThan(PATTERNS / 10);
});

test('patterns that would be too large, or need Unicode, have none', () => {
  expect(automatonOf('[ab]{300}[cd]{300}')).toBeUndefined();
  expect(automatonOf('(a|b)*a(a|b){9}$')).toBeUndefined();
  expect(automatonOf('\\pL')).toBeUndefined();
  expect(automatonOfNeedles([{ bytes: Buffer.from('é'), ignoreCase: false }])).toBeUndefined();
});

test('no place is found between the bytes of a character', () => {
  const says = (pattern: string, line: string): number =>
    runAutomaton(automatonOf(pattern)!, Buffer.from(line), 0, Buffer.byteLength(line));
  expect(says('\\B', 'bís')).toBe(UNKNOWN);
  expect(says('\\B', 'bis')).toBe(MATCH);
  expect(says('\\b[0-9]', 'é1')).toBe(MATCH);
  expect(says('x\\b', 'xé')).toBe(MATCH);
  expect(says('^$', 'é')).toBe(NO_MATCH);
});

test('automata of texts', () => {
  const automaton = automatonOfNeedles([
    { bytes: Buffer.from('aab.'), ignoreCase: false },
    { bytes: Buffer.from('err'), ignoreCase: true },
  ])!;
  const says = (line: string): number => runAutomaton(automaton, Buffer.from(line), 0, Buffer.byteLength(line));
  expect(['aaab.', 'an ERror', 'aabx er', '', 'é err', 'err é'].map(says)).toEqual([
    MATCH,
    MATCH,
    NO_MATCH,
    NO_MATCH,
    MATCH,
    MATCH,
  ]);
});
