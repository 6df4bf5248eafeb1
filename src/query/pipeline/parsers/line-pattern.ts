import { LogError } from '../../../base/errors.ts';

/** A capture and the literal that ends it; no literal: the capture takes the rest of the line. */
interface Capture {
  /** Label name; undefined for `<_>`. */
  readonly name: string | undefined;
  readonly literal: Uint8Array | undefined;
}

export interface ParsedPattern {
  readonly prefix: Uint8Array;
  readonly captures: readonly Capture[];
}

const NO_BYTES = new Uint8Array(0);
const CAPTURE = /<([A-Za-z_][A-Za-z0-9_]*)>/g;

/** @throws LogError QUERY_INVALID for neighbouring, missing or repeated captures */
export function parsePattern(pattern: string): ParsedPattern {
  const captures: Capture[] = [];
  const names = new Set<string>();
  let prefix: Uint8Array = NO_BYTES;
  let last: RegExpMatchArray | undefined;
  const literalFrom = (from: number, to: number): void => {
    const literal = from === to ? undefined : new TextEncoder().encode(pattern.slice(from, to));
    if (last !== undefined) captures.push({ name: last[1] === '_' ? undefined : last[1]!, literal });
    else prefix = literal ?? NO_BYTES;
  };
  for (const match of pattern.matchAll(CAPTURE)) {
    const from = last === undefined ? 0 : last.index! + last[0].length;
    if (last !== undefined && from === match.index) {
      throw new LogError('QUERY_INVALID', `found consecutive capture '${last[0]}${match[0]}': invalid expression`);
    }
    literalFrom(from, match.index);
    const name = match[1]!;
    if (names.has(name)) throw new LogError('QUERY_INVALID', `duplicate capture name (${name}): invalid expression`);
    if (name !== '_') names.add(name);
    last = match;
  }
  if (names.size === 0) throw new LogError('QUERY_INVALID', 'at least one capture is required');
  literalFrom(last!.index! + last![0].length, pattern.length);
  return { prefix, captures };
}
