import { LogError } from '../../../base/errors.ts';
import { type ByteSearch, createByteSearch } from '../../../base/regex/byte-search.ts';

/** Matches a line against the pattern of `|>` and `!>`. */
export interface PatternFilter {
  test(bytes: Uint8Array, start: number, end: number): boolean;
  /** Texts that every matching line contains. */
  readonly literals: readonly Uint8Array[];
}

const CAPTURE = /<([A-Za-z_][A-Za-z0-9_]*)>/g;

/**
 * Compiles a pattern of literals and `<_>`. The first literal may stand anywhere, each later one comes after at least one
 * other byte; a literal at the end must end the line, a `<_>` at the end needs at least one byte. Only the empty pattern
 * matches the empty line, and nothing else.
 *
 * @throws LogError QUERY_INVALID for named or neighbouring captures
 */
export function compilePatternFilter(pattern: string): PatternFilter {
  checkCaptures(pattern);
  if (pattern === '') return { test: (_bytes, start, end) => start === end, literals: [] };
  const texts = pattern.split(/<_>/).filter((text) => text !== '');
  const literals = texts.map((text) => new Uint8Array(Buffer.from(text, 'utf8')));
  const searches = literals.map((bytes) => createByteSearch({ bytes, ignoreCase: false }));
  return { test: lineTest(searches, pattern.endsWith('<_>')), literals };
}

function lineTest(searches: readonly ByteSearch[], openEnd: boolean): PatternFilter['test'] {
  return (bytes, start, end) => {
    if (start >= end) return false;
    let at = start;
    for (let i = 0; i < searches.length; i++) {
      const search = searches[i]!;
      const found = search.indexOf(bytes, i === 0 ? at : at + 1, end);
      if (found < 0) return false;
      at = found + search.needle.bytes.length;
    }
    return openEnd ? at < end : at === end;
  };
}

function checkCaptures(pattern: string): void {
  let previous: RegExpExecArray | undefined;
  for (const match of pattern.matchAll(CAPTURE)) {
    if (match[1] !== '_') throw new LogError('QUERY_INVALID', `named captures are not allowed: found '${match[0]}'`);
    if (previous !== undefined && previous.index + previous[0].length === match.index) {
      throw new LogError('QUERY_INVALID', `found consecutive capture '${previous[0]}${match[0]}': invalid expression`);
    }
    previous = match;
  }
}
