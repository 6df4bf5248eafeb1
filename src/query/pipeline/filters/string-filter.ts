import type { MatchOp } from '../../../../grammar/ast.ts';
import { compileRegex } from '../../../base/regex/regex.ts';
import { type SimpleTest, simplifyRegex } from './simple-test.ts';
import { compileFoldedText } from './text-test.ts';

/** A string label filter. Absent labels are tested as the empty string. */
export interface StringFilter {
  /** The same answer for every value: the filter can be left out, or drops every line. */
  readonly always?: boolean;
  test(value: string): boolean;
}

/**
 * Compiles `x op "value"` of a label filter. Regexes match the whole value, except where their shape makes Loki test
 * literals instead.
 *
 * @throws LogError REGEX_SYNTAX with Go's text
 */
export function compileStringFilter(op: MatchOp, value: string): StringFilter {
  if (op === '=') return { test: (text) => text === value };
  if (op === '!=') return { test: (text) => text !== value };
  const simple = simplifyRegex(value, true);
  const wanted = op === '=~';
  if (simple?.kind === 'always') return { always: wanted, test: () => wanted };
  const test = simple === undefined ? regexTest(value) : compileSimple(simple);
  return wanted ? { test } : { test: (text) => !test(text) };
}

function regexTest(pattern: string): (text: string) => boolean {
  const regex = compileRegex(pattern, { anchored: true });
  return (text) => regex.test(text);
}

function compileSimple(simple: SimpleTest): (text: string) => boolean {
  switch (simple.kind) {
    case 'always':
      return () => true;
    case 'non-empty':
      return (text) => text !== '';
    case 'any': {
      const tests = simple.tests.map(compileSimple);
      return (text) => tests.some((test) => test(text));
    }
    case 'text': {
      const { text: wanted, whole } = simple;
      if (simple.fold) {
        const regex = compileFoldedText(wanted, whole);
        return (text) => regex.test(text);
      }
      return whole ? (text) => text === wanted : (text) => text.includes(wanted);
    }
  }
}
