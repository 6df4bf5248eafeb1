/**
 * Numbers as LogQL reads them: first a Go number literal, then as many unit letters as make a duration or a byte size.
 */
import { parseByteSize, parseGoDuration, parsePromDuration } from './literals.ts';

export type Quantity =
  | { readonly kind: 'number' }
  | { readonly kind: 'duration'; readonly valueNs: bigint }
  | { readonly kind: 'bytes'; readonly valueBytes: number };

export interface ScannedNumber {
  readonly end: number;
  readonly quantity: Quantity;
  /** What Go's scanner has against the number itself; the query is refused with it. */
  readonly error?: string;
}

// 64: no duration or size is longer, and each number of a query looks ahead this far, so it bounds the work.
const DURATION_TAIL = /[0-9.nuµμsmhdwy]{0,64}/y;
const BYTES_TAIL = /[0-9.BikKMGTP]{0,64}/y;
const UNIT_AT_END = /[a-zA-Z]$/;

function runEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return at + (pattern.exec(text)?.[0].length ?? 0);
}

const DIGITS_BY_BASE: Readonly<Record<number, RegExp>> = { 10: /[0-9_]*/y, 16: /[0-9a-fA-F_]*/y };
const BASE_BY_PREFIX: Readonly<Record<string, readonly [base: number, name: string]>> = {
  x: [16, 'hexadecimal'],
  o: [8, 'octal'],
  b: [2, 'binary'],
};

function misplacedUnderscore(literal: string): boolean {
  // An underscore stands between digits, or between a base prefix and a digit.
  const digits = literal.replace(/^0[xob]/i, '0').replace(/[0-9a-f]/gi, '0');
  return /_(?!0)|(?<!0)_/.test(digits);
}

/** Scans a Go number literal without its unit. */
function scanGoNumber(text: string, start: number): { readonly end: number; readonly error?: string } {
  let at = start;
  let base = 10;
  let baseName = 'decimal';
  const prefix = text[start] === '0' ? BASE_BY_PREFIX[text[start + 1]?.toLowerCase() ?? ''] : undefined;
  if (prefix !== undefined) {
    [base, baseName] = prefix;
    at += 2;
  }
  const isOldOctal = prefix === undefined && text[start] === '0';
  const digits = DIGITS_BY_BASE[base === 16 ? 16 : 10]!;
  const wholeStart = at;
  at = runEnd(digits, text, at);
  let mantissa = text.slice(wholeStart, at);
  let isFloat = false;
  let error: string | undefined;
  if (text[at] === '.') {
    isFloat = true;
    if (base === 8 || base === 2) error = `invalid radix point in ${baseName} literal`;
    const fractionStart = at + 1;
    at = runEnd(digits, text, fractionStart);
    mantissa += text.slice(fractionStart, at);
  }
  if (!/[0-9a-fA-F]/.test(mantissa)) error ??= `${baseName} literal has no digits`;
  const exponent = text[at]?.toLowerCase();
  if (exponent === 'e' || exponent === 'p') {
    if (exponent === 'e' && base !== 10) error ??= `'${text[at]}' exponent requires decimal mantissa`;
    if (exponent === 'p' && base !== 16) error ??= `'${text[at]}' exponent requires hexadecimal mantissa`;
    isFloat = true;
    at++;
    if (text[at] === '+' || text[at] === '-') at++;
    const exponentStart = at;
    at = runEnd(DIGITS_BY_BASE[10]!, text, at);
    if (!/\d/.test(text.slice(exponentStart, at))) error ??= 'exponent has no digits';
  } else if (base === 16 && isFloat) {
    error ??= "hexadecimal mantissa requires a 'p' exponent";
  }
  const largest = isOldOctal || base === 8 ? '7' : base === 2 ? '1' : 'f';
  const badDigit = isFloat || base === 16 ? undefined : [...mantissa].find((digit) => digit !== '_' && digit > largest);
  if (badDigit !== undefined) error ??= `invalid digit '${badDigit}' in ${isOldOctal ? 'octal' : baseName} literal`;
  if (misplacedUnderscore(text.slice(start, at))) error ??= "'_' must separate successive digits";
  return error === undefined ? { end: at } : { end: at, error };
}

function asDuration(text: string): bigint | undefined {
  if (!UNIT_AT_END.test(text)) return undefined;
  const isNegative = text.startsWith('-');
  for (const parse of [parsePromDuration, parseGoDuration]) {
    try {
      const valueNs = parse(isNegative ? text.slice(1) : text);
      return isNegative ? -valueNs : valueNs;
    } catch {
      // Not in this spelling: the next one decides, and in the end the text is a plain number and a word.
    }
  }
  return undefined;
}

function asBytes(text: string): number | undefined {
  if (!UNIT_AT_END.test(text)) return undefined;
  try {
    return parseByteSize(text);
  } catch {
    return undefined; // A plain number and a word.
  }
}

/**
 * Scans the number that starts at `start` (a digit, `.digit`, or a minus glued to one).
 *
 * @returns undefined if no token of this class starts there; a minus belongs to durations only
 */
export function scanNumber(text: string, start: number): ScannedNumber | undefined {
  const isNegative = text[start] === '-';
  const digitsAt = isNegative ? start + 1 : start;
  if (!/^(?:[0-9]|\.[0-9])/.test(text.slice(digitsAt, digitsAt + 2))) return undefined;
  const number = scanGoNumber(text, digitsAt);
  const withError = (end: number, quantity: Quantity): ScannedNumber =>
    number.error === undefined ? { end, quantity } : { end, quantity, error: number.error };
  const durationEnd = runEnd(DURATION_TAIL, text, number.end);
  if (durationEnd > number.end) {
    const valueNs = asDuration(text.slice(start, durationEnd));
    if (valueNs !== undefined) return withError(durationEnd, { kind: 'duration', valueNs });
  }
  if (isNegative) return undefined;
  const bytesEnd = runEnd(BYTES_TAIL, text, number.end);
  if (bytesEnd > number.end) {
    const valueBytes = asBytes(text.slice(start, bytesEnd));
    if (valueBytes !== undefined) return withError(bytesEnd, { kind: 'bytes', valueBytes });
  }
  return withError(number.end, { kind: 'number' });
}
