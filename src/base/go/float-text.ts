/**
 * Floats as Go prints them: shortest digits, or a given precision rounded from the exact binary value (half to even).
 */

/** 0.d1d2d3... * 10^point; digits without leading or trailing zeros ("" and 0 for zero). */
interface Decimal {
  readonly digits: string;
  readonly point: number;
}

export type FloatVerb = 'e' | 'E' | 'f' | 'g' | 'G';

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return undefined;
}

/**
 * A float as `%v` prints it: shortest digits that read back as the same value; exponent form (two digits at least) when the
 * decimal exponent is below -4 or at least 6: `123456`, `1e+06`, `1.5e-07`.
 */
export function formatGoFloat(value: number): string {
  return special(value) ?? formatFloat(value, 'g', -1);
}

/** A sample value as the query API prints it: shortest digits, never an exponent; `NaN`, `+Inf`, `-Inf`. */
export function formatSampleValue(value: number): string {
  const text = String(value);
  // Most values are small: what JavaScript prints without an exponent is already right (except -0 and infinities).
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  if (!text.includes('e') && Number.isFinite(value)) return text;
  return special(value) ?? formatFloat(value, 'f', -1);
}

/**
 * strconv.FormatFloat(value, verb, precision, 64) for a finite value.
 *
 * @param precision digits after the point (e, f) or significant digits (g); -1: shortest that reads back
 */
export function formatFloat(value: number, verb: FloatVerb, precision: number): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const size = Math.abs(value);
  const lower = verb.toLowerCase();
  const shortest = precision < 0;
  if (lower === 'f' && !shortest && fixedIsExact(size, precision)) return sign + size.toFixed(precision);
  let decimal = shortest ? shortestDecimal(size) : exactDecimal(size);
  let text: string;
  if (lower === 'f') {
    if (!shortest) decimal = roundDecimal(decimal, decimal.point + precision);
    text = plainForm(decimal, shortest ? Math.max(decimal.digits.length - decimal.point, 0) : precision);
  } else if (lower === 'e') {
    if (!shortest) decimal = roundDecimal(decimal, precision + 1);
    text = exponentForm(decimal, shortest ? Math.max(decimal.digits.length - 1, 0) : precision);
  } else text = generalForm(decimal, precision);
  return sign + (verb === 'E' || verb === 'G' ? text.toUpperCase() : text);
}

/** toFixed rounds from the exact value too; only halves (which are whole after this scaling) go up there and to even in Go. */
function fixedIsExact(size: number, precision: number): boolean {
  return size < 1e21 && precision <= 100 && !Number.isInteger(size * 2 ** (precision + 1));
}

function generalForm(exact: Decimal, precision: number): string {
  const shortest = precision < 0;
  const wanted = precision === 0 ? 1 : precision;
  const decimal = shortest ? exact : roundDecimal(exact, wanted);
  const count = decimal.digits.length;
  let limit = shortest ? 6 : wanted;
  if (!shortest && limit > count && count >= decimal.point) limit = count;
  const exponent = decimal.point - 1;
  if (exponent < -4 || exponent >= limit) return exponentForm(decimal, Math.max(count - 1, 0));
  return plainForm(decimal, Math.max(count - decimal.point, 0));
}

function plainForm({ digits, point }: Decimal, places: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  if (places <= 0) return whole;
  const fraction = point >= 0 ? digits.slice(point) : '0'.repeat(Math.min(-point, places)) + digits;
  return `${whole}.${fraction.slice(0, places).padEnd(places, '0')}`;
}

function exponentForm({ digits, point }: Decimal, places: number): string {
  const first = digits[0] ?? '0';
  const rest = digits.slice(1).padEnd(places, '0').slice(0, places);
  const exponent = digits.length === 0 ? 0 : point - 1;
  const amount = String(Math.abs(exponent)).padStart(2, '0');
  return `${first}${places > 0 ? `.${rest}` : ''}e${exponent < 0 ? '-' : '+'}${amount}`;
}

/** JavaScript and Go agree on the shortest digits; only the layout differs. */
function shortestDecimal(size: number): Decimal {
  if (size === 0) return { digits: '', point: 0 };
  const [mantissa = '', exponent = '0'] = size.toExponential().split('e');
  return trimZeros(mantissa.replace('.', ''), Number(exponent) + 1);
}

/** Every digit of the binary value (at most about 770). */
function exactDecimal(size: number): Decimal {
  if (size === 0) return { digits: '', point: 0 };
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, size);
  const bits = view.getBigUint64(0);
  const biased = Number(bits >> 52n);
  const fraction = bits & ((1n << 52n) - 1n);
  const mantissa = biased === 0 ? fraction : fraction | (1n << 52n);
  const power = (biased === 0 ? 1 : biased) - 1075;
  if (power >= 0) {
    const digits = (mantissa << BigInt(power)).toString();
    return trimZeros(digits, digits.length);
  }
  const digits = (mantissa * 5n ** BigInt(-power)).toString();
  return trimZeros(digits, digits.length + power);
}

function trimZeros(digits: string, point: number): Decimal {
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === 48) end--;
  return { digits: digits.slice(0, end), point: end === 0 ? 0 : point };
}

function roundDecimal(decimal: Decimal, count: number): Decimal {
  const { digits, point } = decimal;
  if (count >= digits.length) return decimal;
  if (count < 0) return { digits: '', point: 0 };
  const next = digits.charCodeAt(count) - 48;
  const tie = next === 5 && digits.length === count + 1;
  const odd = count > 0 && (digits.charCodeAt(count - 1) - 48) % 2 === 1;
  const kept = digits.slice(0, count);
  if (next < 5 || (tie && !odd)) return trimZeros(kept, point);
  const raised = (BigInt(kept === '' ? '0' : kept) + 1n).toString();
  return trimZeros(raised, raised.length > count ? point + 1 : point);
}
