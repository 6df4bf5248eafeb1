/** Addresses as numbers, and the sets that `ip(...)` can name. */

export interface IpAddress {
  readonly isV4: boolean;
  readonly value: bigint;
}

/** All addresses of one family from `low` to `high`, both included. */
export interface IpRange {
  readonly isV4: boolean;
  readonly low: bigint;
  readonly high: bigint;
}

const V4_BITS = 32;
const V6_BITS = 128;
const V6_GROUPS = 8;

/** Parses an address: four decimal numbers without leading zeros, or IPv6 without a zone. */
export function parseIp(text: string): IpAddress | undefined {
  if (text.includes(':')) {
    const value = parseV6(text);
    return value === undefined ? undefined : { isV4: false, value };
  }
  const value = parseV4(text);
  return value === undefined ? undefined : { isV4: true, value: BigInt(value) };
}

function parseV4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(?:0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

function parseV6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = V6_GROUPS - head.length - tail.length;
  // `::` stands for one group at least.
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

/** Groups of 16 bits; the last two may be written as an IPv4 address where the text ends. */
function parseGroups(text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    if (isEnd && i === parts.length - 1 && part.includes('.')) {
      const v4 = parseV4(part);
      if (v4 === undefined) return undefined;
      groups.push(Math.floor(v4 / 65_536), v4 % 65_536);
    } else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/**
 * Text that every address of a set is written with: numbers that all have, from the first on, each with its dot. Undefined when there is
 * none, and for IPv6, which can be written in many ways.
 */
export function sharedText({ isV4, low, high }: IpRange): string | undefined {
  if (!isV4) return undefined;
  if (low === high) return octetsOf(low).join('.');
  const highest = octetsOf(high);
  const lowest = octetsOf(low);
  const shared = lowest.findIndex((octet, i) => octet !== highest[i]);
  return shared <= 0 ? undefined : `${lowest.slice(0, shared).join('.')}.`;
}

function octetsOf(value: bigint): number[] {
  return [24n, 16n, 8n, 0n].map((shift) => Number((value >> shift) & 255n));
}

/** Parses an address, a CIDR (host bits are ignored) or `low-high`; undefined when it is none of them. */
export function parseIpPattern(pattern: string): IpRange | undefined {
  if (pattern.includes('-')) return parseLowHigh(pattern);
  const slash = pattern.indexOf('/');
  if (slash >= 0) return parseCidr(pattern.slice(0, slash), pattern.slice(slash + 1));
  const address = parseIp(pattern);
  return address === undefined ? undefined : { isV4: address.isV4, low: address.value, high: address.value };
}

function parseLowHigh(pattern: string): IpRange | undefined {
  const dash = pattern.indexOf('-');
  const low = parseIp(pattern.slice(0, dash));
  const high = parseIp(pattern.slice(dash + 1));
  if (low === undefined || high === undefined || low.isV4 !== high.isV4 || low.value > high.value) return undefined;
  return { isV4: low.isV4, low: low.value, high: high.value };
}

function parseCidr(text: string, bitsText: string): IpRange | undefined {
  const address = parseIp(text);
  if (address === undefined || !/^(?:0|[1-9][0-9]{0,2})$/.test(bitsText)) return undefined;
  const width = address.isV4 ? V4_BITS : V6_BITS;
  const bits = Number(bitsText);
  if (bits > width) return undefined;
  const hostMask = (1n << BigInt(width - bits)) - 1n;
  const low = address.value & ~hostMask;
  return { isV4: address.isV4, low, high: low | hostMask };
}
