import { LogError } from '../../../base/errors.ts';
import { latin1Text } from '../../../base/regex/byte-view.ts';
import { type IpRange, parseIp, parseIpPattern, sharedText } from './ip-address.ts';

/** Finds addresses of a set in text. */
export interface IpMatcher {
  /** Whether `bytes[start, end)` contains an address of the set. */
  testLine(bytes: Uint8Array, start: number, end: number): boolean;
  testValue(text: string): boolean;
  /** Every line that passes contains it; undefined: no text is known that all contain. */
  readonly text: string | undefined;
}

const DOT = 0x2e;
const COLON = 0x3a;
/** Shortest rests in which an address is looked for; so `::1` alone is too short. */
const MIN_V4_REST = 4;
const MIN_V6_REST = 5;
/** No address is longer (`ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`). */
const MAX_ADDRESS = 45;

/**
 * Compiles the argument of `ip(...)`: an address, a CIDR or `low-high`.
 *
 * @throws LogError QUERY_INVALID `ip: invalid pattern: "..."`
 */
export function compileIp(pattern: string): IpMatcher {
  const range = parseIpPattern(pattern);
  if (range === undefined) throw new LogError('QUERY_INVALID', `ip: invalid pattern: "${pattern}"`);
  return {
    text: sharedText(range),
    testLine: (bytes, start, end) => containsAddress(range, bytes, start, end),
    testValue: (text) => {
      const bytes = Buffer.from(text, 'utf8');
      return containsAddress(range, bytes, 0, bytes.length);
    },
  };
}

/**
 * Compiles the argument of `ip(...)` for a label filter.
 *
 * @throws LogError QUERY_INVALID `ip: invalid pattern: "..."`
 */
export function compileIpLabelFilter(pattern: string): (value: string) => boolean {
  return compileIp(pattern).testValue;
}

function containsAddress(range: IpRange, bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const isV4 = looksLikeV4(bytes, at, end);
    if (!isV4 && !looksLikeV6(bytes, at, end)) {
      at++;
      continue;
    }
    let runEnd = at;
    while (runEnd < end && (isV4 ? isV4Byte(bytes[runEnd]!) : isV6Byte(bytes[runEnd]!))) runEnd++;
    if (runEnd - at <= MAX_ADDRESS && range.isV4 === isV4 && isInRange(range, bytes, at, runEnd)) return true;
    at = runEnd + 1;
  }
  return false;
}

function isInRange(range: IpRange, bytes: Uint8Array, start: number, end: number): boolean {
  const address = parseIp(latin1Text(bytes, start, end));
  return (
    address !== undefined && address.isV4 === range.isV4 && address.value >= range.low && address.value <= range.high
  );
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isHex(byte: number): boolean {
  const lower = byte | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66);
}

function isV4Byte(byte: number): boolean {
  return isDigit(byte) || byte === DOT;
}

function isV6Byte(byte: number): boolean {
  return isHex(byte) || byte === COLON || byte === DOT;
}

/** A digit with a dot among the next three bytes. */
function looksLikeV4(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < MIN_V4_REST || !isDigit(bytes[at]!)) return false;
  return bytes[at + 1] === DOT || bytes[at + 2] === DOT || bytes[at + 3] === DOT;
}

/** `::h`, or one to four hex digits and a colon. */
function looksLikeV6(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < MIN_V6_REST) return false;
  if (bytes[at] === COLON) return bytes[at + 1] === COLON && isHex(bytes[at + 2]!);
  for (let i = 0; i < 4; i++) {
    if (!isHex(bytes[at + i]!)) return false;
    if (bytes[at + i + 1] === COLON) return true;
  }
  return false;
}
