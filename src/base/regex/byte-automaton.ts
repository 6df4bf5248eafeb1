import { compileProgram, type Program } from './byte-program.ts';
import type { Needle } from './byte-search.ts';
import { PERL_GROUPS, rangesContain } from './char-class.ts';
import { newNode, OP, type RegexNode } from './node.ts';
import { parseRegex } from './syntax.ts';

/**
 * Deterministic automata over the bytes of a line: they tell whether a pattern matches somewhere, one step for each byte, so that what a step of
 * many bytes does can be remembered. A byte outside ASCII ends whatever was begun, if the pattern has no place for such characters. Else, and with a newline, a
 * line is left to whoever asks (`UNKNOWN`): an automaton knows nothing of Unicode. Subset construction (Rabin and Scott 1959) with what lies before a place as part of a state.
 */

/** States that are never left. */
export const NO_MATCH = 0;
export const MATCH = 1;
export const UNKNOWN = 2;
const FIRST_STATE = 3;
/** A state is a byte; the kernel has a meaning of its own for the last one. */
const MAX_STATES = 255;
/** Instructions of a pattern, counted repetitions written out. */
const MAX_INSTRUCTIONS = 400;
const BYTES = 256;
/** Bytes from here on are those of characters outside ASCII, or of none. */
const FIRST_WIDE = 0x80;

export interface ByteAutomaton {
  /** By state times 256 and byte: the next state. */
  readonly next: Uint8Array;
  readonly start: number;
  /** By state: 1 if a line that ends there matches. */
  readonly accepts: Uint8Array;
}

/** What `\b` tells from the rest. */
const WORD = PERL_GROUPS.get('w')!;

/** What stands before a place. */
const BEFORE_ALL = 0;
const AFTER_WORD = 1;
const AFTER_OTHER = 2;
type Before = 0 | 1 | 2;

/** Automata by pattern; queries of one kind follow each other. */
const MAX_KNOWN = 32;
const known = new Map<string, ByteAutomaton | undefined>();

/** The automaton of a pattern that is searched for; undefined when it would be too large, or needs Unicode. The pattern must be valid. */
export function automatonOf(pattern: string): ByteAutomaton | undefined {
  return remembered(`~${pattern}`, () => parseRegex(pattern).root);
}

/** The automaton of lines that hold one of some texts, case ignored as a regex ignores it; undefined as for patterns. */
export function automatonOfNeedles(needles: readonly Needle[]): ByteAutomaton | undefined {
  if (needles.some(({ bytes }) => bytes.some((byte) => byte >= FIRST_WIDE))) return undefined;
  const key = needles.map(({ bytes, ignoreCase }) => `${ignoreCase}${bytes.length}${Buffer.from(bytes).toString()}`);
  return remembered(`=${key.join()}`, () => {
    const subs = needles.map(({ bytes, ignoreCase }) => ({ ...newNode(OP.literal, ignoreCase), runes: [...bytes] }));
    return subs.length === 1 ? subs[0]! : { ...newNode(OP.alternate), subs };
  });
}

function remembered(key: string, root: () => RegexNode): ByteAutomaton | undefined {
  if (known.has(key)) return known.get(key);
  if (known.size >= MAX_KNOWN) known.clear();
  const program = compileProgram(root(), MAX_INSTRUCTIONS);
  const automaton = program === undefined ? undefined : new Builder(program).build();
  known.set(key, automaton);
  return automaton;
}

/** Plain twin of the kernel, for one line. @returns NO_MATCH, MATCH or UNKNOWN */
export function runAutomaton(automaton: ByteAutomaton, bytes: Uint8Array, start: number, end: number): number {
  let state = automaton.start;
  for (let i = start; i < end && state >= FIRST_STATE; i++) state = automaton.next[state * BYTES + bytes[i]!]!;
  return state >= FIRST_STATE ? automaton.accepts[state]! : state;
}

interface State {
  /** Instructions that are waited at, splits left out. */
  readonly core: readonly number[];
  readonly before: Before;
}

class Builder {
  readonly #program: Program;
  readonly #states: State[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #seen: Uint8Array;
  /** Bytes that no set of the pattern tells apart are one class: its first byte, by byte. */
  readonly #classOf: Uint8Array;

  constructor(program: Program) {
    this.#program = program;
    this.#seen = new Uint8Array(program.ops.length);
    this.#classOf = classesOf(program);
  }

  /** @returns undefined when there are too many states */
  build(): ByteAutomaton | undefined {
    const start = this.#number([this.#program.start], BEFORE_ALL);
    const next = new Uint8Array(MAX_STATES * BYTES);
    for (let byte = 0; byte < BYTES; byte++) next[MATCH * BYTES + byte] = MATCH;
    next.fill(UNKNOWN, UNKNOWN * BYTES, (UNKNOWN + 1) * BYTES);
    const accepts = new Uint8Array(MAX_STATES);
    for (let i = 0; i < this.#states.length; i++) {
      const from = (FIRST_STATE + i) * BYTES;
      const state = this.#states[i]!;
      accepts[FIRST_STATE + i] = this.#isMatchBefore(state, 'end') ? 1 : 0;
      next.fill(UNKNOWN, from, from + BYTES);
      for (let byte = 0; byte < FIRST_WIDE; byte++) {
        const first = this.#classOf[byte]!;
        next[from + byte] = first === byte ? this.#step(state, byte) : next[from + first]!;
      }
      next[from + 0x0a] = UNKNOWN;
      if (!this.#program.isWide) next.fill(this.#step(state, FIRST_WIDE), from + FIRST_WIDE, from + BYTES);
      if (this.#states.length > MAX_STATES - FIRST_STATE) return undefined;
    }
    const count = FIRST_STATE + this.#states.length;
    return { next: next.slice(0, count * BYTES), start, accepts: accepts.slice(0, count) };
  }

  #step(state: State, byte: number): number {
    const { sets, targets, start, hasWordBoundary } = this.#program;
    const isWord = isWordByte(byte);
    if (this.#isMatchBefore(state, isWord ? 'word' : 'other')) return MATCH;
    // What is waited at now was reached across assertions, too.
    const core = [start];
    for (let at = 0; at < this.#seen.length; at++)
      if (this.#seen[at] === 1 && sets[at]?.[byte] === 1) core.push(targets[at]!);
    return this.#number(core, isWord && hasWordBoundary ? AFTER_WORD : AFTER_OTHER);
  }

  /** Walks from the core across assertions that hold before what is next; what was seen stays marked. @returns whether it meets the end of the pattern */
  #isMatchBefore({ core, before }: State, next: 'word' | 'other' | 'end'): boolean {
    const { ops, targets } = this.#program;
    const seen = this.#seen;
    seen.fill(0);
    const stack = [...core];
    while (stack.length > 0) {
      const at = stack.pop()!;
      if (seen[at] === 1) continue;
      seen[at] = 1;
      switch (ops[at]) {
        case 'match':
          return true;
        case 'split':
          stack.push(targets[at]!, this.#program.others[at]!);
          break;
        case 'begin':
          if (before === BEFORE_ALL) stack.push(targets[at]!);
          break;
        case 'end':
          if (next === 'end') stack.push(targets[at]!);
          break;
        case 'boundary':
          if ((before === AFTER_WORD) !== (next === 'word')) stack.push(targets[at]!);
          break;
        case 'no-boundary':
          if ((before === AFTER_WORD) === (next === 'word')) stack.push(targets[at]!);
          break;
      }
    }
    return false;
  }

  /** Number of the state that waits at some instructions. */
  #number(from: readonly number[], before: Before): number {
    const { ops, targets, others } = this.#program;
    const found = new Set<number>();
    const stack = [...from];
    const core: number[] = [];
    while (stack.length > 0) {
      const at = stack.pop()!;
      if (found.has(at)) continue;
      found.add(at);
      if (ops[at] === 'match') return MATCH;
      if (ops[at] === 'split') stack.push(targets[at]!, others[at]!);
      // The begin of a line does not come again.
      else if (ops[at] !== 'begin' || before === BEFORE_ALL) core.push(at);
    }
    if (core.length === 0) return NO_MATCH;
    core.sort((a, b) => a - b);
    const key = `${before} ${core.join()}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = FIRST_STATE + this.#states.length;
      this.#numbers.set(key, number);
      this.#states.push({ core, before });
    }
    return number;
  }
}

function isWordByte(byte: number): boolean {
  return rangesContain(WORD, byte);
}

function classesOf({ sets, hasWordBoundary }: Program): Uint8Array {
  const different = [...new Set(sets.filter((set) => set !== undefined))];
  const firsts = new Map<string, number>();
  const classes = new Uint8Array(FIRST_WIDE);
  for (let byte = 0; byte < FIRST_WIDE; byte++) {
    let key = hasWordBoundary && isWordByte(byte) ? 'w' : '';
    for (const set of different) key += set[byte];
    if (!firsts.has(key)) firsts.set(key, byte);
    classes[byte] = firsts.get(key)!;
  }
  return classes;
}
