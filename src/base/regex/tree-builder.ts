import { appendFoldedRange } from './char-class.ts';
import { simpleFold } from './fold.ts';
import {
  cleanAlternative,
  isCharClass,
  type MutableNode,
  matchesRune,
  newNode,
  nodesEqual,
  OP,
  type Op,
} from './node.ts';

/**
 * Joins nodes the way Go's `regexp/syntax` does: common prefixes of alternatives are factored out and one-character
 * alternatives become classes (`bar|baz` is `ba[rz]`). What LogQL does with a regex depends on the shape that results.
 */

function appendLiteral(ranges: number[], rune: number, fold: boolean): void {
  if (fold) appendFoldedRange(ranges, rune, rune);
  else ranges.push(rune, rune);
}

/** Adds the members of one single-character node to another. */
export function mergeCharClass(target: MutableNode, source: MutableNode): void {
  if (target.op === OP.any) return;
  if (target.op === OP.anyNotNewline) {
    if (source.opaque || matchesRune(source, 0x0a)) {
      // A class with unknown members may hold the newline: keep the result unknown too.
      target.op = source.opaque ? OP.charClass : OP.any;
      target.opaque = source.opaque;
    }
    return;
  }
  if (target.op === OP.charClass) {
    if (source.op === OP.literal) appendLiteral(target.runes, source.runes[0]!, source.fold);
    else target.runes.push(...source.runes);
    target.opaque ||= source.opaque;
    return;
  }
  if (source.runes[0] === target.runes[0] && source.fold === target.fold) return;
  const ranges: number[] = [];
  appendLiteral(ranges, target.runes[0]!, target.fold);
  appendLiteral(ranges, source.runes[0]!, source.fold);
  target.op = OP.charClass;
  target.runes = ranges;
}

/** Concatenation or alternation of nodes; nested ones of the same kind are flattened. */
export function collapse(subs: readonly MutableNode[], op: Op): MutableNode {
  if (subs.length === 1) return subs[0]!;
  const node = newNode(op);
  for (const sub of subs) {
    if (sub.op === op) node.subs.push(...sub.subs);
    else node.subs.push(sub);
  }
  if (op === OP.alternate) {
    node.subs = factor(node.subs);
    if (node.subs.length === 1) return node.subs[0]!;
  }
  return node;
}

function factor(subs: MutableNode[]): MutableNode[] {
  if (subs.length < 2) return subs;
  return joinEmpties(joinClasses(factorNodes(factorStrings(subs))));
}

function prefixed(prefix: MutableNode, suffixes: readonly MutableNode[]): MutableNode {
  const node = newNode(OP.concat);
  node.subs = [prefix, collapse(suffixes, OP.alternate)];
  return node;
}

/** Round 1: `abc|abd` to `ab(?:c|d)`. */
function factorStrings(subs: MutableNode[]): MutableNode[] {
  const out: MutableNode[] = [];
  let start = 0;
  let prefix: readonly number[] = [];
  let prefixFold = false;
  for (let i = 0; i <= subs.length; i++) {
    const leading = i < subs.length ? leadingLiteral(subs[i]!) : undefined;
    const runes = leading?.runes ?? [];
    if (i < subs.length && (leading?.fold ?? false) === prefixFold) {
      let same = 0;
      while (same < prefix.length && same < runes.length && prefix[same] === runes[same]) same++;
      if (same > 0) {
        prefix = prefix.slice(0, same);
        continue;
      }
    }
    if (i === start + 1) out.push(subs[start]!);
    else if (i > start) {
      const literal = newNode(OP.literal, prefixFold);
      literal.runes = [...prefix];
      for (let j = start; j < i; j++) subs[j] = removeLeadingString(subs[j]!, prefix.length);
      out.push(prefixed(literal, subs.slice(start, i)));
    }
    start = i;
    prefix = runes;
    prefixFold = leading?.fold ?? false;
  }
  return out;
}

/** Round 2: the same for a leading class, or a class repeated a fixed number of times. */
function factorNodes(subs: MutableNode[]): MutableNode[] {
  const out: MutableNode[] = [];
  let start = 0;
  let first: MutableNode | undefined;
  for (let i = 0; i <= subs.length; i++) {
    const leading = i < subs.length ? leadingNode(subs[i]!) : undefined;
    if (leading !== undefined && first !== undefined && isFixedClass(first) && nodesEqual(first, leading)) continue;
    if (i === start + 1) out.push(subs[start]!);
    else if (i > start) {
      const prefix = first!;
      for (let j = start; j < i; j++) subs[j] = removeLeadingNode(subs[j]!);
      out.push(prefixed(prefix, subs.slice(start, i)));
    }
    start = i;
    first = leading;
  }
  return out;
}

/** Round 3: neighbouring one-character alternatives to one class. */
function joinClasses(subs: MutableNode[]): MutableNode[] {
  const out: MutableNode[] = [];
  let start = 0;
  for (let i = 0; i <= subs.length; i++) {
    if (i < subs.length && isCharClass(subs[i]!)) continue;
    if (i === start + 1) out.push(subs[start]!);
    else if (i > start) {
      let best = start;
      for (let j = start + 1; j < i; j++) {
        const a = subs[best]!;
        const b = subs[j]!;
        if (a.op < b.op || (a.op === b.op && a.runes.length < b.runes.length)) best = j;
      }
      const target = subs[best]!;
      subs[best] = subs[start]!;
      for (let j = start + 1; j < i; j++) mergeCharClass(target, subs[j]!);
      cleanAlternative(target);
      out.push(target);
    }
    if (i < subs.length) out.push(subs[i]!);
    start = i + 1;
  }
  return out;
}

/** Round 4: neighbouring empty alternatives to one. */
function joinEmpties(subs: readonly MutableNode[]): MutableNode[] {
  return subs.filter((sub, i) => !(sub.op === OP.empty && subs[i + 1]?.op === OP.empty));
}

function isFixedClass(node: MutableNode): boolean {
  return isCharClass(node) || (node.op === OP.repeat && node.min === node.max && isCharClass(node.subs[0]!));
}

function leadingLiteral(node: MutableNode): MutableNode | undefined {
  const first = node.op === OP.concat ? node.subs[0] : node;
  return first?.op === OP.literal ? first : undefined;
}

function leadingNode(node: MutableNode): MutableNode | undefined {
  const first = node.op === OP.concat && node.subs.length > 0 ? node.subs[0]! : node;
  return first.op === OP.empty ? undefined : first;
}

function withoutFirst(node: MutableNode): MutableNode {
  const rest = node.subs.slice(1);
  if (rest.length === 0) return newNode(OP.empty);
  if (rest.length === 1) return rest[0]!;
  node.subs = rest;
  return node;
}

function removeLeadingString(node: MutableNode, count: number): MutableNode {
  if (node.op === OP.concat && node.subs.length > 0) {
    node.subs[0] = removeLeadingString(node.subs[0]!, count);
    return node.subs[0]!.op === OP.empty ? withoutFirst(node) : node;
  }
  if (node.op === OP.literal) {
    node.runes = node.runes.slice(count);
    if (node.runes.length === 0) node.op = OP.empty;
  }
  return node;
}

function removeLeadingNode(node: MutableNode): MutableNode {
  return node.op === OP.concat && node.subs.length > 0 ? withoutFirst(node) : newNode(OP.empty);
}

/** A class of one character, or of one letter in both cases, is a literal. Returns the folding of that literal. */
export function literalOfClass(node: MutableNode): { rune: number; fold: boolean } | undefined {
  if (node.op !== OP.charClass || node.opaque) return undefined;
  const r = node.runes;
  if (r.length === 2 && r[0] === r[1]) return { rune: r[0]!, fold: false };
  const pair =
    r.length === 4 && r[0] === r[1] && r[2] === r[3]
      ? [r[0]!, r[2]!]
      : r.length === 2 && r[0]! + 1 === r[1]
        ? [r[0]!, r[1]!]
        : undefined;
  if (pair !== undefined && simpleFold(pair[0]!) === pair[1] && simpleFold(pair[1]!) === pair[0])
    return { rune: pair[0]!, fold: true };
  return undefined;
}
