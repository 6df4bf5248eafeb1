import { cleanRanges } from './char-class.ts';
import { foldOrbit } from './fold.ts';
import { OP, type RegexNode } from './node.ts';

/**
 * Writes a tree as a JavaScript regex (no flags) that means the same on ASCII text: classes are cut down to ASCII, anchors and
 * dots are spelled out, case is folded by classes.
 *
 * @returns undefined when a part cannot be translated (members of Unicode groups are not known)
 */
export function toV8Source(node: RegexNode): string | undefined {
  try {
    return write(node);
  } catch (error) {
    if (error instanceof Untranslatable) return undefined;
    throw error;
  }
}

class Untranslatable extends Error {}

const ANY = '[^]';
const NOTHING = '[]';

function write(node: RegexNode): string {
  switch (node.op) {
    case OP.noMatch:
      return NOTHING;
    case OP.empty:
      return '(?:)';
    case OP.literal:
      return node.runes.map((rune) => writeRune(rune, node.fold)).join('');
    case OP.charClass:
      if (node.opaque) throw new Untranslatable();
      return writeRanges(node.runes);
    case OP.anyNotNewline:
      return '[^\\n]';
    case OP.any:
      return ANY;
    case OP.beginLine:
      return '(?<![^\\n])';
    case OP.endLine:
      return '(?![^\\n])';
    case OP.beginText:
      return '^';
    case OP.endText:
      return '$';
    case OP.wordBoundary:
      return '\\b';
    case OP.noWordBoundary:
      return '\\B';
    case OP.capture:
      return `(${write(node.subs[0]!)})`;
    case OP.concat:
      return node.subs.map((sub) => (sub.op === OP.alternate ? group(write(sub)) : write(sub))).join('');
    case OP.alternate:
      return node.subs.map(write).join('|');
    default:
      return writeRepeat(node);
  }
}

function group(source: string): string {
  return `(?:${source})`;
}

function writeRepeat(node: RegexNode): string {
  const sub = group(write(node.subs[0]!));
  const lazy = node.lazy ? '?' : '';
  if (node.op === OP.star) return `${sub}*${lazy}`;
  if (node.op === OP.plus) return `${sub}+${lazy}`;
  if (node.op === OP.quest) return `${sub}?${lazy}`;
  if (node.op !== OP.repeat) throw new Untranslatable();
  if (node.min === node.max) return `${sub}{${node.min}}${lazy}`;
  return `${sub}{${node.min},${node.max < 0 ? '' : node.max}}${lazy}`;
}

function writeRune(rune: number, fold: boolean): string {
  if (!fold) return rune < 0x80 ? writeChar(rune) : NOTHING;
  const members = foldOrbit(rune).filter((member) => member < 0x80);
  if (members.length === 0) return NOTHING;
  return members.length === 1 ? writeChar(members[0]!) : `[${members.map(writeChar).join('')}]`;
}

function writeChar(rune: number): string {
  const isWord = (rune >= 0x30 && rune <= 0x39) || (rune >= 0x41 && rune <= 0x5a) || (rune >= 0x61 && rune <= 0x7a);
  return isWord ? String.fromCharCode(rune) : `\\x${rune.toString(16).padStart(2, '0')}`;
}

function writeRanges(runes: readonly number[]): string {
  const ranges = asciiRanges(runes);
  if (ranges.length === 0) return NOTHING;
  if (ranges.length === 2 && ranges[0] === 0 && ranges[1] === 0x7f) return ANY;
  let body = '';
  // A class that holds the last ASCII character is written as its complement: shorter, and faster in V8.
  const negate = ranges.at(-1) === 0x7f;
  const shown = negate ? asciiComplement(ranges) : ranges;
  for (let i = 0; i < shown.length; i += 2) {
    const [lo, hi] = [shown[i]!, shown[i + 1]!];
    body += lo === hi ? writeChar(lo) : `${writeChar(lo)}-${writeChar(hi)}`;
  }
  return negate ? `[^${body}]` : `[${body}]`;
}

/** The part of a class below 128, sorted. */
export function asciiRanges(runes: readonly number[]): number[] {
  const out: number[] = [];
  for (let i = 0; i < runes.length; i += 2) if (runes[i]! < 0x80) out.push(runes[i]!, Math.min(runes[i + 1]!, 0x7f));
  return cleanRanges(out);
}

function asciiComplement(ranges: readonly number[]): number[] {
  const out: number[] = [];
  let next = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    if (ranges[i]! > next) out.push(next, ranges[i]! - 1);
    next = ranges[i + 1]! + 1;
  }
  return out;
}
