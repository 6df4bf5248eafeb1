/**
 * Differences of row times in Rice code (Rice 1979): the low `k` bits of each as they are, the rest in unary. Clocks with nanoseconds
 * give differences that are close to random, which no second difference and no compressor makes smaller; this is within a twentieth
 * of a bit of what they hold. Quotients and low bits stand apart, so that a reader needs no branch for a row.
 * Format: docs/format/segment.md, section Times. Twin of the decoder: kernels/rice-times.ts.
 */

/** A quotient of so many zeros says that it stands among the large ones. */
const LARGE_QUOTIENT = 24;
/** Low bits that a difference may have: with seven bits of a byte before them they are an exact number. */
const MAX_LOW_BITS = 46;
const TWO_24 = 16_777_216;

const TWO_MINUS_24 = 1 / TWO_24;
const TWO_MINUS_32 = 2 ** -32;

/** Bits of an integer below 2^53. */
function bitLength(value: number): number {
  return value < 4_294_967_296 ? 32 - Math.clz32(value) : 64 - Math.clz32(value * TWO_MINUS_32);
}

/**
 * Bits that a second difference takes beside its own, in whole bytes and compressed: measured four for random ones, next to none for
 * small ones, which repeat.
 */
const MOST_EXTRA_BITS = 4;

const lengthCounts = new Uint32Array(64);
/** Differences of rows 1 and on, in units. */
let differences = new Float64Array(4096);

/** What is known of the differences of times before they are written. */
interface DifferenceSizes {
  /** Best number of low bits, and about how many bits all take with it. */
  readonly lowBits: number;
  readonly bits: number;
  /** About how many bits the differences of differences take as varints, compressed. */
  readonly secondBits: number;
}

/** Looks at the differences of `rowCount` times from `from` on, all divided by `unit`, and keeps them for `encodeRice`. */
export function sizeDifferences(times: Float64Array, from: number, rowCount: number, unit: number): DifferenceSizes {
  if (differences.length < rowCount) differences = new Float64Array(rowCount * 2);
  const kept = differences;
  const perUnit = 1 / unit;
  lengthCounts.fill(0);
  let shortest = 64;
  let longest = 0;
  let secondBits = 0;
  let before = 0;
  for (let i = 1; i < rowCount; i++) {
    // A multiple of the unit: the nearest integer is the exact quotient.
    const difference = Math.round((times[from + i]! - times[from + i - 1]!) * perUnit);
    kept[i] = difference;
    const second = difference - before;
    before = difference;
    const secondLength = bitLength(second >= 0 ? second * 2 : -second * 2 - 1);
    secondBits += secondLength + Math.min(MOST_EXTRA_BITS, secondLength >> 1);
    const length = bitLength(difference);
    lengthCounts[length]!++;
    if (length < shortest) shortest = length;
    if (length > longest) longest = length;
  }
  const { lowBits, bits } = bestLowBits(shortest, longest);
  return { lowBits, bits, secondBits };
}

/** By the counts of lengths from `shortest` to `longest`. */
function bestLowBits(shortest: number, longest: number): { lowBits: number; bits: number } {
  let lowBits = 0;
  let bits = Number.POSITIVE_INFINITY;
  for (let k = Math.max(0, Math.min(shortest, longest - 12) - 2); k <= Math.min(longest, MAX_LOW_BITS); k++) {
    let sum = 0;
    for (let length = shortest; length <= longest; length++) {
      if (lengthCounts[length] === 0) continue;
      // Numbers of a length are three quarters of its power of two on average.
      const quotient = length <= k ? 0 : 0.75 * 2 ** (length - k);
      const cost = quotient < LARGE_QUOTIENT ? quotient : LARGE_QUOTIENT + 8 * Math.ceil((length - k) / 7);
      sum += lengthCounts[length]! * (k + 1 + cost);
    }
    if (sum < bits) {
      bits = sum;
      lowBits = k;
    }
  }
  return { lowBits, bits };
}

let quotients = new Uint8Array(4096);
const large: number[] = [];

/**
 * Writes the differences that `sizeDifferences` has seen last; `out` has room.
 *
 * @param first time of row 0, in units
 * @returns position behind the last byte
 */
export function encodeRice(first: number, rowCount: number, lowBits: number, out: Uint8Array, start: number): number {
  const mostBytes = ((rowCount * (LARGE_QUOTIENT + 1)) >> 3) + 8;
  if (quotients.length < mostBytes) quotients = new Uint8Array(mostBytes * 2);
  const quotientBytes = (splitDifferences(rowCount, 2 ** lowBits) + 7) >> 3;
  let at = start;
  out[at++] = lowBits;
  at = writeVarint(out, at, first);
  at = writeVarint(out, at, quotientBytes);
  out.set(quotients.subarray(0, quotientBytes), at);
  quotients.fill(0, 0, quotientBytes);
  at = writeLowBits(rowCount, lowBits, out, at + quotientBytes);
  for (const quotient of large) at = writeVarint(out, at, quotient);
  return at;
}

/** Fills `quotients`, which are all 0 before, and `large`, and leaves the low bits in `differences`; returns the bits of the former. */
function splitDifferences(rowCount: number, divisor: number): number {
  const low = differences;
  const marks = quotients;
  const perDivisor = 1 / divisor;
  large.length = 0;
  let bit = 0;
  for (let i = 1; i < rowCount; i++) {
    const difference = low[i]!;
    const quotient = Math.floor(difference * perDivisor);
    low[i] = difference - quotient * divisor;
    if (quotient < LARGE_QUOTIENT) bit += quotient;
    else {
      large.push(quotient);
      bit += LARGE_QUOTIENT;
    }
    marks[bit >> 3]! |= 1 << (bit & 7);
    bit++;
  }
  return bit;
}

function writeLowBits(rowCount: number, lowBits: number, out: Uint8Array, start: number): number {
  const low = differences;
  const lowerBits = Math.min(lowBits, 24);
  const upperBits = lowBits - lowerBits;
  let at = start;
  let rest = 0;
  let restBits = 0;
  for (let i = 1; i < rowCount; i++) {
    const value = low[i]!;
    const upper = Math.floor(value * TWO_MINUS_24) | 0;
    // At most 7 bits are left from before, so 31 in all.
    rest |= (value - upper * TWO_24) << restBits;
    for (restBits += lowerBits; restBits >= 8; restBits -= 8) {
      out[at++] = rest;
      rest >>>= 8;
    }
    if (upperBits === 0) continue;
    rest |= upper << restBits;
    for (restBits += upperBits; restBits >= 8; restBits -= 8) {
      out[at++] = rest;
      rest >>>= 8;
    }
  }
  if (restBits > 0) out[at++] = rest;
  return at;
}

function writeVarint(out: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest > 127) {
    out[at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  out[at++] = rest;
  return at;
}

/** Where `readVarint` has stopped; -1 after bytes that ended too early. */
let varintEnd = -1;

function readVarint(bytes: Uint8Array, from: number, end: number): number {
  let value = 0;
  let scale = 1;
  for (let at = from; at < end && scale <= 2 ** 49; at++) {
    const byte = bytes[at]!;
    value += (byte & 127) * scale;
    if (byte < 128) {
      varintEnd = at + 1;
      return value;
    }
    scale *= 128;
  }
  varintEnd = -1;
  return 0;
}

/**
 * Reads what `encodeRice` wrote.
 *
 * @returns position behind the last byte, or -1 when the bytes end too early or make no sense
 */
export function decodeRice(
  bytes: Uint8Array,
  from: number,
  end: number,
  rowCount: number,
  unit: number,
  out: Float64Array,
): number {
  const lowBits = from < end ? bytes[from]! : MAX_LOW_BITS + 1;
  if (lowBits > MAX_LOW_BITS) return -1;
  let time = readVarint(bytes, from + 1, end);
  const quotientBytes = varintEnd < 0 ? 0 : readVarint(bytes, varintEnd, end);
  if (varintEnd < 0) return -1;
  const lowAt = varintEnd + quotientBytes;
  let largeAt = lowAt + Math.ceil(((rowCount - 1) * lowBits) / 8);
  if (largeAt > end) return -1;
  const divisor = 2 ** lowBits;
  let bit = varintEnd * 8;
  let lowBit = lowAt * 8;
  out[0] = time * unit;
  for (let row = 1; row < rowCount; row++) {
    let quotient = 0;
    while (bit < lowAt * 8 && (bytes[bit >>> 3]! & (1 << (bit & 7))) === 0) {
      quotient++;
      bit++;
    }
    if (bit >= lowAt * 8 || quotient > LARGE_QUOTIENT) return -1;
    bit++;
    if (quotient === LARGE_QUOTIENT) {
      quotient = readVarint(bytes, largeAt, end);
      if (varintEnd < 0) return -1;
      largeAt = varintEnd;
    }
    time += quotient * divisor + readBits(bytes, lowBit, lowBits);
    lowBit += lowBits;
    out[row] = time * unit;
  }
  return largeAt;
}

/** A number of at most `MAX_LOW_BITS` bits, low bit first. */
function readBits(bytes: Uint8Array, from: number, count: number): number {
  let at = from >>> 3;
  let value = 0;
  let scale = 1;
  let skip = from & 7;
  for (let left = count; left > 0; ) {
    const taken = Math.min(8 - skip, left);
    value += ((bytes[at++]! >> skip) & ((1 << taken) - 1)) * scale;
    scale *= 1 << taken;
    left -= taken;
    skip = 0;
  }
  return value;
}
