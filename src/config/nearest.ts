import { LogError } from '../base/errors.ts';

/** Number of letters to insert, delete or replace to get from `a` to `b` (Levenshtein); both short. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** The known name with the smallest distance; the first of equals. */
export function nearestName(name: string, known: readonly string[]): string {
  let best = known[0]!;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const distance = editDistance(name, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** The error for a name that no setting has: names the place and the nearest known name. */
export function unknownName(what: string, name: string, known: readonly string[]): LogError {
  const nearest = nearestName(name.slice(0, 200), known);
  return new LogError('CONFIG_INVALID', `unknown ${what} "${name}", did you mean "${nearest}"?`, {
    details: { name, nearest },
  });
}
