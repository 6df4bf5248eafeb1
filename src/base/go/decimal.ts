/**
 * Exact decimal arithmetic on floats: 0.1 + 0.2 is 0.3. A value is coefficient * 10^exponent.
 */
export interface Decimal {
  readonly coefficient: bigint;
  readonly exponent: number;
}

/** Digits behind the point that a quotient keeps. */
const DIVISION_PLACES = 16;

/**
 * The shortest decimal that reads back as the float.
 *
 * @throws Error for NaN and infinities
 */
export function decimalOf(value: number): Decimal {
  if (!Number.isFinite(value)) {
    const name = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
    throw new Error(`Cannot create a Decimal from ${name}`);
  }
  const [mantissa = '0', exponent = '0'] = value.toExponential().split('e');
  const places = mantissa.includes('.') ? mantissa.length - mantissa.indexOf('.') - 1 : 0;
  return { coefficient: BigInt(mantissa.replace('.', '')), exponent: Number(exponent) - places };
}

export function decimalToFloat({ coefficient, exponent }: Decimal): number {
  return Number(`${coefficient}e${exponent}`);
}

function align(a: Decimal, b: Decimal): readonly [bigint, bigint, number] {
  const exponent = Math.min(a.exponent, b.exponent);
  return [
    a.coefficient * 10n ** BigInt(a.exponent - exponent),
    b.coefficient * 10n ** BigInt(b.exponent - exponent),
    exponent,
  ];
}

export function addDecimals(a: Decimal, b: Decimal): Decimal {
  const [x, y, exponent] = align(a, b);
  return { coefficient: x + y, exponent };
}

export function subtractDecimals(a: Decimal, b: Decimal): Decimal {
  return addDecimals(a, { coefficient: -b.coefficient, exponent: b.exponent });
}

export function multiplyDecimals(a: Decimal, b: Decimal): Decimal {
  return { coefficient: a.coefficient * b.coefficient, exponent: a.exponent + b.exponent };
}

/**
 * Quotient with 16 places, half away from zero.
 *
 * @throws Error `decimal division by 0`
 */
export function divideDecimals(a: Decimal, b: Decimal): Decimal {
  if (b.coefficient === 0n) throw new Error('decimal division by 0');
  const shift = a.exponent - b.exponent + DIVISION_PLACES;
  const dividend = shift > 0 ? a.coefficient * 10n ** BigInt(shift) : a.coefficient;
  const divisor = shift < 0 ? b.coefficient * 10n ** BigInt(-shift) : b.coefficient;
  const quotient = dividend / divisor;
  const rest = dividend % divisor;
  const size = (value: bigint): bigint => (value < 0n ? -value : value);
  const isUp = 2n * size(rest) >= size(divisor);
  const step = dividend < 0n === divisor < 0n ? 1n : -1n;
  return { coefficient: isUp ? quotient + step : quotient, exponent: -DIVISION_PLACES };
}
