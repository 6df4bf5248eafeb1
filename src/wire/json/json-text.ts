import { goQuote } from '../../../grammar/literals.ts';
import { compareText, type Labels } from '../../model/labels.ts';

/** Texts that stand in JSON as they are; the test takes half as long as the general way. */
const PLAIN = /^[ !#-[\]-~]*$/;
const QUOTE = 0x22;
/** Names recur from set to set. */
const MAX_NAMES = 4096;
const names = new Map<string, string>();

/** A JSON string; lone surrogates become U+FFFD, which is what other JSON readers make of them. */
export function jsonText(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  return JSON.stringify(text.isWellFormed() ? text : text.toWellFormed());
}

/** A label set as a JSON object, in its own order. */
export function jsonLabels(labels: Labels): string {
  let out = '';
  putJsonLabels(labels, (piece) => {
    out += piece;
  });
  return out;
}

/** The pieces of `jsonLabels`, one after the other: joined they would be a text more for each set. */
export function putJsonLabels(labels: Labels, put: (text: string) => void): void {
  put('{');
  for (let i = 0; i < labels.length; i += 2) {
    if (i > 0) put(',');
    put(nameJson(labels[i]!));
    const value = labels[i + 1]!;
    if (PLAIN.test(value)) {
      put('"');
      put(value);
      put('"');
    } else put(jsonText(value));
  }
  put('}');
}

/** A name and the colon behind it. */
function nameJson(name: string): string {
  let text = names.get(name);
  if (text === undefined) {
    if (names.size >= MAX_NAMES) names.clear();
    text = `${jsonText(name)}:`;
    names.set(name, text);
  }
  return text;
}

/** A label set as people and the legacy endpoints see it: `{a="b", c="d"}`. */
export function labelText(labels: Labels): string {
  const pairs: string[] = [];
  for (let i = 0; i < labels.length; i += 2) pairs.push(`${labels[i]}=${goQuote(labels[i + 1]!)}`);
  return `{${pairs.join(', ')}}`;
}

/** As `compareText` of the texts of both, which are made only where it takes more than a look at the first value that differs. */
export function compareLabelTexts(a: Labels, b: Labels): number {
  const shared = Math.min(a.length, b.length);
  let i = 0;
  while (i < shared && a[i] === b[i]) i++;
  if (i === a.length && i === b.length) return 0;
  const isValue = i % 2 === 1;
  if (!isValue || !PLAIN.test(a[i]!) || !PLAIN.test(b[i]!)) return compareText(labelText(a), labelText(b));
  const [x, y] = [a[i]!, b[i]!];
  // Behind the shorter one a quote follows.
  if (y.startsWith(x)) return QUOTE - y.charCodeAt(x.length);
  if (x.startsWith(y)) return x.charCodeAt(y.length) - QUOTE;
  return x < y ? -1 : 1;
}

/** In the order of their printed labels; equal ones keep theirs. */
export function inTextOrder<T extends { readonly labels: Labels }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => compareLabelTexts(a.labels, b.labels));
}

/** RFC 3339 in UTC with as many decimals as are needed. */
export function formatRfc3339Nano(timeNs: bigint): string {
  let fraction = timeNs % 1_000_000_000n;
  if (fraction < 0n) fraction += 1_000_000_000n;
  const seconds = Number((timeNs - fraction) / 1_000_000_000n);
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  const digits = fraction.toString().padStart(9, '0').replace(/0+$/, '');
  return digits === '' ? `${whole}Z` : `${whole}.${digits}Z`;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Line bytes as text. Invalid UTF-8 becomes one U+FFFD per byte, as Go writes it (the platform's decoder joins the bytes of
 * a cut sequence).
 */
export function decodeLine(bytes: Uint8Array, start: number, end: number): string {
  const text = decoder.decode(bytes.subarray(start, end));
  return text.includes('\ufffd') ? decodeByteWise(bytes, start, end) : text;
}

function decodeByteWise(bytes: Uint8Array, start: number, end: number): string {
  let out = '';
  let at = start;
  while (at < end) {
    const size = sequenceBytes(bytes, at, end);
    out += size === 0 ? '\ufffd' : decoder.decode(bytes.subarray(at, at + size));
    at += Math.max(1, size);
  }
  return out;
}

/** Length of the valid UTF-8 sequence at a position; 0 when there is none. */
function sequenceBytes(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at]!;
  if (lead < 0x80) return 1;
  const size = lead >= 0xf0 && lead <= 0xf4 ? 4 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xc2 && lead < 0xe0 ? 2 : 0;
  if (size === 0 || at + size > end) return 0;
  const second = bytes[at + 1]!;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i = 2; i < size; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return 0;
  return size;
}
