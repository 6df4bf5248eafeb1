import { RE2JS } from 're2js';
import { expect, test } from 'vitest';
import { createByteSearch } from '../../src/base/regex/byte-search.ts';
import { compileRegex, type Regex } from '../../src/base/regex/regex.ts';
import { requiredLiterals } from '../../src/base/regex/required-literals.ts';
import { parseRegex } from '../../src/base/regex/syntax.ts';
import { planV8 } from '../../src/base/regex/v8-cost.ts';
import { createRandom, fuzzPairs, randomGarbage, randomLine, randomPattern } from '../support/random-regex.ts';

/** re2js alone is the reference: V8 must never change an answer. */

const LINES_PER_PATTERN = 20;
const SEED = Number(process.env['HALOGI_FUZZ_SEED'] ?? 1);

interface Pair {
  readonly regex: Regex;
  readonly reference: RE2JS;
}

function compileBoth(pattern: string, anchored: boolean): Pair | undefined {
  let reference: RE2JS;
  try {
    reference = RE2JS.compile(pattern, anchored ? RE2JS.DOTALL : 0);
  } catch {
    expect(() => compileRegex(pattern), pattern).toThrow('error parsing regexp');
    return undefined;
  }
  return { regex: compileRegex(pattern, { anchored, dotNewline: anchored }), reference };
}

function disagreement(pair: Pair, line: Uint8Array, anchored: boolean): string | undefined {
  const { regex, reference } = pair;
  const expected = anchored ? reference.testExact(line) : reference.test(line);
  const padded = new Uint8Array(line.length + 2).fill(0x61);
  padded.set(line, 1);
  if (regex.testBytes(padded, 1, line.length + 1) !== expected) return 'testBytes';
  const text = Buffer.from(line).toString('utf8');
  if (regex.test(text) !== (anchored ? reference.testExact(text) : reference.test(text))) return 'test';
  if (anchored) return undefined;
  const match = regex.exec(text);
  const wanted = reference.exec(text);
  if (wanted === null || match === undefined) return wanted === null && match === undefined ? undefined : 'exec';
  const same =
    match.index === wanted['index' as never] && wanted.every((group, i) => (group ?? undefined) === match.groups[i]);
  return same ? undefined : `exec groups ${JSON.stringify(match.groups)} for ${JSON.stringify(wanted)}`;
}

test('V8 and re2js give the same answers', () => {
  const random = createRandom(SEED);
  const pairs = fuzzPairs();
  let patterns = 0;
  let accelerated = 0;
  for (let done = 0; done < pairs; done += LINES_PER_PATTERN) {
    const pattern = randomPattern(random);
    const anchored = random.int(3) === 0;
    const pair = compileBoth(pattern, anchored);
    if (pair === undefined) continue;
    patterns++;
    if (planV8(parseRegex(pattern).root) !== undefined) accelerated++;
    for (let i = 0; i < LINES_PER_PATTERN; i++) {
      const line = randomLine(random);
      const bad = disagreement(pair, line, anchored);
      if (bad !== undefined)
        throw new Error(
          `${bad}: pattern ${JSON.stringify(pattern)} anchored ${anchored} line ${JSON.stringify(Buffer.from(line).toString('latin1'))}`,
        );
    }
  }
  // The test is worth something only if V8 ran.
  expect(accelerated).toBeGreaterThan(patterns / 5);
});

test('syntax errors have the same text as in the reference parser', () => {
  const random = createRandom(SEED + 1);
  let refused = 0;
  for (let i = 0; i < fuzzPairs() / 10; i++) {
    const pattern = randomGarbage(random);
    // Go calls a name that has not begun an unknown flag.
    if (/\(\?P?<$/.test(pattern)) continue;
    const mine = messageOf(() => compileRegex(pattern));
    const reference = messageOf(() => RE2JS.compile(pattern));
    // Go prints the (empty) part of a trailing backslash; re2js leaves it out. Go accepts repeated group names.
    if (reference?.endsWith('end of expression')) expect(mine, pattern).toBe(`${reference}: \`\``);
    else if (reference?.includes('duplicate capture group name')) expect(mine).not.toBe(reference);
    else expect(mine, pattern).toBe(reference);
    if (mine !== undefined) refused++;
  }
  expect(refused).toBeGreaterThan(100);
});

test('required literals are contained in every match', () => {
  const random = createRandom(SEED + 2);
  let checked = 0;
  for (let i = 0; i < fuzzPairs() / 40; i++) {
    const pattern = randomPattern(random);
    const reference = RE2JS.compile(pattern);
    const searches = requiredLiterals(pattern).map(createByteSearch);
    if (searches.length === 0) continue;
    for (let j = 0; j < LINES_PER_PATTERN; j++) {
      const line = randomLine(random);
      if (!reference.test(line)) continue;
      checked++;
      for (const search of searches) expect(search.indexOf(line, 0, line.length), pattern).toBeGreaterThanOrEqual(0);
    }
  }
  expect(checked).toBeGreaterThan(20);
});

function messageOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
