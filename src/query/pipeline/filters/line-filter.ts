import type { LineFilterArg, LineFilterStage } from '../../../../grammar/ast.ts';
import { LogError } from '../../../base/errors.ts';
import { automatonOf, automatonOfNeedles, type ByteAutomaton } from '../../../base/regex/byte-automaton.ts';
import { type ByteSearch, createByteSearch, type Needle } from '../../../base/regex/byte-search.ts';
import { isAscii } from '../../../base/regex/byte-view.ts';
import { compileRegex } from '../../../base/regex/regex.ts';
import { needlesOfText, requiredLiterals } from '../../../base/regex/required-literals.ts';
import { DISCARD_TRUE_ALTERNATIVES, IP_IN_OR_LIST_IS_TEXT } from '../row/quirks.ts';
import { compileIp } from './ip.ts';
import { compilePatternFilter } from './pattern-filter.ts';
import { type SimpleTest, simplifyRegex } from './simple-test.ts';
import { compileFoldedText } from './text-test.ts';

/** Tests a line given as bytes; `ascii`: the line is known to hold ASCII only. */
export type LineTest = (bytes: Uint8Array, start: number, end: number, ascii?: boolean) => boolean;

/** Line filters joined by AND. */
export interface LineFilterChain {
  readonly test: LineTest;
  /** Every passing line contains each of these; for skipping blocks. Longest first. */
  readonly needles: readonly Needle[];
  /** Every line passes. */
  readonly always: boolean;
  /** No line passes. */
  readonly never: boolean;
  /** A search for the first needle, to jump from candidate to candidate through a block; absent without needles. */
  readonly search: ByteSearch | undefined;
  /**
   * A line passes exactly if `search` finds its needle inside it: hits need no further test. A needle may hold a newline, so a
   * hit in a block of lines counts only if it ends before the line does.
   */
  readonly searchDecides: boolean;
  /** What a search of whole blocks can find for the filters; absent: nothing. */
  readonly literals: Literals | undefined;
  /** What is to be tested on the rows that such a search gives; absent: nothing. */
  readonly afterLiterals: LineTest | undefined;
  /** Filters whose rows can be told without their lines, where the block can do that; absent: none. */
  readonly automata: readonly AutomatonFilter[] | undefined;
  /** What is to be tested on the rows that these give; absent: nothing. */
  readonly afterAutomata: LineTest | undefined;
}

/** A filter that an automaton decides, but for lines of which it says nothing. */
export interface AutomatonFilter {
  /** Undefined: it would be too large. Made when it is asked for: a search for texts may have left no row. */
  readonly automaton: () => ByteAutomaton | undefined;
  readonly wanted: boolean;
  /** A line that the automaton matches holds one of these; absent: nothing is known. */
  readonly needles?: readonly Needle[] | undefined;
  readonly test: LineTest;
}

/** Lines hold at least one of the needles, or, with `wanted` false, none of them. */
export interface Literals {
  readonly needles: readonly Needle[];
  readonly wanted: boolean;
}

/** One filter. Cheap tests (literals) are run before costly ones. */
interface Filter {
  readonly verdict: 'always' | 'never' | 'test';
  readonly test: LineTest;
  readonly needles: readonly Needle[];
  /** Holds for every line that passes. */
  readonly literals: Literals | undefined;
  /** A line passes exactly if `literals` holds. */
  readonly exact: boolean;
  /** A line passes if the automaton matches it, or with `wanted` false does not. */
  readonly automaton?: Omit<AutomatonFilter, 'test'> | undefined;
  /** A line passes exactly if it holds one of these; where case is ignored, as a regex ignores it. */
  readonly texts?: readonly Needle[] | undefined;
  readonly cost: number;
}

const LITERAL_COST = 1;
const PATTERN_COST = 2;
const REGEX_COST = 3;

const NO_LITERALS = { needles: [], literals: undefined, exact: false } as const;
const ALWAYS: Filter = { verdict: 'always', test: () => true, ...NO_LITERALS, cost: 0 };
const NEVER: Filter = { verdict: 'never', test: () => false, ...NO_LITERALS, cost: 0 };
/** More texts than these are not searched for one after the other. */
const MAX_ALTERNATIVES = 8;

/**
 * Compiles line filters. Errors carry the cause alone; who builds the pipeline adds the stage.
 *
 * @throws LogError REGEX_SYNTAX, or QUERY_INVALID for patterns and `ip(...)`, with Loki's texts
 */
export function compileLineFilters(stages: readonly LineFilterStage[]): LineFilterChain {
  const filters = stages.map(compileStage);
  const never = filters.some((filter) => filter.verdict === 'never');
  const active = joinAbsent(filters.filter((filter) => filter.verdict === 'test')).sort((a, b) => a.cost - b.cost);
  const needles = never ? [] : uniqueNeedles(active.flatMap((filter) => filter.needles));
  const searched = never ? undefined : bestToSearch(active);
  const rest = active.filter((filter) => filter !== searched || !filter.exact);
  const automata = active.flatMap((filter) => {
    const automaton = automatonFor(filter);
    return automaton === undefined ? [] : [{ ...automaton, test: filter.test }];
  });
  const others = active.filter((filter) => automatonFor(filter) === undefined);
  return {
    test: never ? NEVER.test : conjunction(active.map((filter) => filter.test)),
    needles,
    always: !never && active.length === 0,
    never,
    search: needles[0] === undefined ? undefined : createByteSearch(needles[0]),
    searchDecides: !never && active.length === 1 && active[0]!.exact && active[0]!.needles.length === 1,
    literals: searched?.literals,
    afterLiterals: rest.length === 0 ? undefined : conjunction(rest.map((filter) => filter.test)),
    automata: never || automata.length === 0 ? undefined : automata,
    afterAutomata: others.length === 0 ? undefined : conjunction(others.map((filter) => filter.test)),
  };
}

/** That of the filter itself, or of the texts that decide it. */
function automatonFor({ automaton, texts, exact, literals }: Filter): Filter['automaton'] {
  if (automaton !== undefined) return automaton;
  const needles = literals?.needles;
  if (texts !== undefined) return { automaton: () => automatonOfNeedles(texts), wanted: true, needles };
  if (!exact || literals === undefined) return undefined;
  return { automaton: () => automatonOfNeedles(literals.needles), wanted: literals.wanted, needles };
}

/** Makes one filter of those that want nothing but the absence of texts: one search tells them all, and lines need not be there for it. */
function joinAbsent(filters: readonly Filter[]): Filter[] {
  const joined: Filter[] = [];
  const needles: Needle[] = [];
  for (const filter of filters) {
    const { exact, literals } = filter;
    if (!exact || literals === undefined || literals.wanted) continue;
    if (needles.length + literals.needles.length > MAX_ALTERNATIVES) continue;
    joined.push(filter);
    needles.push(...literals.needles);
  }
  if (joined.length < 2) return [...filters];
  const absent: Filter = {
    verdict: 'test',
    test: conjunction(joined.map((filter) => filter.test)),
    needles: [],
    literals: { needles, wanted: false },
    exact: true,
    cost: Math.max(...joined.map((filter) => filter.cost)),
  };
  return [...filters.filter((filter) => !joined.includes(filter)), absent];
}

/** The filter whose search should leave the fewest rows: one text before several, a long one before a short one, absence last. */
function bestToSearch(filters: readonly Filter[]): Filter | undefined {
  let best: Filter | undefined;
  let bestRank = Number.NEGATIVE_INFINITY;
  for (const filter of filters) {
    if (filter.literals === undefined) continue;
    const { needles, wanted } = filter.literals;
    const shortest = Math.min(...needles.map((needle) => needle.bytes.length));
    const rank = (wanted ? shortest : shortest - 2 * MAX_TEXT_BYTES) - (needles.length - 1) * MAX_TEXT_BYTES;
    if (rank > bestRank) [best, bestRank] = [filter, rank];
  }
  return best;
}

/** Bound of a rank, not of texts. */
const MAX_TEXT_BYTES = 1_000_000;

function conjunction(tests: readonly LineTest[]): LineTest {
  if (tests.length === 0) return ALWAYS.test;
  if (tests.length === 1) return tests[0]!;
  return (bytes, start, end, ascii) => {
    for (let i = 0; i < tests.length; i++) if (!tests[i]!(bytes, start, end, ascii)) return false;
    return true;
  };
}

function disjunction(filters: readonly Filter[]): Filter {
  if (filters.some((filter) => filter.verdict === 'always')) return ALWAYS;
  const kept = filters.filter((filter) => filter.verdict === 'test');
  if (kept.length === 0) return NEVER;
  if (kept.length === 1) return kept[0]!;
  const tests = [...kept].sort((a, b) => a.cost - b.cost).map((filter) => filter.test);
  const test: LineTest = (bytes, start, end, ascii) => {
    for (let i = 0; i < tests.length; i++) if (tests[i]!(bytes, start, end, ascii)) return true;
    return false;
  };
  const texts = kept.every((filter) => filter.texts !== undefined)
    ? kept.flatMap((filter) => filter.texts!)
    : undefined;
  const cost = Math.max(...kept.map((filter) => filter.cost));
  return { verdict: 'test', test, needles: [], ...anyLiterals(kept), texts, cost };
}

/** One text for each alternative, where every alternative requires one. */
function anyLiterals(filters: readonly Filter[]): Pick<Filter, 'literals' | 'exact'> {
  const needles: Needle[] = [];
  for (const { literals } of filters) {
    if (literals === undefined || !literals.wanted) return NO_LITERALS;
    needles.push(...literals.needles);
  }
  if (needles.length > MAX_ALTERNATIVES) return NO_LITERALS;
  return { literals: { needles, wanted: true }, exact: filters.every((filter) => filter.exact) };
}

/** The one text that a filter requires. */
function oneLiteral(needle: Needle | undefined): Literals | undefined {
  return needle === undefined ? undefined : { needles: [needle], wanted: true };
}

function negation(filter: Filter): Filter {
  if (filter.verdict === 'always') return NEVER;
  if (filter.verdict === 'never') return ALWAYS;
  const { test, cost, literals, exact } = filter;
  const automaton = automatonFor(filter);
  const opposite = exact && literals !== undefined ? { ...literals, wanted: !literals.wanted } : undefined;
  return {
    verdict: 'test',
    test: (bytes, start, end, ascii) => !test(bytes, start, end, ascii),
    needles: [],
    literals: opposite,
    exact: opposite !== undefined,
    automaton: automaton === undefined ? undefined : { ...automaton, wanted: !automaton.wanted },
    cost,
  };
}

function uniqueNeedles(needles: readonly Needle[]): readonly Needle[] {
  const seen = new Set<string>();
  const unique = needles.filter((needle) => {
    const key = `${needle.ignoreCase}${Buffer.from(needle.bytes).toString('latin1')}`;
    return !seen.has(key) && seen.add(key) !== undefined;
  });
  return unique.sort((a, b) => b.bytes.length - a.bytes.length);
}

function compileStage({ op, args }: LineFilterStage): Filter {
  if (op.startsWith('!')) {
    // The parser makes one stage of each alternative; should several arrive, none may match.
    const filters = args.map((arg) => negation(compileArg(op, arg)));
    if (filters.length === 1) return filters[0]!;
    return negation(disjunction(filters.map(negation)));
  }
  if (args.length === 1) return compileArg(op, args[0]!);
  const filters = args.map((arg) =>
    arg.kind === 'ip' && IP_IN_OR_LIST_IS_TEXT ? containsText(arg.value) : compileArg(op, arg),
  );
  const kept = DISCARD_TRUE_ALTERNATIVES ? filters.filter((filter) => filter.verdict !== 'always') : filters;
  return kept.length === 0 ? ALWAYS : disjunction(kept);
}

function compileArg(op: LineFilterStage['op'], arg: LineFilterArg): Filter {
  const isText = op === '|=' || op === '!=';
  if (arg.kind === 'ip') {
    if (!isText) throw new LogError('QUERY_INVALID', 'ip: invalid operation');
    const { testLine, text } = compileIp(arg.value);
    const needles = text === undefined ? [] : [{ bytes: new Uint8Array(Buffer.from(text)), ignoreCase: false }];
    return { verdict: 'test', test: testLine, ...required(needles), cost: PATTERN_COST };
  }
  if (isText) return containsText(arg.value);
  return op === '|~' || op === '!~' ? compileRegexFilter(arg.value) : compilePattern(arg.value);
}

function containsText(text: string): Filter {
  if (text === '') return ALWAYS;
  const needle: Needle = { bytes: new Uint8Array(Buffer.from(text, 'utf8')), ignoreCase: false };
  const search = createByteSearch(needle);
  const test: LineTest = (bytes, start, end) => search.indexOf(bytes, start, end) >= 0;
  const needles = [needle];
  return {
    verdict: 'test',
    test,
    needles,
    literals: oneLiteral(needle),
    exact: true,
    texts: needles,
    cost: LITERAL_COST,
  };
}

/** All of the needles are required, the longest is searched for. */
function required(needles: readonly Needle[]): Pick<Filter, 'needles' | 'literals' | 'exact'> {
  let longest = needles[0];
  for (const needle of needles) if (needle.bytes.length > longest!.bytes.length) longest = needle;
  return { needles, literals: oneLiteral(longest), exact: false };
}

/** Longer texts are left to the regex: a byte search may look at the whole needle for each byte of a line. */
const MAX_FOLDED_BYTES = 64;

/** Case is ignored. ASCII texts are searched as bytes; lines with other characters may hold relatives of `k` and `s`. */
function containsFolded(text: string): Filter {
  const needles = needlesOfText(text, true);
  const regex = compileFoldedText(text, false);
  const regexTest: LineTest = (bytes, start, end, ascii) => regex.testBytes(bytes, start, end, ascii);
  const bytes = new Uint8Array(Buffer.from(text.toLowerCase(), 'utf8'));
  if (bytes.length > MAX_FOLDED_BYTES || !isAscii(bytes, 0, bytes.length)) {
    return { verdict: 'test', test: regexTest, ...required(needles), cost: REGEX_COST };
  }
  const whole: Needle = { bytes, ignoreCase: true };
  const search = createByteSearch(whole);
  const texts = [whole];
  if (needles[0]?.bytes.length === bytes.length) {
    const test: LineTest = (line, start, end) => search.indexOf(line, start, end) >= 0;
    return { verdict: 'test', test, ...required(needles), exact: true, texts, cost: LITERAL_COST };
  }
  const test: LineTest = (line, start, end, ascii) =>
    search.indexOf(line, start, end) >= 0 ||
    (ascii !== true && !isAscii(line, start, end) && regexTest(line, start, end));
  return { verdict: 'test', test, ...required(needles), texts, cost: LITERAL_COST };
}

function compilePattern(pattern: string): Filter {
  const { test, literals } = compilePatternFilter(pattern);
  const needles = literals.map((bytes): Needle => ({ bytes, ignoreCase: false }));
  return { verdict: 'test', test, ...required(needles), cost: PATTERN_COST };
}

function compileRegexFilter(pattern: string): Filter {
  const simple = simplifyRegex(pattern, false);
  if (simple !== undefined) return compileSimple(simple);
  const regex = compileRegex(pattern);
  const test: LineTest = (bytes, start, end, ascii) => regex.testBytes(bytes, start, end, ascii);
  const literals = required(requiredLiterals(pattern));
  const automaton = { automaton: () => automatonOf(pattern), wanted: true, needles: literals.literals?.needles };
  return { verdict: 'test', test, ...literals, automaton, cost: REGEX_COST };
}

function compileSimple(simple: SimpleTest): Filter {
  switch (simple.kind) {
    case 'always':
      return ALWAYS;
    case 'non-empty':
      return { verdict: 'test', test: (_bytes, start, end) => end > start, ...NO_LITERALS, cost: 0 };
    case 'text':
      return simple.fold ? containsFolded(simple.text) : containsText(simple.text);
    case 'any':
      return disjunction(simple.tests.map(compileSimple));
  }
}
