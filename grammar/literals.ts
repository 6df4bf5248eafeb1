/**
 * Literals, text to value and back: durations in Go's and in Prometheus' spelling, byte sizes, quoted text.
 */

const MAX_INT64 = (1n << 63n) - 1n;
const MIN_INT64_MAGNITUDE = 1n << 63n;

const NS_PER_GO_UNIT: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n, // U+00B5, micro sign
  μs: 1_000n, // U+03BC, Greek mu
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

function isDigit(char: string | undefined): boolean {
  return char !== undefined && char >= '0' && char <= '9';
}

/** Go's own quoting inside duration errors: bytes outside printable ASCII as `\xNN`. */
function quoteDuration(text: string): string {
  let out = '"';
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if (code >= 0x80 || code < 0x20) {
      for (const byte of Buffer.from(char)) out += `\\x${byte.toString(16).padStart(2, '0')}`;
    } else out += char === '"' || char === '\\' ? `\\${char}` : char;
  }
  return `${out}"`;
}

/** Digits after the point as nanoseconds of `unitNs`, cut to whole ones as Go does (in float64). */
function fractionNs(digits: string, unitNs: bigint): bigint {
  let value = 0n;
  let scale = 1;
  for (const digit of digits) {
    const next = value * 10n + BigInt(digit);
    if (next > MAX_INT64) break;
    value = next;
    scale *= 10;
  }
  return value === 0n ? 0n : BigInt(Math.trunc(Number(value) * (Number(unitNs) / scale)));
}

/**
 * Reads a Go duration: an optional sign, then decimals with the units `ns us µs ms s m h` in any order.
 *
 * @returns nanoseconds
 * @throws Error with Go's text, e.g. `time: unknown unit "d" in duration "1d"`
 */
export function parseGoDuration(text: string): bigint {
  const invalid = (): Error => new Error(`time: invalid duration ${quoteDuration(text)}`);
  const isNegative = text.startsWith('-');
  let at = isNegative || text.startsWith('+') ? 1 : 0;
  if (text.slice(at) === '0') return 0n;
  if (at === text.length) throw invalid();
  let totalNs = 0n;
  while (at < text.length) {
    if (text[at] !== '.' && !isDigit(text[at])) throw invalid();
    const wholeStart = at;
    while (isDigit(text[at])) at++;
    const whole = text.slice(wholeStart, at);
    let fraction = '';
    if (text[at] === '.') {
      const fractionStart = ++at;
      while (isDigit(text[at])) at++;
      fraction = text.slice(fractionStart, at);
    }
    if (whole === '' && fraction === '') throw invalid();
    const unitStart = at;
    while (at < text.length && text[at] !== '.' && !isDigit(text[at])) at++;
    if (at === unitStart) throw new Error(`time: missing unit in duration ${quoteDuration(text)}`);
    // Longer digit runs cannot be in range; checked before BigInt() so that a huge text costs nothing.
    const significant = whole.replace(/^0+/, '');
    if (significant.length > 19) throw invalid();
    const unit = text.slice(unitStart, at);
    const unitNs = Object.hasOwn(NS_PER_GO_UNIT, unit) ? NS_PER_GO_UNIT[unit] : undefined;
    if (unitNs === undefined) {
      throw new Error(`time: unknown unit ${quoteDuration(unit)} in duration ${quoteDuration(text)}`);
    }
    totalNs += BigInt(significant === '' ? '0' : significant) * unitNs + fractionNs(fraction, unitNs);
    if (totalNs > MIN_INT64_MAGNITUDE) throw invalid();
  }
  if (isNegative) return -totalNs;
  if (totalNs > MAX_INT64) throw invalid();
  return totalNs;
}

/** `value / 10^digits` without trailing zeros. */
function decimal(value: bigint, digits: number): string {
  const text = value.toString().padStart(digits + 1, '0');
  const fraction = text.slice(-digits).replace(/0+$/, '');
  const whole = text.slice(0, -digits);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** Prints nanoseconds as Go does: `1h30m0s`, `1.5s`, `250ms`, `0s`. */
export function formatGoDuration(ns: bigint): string {
  if (ns === 0n) return '0s';
  const sign = ns < 0n ? '-' : '';
  const size = ns < 0n ? -ns : ns;
  if (size < 1_000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${decimal(size, 3)}µs`;
  if (size < 1_000_000_000n) return `${sign}${decimal(size, 6)}ms`;
  const seconds = `${decimal(size % 60_000_000_000n, 9)}s`;
  const minutes = size / 60_000_000_000n;
  if (minutes === 0n) return sign + seconds;
  if (minutes < 60n) return `${sign}${minutes}m${seconds}`;
  return `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

const MS_PER_PROM_UNIT: readonly (readonly [unit: string, ms: bigint, exactOnly: boolean])[] = [
  ['y', 31_536_000_000n, true],
  ['w', 604_800_000n, true],
  ['d', 86_400_000n, false],
  ['h', 3_600_000n, false],
  ['m', 60_000n, false],
  ['s', 1_000n, false],
  ['ms', 1n, false],
];

/**
 * Reads a Prometheus duration: whole numbers with `y w d h m s ms`, each at most once and from large to small.
 *
 * @returns nanoseconds
 * @throws Error with Prometheus' text, e.g. `unknown unit "x" in duration "5x"`
 */
export function parsePromDuration(text: string): bigint {
  if (text === '0') return 0n;
  if (text === '') throw new Error('empty duration string');
  const invalid = (): Error => new Error(`not a valid duration string: ${goQuote(text)}`);
  let totalNs = 0n;
  let lastUnit = -1;
  let at = 0;
  while (at < text.length) {
    const digitsStart = at;
    while (isDigit(text[at])) at++;
    const digits = text.slice(digitsStart, at).replace(/^0+(?=\d)/, '');
    if (digits === '' || digits.length > 20) throw invalid();
    const unitStart = at;
    while (at < text.length && !isDigit(text[at])) at++;
    if (at === unitStart) throw invalid();
    const name = text.slice(unitStart, at);
    const unit = MS_PER_PROM_UNIT.findIndex(([known]) => known === name);
    if (unit < 0) throw new Error(`unknown unit ${goQuote(name)} in duration ${goQuote(text)}`);
    if (unit <= lastUnit) throw invalid();
    lastUnit = unit;
    totalNs += BigInt(digits) * MS_PER_PROM_UNIT[unit]![1] * 1_000_000n;
    if (totalNs > MAX_INT64) throw new Error('duration out of range');
  }
  return totalNs;
}

/** Prints nanoseconds (cut to milliseconds) as Prometheus does: `1d12h`, `1w`, `1s500ms`, `0s`. */
export function formatPromDuration(ns: bigint): string {
  let ms = (ns < 0n ? -ns : ns) / 1_000_000n;
  if (ms === 0n) return '0s';
  let out = ns < 0n ? '-' : '';
  for (const [unit, unitMs, exactOnly] of MS_PER_PROM_UNIT) {
    if (exactOnly && ms % unitMs !== 0n) continue;
    if (ms >= unitMs) out += `${ms / unitMs}${unit}`;
    ms %= unitMs;
  }
  return out;
}

const BYTES_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ...['k', 'm', 'g', 't', 'p', 'e'].flatMap((letter, index): [string, number][] => [
    [letter, 1000 ** (index + 1)],
    [`${letter}b`, 1000 ** (index + 1)],
    [`${letter}i`, 1024 ** (index + 1)],
    [`${letter}ib`, 1024 ** (index + 1)],
  ]),
]);

/**
 * Reads a size for people: `1.5MB`, `10 KiB`, `1,024`. K/M/G are powers of 1000, Ki/Mi/Gi of 1024; case does not count.
 *
 * @returns whole bytes, cut
 * @throws Error `strconv.ParseFloat: parsing "": invalid syntax`, `unhandled size name: xyz`, `too large: 99EB`
 */
export function parseByteSize(text: string): number {
  let end = 0;
  while (isDigit(text[end]) || text[end] === '.' || text[end] === ',') end++;
  const digits = text.slice(0, end).replaceAll(',', '');
  if (!/^(?:\d+\.?\d*|\.\d+)$/.test(digits)) {
    throw new Error(`strconv.ParseFloat: parsing ${goQuote(digits)}: invalid syntax`);
  }
  const value = Number(digits);
  if (!Number.isFinite(value)) throw new Error(`strconv.ParseFloat: parsing ${goQuote(digits)}: value out of range`);
  const unit = text.slice(end).trim().toLowerCase();
  const factor = BYTES_PER_UNIT.get(unit);
  if (factor === undefined) throw new Error(`unhandled size name: ${unit}`);
  if (value * factor >= 2 ** 64) throw new Error(`too large: ${text}`);
  return Math.trunc(value * factor);
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const;

/** Prints bytes in powers of 1000 with two digits of precision: `9 B`, `1.5 kB`, `124 MB`. */
export function formatByteSize(n: number): string {
  if (n < 10) return `${n} B`;
  const power = Math.min(Math.floor(Math.log(n) / Math.log(1000)), BYTE_UNITS.length - 1);
  const tenths = Math.floor((n / 1000 ** power) * 10 + 0.5);
  const unit = BYTE_UNITS[power]!;
  if (tenths < 100) return `${(tenths / 10).toFixed(1)} ${unit}`;
  const whole = Math.floor(tenths / 10);
  const rest = tenths % 10;
  // Go prints whole numbers with ties to even.
  return `${rest > 5 || (rest === 5 && whole % 2 === 1) ? whole + 1 : whole} ${unit}`;
}

const NAMED_ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u;

function quoteChar(char: string): string {
  const named = NAMED_ESCAPES[char];
  if (named !== undefined) return named;
  const code = char.codePointAt(0)!;
  if (code >= 0x20 && code < 0x7f) return char;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code >= 0xd800 && code <= 0xdfff) return '\ufffd';
  if (PRINTABLE.test(char)) return char;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
}

/** Quotes text as Go's `%q` does: double quotes, printable characters as they are, the rest escaped. */
export function goQuote(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
  let out = '"';
  for (const char of text) out += quoteChar(char);
  return `${out}"`;
}

const ESCAPED_CHARS: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};
const NUMERIC_ESCAPE = /[0-7]{3}|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}/y;

/** The bytes of one escape at `at` (just behind the backslash) and the offset behind it; undefined if it is not one. */
function readEscape(body: string, at: number): { readonly bytes: Uint8Array; readonly end: number } | undefined {
  const plain = Object.hasOwn(ESCAPED_CHARS, body[at] ?? '') ? ESCAPED_CHARS[body[at]!] : undefined;
  if (plain !== undefined) return { bytes: Buffer.from(plain), end: at + 1 };
  NUMERIC_ESCAPE.lastIndex = at;
  const digits = NUMERIC_ESCAPE.exec(body)?.[0];
  if (digits === undefined) return undefined;
  const isHex = /^[xuU]/.test(digits);
  const code = Number.parseInt(isHex ? digits.slice(1) : digits, isHex ? 16 : 8);
  const end = at + digits.length;
  if (digits[0] !== 'u' && digits[0] !== 'U') return code > 0xff ? undefined : { bytes: Uint8Array.of(code), end };
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  return { bytes: Buffer.from(String.fromCodePoint(code)), end };
}

/**
 * The value of a string literal with its quotes: `"..."` with escapes, or a raw one in backticks.
 * `\xNN` and octal escapes are raw bytes; what does not become UTF-8 in the end turns into U+FFFD.
 *
 * @throws Error `invalid syntax`
 */
export function unquoteString(literal: string): string {
  const quote = literal[0];
  const body = literal.slice(1, -1);
  if (literal.length < 2 || literal.at(-1) !== quote) throw new Error('invalid syntax');
  if (quote === '`') {
    if (body.includes('`')) throw new Error('invalid syntax');
    return body.replaceAll('\r', ''); // as Go reads raw strings
  }
  if (quote !== '"') throw new Error('invalid syntax');
  if (!/[\\"\n]/.test(body)) return body;
  const parts: Uint8Array[] = [];
  let at = 0;
  while (at < body.length) {
    const backslash = body.indexOf('\\', at);
    const plain = body.slice(at, backslash < 0 ? body.length : backslash);
    if (/["\n]/.test(plain)) throw new Error('invalid syntax');
    parts.push(Buffer.from(plain));
    if (backslash < 0) break;
    const escaped = readEscape(body, backslash + 1);
    if (escaped === undefined) throw new Error('invalid syntax');
    parts.push(escaped.bytes);
    at = escaped.end;
  }
  return Buffer.concat(parts).toString('utf8');
}
