import { goQuote } from '../../../grammar/literals.ts';

/**
 * Go's byte view of text: lengths, cuts and case rules that differ from JavaScript's UTF-16 view.
 */

/** Bytes of the text in UTF-8. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text);
}

/**
 * text[start:end] in UTF-8 bytes. A character that is cut through becomes one U+FFFD per byte that is left of it.
 *
 * @param start 0..end
 * @param end up to the byte length
 */
export function sliceBytes(text: string, start: number, end: number): string {
  const size = Buffer.byteLength(text);
  if (size === text.length) return text.slice(start, end);
  const bytes = Buffer.from(text);
  let from = start;
  let head = '';
  while (from < end && isContinuation(bytes[from])) {
    head += '\ufffd';
    from++;
  }
  let to = end;
  let tail = '';
  if (to < size && isContinuation(bytes[to])) {
    do {
      to--;
      tail += '\ufffd';
    } while (to > from && isContinuation(bytes[to]));
    if (to < from) return head;
  }
  return head + bytes.toString('utf8', from, Math.max(to, from)) + tail;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** strings.Title: upper case behind every separator: ASCII other than letters, digits and `_`; beyond ASCII only blanks. */
export function goTitle(text: string): string {
  let out = '';
  let inWord = false;
  for (const char of text) {
    out += inWord ? char : simpleUpper(char);
    inWord = char.charCodeAt(0) < 128 ? /\w/.test(char) : !ONE_SPACE.test(char);
  }
  return out;
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}

/** Upper case one character at a time, as Go does: `ß` stays. */
export function goUpper(text: string): string {
  if (isAscii(text)) return text.toUpperCase();
  let out = '';
  for (const char of text) out += simpleUpper(char);
  return out;
}

/** Lower case one character at a time, as Go does: `İ` becomes `i̇` in JavaScript and `i` in Go. */
export function goLower(text: string): string {
  if (isAscii(text)) return text.toLowerCase();
  let out = '';
  for (const char of text) {
    const lower = char.toLowerCase();
    out += [...lower].length === 1 ? lower : (lower[0] ?? char);
  }
  return out;
}

function simpleUpper(char: string): string {
  const upper = char.toUpperCase();
  return upper.length === char.length || [...upper].length === 1 ? upper : char;
}

// unicode.IsSpace.
const SPACE = '[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const LEADING_SPACE = new RegExp(`^${SPACE}+`);
const ONE_SPACE = new RegExp(SPACE);

/** strings.TrimSpace. */
export function trimSpace(text: string): string {
  let end = text.length;
  while (end > 0 && ONE_SPACE.test(text[end - 1] as string)) end--;
  return text.slice(0, end).replace(LEADING_SPACE, '');
}

/** strings.TrimLeft and TrimRight in one: removes characters of the set from the ends that are named. */
export function trimSet(text: string, cutset: string, left: boolean, right: boolean): string {
  const set = new Set(cutset);
  const chars = [...text];
  let from = 0;
  let to = chars.length;
  while (left && from < to && set.has(chars[from] as string)) from++;
  while (right && to > from && set.has(chars[to - 1] as string)) to--;
  return chars.slice(from, to).join('');
}

/** strings.Replace: the first `count` occurrences, all if negative; an empty `old` matches before every character and at the end. */
export function replaceCount(text: string, old: string, replacement: string, count: number): string {
  if (count === 0 || old === replacement) return text;
  const parts = old === '' ? [...text] : text.split(old);
  const gaps = old === '' ? parts.length + 1 : parts.length - 1;
  const limit = count < 0 ? gaps : Math.min(count, gaps);
  if (old === '') {
    const head = parts.slice(0, Math.min(limit, parts.length)).map((char) => replacement + char);
    return head.join('') + parts.slice(limit).join('') + (limit > parts.length ? replacement : '');
  }
  return (
    parts.slice(0, limit + 1).join(replacement) +
    parts
      .slice(limit + 1)
      .map((part) => old + part)
      .join('')
  );
}

/** url.QueryEscape. */
export function queryEscape(text: string): string {
  const escaped = encodeURIComponent(text.toWellFormed());
  return escaped
    .replaceAll('%20', '+')
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * url.QueryUnescape.
 *
 * @throws Error `invalid URL escape "%zz"`
 */
export function queryUnescape(text: string): string {
  if (!/[%+]/.test(text)) return text;
  const bad = /%(?![0-9a-fA-F]{2}).{0,2}/su.exec(text)?.[0];
  if (bad !== undefined) throw new Error(`invalid URL escape ${goQuote(bad)}`);
  const bytes: number[] = [];
  const source = Buffer.from(text);
  for (let at = 0; at < source.length; at++) {
    const byte = source[at] as number;
    if (byte === 0x25) {
      bytes.push(Number.parseInt(source.toString('latin1', at + 1, at + 3), 16));
      at += 2;
    } else bytes.push(byte === 0x2b ? 0x20 : byte);
  }
  return Buffer.from(bytes).toString('utf8');
}

const HTML_ESCAPES: Readonly<Record<string, string>> = {
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\0': '\ufffd',
};

/** template.HTMLEscapeString. */
export function htmlEscape(text: string): string {
  return text.replace(/["'&<>\0]/g, (char) => HTML_ESCAPES[char] ?? char);
}

/** template.JSEscapeString. */
export function jsEscape(text: string): string {
  return text.replace(/[\\'"<>&=]|(?!\x7f)\p{Cc}|[^\p{ASCII}\p{L}\p{M}\p{N}\p{P}\p{S}]/gu, (char) => {
    if (char === '\\' || char === "'" || char === '"') return `\\${char}`;
    return `\\u${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  });
}
