import type { Matcher, MatchOp } from '../../grammar/ast.ts';
import { compileRegex } from '../base/regex/regex.ts';

/** A matcher ready to test a label value; absent labels are tested as the empty string. */
export interface CompiledMatcher {
  readonly name: string;
  readonly op: MatchOp;
  readonly value: string;
  matches(value: string): boolean;
}

/** The test of a matcher in `drop` and `keep`. */
export interface StageMatcher {
  readonly name: string;
  test(value: string): boolean;
}

/**
 * Compiles a matcher of a stream selector. A regex must match the whole value, and its dots match newlines.
 *
 * @throws LogError REGEX_SYNTAX with Go's text
 */
export function compileMatcher(matcher: Matcher): CompiledMatcher {
  const { name, op, value } = matcher;
  return { name, op, value, matches: valueTest(op, value) };
}

/**
 * Compiles a matcher of `drop` or `keep`: same meaning as in a selector.
 *
 * @throws LogError REGEX_SYNTAX with Go's text
 */
export function compileStageMatcher(matcher: Matcher): StageMatcher {
  return { name: matcher.name, test: valueTest(matcher.op, matcher.value) };
}

function valueTest(op: MatchOp, wanted: string): (value: string) => boolean {
  if (op === '=') return (value) => value === wanted;
  if (op === '!=') return (value) => value !== wanted;
  const regex = compileRegex(wanted, { anchored: true, dotNewline: true });
  return op === '=~' ? (value) => regex.test(value) : (value) => !regex.test(value);
}
