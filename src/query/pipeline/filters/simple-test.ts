import { OP, type RegexNode } from '../../../base/regex/node.ts';
import { parseRegex } from '../../../base/regex/syntax.ts';
import { SIMPLIFY_REGEXES } from '../row/quirks.ts';

/** What a regex of a line or label filter is replaced by where its shape allows. */
export type SimpleTest =
  | { readonly kind: 'always' }
  | { readonly kind: 'non-empty' }
  /** `whole`: the text is all there is (label filters); else it is contained. `fold`: case is ignored. */
  | { readonly kind: 'text'; readonly text: string; readonly fold: boolean; readonly whole: boolean }
  | { readonly kind: 'any'; readonly tests: readonly SimpleTest[] };

type TextTest = Extract<SimpleTest, { kind: 'text' }>;

const ALWAYS: SimpleTest = { kind: 'always' };
/** As the real server does: see `SharedText`. */
const SHARE_BRANCH_MEMORY = true;
/** Longer concatenations stay regexes. */
const MAX_PARTS = 3;

/**
 * Replaces a regex by literal tests as Loki does, deviations from the regex included: inside a concatenation the anchoring of
 * label filters is lost, `.*` between a literal and an alternation is ignored, and neighbouring alternations are ORed.
 *
 * @param whole literals at the top, or as an alternative there, must be the whole text (label filters)
 * @returns undefined when the real regex has to run
 * @throws LogError REGEX_SYNTAX
 */
export function simplifyRegex(pattern: string, whole: boolean): SimpleTest | undefined {
  const { root } = parseRegex(pattern);
  return SIMPLIFY_REGEXES ? simplify(root, whole) : undefined;
}

function simplify(node: RegexNode, whole: boolean): SimpleTest | undefined {
  const plain = stripped(node);
  if (plain.op === OP.empty || isAnyStar(plain)) return ALWAYS;
  switch (plain.op) {
    case OP.literal:
      return literalTest(plain, whole);
    case OP.plus:
      return stripped(plain.subs[0]!).op === OP.anyNotNewline ? { kind: 'non-empty' } : undefined;
    case OP.alternate: {
      const tests = plain.subs.map((sub) => simplify(sub, whole));
      return tests.every((test) => test !== undefined) ? anyOf(tests) : undefined;
    }
    case OP.concat:
      return simplifyConcat(plain, undefined);
    default:
      return undefined;
  }
}

/** Captures count for nothing, and neither do counts that mean the same as a simpler operator. */
function stripped(node: RegexNode): RegexNode {
  if (node.op === OP.capture) return stripped(node.subs[0]!);
  if (node.op !== OP.repeat) return node;
  if (node.max === 0) return { ...node, op: OP.empty, subs: [] };
  if (node.min === 1 && node.max === 1) return stripped(node.subs[0]!);
  if (node.max === -1 && node.min <= 1) return { ...node, op: node.min === 0 ? OP.star : OP.plus };
  return node;
}

function isAnyStar(node: RegexNode): boolean {
  return node.op === OP.star && stripped(node.subs[0]!).op === OP.anyNotNewline;
}

function literalTest(node: RegexNode, whole: boolean): TextTest {
  return { kind: 'text', text: node.runes.map((rune) => String.fromCodePoint(rune)).join(''), fold: node.fold, whole };
}

/** Alternatives that are always true are dropped, unless all are. */
function anyOf(tests: readonly SimpleTest[]): SimpleTest {
  const kept = tests.filter((test) => test.kind !== 'always');
  if (kept.length === 0) return ALWAYS;
  return kept.length === 1 ? kept[0]! : { kind: 'any', tests: kept };
}

/** Literal, `.*` and alternations after the literal; `prefix`: the literal in front of the whole concatenation. */
function simplifyConcat(node: RegexNode, prefix: TextTest | undefined): SimpleTest | undefined {
  const parts = node.subs.map(stripped).filter((part) => part.op !== OP.empty);
  if (parts.length > MAX_PARTS) return undefined;
  let literal: TextTest | undefined;
  let shared: SharedText | undefined;
  const alternatives: SimpleTest[] = [];
  for (const part of parts) {
    if (isAnyStar(part)) continue;
    if (part.op === OP.literal && literal === undefined && alternatives.length === 0) {
      literal = joinLiteral(prefix, part);
      if (literal === undefined) return undefined;
      shared = new SharedText(literal);
    } else if (part.op === OP.alternate && literal !== undefined) {
      for (const branch of part.subs) {
        const plain = stripped(branch);
        const test = simplifyBranch(plain, literal);
        if (test === undefined) return undefined;
        if (plain.op === OP.concat && test.kind === 'text') shared!.add(alternatives.length, test);
        alternatives.push(test);
      }
    } else return undefined;
  }
  if (literal === undefined) return undefined;
  return alternatives.length === 0 ? literal : anyOf(shared!.overwritten(alternatives));
}

/** A branch of an alternation that comes after a literal. */
function simplifyBranch(branch: RegexNode, literal: TextTest): SimpleTest | undefined {
  if (branch.op === OP.empty || isAnyStar(branch)) return literal;
  if (branch.op === OP.literal) return joinLiteral(literal, branch);
  return branch.op === OP.concat ? simplifyConcat(branch, literal) : undefined;
}

/** @returns undefined when only the second text ignores case: no literal test can say that */
function joinLiteral(prefix: TextTest | undefined, node: RegexNode): TextTest | undefined {
  const text = literalTest(node, false);
  if (prefix === undefined) return text;
  if (node.fold && !prefix.fold) return undefined;
  return { ...prefix, text: prefix.text + text.text };
}

/**
 * Texts of branches that are concatenations are written behind the common literal in one piece of memory, each over the one
 * before, so that `ch.*|cat.*` (that is `c(?:h.*|at.*)`) ends up as "contains `ca` or `cat`". Texts that do not fit get memory
 * of their own.
 */
class SharedText {
  readonly #bytes: Buffer;
  readonly #fold: boolean;
  readonly #lengths = new Map<number, number>();

  constructor(literal: TextTest) {
    this.#bytes = Buffer.alloc(allocatedBytes(Buffer.byteLength(literal.text)));
    this.#fold = literal.fold;
  }

  add(index: number, test: TextTest): void {
    const length = Buffer.byteLength(test.text);
    if (!SHARE_BRANCH_MEMORY || this.#fold || length > this.#bytes.length) return;
    this.#bytes.write(test.text);
    this.#lengths.set(index, length);
  }

  /** The tests with the texts that are left in the end. */
  overwritten(tests: readonly SimpleTest[]): readonly SimpleTest[] {
    return tests.map((test, i) => {
      const length = this.#lengths.get(i);
      if (length === undefined || test.kind !== 'text') return test;
      return { ...test, text: this.#bytes.toString('utf8', 0, length) };
    });
  }
}

/** Memory comes in sizes of 8, 16, 24, 32 and then multiples of 16 bytes. */
function allocatedBytes(length: number): number {
  const step = length <= 32 ? 8 : 16;
  return Math.ceil(length / step) * step;
}
