/** Text of byte ranges. Works on shared memory, which `TextDecoder` refuses. */

interface SliceableBuffer extends Buffer {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
}

const REPLACEMENT = '\ufffd';

// One remembered view: a scan reads thousands of ranges of the same block, and making a view costs more than a slice.
let viewedBytes: Uint8Array | undefined;
let view: SliceableBuffer | undefined;

function viewOf(bytes: Uint8Array): SliceableBuffer {
  if (bytes === viewedBytes && view !== undefined) return view;
  view = Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength) as SliceableBuffer;
  viewedBytes = bytes;
  return view;
}

/** Texts up to this length are remembered: levels, methods, status codes and the like repeat from line to line. */
const MAX_REMEMBERED_BYTES = 24;
/** A power of two; a text is kept in the slot of its hash until another one needs the slot. */
const REMEMBERED_TEXTS = 2048;
const rememberedBytes = new Uint8Array(REMEMBERED_TEXTS * MAX_REMEMBERED_BYTES);
const rememberedLengths = new Uint8Array(REMEMBERED_TEXTS);
const rememberedTexts: string[] = new Array<string>(REMEMBERED_TEXTS).fill('');

/** Decodes `bytes[start, end)` as UTF-8; invalid sequences become U+FFFD. */
export function sliceText(bytes: Uint8Array, start: number, end: number): string {
  if (start >= end) return '';
  if (end - start <= MAX_REMEMBERED_BYTES) {
    const text = shortText(bytes, start, end);
    if (text !== undefined) return text;
  }
  const buffer = viewOf(bytes);
  for (let i = start; i < end; i++) if (bytes[i]! > 0x7f) return buffer.utf8Slice(start, end);
  return buffer.latin1Slice(start, end);
}

/** As `sliceText`, with U+FFFD (also from invalid bytes) as a space: how parsers clean extracted values. */
export function sliceCleanText(bytes: Uint8Array, start: number, end: number): string {
  if (start >= end) return '';
  if (end - start <= MAX_REMEMBERED_BYTES) {
    const text = shortText(bytes, start, end);
    if (text !== undefined) return text;
  }
  const buffer = viewOf(bytes);
  for (let i = start; i < end; i++) if (bytes[i]! > 0x7f) return cleanText(buffer.utf8Slice(start, end));
  return buffer.latin1Slice(start, end);
}

/** Text of a short ASCII range, taken from the remembered ones where possible; undefined when it is not ASCII. */
function shortText(bytes: Uint8Array, start: number, end: number): string | undefined {
  let hash = 0x811c9dc5 | 0;
  let high = 0;
  for (let i = start; i < end; i++) {
    const c = bytes[i]!;
    high |= c;
    hash = Math.imul(hash ^ c, 0x01000193);
  }
  if (high > 0x7f) return undefined;
  const slot = (hash ^ (hash >>> 15)) & (REMEMBERED_TEXTS - 1);
  const at = slot * MAX_REMEMBERED_BYTES - start;
  if (rememberedLengths[slot] === end - start) {
    let i = start;
    while (i < end && bytes[i] === rememberedBytes[at + i]) i++;
    if (i === end) return rememberedTexts[slot]!;
  }
  for (let i = start; i < end; i++) rememberedBytes[at + i] = bytes[i]!;
  rememberedLengths[slot] = end - start;
  const text = viewOf(bytes).latin1Slice(start, end);
  rememberedTexts[slot] = text;
  return text;
}

/** Replaces U+FFFD by spaces. */
export function cleanText(text: string): string {
  return text.includes(REPLACEMENT) ? text.replaceAll(REPLACEMENT, ' ') : text;
}

/** From this length on the native search is worth the view it needs. */
const NATIVE_SEARCH_BYTES = 512;

/** Position of `needle` in `bytes[start, end)`, or -1. Never looks behind `end`. */
export function indexOfBytes(bytes: Uint8Array, needle: Uint8Array, start: number, end: number): number {
  if (needle.length === 0) return start;
  const last = end - needle.length;
  if (last - start > NATIVE_SEARCH_BYTES) {
    const at = viewOf(bytes).subarray(start, end).indexOf(needle);
    return at < 0 ? -1 : start + at;
  }
  const first = needle[0]!;
  for (let at = start; at <= last; at++) {
    if (bytes[at] === first && startsWithBytes(bytes, needle, at, end)) return at;
  }
  return -1;
}

/** True if `bytes[start, end)` starts with `prefix`. */
export function startsWithBytes(bytes: Uint8Array, prefix: Uint8Array, start: number, end: number): boolean {
  if (end - start < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (bytes[start + i] !== prefix[i]) return false;
  return true;
}

/** True if `bytes[start, end)` equals `other`. */
export function equalBytes(bytes: Uint8Array, start: number, end: number, other: Uint8Array): boolean {
  return end - start === other.length && startsWithBytes(bytes, other, start, end);
}

/** True if `a[aStart, aEnd)` equals `b[bStart, bEnd)`. */
export function equalRanges(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): boolean {
  const length = aEnd - aStart;
  if (length !== bEnd - bStart) return false;
  for (let i = 0; i < length; i++) if (a[aStart + i] !== b[bStart + i]) return false;
  return true;
}

/** White space as Go's `unicode.IsSpace` knows it. */
function isGoSpace(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  if (code < 0x85) return false;
  if (code === 0x85 || code === 0xa0 || code === 0x1680) return true;
  if (code >= 0x2000 && code <= 0x200a) return true;
  return code === 0x2028 || code === 0x2029 || code === 0x202f || code === 0x205f || code === 0x3000;
}

/** Trims white space at both ends, by Go's idea of white space. */
export function trimGoSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isGoSpace(text.charCodeAt(start))) start++;
  while (end > start && isGoSpace(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}
