import { RE2JS } from 're2js';
import { appendFoldedRange, appendGroup, cleanRanges, negateRanges, PERL_GROUPS, POSIX_GROUPS } from './char-class.ts';
import { regexError } from './syntax-error.ts';

/** A class read from a pattern; `opaque` when it holds Unicode groups, whose members are not listed. */
export interface ParsedClass {
  readonly ranges: number[];
  readonly opaque: boolean;
  /** Where the pattern goes on. */
  readonly next: number;
}

const ESCAPES: ReadonlyMap<string, number> = new Map([
  ['a', 0x07],
  ['f', 0x0c],
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
  ['v', 0x0b],
]);

const OCTAL = /^(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/;
const HEX_PAIR = /^x([0-9A-Fa-f]{2})/;
const HEX_BRACED = /^x\{([0-9A-Fa-f]+)\}/;

function charAt(text: string, at: number): string {
  return at < text.length ? String.fromCodePoint(text.codePointAt(at)!) : '';
}

/** The part of a bad `\x...` escape that was read before it went wrong. */
function badHexLength(body: string): number {
  if (body[1] !== '{')
    return Math.min(body.length, 1 + charAt(body, 1).length + charAt(body, 1 + charAt(body, 1).length).length);
  let i = 2;
  let value = 0;
  while (i < body.length && /[0-9A-Fa-f]/.test(body[i]!)) {
    value = value * 16 + Number.parseInt(body[i]!, 16);
    i++;
    if (value > 0x10ffff) return i;
  }
  return i + charAt(body, i).length;
}

/** Reads an escape that stands for one character; `at` is the backslash. */
export function parseEscape(text: string, at: number): { rune: number; next: number } {
  const body = text.slice(at + 1, at + 40);
  if (body === '') throw regexError('trailingBackslash', '');
  const octal = OCTAL.exec(body);
  if (octal !== null) return { rune: Number.parseInt(octal[0], 8), next: at + 1 + octal[0].length };
  if (body[0] === 'x') {
    const pair = HEX_PAIR.exec(body) ?? HEX_BRACED.exec(body);
    const rune = pair === null ? Number.POSITIVE_INFINITY : Number.parseInt(pair[1]!, 16);
    if (rune <= 0x10ffff) return { rune, next: at + 1 + pair![0].length };
    throw regexError('escape', text.slice(at, at + 1 + badHexLength(body)));
  }
  const char = charAt(body, 0);
  const control = ESCAPES.get(char);
  if (control !== undefined) return { rune: control, next: at + 2 };
  const rune = char.codePointAt(0)!;
  if (rune < 0x80 && !/[0-9A-Za-z]/.test(char)) return { rune, next: at + 2 };
  throw regexError('escape', text.slice(at, at + 1 + char.length));
}

/** `\d \D \s \S \w \W`, or undefined when something else stands there. */
export function parsePerlGroup(text: string, at: number, fold: boolean): ParsedClass | undefined {
  if (text[at] !== '\\') return undefined;
  const letter = text[at + 1] ?? '';
  const group = PERL_GROUPS.get(letter.toLowerCase());
  if (group === undefined) return undefined;
  const ranges: number[] = [];
  appendGroup(ranges, group, letter !== letter.toLowerCase(), fold);
  return { ranges, opaque: false, next: at + 2 };
}

const knownUnicodeGroups = new Map<string, boolean>();
/** Names come from users: forget them all rather than grow without end. */
const MAX_KNOWN_GROUPS = 1000;

function isUnicodeGroup(name: string): boolean {
  const known = knownUnicodeGroups.get(name);
  if (known !== undefined) return known;
  let valid = /^[A-Za-z_]+$/.test(name);
  if (valid) {
    try {
      RE2JS.compile(`\\p{${name}}`);
    } catch (error) {
      // re2js has the tables; whatever it refuses is no group.
      valid = error === undefined;
    }
  }
  if (knownUnicodeGroups.size >= MAX_KNOWN_GROUPS) knownUnicodeGroups.clear();
  knownUnicodeGroups.set(name, valid);
  return valid;
}

/** `\pL`, `\p{Greek}`, `\P...`, `\p{^...}`; members stay unknown. */
export function parseUnicodeGroup(text: string, at: number): ParsedClass | undefined {
  if (text[at] !== '\\' || (text[at + 1] !== 'p' && text[at + 1] !== 'P')) return undefined;
  const first = charAt(text, at + 2);
  if (first === '') throw regexError('charRange', text.slice(at));
  let name = first;
  let next = at + 2 + first.length;
  if (first === '{') {
    const end = text.indexOf('}', next);
    if (end < 0) throw regexError('charRange', text.slice(at));
    name = text.slice(next, end);
    next = end + 1;
  }
  if (!isUnicodeGroup(name.startsWith('^') ? name.slice(1) : name)) throw regexError('charRange', text.slice(at, next));
  return { ranges: [], opaque: true, next };
}

function parsePosixGroup(text: string, at: number, fold: boolean): ParsedClass | undefined {
  if (!text.startsWith('[:', at)) return undefined;
  const end = text.indexOf(':]', at + 2);
  if (end < 0) return undefined;
  const name = text.slice(at + 2, end);
  const negated = name.startsWith('^');
  const group = POSIX_GROUPS.get(negated ? name.slice(1) : name);
  if (group === undefined) throw regexError('charRange', text.slice(at, end + 2));
  const ranges: number[] = [];
  appendGroup(ranges, group, negated, fold);
  return { ranges, opaque: false, next: end + 2 };
}

function parseClassChar(text: string, at: number, classStart: number): { rune: number; next: number } {
  if (at >= text.length) throw regexError('missingBracket', text.slice(classStart));
  if (text[at] === '\\') return parseEscape(text, at);
  const char = charAt(text, at);
  return { rune: char.codePointAt(0)!, next: at + char.length };
}

/** Reads `[...]`; `start` is the bracket. */
export function parseClass(text: string, start: number, fold: boolean): ParsedClass {
  let at = start + 1;
  const negated = text[at] === '^';
  if (negated) at++;
  const ranges: number[] = [];
  let opaque = false;
  for (let first = true; first || text[at] !== ']'; first = false) {
    const group = parsePosixGroup(text, at, fold) ?? parseUnicodeGroup(text, at) ?? parsePerlGroup(text, at, fold);
    if (group !== undefined) {
      // One by one: a spread of many ranges would overflow the stack.
      for (const bound of group.ranges) ranges.push(bound);
      opaque ||= group.opaque;
      at = group.next;
      continue;
    }
    const rangeStart = at;
    const lo = parseClassChar(text, at, start);
    let hi = lo;
    if (text[lo.next] === '-' && lo.next + 1 < text.length && text[lo.next + 1] !== ']') {
      hi = parseClassChar(text, lo.next + 1, start);
      if (hi.rune < lo.rune) throw regexError('charRange', text.slice(rangeStart, hi.next));
    }
    if (fold) appendFoldedRange(ranges, lo.rune, hi.rune);
    else ranges.push(lo.rune, hi.rune);
    at = hi.next;
  }
  const clean = cleanRanges(ranges);
  return { ranges: negated && !opaque ? negateRanges(clean) : clean, opaque, next: at + 1 };
}
