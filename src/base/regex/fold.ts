/**
 * Simple case folding as RE2 and Go define it: the orbit of a code point is every code point that differs from it in case only
 * (`k`, `K`, U+212A). Folds that change the length of the text (`ß` to `SS`) do not count.
 */

const DOTTED_I = 0x130;
const DOTLESS_I = 0x131;
/** No cased letters lie above: 0x1E943 (Adlam) is the last one in Unicode 17. */
const LAST_CASED = 0x1e943;

let orbits: Map<number, readonly number[]> | undefined;

function foldKey(codePoint: number): number {
  const text = String.fromCodePoint(codePoint);
  const upper = text.toUpperCase();
  const single = upper.length === String.fromCodePoint(upper.codePointAt(0)!).length ? upper : text;
  const lower = single.toLowerCase();
  return lower.length === String.fromCodePoint(lower.codePointAt(0)!).length ? lower.codePointAt(0)! : codePoint;
}

function buildOrbits(): Map<number, readonly number[]> {
  const byKey = new Map<number, number[]>();
  for (let c = 0x41; c <= LAST_CASED; c++) {
    // Turkish i folds only with i in Turkish; surrogates are no characters.
    if (c === DOTTED_I || c === DOTLESS_I || (c >= 0xd800 && c <= 0xdfff)) continue;
    const key = foldKey(c);
    const members = byKey.get(key);
    if (members === undefined) byKey.set(key, [c]);
    else members.push(c);
  }
  const result = new Map<number, readonly number[]>();
  for (const members of byKey.values()) if (members.length > 1) for (const c of members) result.set(c, members);
  return result;
}

/** Ascending code points equal to this one up to case, itself included. */
export function foldOrbit(codePoint: number): readonly number[] {
  if (codePoint < 0x80) {
    const lower = codePoint | 0x20;
    if (lower < 0x61 || lower > 0x7a) return [codePoint];
    if (lower === 0x6b) return [0x4b, 0x6b, 0x212a];
    if (lower === 0x73) return [0x53, 0x73, 0x17f];
    return [lower - 0x20, lower];
  }
  orbits ??= buildOrbits();
  return orbits.get(codePoint) ?? [codePoint];
}

/** The next larger member of the orbit, or the smallest one after the largest (Go's `unicode.SimpleFold`). */
export function simpleFold(codePoint: number): number {
  const orbit = foldOrbit(codePoint);
  for (const member of orbit) if (member > codePoint) return member;
  return orbit[0]!;
}
