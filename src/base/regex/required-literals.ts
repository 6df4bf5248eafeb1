import { lowerAscii, type Needle } from './byte-search.ts';
import { isCharClass, OP, type RegexNode } from './node.ts';
import { parseRegex } from './syntax.ts';

/** Needles shorter than this rule out next to nothing. */
const MIN_NEEDLE_BYTES = 2;
const MAX_NEEDLES = 8;
/** The search for a needle may look at all of it for each byte of text; a prefix is required as well, and rules out as much. */
const MAX_NEEDLE_BYTES = 64;
const REPLACEMENT_CHARACTER = 0xfffd;

/**
 * Texts that every match of a pattern contains (all of them), longest first; empty when nothing is certain. Sound for
 * bytes: U+FFFD in a pattern also matches broken UTF-8 and splits a needle, and so do `k` and `s` where case is ignored,
 * because they match U+212A and U+017F.
 *
 * @throws LogError REGEX_SYNTAX
 */
export function requiredLiterals(pattern: string): readonly Needle[] {
  return requiredNeedles(parseRegex(pattern).root);
}

/** The same for a parsed pattern. */
export function requiredNeedles(root: RegexNode): readonly Needle[] {
  const found: Needle[] = [];
  collect(root, found);
  found.sort((a, b) => b.bytes.length - a.bytes.length);
  const kept: Needle[] = [];
  for (const needle of found) {
    if (kept.length < MAX_NEEDLES && !kept.some((other) => implies(other, needle))) kept.push(needle);
  }
  return kept;
}

/** Needles of a plain text that must be contained, as for a regex that is just this text. */
export function needlesOfText(text: string, ignoreCase: boolean): readonly Needle[] {
  const out: Needle[] = [];
  addLiteral(
    [...text].map((char) => char.codePointAt(0)!),
    ignoreCase,
    out,
  );
  return out;
}

function collect(node: RegexNode, out: Needle[]): void {
  switch (node.op) {
    case OP.literal:
      addLiteral(node.runes, node.fold, out);
      break;
    case OP.concat:
    case OP.capture:
    case OP.plus:
      for (const sub of node.subs) collect(sub, out);
      break;
    case OP.repeat:
      if (node.min > 0 && !isCharClass(node.subs[0]!)) collect(node.subs[0]!, out);
      break;
  }
}

function addLiteral(runes: readonly number[], fold: boolean, out: Needle[]): void {
  let piece = '';
  const flush = (): void => {
    const bytes = new Uint8Array(Buffer.from(piece, 'utf8').subarray(0, MAX_NEEDLE_BYTES));
    if (bytes.length >= MIN_NEEDLE_BYTES) out.push({ bytes, ignoreCase: fold && hasLetter(bytes) });
    piece = '';
  };
  for (const rune of runes) {
    const char = String.fromCodePoint(rune).toLowerCase();
    const splits = fold
      ? rune >= 0x80 || char === 'k' || char === 's'
      : rune === REPLACEMENT_CHARACTER || (rune >= 0xd800 && rune <= 0xdfff);
    if (splits) flush();
    else piece += fold ? char : String.fromCodePoint(rune);
  }
  flush();
}

function hasLetter(bytes: Uint8Array): boolean {
  return bytes.some((byte) => byte >= 0x61 && byte <= 0x7a);
}

/** Whatever contains `a` contains `b`. */
function implies(a: Needle, b: Needle): boolean {
  if (a.ignoreCase && !b.ignoreCase && hasCase(b.bytes)) return false;
  const text: Uint8Array = b.ignoreCase ? a.bytes.map(lowerAscii) : a.bytes;
  return Buffer.from(text).includes(Buffer.from(b.bytes));
}

function hasCase(bytes: Uint8Array): boolean {
  return bytes.some((byte) => (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a));
}
