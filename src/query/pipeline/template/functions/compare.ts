import { goText } from '../../../../base/go/format-value.ts';
import { compareBytes, GoInt, type GoValue, goTypeName, isTime } from '../../../../base/go/value.ts';

/**
 * `eq ne lt le gt ge`: values of the same kind only; integers of all types are one kind.
 */

type Kind = 'bool' | 'float' | 'int' | 'string' | 'nil' | 'other';

const BAD_COMPARISON = 'incompatible types for comparison';
const BAD_TYPE = 'invalid type for comparison';

function kindOf(value: GoValue): Kind {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return 'float';
  if (typeof value === 'boolean') return 'bool';
  if (value === null || value === undefined) return 'nil';
  return value instanceof GoInt ? 'int' : 'other';
}

/** @returns whether `first` equals any of the others @throws Error with Go's text */
export function equalsAny(first: GoValue, others: readonly GoValue[]): boolean {
  if (others.length === 0) throw new Error('missing argument for comparison');
  return others.some((other) => equals(first, other));
}

function equals(a: GoValue, b: GoValue): boolean {
  const kind = kindOf(a);
  const other = kindOf(b);
  if (kind === 'nil' || other === 'nil') return kind === other;
  if (kind !== other) throw new Error(BAD_COMPARISON);
  if (a instanceof GoInt && b instanceof GoInt) return a.value === b.value;
  if (kind !== 'other') return a === b;
  if (isTime(a) && isTime(b)) return a.ns === b.ns && a.zone === b.zone;
  if (goTypeName(a) !== goTypeName(b))
    throw new Error(`non-comparable types ${goText(a)}: ${goTypeName(a)}, ${goTypeName(b)}: ${goText(b)}`);
  throw new Error(`non-comparable type ${goText(a)}: ${goTypeName(b)}`);
}

/** @throws Error with Go's text */
export function isLess(a: GoValue, b: GoValue): boolean {
  const kind = kindOf(a);
  const other = kindOf(b);
  if (isUnordered(kind) || isUnordered(other)) throw new Error(BAD_TYPE);
  if (kind !== other) throw new Error(BAD_COMPARISON);
  if (a instanceof GoInt && b instanceof GoInt) return a.value < b.value;
  if (typeof a === 'string' && typeof b === 'string') return compareBytes(a, b) < 0;
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  throw new Error(BAD_TYPE);
}

function isUnordered(kind: Kind): boolean {
  return kind === 'nil' || kind === 'other';
}

/** @throws Error with Go's text */
export function isLessOrEqual(a: GoValue, b: GoValue): boolean {
  return isLess(a, b) || equals(a, b);
}
