import { goQuote } from '../../../grammar/literals.ts';

/**
 * Go's strconv number parsing: what it accepts, how it rounds and the words of its errors.
 */

/** Longest text that is turned into a number; longer ones would only cost time (Go has no limit, real values are short). */
const MAX_NUMBER_CHARS = 4096;

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const HEX_FLOAT = /^([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?[pP]([+-]?\d+)$/;
const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);

/**
 * strconv.ParseFloat(text, 64): decimal and hexadecimal floats, underscores between digits, `inf`, `infinity` and `nan` in
 * any case (nan without a sign).
 *
 * @throws Error `strconv.ParseFloat: parsing "x": invalid syntax` or `...: value out of range`
 */
export function parseGoFloat(text: string): number {
  if (text.length <= MAX_NUMBER_CHARS) {
    const plain = text.includes('_') ? withoutUnderscores(text) : text;
    if (plain !== undefined) {
      const value = parseFinite(plain) ?? parseSpecial(text);
      if (value === 'range') throw new Error(`strconv.ParseFloat: parsing ${goQuote(text)}: value out of range`);
      if (value !== undefined) return value;
    }
  }
  throw new Error(`strconv.ParseFloat: parsing ${goQuote(text)}: invalid syntax`);
}

function parseFinite(text: string): number | 'range' | undefined {
  let value: number;
  if (DECIMAL.test(text)) value = Number(text);
  else {
    const hex = HEX_FLOAT.exec(text);
    if (hex === null) return undefined;
    const whole = hex[2] ?? '';
    const fraction = hex[3] ?? '';
    if (whole.length + fraction.length === 0) return undefined;
    value = hexFloat(hex[1] === '-', whole + fraction, Number(hex[4]) - 4 * fraction.length);
  }
  return Number.isFinite(value) ? value : 'range';
}

/** mantissa * 2^exponent, rounded once to the nearest double (ties to even). */
function hexFloat(negative: boolean, digits: string, exponent: number): number {
  let mantissa = BigInt(`0x${digits}`);
  let power = exponent;
  if (mantissa === 0n) return negative ? -0 : 0;
  const bits = mantissa.toString(2).length;
  if (power + bits > 1100) return Number.POSITIVE_INFINITY;
  if (power + bits < -1200) return negative ? -0 : 0;
  const keep = Math.max(0, Math.min(53, bits + power + 1074));
  const drop = bits - keep;
  if (drop > 0) {
    const shift = BigInt(drop);
    const rest = mantissa & ((1n << shift) - 1n);
    const half = 1n << (shift - 1n);
    mantissa >>= shift;
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa += 1n;
    power += drop;
  }
  // Two exact steps: 2^power alone may be outside the range of a double although the product is inside.
  const first = Math.trunc(power / 2);
  const value = Number(mantissa) * 2 ** first * 2 ** (power - first);
  return negative ? -value : value;
}

function parseSpecial(text: string): number | undefined {
  const lower = text.toLowerCase();
  if (lower === 'nan') return Number.NaN;
  const body = /^[+-]/.test(lower) ? lower.slice(1) : lower;
  if (body !== 'inf' && body !== 'infinity') return undefined;
  return lower.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** @returns the text without underscores, or undefined where Go's rule (one between two digits or after the base prefix) is broken */
function withoutUnderscores(text: string): string | undefined {
  const body = /^[+-]/.test(text) ? text.slice(1) : text;
  const prefix = /^0[bBoOxX]/.test(body);
  const digits = prefix && /^0[xX]/.test(body) ? /[0-9a-fA-F]/ : /[0-9]/;
  let before: 'digit' | 'underscore' | 'other' = prefix ? 'digit' : 'other';
  for (let i = prefix ? 2 : 0; i < body.length; i++) {
    const char = body[i] as string;
    if (digits.test(char)) before = 'digit';
    else if (char === '_') {
      if (before !== 'digit') return undefined;
      before = 'underscore';
    } else {
      if (before === 'underscore') return undefined;
      before = 'other';
    }
  }
  return before === 'underscore' ? undefined : text.replaceAll('_', '');
}

/**
 * strconv.ParseInt(text, base, 64).
 *
 * @param base 10, or 0 to read the base from the prefix (`0x`, `0b`, `0o`, `0`) and to allow underscores
 * @throws Error `strconv.ParseInt: parsing "x": invalid syntax` or `...: value out of range`
 */
export function parseGoInt(text: string, base: 0 | 10 = 10): bigint {
  const value = text.length > MAX_NUMBER_CHARS ? undefined : base === 10 ? decimalInt(text) : prefixedInt(text);
  if (value === undefined) throw new Error(`strconv.ParseInt: parsing ${goQuote(text)}: invalid syntax`);
  if (value > MAX_INT64 || value < MIN_INT64)
    throw new Error(`strconv.ParseInt: parsing ${goQuote(text)}: value out of range`);
  return value;
}

function decimalInt(text: string): bigint | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  return BigInt(text.startsWith('+') ? text.slice(1) : text);
}

function prefixedInt(text: string): bigint | undefined {
  const plain = text.includes('_') ? withoutUnderscores(text) : text;
  if (plain === undefined) return undefined;
  const negative = plain.startsWith('-');
  const body = /^[+-]/.test(plain) ? plain.slice(1) : plain;
  let value: bigint;
  if (/^0[xX][0-9a-fA-F]+$/.test(body) || /^0[bB][01]+$/.test(body) || /^0[oO][0-7]+$/.test(body))
    value = BigInt(body.toLowerCase());
  else if (/^0[0-7]+$/.test(body)) value = BigInt(`0o${body.slice(1)}`);
  else if (/^(?:0|[1-9]\d*)$/.test(body)) value = BigInt(body);
  else return undefined;
  return negative ? -value : value;
}
