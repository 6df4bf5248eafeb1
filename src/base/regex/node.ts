import { cleanRanges, MAX_CODE_POINT, rangesContain } from './char-class.ts';

/** Operators of the tree, in the order of Go's `regexp/syntax` (merging of classes compares them). */
export const OP = {
  noMatch: 1,
  empty: 2,
  literal: 3,
  charClass: 4,
  anyNotNewline: 5,
  any: 6,
  beginLine: 7,
  endLine: 8,
  beginText: 9,
  endText: 10,
  wordBoundary: 11,
  noWordBoundary: 12,
  capture: 13,
  star: 14,
  plus: 15,
  quest: 16,
  repeat: 17,
  concat: 18,
  alternate: 19,
  leftParen: 128,
  verticalBar: 129,
} as const;

export type Op = (typeof OP)[keyof typeof OP];

/** A node as the parser builds it. Readers use `RegexNode`. */
export interface MutableNode {
  op: Op;
  /** Case is ignored (literals; classes are folded when they are read). */
  fold: boolean;
  lazy: boolean;
  /** Code points of a literal, or the ranges of a class. */
  runes: number[];
  /** A class with members that are not in `runes` (`\pL`): its shape is known, its members are not. */
  opaque: boolean;
  subs: MutableNode[];
  min: number;
  /** -1: no limit. */
  max: number;
  /** Number of the capture, 0 for none. */
  cap: number;
  name: string | undefined;
  /** Of a parenthesis: the flags to go back to. */
  savedFlags: number;
}

/** Syntax tree of a regular expression; which fields count depends on `op`. */
export type RegexNode = Readonly<Omit<MutableNode, 'runes' | 'subs' | 'savedFlags'>> & {
  readonly runes: readonly number[];
  readonly subs: readonly RegexNode[];
};

export function newNode(op: Op, fold = false, lazy = false): MutableNode {
  return { op, fold, lazy, runes: [], opaque: false, subs: [], min: 0, max: 0, cap: 0, name: undefined, savedFlags: 0 };
}

/** Matches exactly one character, whatever it is. */
export function isCharClass(node: RegexNode): boolean {
  return (
    (node.op === OP.literal && node.runes.length === 1) ||
    node.op === OP.charClass ||
    node.op === OP.anyNotNewline ||
    node.op === OP.any
  );
}

export function matchesRune(node: RegexNode, rune: number): boolean {
  switch (node.op) {
    case OP.literal:
      return node.runes.length === 1 && node.runes[0] === rune;
    case OP.charClass:
      return rangesContain(node.runes, rune);
    case OP.anyNotNewline:
      return rune !== 0x0a;
    default:
      return node.op === OP.any;
  }
}

/** Same expression; opaque classes are never equal (their members are unknown). */
export function nodesEqual(a: RegexNode, b: RegexNode): boolean {
  if (a.op !== b.op || a.opaque || b.opaque || a.subs.length !== b.subs.length || a.runes.length !== b.runes.length)
    return false;
  if (a.op === OP.literal && a.fold !== b.fold) return false;
  if (a.op >= OP.star && a.op <= OP.repeat && a.lazy !== b.lazy) return false;
  if (a.op === OP.repeat && (a.min !== b.min || a.max !== b.max)) return false;
  if (a.op === OP.capture && (a.cap !== b.cap || a.name !== b.name)) return false;
  for (let i = 0; i < a.runes.length; i++) if (a.runes[i] !== b.runes[i]) return false;
  for (let i = 0; i < a.subs.length; i++) if (!nodesEqual(a.subs[i]!, b.subs[i]!)) return false;
  return true;
}

/** Gives a class of everything its own operator. */
export function cleanAlternative(node: MutableNode): void {
  if (node.op !== OP.charClass || node.opaque) return;
  node.runes = cleanRanges(node.runes);
  const r = node.runes;
  if (r.length === 2 && r[0] === 0 && r[1] === MAX_CODE_POINT) {
    node.op = OP.any;
    node.runes = [];
  } else if (r.length === 4 && r[0] === 0 && r[1] === 0x09 && r[2] === 0x0b && r[3] === MAX_CODE_POINT) {
    node.op = OP.anyNotNewline;
    node.runes = [];
  }
}
