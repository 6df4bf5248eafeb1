import { foldOrbit } from './fold.ts';

/**
 * Character classes as flat arrays of closed ranges `[lo, hi, lo, hi, ...]` of code points. While a class is being built the
 * ranges are in any order; `cleanRanges` sorts and joins them.
 */

export const MAX_CODE_POINT = 0x10ffff;

/** Folding of wider ranges adds nothing: they hold whole alphabets, except for the two orbits that reach into ASCII. */
const MAX_FOLDED_RANGE = 0x3000;

const DIGIT: readonly number[] = [0x30, 0x39];
const SPACE: readonly number[] = [0x09, 0x0a, 0x0c, 0x0d, 0x20, 0x20];
const WORD: readonly number[] = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];

/** `\d`, `\s`, `\w` by their letter; the capital letter is the complement. */
export const PERL_GROUPS: ReadonlyMap<string, readonly number[]> = new Map([
  ['d', DIGIT],
  ['s', SPACE],
  ['w', WORD],
]);

/** `[[:name:]]` by name; `[[:^name:]]` is the complement. */
export const POSIX_GROUPS: ReadonlyMap<string, readonly number[]> = new Map([
  ['alnum', [0x30, 0x39, 0x41, 0x5a, 0x61, 0x7a]],
  ['alpha', [0x41, 0x5a, 0x61, 0x7a]],
  ['ascii', [0x00, 0x7f]],
  ['blank', [0x09, 0x09, 0x20, 0x20]],
  ['cntrl', [0x00, 0x1f, 0x7f, 0x7f]],
  ['digit', DIGIT],
  ['graph', [0x21, 0x7e]],
  ['lower', [0x61, 0x7a]],
  ['print', [0x20, 0x7e]],
  ['punct', [0x21, 0x2f, 0x3a, 0x40, 0x5b, 0x60, 0x7b, 0x7e]],
  ['space', [0x09, 0x0d, 0x20, 0x20]],
  ['upper', [0x41, 0x5a]],
  ['word', WORD],
  ['xdigit', [0x30, 0x39, 0x41, 0x46, 0x61, 0x66]],
]);

/** Sorted, disjoint, not even touching. */
export function cleanRanges(ranges: readonly number[]): number[] {
  const pairs: [number, number][] = [];
  for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i]!, ranges[i + 1]!]);
  pairs.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  const out: number[] = [];
  for (const [lo, hi] of pairs) {
    const last = out.length - 1;
    if (last > 0 && lo <= out[last]! + 1) out[last] = Math.max(out[last]!, hi);
    else out.push(lo, hi);
  }
  return out;
}

/** Complement of cleaned ranges. */
export function negateRanges(ranges: readonly number[]): number[] {
  const out: number[] = [];
  let next = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    if (ranges[i]! > next) out.push(next, ranges[i]! - 1);
    next = ranges[i + 1]! + 1;
  }
  if (next <= MAX_CODE_POINT) out.push(next, MAX_CODE_POINT);
  return out;
}

/** Adds `[lo, hi]` and everything equal to a member up to case. */
export function appendFoldedRange(out: number[], lo: number, hi: number): void {
  out.push(lo, hi);
  if (lo <= 0x4b && hi >= 0x212a) return;
  const wide = hi - lo > MAX_FOLDED_RANGE;
  for (const c of [0x17f, 0x212a])
    if (wide && c >= lo && c <= hi) for (const member of foldOrbit(c)) out.push(member, member);
  const foldUpTo = wide ? Math.min(hi, 0x7f) : hi;
  for (let c = lo; c <= foldUpTo; c++) {
    for (const member of foldOrbit(c)) if (member < lo || member > hi) out.push(member, member);
  }
}

/** Adds a named group, folded and negated as asked for. */
export function appendGroup(out: number[], group: readonly number[], negated: boolean, fold: boolean): void {
  let ranges: number[] = [...group];
  if (fold) {
    ranges = [];
    for (let i = 0; i < group.length; i += 2) appendFoldedRange(ranges, group[i]!, group[i + 1]!);
  }
  const clean = cleanRanges(ranges);
  out.push(...(negated ? negateRanges(clean) : clean));
}

/** Whether cleaned or raw ranges hold the code point. */
export function rangesContain(ranges: readonly number[], codePoint: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) if (ranges[i]! <= codePoint && codePoint <= ranges[i + 1]!) return true;
  return false;
}
