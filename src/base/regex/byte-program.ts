import { foldOrbit } from './fold.ts';
import { OP, type RegexNode } from './node.ts';
import { asciiRanges } from './to-v8.ts';

/** 1 for each ASCII character of a set. */
export type AsciiSet = Uint8Array;

export type ProgramOp = 'set' | 'split' | 'match' | 'begin' | 'end' | 'boundary' | 'no-boundary';

/**
 * A pattern as instructions over ASCII characters (Thompson 1968), in columns: a set takes a character and goes on at its target, a split goes on at two places,
 * an assertion goes on where it holds. Newlines are never met, so the end of a line is the end of the text.
 */
export interface Program {
  readonly ops: readonly ProgramOp[];
  readonly targets: readonly number[];
  readonly others: readonly number[];
  readonly sets: readonly (AsciiSet | undefined)[];
  readonly start: number;
  readonly hasWordBoundary: boolean;
  /** Characters outside ASCII can be in a match, or it matters where they begin. */
  readonly isWide: boolean;
}

class TooMuch extends Error {}

/** @returns undefined for more instructions than that, for classes whose members are not known, and for what may begin behind a newline */
export function compileProgram(root: RegexNode, maxInstructions: number): Program | undefined {
  try {
    return new Compiler(maxInstructions).compile(root);
  } catch (error) {
    if (error instanceof TooMuch) return undefined;
    throw error;
  }
}

class Compiler {
  readonly #max: number;
  readonly #ops: ProgramOp[] = [];
  readonly #targets: number[] = [];
  readonly #others: number[] = [];
  readonly #sets: (AsciiSet | undefined)[] = [];
  #isWide = false;

  constructor(max: number) {
    this.#max = max;
  }

  compile(root: RegexNode): Program {
    const start = this.#emit(root, this.#add('match', 0));
    return {
      ops: this.#ops,
      targets: this.#targets,
      others: this.#others,
      sets: this.#sets,
      start,
      isWide: this.#isWide,
      hasWordBoundary: this.#ops.includes('boundary') || this.#ops.includes('no-boundary'),
    };
  }

  #add(op: ProgramOp, target: number, other = 0, set?: AsciiSet): number {
    if (this.#ops.length >= this.#max) throw new TooMuch();
    this.#targets.push(target);
    this.#others.push(other);
    this.#sets.push(set);
    return this.#ops.push(op) - 1;
  }

  /** Adds a node that goes on at `next`. @returns where it begins */
  #emit(node: RegexNode, next: number): number {
    switch (node.op) {
      case OP.noMatch:
        return this.#add('set', next, 0, new Uint8Array(0x80));
      case OP.empty:
        return next;
      case OP.literal:
        return node.runes.reduceRight(
          (at, rune) => this.#add('set', at, 0, this.#setOf(node.fold ? foldOrbit(rune) : [rune])),
          next,
        );
      case OP.charClass:
        if (node.opaque) throw new TooMuch();
        return this.#add('set', next, 0, this.#setOfRanges(node.runes));
      // Newlines are never met.
      case OP.anyNotNewline:
      case OP.any:
        this.#isWide = true;
        return this.#add('set', next, 0, new Uint8Array(0x80).fill(1));
      case OP.beginText:
        return this.#add('begin', next);
      case OP.endLine:
      case OP.endText:
        return this.#add('end', next);
      case OP.wordBoundary:
        return this.#add('boundary', next);
      case OP.noWordBoundary:
        // It does not hold between the bytes of one character, which nothing here tells from two.
        this.#isWide = true;
        return this.#add('no-boundary', next);
      case OP.capture:
        return this.#emit(node.subs[0]!, next);
      case OP.concat:
        return node.subs.reduceRight((at, sub) => this.#emit(sub, at), next);
      case OP.alternate:
        return node.subs.map((sub) => this.#emit(sub, next)).reduceRight((rest, at) => this.#add('split', at, rest));
      case OP.quest:
        return this.#add('split', this.#emit(node.subs[0]!, next), next);
      case OP.star:
        return this.#emitStar(node.subs[0]!, next);
      case OP.plus:
        return this.#emit(node.subs[0]!, this.#emitStar(node.subs[0]!, next));
      case OP.repeat:
        return this.#emitRepeat(node, next);
      default:
        throw new TooMuch();
    }
  }

  #emitStar(sub: RegexNode, next: number): number {
    const split = this.#add('split', 0, next);
    this.#targets[split] = this.#emit(sub, split);
    return split;
  }

  #emitRepeat({ subs, min, max }: RegexNode, next: number): number {
    const sub = subs[0]!;
    let at = next;
    if (max < 0) at = this.#emitStar(sub, at);
    for (let i = min; i < max; i++) at = this.#add('split', this.#emit(sub, at), next);
    for (let i = 0; i < min; i++) at = this.#emit(sub, at);
    return at;
  }

  #setOf(runes: readonly number[]): AsciiSet {
    const set = new Uint8Array(0x80);
    for (const rune of runes) {
      if (rune < 0x80) set[rune] = 1;
      else this.#isWide = true;
    }
    return set;
  }

  #setOfRanges(runes: readonly number[]): AsciiSet {
    const set = new Uint8Array(0x80);
    const ranges = asciiRanges(runes);
    for (let i = 0; i < ranges.length; i += 2) set.fill(1, ranges[i]!, ranges[i + 1]! + 1);
    for (let i = 1; i < runes.length; i += 2) if (runes[i]! >= 0x80) this.#isWide = true;
    return set;
  }
}
