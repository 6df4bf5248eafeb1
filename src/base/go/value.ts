import type { GoTime } from './time.ts';

/**
 * Go values as templates and `printf` see them. Strings, float64 and bool are JavaScript's own; integers carry their Go
 * type, because `int` and `int64` are different things to a Go function; lists and maps are what `fromJson` gives.
 * `null` is an interface that holds nil, `undefined` is no value at all: Go's templates tell the two apart.
 */
export type GoValue =
  | string
  | number
  | boolean
  | GoInt
  | GoTime
  | GoRecord
  | readonly GoValue[]
  | GoJsonObject
  | null
  | undefined;

/** `map[string]interface {}`. */
export interface GoJsonObject {
  readonly [key: string]: GoValue;
}

/** `map[string]string`: the labels of a row, made only when somebody looks at all of them. */
export interface GoRecord {
  readonly kind: 'record';
  get(name: string): string | undefined;
  all(): Readonly<Record<string, string>>;
}

export type GoIntType = 'int' | 'int64' | 'uint8' | 'time.Duration' | 'time.Month' | 'time.Weekday';

/** An integer with its Go type; the value is within that type's range. */
export class GoInt {
  readonly kind = 'int' as const;
  readonly value: bigint;
  readonly type: GoIntType;

  constructor(value: bigint, type: GoIntType = 'int') {
    this.value = value;
    this.type = type;
  }
}

export function isTime(value: GoValue): value is GoTime {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    value.kind === 'time' &&
    'zone' in value &&
    typeof value.ns === 'bigint'
  );
}

export function isRecord(value: GoValue): value is GoRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    typeof (value as GoRecord).all === 'function'
  );
}

export function isList(value: GoValue): value is readonly GoValue[] {
  return Array.isArray(value);
}

/** An object of `fromJson` (not one of the classes above). */
export function isJsonObject(value: GoValue): value is GoJsonObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof GoInt) &&
    !isTime(value) &&
    !isRecord(value)
  );
}

/** The name of a value's Go type, as `%T` and the errors of templates print it. */
export function goTypeName(value: GoValue): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'boolean') return 'bool';
  if (value === null || value === undefined) return '<nil>';
  if (value instanceof GoInt) return value.type;
  if (isList(value)) return '[]interface {}';
  if (isTime(value)) return 'time.Time';
  return isRecord(value) ? 'map[string]string' : 'map[string]interface {}';
}

/** Keys of a map in Go's printing and ranging order (by bytes). */
export function sortedKeys(map: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(map).sort(compareBytes);
}

/** Orders text by its UTF-8 bytes, as Go compares strings. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // UTF-16 puts surrogates below U+E000..U+FFFF, UTF-8 does not.
    if (x >= 0xd800 && y >= 0xd800) return Buffer.compare(Buffer.from(a), Buffer.from(b));
    return x - y;
  }
  return a.length - b.length;
}
