import { RE2JS } from 're2js';
import { expect, test } from 'vitest';
import type { LineFilterStage } from '../../grammar/ast.ts';
import { createByteSearch } from '../../src/base/regex/byte-search.ts';
import { compileLineFilters } from '../../src/query/pipeline/filters/line-filter.ts';
import { createRandom, fuzzPairs, type Random, randomLine } from '../support/random-regex.ts';

/** A chain of line filters equals its filters one by one, and its needles are in every line that passes. */

const LITERALS = ['foo', 'a', 'ab', 'b-', '', 'é', 'Ka', '\r', 'ſ'];
/** Regexes that no simplification changes, or changes without effect on lines (not `.+`, which becomes "not empty"). */
const REGEXES = [
  'fo+',
  '^a',
  'b$',
  'a.b',
  '(?i)ks',
  '(?i)foo',
  'foo|bar|ka',
  '[ab]{2}',
  'a\\db',
  'foo.*',
  '\\bfoo\\b',
  '(?i)É',
  '(foo|a)b?',
  'x{2,}',
];

function randomStage(random: Random): LineFilterStage {
  const isRegex = random.int(2) === 0;
  const op = isRegex ? random.pick(['|~', '!~'] as const) : random.pick(['|=', '!='] as const);
  const count = op.startsWith('!') ? 1 : 1 + random.int(2);
  const values = isRegex ? REGEXES : LITERALS;
  return {
    kind: 'line-filter',
    op,
    args: Array.from({ length: count }, () => ({ kind: 'text', value: random.pick(values) })),
  };
}

function passesNaively(stage: LineFilterStage, line: Uint8Array): boolean {
  const isRegex = stage.op.endsWith('~');
  const texts = stage.args.map((arg) => arg.value);
  const useful = texts.filter((text) => isRegex || text !== '');
  const found = useful.some((text) => (isRegex ? RE2JS.compile(text).test(line) : Buffer.from(line).includes(text)));
  return (found || useful.length === 0) !== stage.op.startsWith('!');
}

test('a chain of line filters equals the naive tests', () => {
  const random = createRandom(11);
  let passed = 0;
  let severalAbsent = 0;
  for (let done = 0; done < fuzzPairs() / 5; done += 20) {
    const stages = Array.from({ length: 1 + random.int(4) }, () => randomStage(random));
    const chain = compileLineFilters(stages);
    const searches = chain.needles.map(createByteSearch);
    for (let i = 0; i < 20; i++) {
      const line = randomLine(random);
      const passes = chain.test(line, 0, line.length);
      expect(passes, `${JSON.stringify(stages)} ${JSON.stringify(Buffer.from(line).toString('latin1'))}`).toBe(
        stages.every((stage) => passesNaively(stage, line)),
      );
      if (chain.always || chain.never) expect(passes).toBe(chain.always);
      if (chain.searchDecides) expect(chain.search!.indexOf(line, 0, line.length) >= 0).toBe(passes);
      if (chain.literals !== undefined) {
        // What the search of a block does, and then each row that it has found.
        const { needles, wanted } = chain.literals;
        const holds = needles.some((needle) => createByteSearch(needle).indexOf(line, 0, line.length) >= 0);
        expect(holds === wanted && chain.afterLiterals?.(line, 0, line.length) !== false).toBe(passes);
        if (!wanted && needles.length > 1) severalAbsent++;
      }
      if (!passes) continue;
      passed++;
      for (const search of searches) expect(search.indexOf(line, 0, line.length)).toBeGreaterThanOrEqual(0);
    }
  }
  expect(passed).toBeGreaterThan(100);
  expect(severalAbsent).toBeGreaterThan(100);
});
