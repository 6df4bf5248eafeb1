import { foldOrbit } from './fold.ts';
import { isCharClass, OP, type RegexNode } from './node.ts';
import { asciiRanges } from './to-v8.ts';

/**
 * Decides how far V8's backtracking matcher can be trusted with a pattern. Only patterns are admitted whose worst case is a
 * known power of the text length; the power then bounds the length of the texts that V8 gets to see. Sets of ASCII characters are
 * bit masks.
 */

export interface V8Plan {
  /** Longer texts must not go to V8 unwatched. */
  readonly maxTextLength: number;
  /** Longer texts must not go to V8 at all: in between the worst case is known to be short, but not too short to look at the clock. */
  readonly maxWatchedLength: number;
  /** The worst case grows faster than the text. */
  readonly superlinear: boolean;
  /** Groups come out as in RE2; otherwise V8 may only test. */
  readonly groupsAgree: boolean;
}

/** 1e6: about 2 ms of backtracking in the worst case of one text. */
const STEP_BUDGET = 1e6;
/** About 50 ms in the worst case of one text; most texts take a microsecond all the same. */
const WATCHED_STEP_BUDGET = 3e7;
const LINEAR_STEP_BUDGET = 8e6;
const MAX_TEXT_LENGTH = 65_536;
/** Too short to be worth the trouble. */
const MIN_TEXT_LENGTH = 64;
/** Characters of pattern that one step of the budget stands for. */
const PATTERN_STEP = 64;
/** From here on V8 is slower than re2js when the class opens the pattern. */
const SLOW_LEADING_REPEAT = 8;

interface Cost {
  /** Loops whose end the next character does not decide. */
  ambiguousLoops: number;
  /** A decided loop comes after an ambiguous one. */
  loopAfterAmbiguous: boolean;
  loops: number;
  loopMask: bigint;
  /** Product of the branches that may have to be tried at one place. */
  factor: number;
  groupInLoop: boolean;
}

class Unsafe extends Error {}

/** @returns undefined when V8 must not run the pattern at all */
export function planV8(root: RegexNode): V8Plan | undefined {
  const cost: Cost = {
    ambiguousLoops: 0,
    loopAfterAmbiguous: false,
    loops: 0,
    loopMask: 0n,
    factor: 1,
    groupInLoop: false,
  };
  try {
    visit(root, 0n, cost);
  } catch (error) {
    if (error instanceof Unsafe) return undefined;
    throw error;
  }
  if (startsWithLongRepeat(root)) return undefined;
  const anchored = leading(root).op === OP.beginText;
  const restarts = !anchored && cost.loops > 0 && (cost.loopMask & firstMask(root)) !== 0n ? 1 : 0;
  const exponent = restarts + Math.max(1, cost.ambiguousLoops + (cost.loopAfterAmbiguous ? 1 : 0));
  const factor = cost.factor * Math.ceil(patternLength(root) / PATTERN_STEP);
  const budget = (exponent === 1 ? LINEAR_STEP_BUDGET : STEP_BUDGET) / factor;
  const maxTextLength = Math.min(MAX_TEXT_LENGTH, Math.floor(budget ** (1 / exponent)));
  const watchedBudget = Math.max(budget, WATCHED_STEP_BUDGET / factor);
  const maxWatchedLength = Math.min(MAX_TEXT_LENGTH, Math.floor(watchedBudget ** (1 / exponent)));
  if (maxWatchedLength < MIN_TEXT_LENGTH) return undefined;
  return { maxTextLength, maxWatchedLength, superlinear: exponent > 1, groupsAgree: !cost.groupInLoop };
}

/** `follow`: characters that can come after the node; nothing where the match is complete. */
function visit(node: RegexNode, follow: bigint, cost: Cost): void {
  switch (node.op) {
    case OP.capture:
      visit(node.subs[0]!, follow, cost);
      break;
    case OP.concat: {
      const follows = followMasks(node.subs, follow);
      node.subs.forEach((sub, i) => {
        visit(sub, follows[i]!, cost);
      });
      break;
    }
    case OP.alternate:
      if (!areDisjoint(node.subs)) cost.factor *= node.subs.length;
      for (const sub of node.subs) visit(sub, follow, cost);
      break;
    case OP.quest:
      visitOptional(node, follow, cost);
      break;
    case OP.star:
    case OP.plus:
    case OP.repeat:
      visitLoop(node, follow, cost);
      break;
  }
}

function followMasks(subs: readonly RegexNode[], follow: bigint): bigint[] {
  const out: bigint[] = [];
  let next = follow;
  for (let i = subs.length - 1; i >= 0; i--) {
    out[i] = next;
    next = isNullable(subs[i]!) ? next | firstMask(subs[i]!) : firstMask(subs[i]!);
  }
  return out;
}

function visitOptional(node: RegexNode, follow: bigint, cost: Cost): void {
  const sub = node.subs[0]!;
  if (isNullable(sub)) throw new Unsafe();
  if ((firstMask(sub) & follow) !== 0n) cost.factor *= 2;
  visit(sub, follow, cost);
}

function visitLoop(node: RegexNode, follow: bigint, cost: Cost): void {
  const sub = node.subs[0]!;
  if (hasCapture(sub)) cost.groupInLoop = true;
  if (node.op === OP.repeat && node.min === node.max) {
    visitFixedRepeat(sub, follow, cost);
    return;
  }
  // A loop over anything longer than one character can be split in too many ways.
  const body = uncaptured(sub);
  if (!isCharClass(body)) throw new Unsafe();
  const mask = firstMask(body);
  cost.loops++;
  cost.loopMask |= mask;
  if ((mask & follow) !== 0n) cost.ambiguousLoops++;
  else if (cost.ambiguousLoops > 0) cost.loopAfterAmbiguous = true;
}

function visitFixedRepeat(sub: RegexNode, follow: bigint, cost: Cost): void {
  if (isCharClass(uncaptured(sub))) return;
  const inner: Cost = { ...cost, loops: 0, factor: 1 };
  visit(sub, firstMask(sub) | follow, inner);
  if (inner.loops > 0 || inner.factor > 1 || isNullable(sub)) throw new Unsafe();
}

function uncaptured(node: RegexNode): RegexNode {
  return node.op === OP.capture ? uncaptured(node.subs[0]!) : node;
}

function hasCapture(node: RegexNode): boolean {
  return node.op === OP.capture || node.subs.some(hasCapture);
}

function areDisjoint(subs: readonly RegexNode[]): boolean {
  let seen = 0n;
  for (const sub of subs) {
    const mask = firstMask(sub);
    if (isNullable(sub) || (mask & seen) !== 0n) return false;
    seen |= mask;
  }
  return true;
}

function isNullable(node: RegexNode): boolean {
  switch (node.op) {
    case OP.noMatch:
    case OP.literal:
    case OP.charClass:
    case OP.anyNotNewline:
    case OP.any:
      return false;
    case OP.capture:
    case OP.plus:
      return isNullable(node.subs[0]!);
    case OP.repeat:
      return node.min === 0 || isNullable(node.subs[0]!);
    case OP.concat:
      return node.subs.every(isNullable);
    case OP.alternate:
      return node.subs.some(isNullable);
    default:
      return true;
  }
}

/** ASCII characters that a match of the node can begin with. */
function firstMask(node: RegexNode): bigint {
  let mask = 0n;
  switch (node.op) {
    case OP.literal:
      for (const rune of node.fold ? foldOrbit(node.runes[0]!) : [node.runes[0]!])
        if (rune < 0x80) mask |= 1n << BigInt(rune);
      return mask;
    case OP.charClass:
      return rangeMask(asciiRanges(node.runes));
    case OP.anyNotNewline:
    case OP.any:
      return rangeMask([0, 0x7f]);
    case OP.concat:
      for (const sub of node.subs) {
        mask |= firstMask(sub);
        if (!isNullable(sub)) break;
      }
      return mask;
    default:
      for (const sub of node.subs) mask |= firstMask(sub);
      return mask;
  }
}

function rangeMask(ranges: readonly number[]): bigint {
  let mask = 0n;
  for (let i = 0; i < ranges.length; i += 2) {
    const width = BigInt(ranges[i + 1]! - ranges[i]! + 1);
    mask |= ((1n << width) - 1n) << BigInt(ranges[i]!);
  }
  return mask;
}

function leading(node: RegexNode): RegexNode {
  return (node.op === OP.concat || node.op === OP.capture) && node.subs.length > 0 ? leading(node.subs[0]!) : node;
}

function startsWithLongRepeat(root: RegexNode): boolean {
  const first = leading(root);
  return first.op === OP.repeat && first.min >= SLOW_LEADING_REPEAT && isCharClass(uncaptured(first.subs[0]!));
}

function patternLength(node: RegexNode): number {
  let length = node.op === OP.literal ? node.runes.length : 1;
  for (const sub of node.subs) length += patternLength(sub);
  return node.op === OP.repeat ? length * Math.max(1, node.min) : length;
}
