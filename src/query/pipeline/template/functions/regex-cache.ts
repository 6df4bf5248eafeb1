import { compileRegex, type Regex } from '../../../../base/regex/regex.ts';

/** Patterns are nearly always constants of the template; a label as pattern must not fill the memory. */
const MAX_PATTERNS = 100;

const patterns = new Map<string, Regex>();

/**
 * A compiled pattern, kept while it is in use; the one not used for longest goes first.
 *
 * @throws LogError REGEX_SYNTAX with Go's text
 */
export function cachedRegex(pattern: string): Regex {
  const known = patterns.get(pattern);
  if (known !== undefined) {
    patterns.delete(pattern);
    patterns.set(pattern, known);
    return known;
  }
  const regex = compileRegex(pattern);
  if (patterns.size >= MAX_PATTERNS) {
    const oldest = patterns.keys().next().value;
    if (oldest !== undefined) patterns.delete(oldest);
  }
  patterns.set(pattern, regex);
  return regex;
}
