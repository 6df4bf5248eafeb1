import type { Matcher, Query } from '../../../grammar/ast.ts';
import { parseQuery } from '../../../grammar/parse.ts';
import { LogError } from '../../base/errors.ts';
import { RecentMap } from '../../base/recent-map.ts';
import { type CompiledMatcher, compileMatcher } from '../../model/matcher.ts';

/**
 * Compiles the matchers of a selector.
 *
 * @throws LogError QUERY_INVALID with Loki's text for a regex that does not parse
 */
export function compileSelector(matchers: readonly Matcher[]): readonly CompiledMatcher[] {
  try {
    return matchers.map((matcher) => compileMatcher(matcher));
  } catch (cause) {
    if (!(cause instanceof LogError) || cause.code !== 'REGEX_SYNTAX') throw cause;
    throw new LogError('QUERY_INVALID', `parse error : ${cause.message}`, { cause });
  }
}

/** Dashboards ask the same again and again. */
const parsed = new RecentMap<string, Query>({ maxEntries: 256 });
const MAX_KEPT_LENGTH = 2000;

/**
 * Parses a query; the same object for the same text, while it is kept. Syntax errors come as LogError QUERY_SYNTAX with the parser's text.
 */
export function parseText(text: string): Query {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  try {
    const query = parseQuery(text);
    if (text.length <= MAX_KEPT_LENGTH) parsed.set(text, query);
    return query;
  } catch (cause) {
    if (cause instanceof LogError || !(cause instanceof Error)) throw cause;
    throw new LogError('QUERY_SYNTAX', cause.message, { cause });
  }
}

/**
 * Parses the text of endpoints that take one selector and no pipeline.
 *
 * @throws LogError QUERY_SYNTAX, or QUERY_INVALID when it is more than a selector
 */
export function parseSelectorOnly(text: string): readonly Matcher[] {
  const query = parseText(text);
  if (query.kind !== 'log' || query.stages.length > 0)
    throw new LogError('QUERY_INVALID', 'only label matchers are supported');
  return query.matchers;
}
