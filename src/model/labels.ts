/**
 * Label sets. A set is a flat array `[name, value, name, value, ...]` sorted by name (code unit order of UTF-8 bytes),
 * names unique: cheap to build, compare and send to a thread.
 */

export type Labels = readonly string[];

export const EMPTY_LABELS: Labels = [];

/** Compares as Go compares strings: by bytes of UTF-8. Differs from UTF-16 order only above the surrogate range. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const xs = x >= 0xd800 && x <= 0xdfff;
    const ys = y >= 0xd800 && y <= 0xdfff;
    if (xs !== ys) return xs ? 1 : -1;
    return x - y;
  }
  return a.length - b.length;
}

const SURROGATE = /[\ud800-\udfff]/;

/** `compareText`, for the given texts: the much faster order of the language where none of them has a character that it orders otherwise. */
export function textOrder(texts: readonly string[]): (a: string, b: string) => number {
  if (texts.some((text) => SURROGATE.test(text))) return compareText;
  return (a, b) => (a < b ? -1 : a > b ? 1 : 0);
}

/** Builds a sorted set from pairs; a later pair of the same name wins; empty values are kept. */
export function labelsFromPairs(pairs: Iterable<readonly [string, string]>): Labels {
  const map = new Map(pairs);
  const names = [...map.keys()].sort(compareText);
  const out: string[] = [];
  for (const name of names) out.push(name, map.get(name)!);
  return out;
}

export function labelsFromObject(object: Readonly<Record<string, string>>): Labels {
  return labelsFromPairs(Object.entries(object));
}

export function labelsToObject(labels: Labels): Record<string, string> {
  const out: Record<string, string> = {};
  for (let i = 0; i < labels.length; i += 2) out[labels[i]!] = labels[i + 1]!;
  return out;
}

/** Value of a name, undefined when absent. Linear: sets are small. */
export function labelValue(labels: Labels, name: string): string | undefined {
  for (let i = 0; i < labels.length; i += 2) if (labels[i] === name) return labels[i + 1];
  return undefined;
}

/** A key that is equal exactly when the sets are equal. Not for people. */
export function labelsKey(labels: Labels): string {
  let key = '';
  for (const part of labels) key += `${part.length}:${part}`;
  return key;
}

const SEPARATOR = '\0';
const ESCAPE = '\x01';

/**
 * A key that is equal exactly when the sets are equal, and ordered as `compareLabels` orders them where keys are compared by `compareText`. The
 * set can be read from it: one text costs a third of the memory of a set, and crosses threads several times as fast.
 */
export function orderedKey(labels: Labels): string {
  let key = '';
  for (let i = 0; i < labels.length; i++) {
    const part = labels[i]!;
    if (i > 0) key += SEPARATOR;
    key += part.includes(SEPARATOR) || part.includes(ESCAPE) ? escapePart(part) : part;
  }
  return key;
}

/** Order is kept: an escaped character is below all others but the separator. */
function escapePart(part: string): string {
  return part.replaceAll('\x01', '\x01\x02').replaceAll('\0', '\x01\x01');
}

/** The set whose `orderedKey` is given. */
export function labelsOfKey(key: string): Labels {
  if (key === '') return EMPTY_LABELS;
  const parts = key.split(SEPARATOR);
  if (!key.includes('\x01')) return parts;
  return parts.map((part) => part.replaceAll('\x01\x01', SEPARATOR).replaceAll('\x01\x02', '\x01'));
}

/** Order of Prometheus label sets: pairwise name, then value; the shorter set first. */
export function compareLabels(a: Labels, b: Labels): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const c = compareText(a[i]!, b[i]!);
    if (c !== 0) return c;
  }
  return a.length - b.length;
}

/** Both sets have the same names, whatever their values. */
export function haveSameNames(a: Labels, b: Labels): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 2) if (a[i] !== b[i]) return false;
  return true;
}
