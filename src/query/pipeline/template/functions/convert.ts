import { parseGoFloat, parseGoInt } from '../../../../base/go/parse-number.ts';
import { GoInt, type GoValue } from '../../../../base/go/value.ts';

/**
 * The forgiving conversions of `int`, `float64` and the arithmetic functions: what cannot be converted is 0.
 */

/** @returns an int64: strings by their base prefix, whole decimals without their zeros, floats cut, bools 0 or 1 */
export function toInt(value: GoValue): bigint {
  if (value instanceof GoInt) return value.value;
  if (typeof value === 'number') return floatToInt(value);
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value !== 'string') return 0n;
  return attempt(() => parseGoInt(withoutZeroDecimals(value), 0)) ?? 0n;
}

export function toFloat(value: GoValue): number {
  if (typeof value === 'number') return value;
  if (value instanceof GoInt) return Number(value.value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'string') return 0;
  return attempt(() => parseGoFloat(value)) ?? 0;
}

/** `5.0` and `5.00` count as 5, `5.7` does not. */
function withoutZeroDecimals(text: string): string {
  const point = text.indexOf('.');
  if (point < 1 || !/^\.0+$/.test(text.slice(point))) return text;
  return text.slice(0, point);
}

/** Go's conversion on amd64: what does not fit becomes the smallest int64. */
function floatToInt(value: number): bigint {
  const cut = Math.trunc(value);
  return cut >= -(2 ** 63) && cut < 2 ** 63 ? BigInt(cut) : -(2n ** 63n);
}

/** Wraps around like int64. */
export function wrapInt64(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('strconv.')) return undefined;
    throw error;
  }
}
