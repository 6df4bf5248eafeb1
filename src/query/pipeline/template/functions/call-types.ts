import { GoInt, type GoValue, goTypeName, isTime } from '../../../../base/go/value.ts';
import type { State } from './runtime.ts';

/** Types that parameters of template functions have; `reflect` takes anything, nothing included. */
export type ParamType =
  | 'any'
  | 'reflect'
  | 'string'
  | 'int'
  | 'int64'
  | 'float64'
  | 'bool'
  | 'time.Time'
  | 'time.Duration';

/** A function that templates can call. */
export interface TemplateFunction {
  readonly params: readonly ParamType[];
  /** Type of the further arguments, if there may be any. */
  readonly variadic?: ParamType;
  /**
   * @param args checked: number and types fit `params` and `variadic`
   * @throws Error with the text that Go's function would return or panic with
   */
  readonly call: (args: readonly GoValue[], state: State) => GoValue;
}

/** A method of a Go type: the receiver comes first. */
export interface TemplateMethod {
  readonly params: readonly ParamType[];
  /** Number of results where it is not one: such a method cannot be called. */
  readonly results?: number;
  readonly call: (receiver: GoValue, args: readonly GoValue[]) => GoValue;
}

/** @returns the value as the parameter takes it; fails like Go's templates where the type is another */
export function checkType(state: State, value: GoValue, type: ParamType): GoValue {
  if (type === 'any') return value === undefined ? null : value;
  if (type === 'reflect') return value === null ? undefined : value;
  if (value === undefined) return state.fail(`invalid value; expected ${type}`);
  if (hasType(value, type)) return value;
  return state.fail(
    `wrong type for value; expected ${type}; got ${value === null ? 'interface {}' : goTypeName(value)}`,
  );
}

function hasType(value: GoValue, type: ParamType): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'float64':
      return typeof value === 'number';
    case 'bool':
      return typeof value === 'boolean';
    case 'time.Time':
      return isTime(value);
    default:
      return value instanceof GoInt && value.type === type;
  }
}

/** Truth of a value in `if`, `with`, `and`, `or`, `not`. */
export function isTrue(value: GoValue): boolean {
  if (typeof value === 'string') return value !== '';
  if (typeof value === 'number') return value !== 0;
  if (typeof value === 'boolean') return value;
  if (value === null || value === undefined) return false;
  if (value instanceof GoInt) return value.value !== 0n;
  if (Array.isArray(value)) return value.length > 0;
  if (isTime(value)) return true;
  return mapSize(value) > 0;
}

/** Entries of a map value. */
export function mapSize(value: GoValue): number {
  return Object.keys(mapEntries(value)).length;
}

/** A map value as a plain object: labels or an object of `fromJson`. */
export function mapEntries(value: GoValue): Readonly<Record<string, GoValue>> {
  const map = value as { readonly all?: unknown; readonly kind?: unknown };
  if (map.kind === 'record' && typeof map.all === 'function')
    return (map.all as () => Readonly<Record<string, GoValue>>).call(map);
  return value as Readonly<Record<string, GoValue>>;
}
