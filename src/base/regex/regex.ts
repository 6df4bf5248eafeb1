import { type Matcher, RE2JS } from 're2js';
import { type ByteSearch, createByteSearch } from './byte-search.ts';
import { isAscii, latin1Text } from './byte-view.ts';
import { expandTemplate } from './expand.ts';
import { newNode, OP, type RegexNode } from './node.ts';
import { requiredNeedles } from './required-literals.ts';
import { type ParsedRegex, parseRegex } from './syntax.ts';
import { toV8Source } from './to-v8.ts';
import { planV8 } from './v8-cost.ts';

/**
 * Regular expressions with RE2 syntax, Go's meaning and linear time. re2js runs everything; V8's own matcher takes over where the pattern
 * provably cannot run away and the text is ASCII, so that both mean the same.
 */

export interface RegexMatch {
  /** Where the match starts, in UTF-16 units. */
  readonly index: number;
  readonly end: number;
  /** By group number, 0 the whole match; undefined for groups that took no part. */
  readonly groups: readonly (string | undefined)[];
  /** Text of a group; undefined when it took no part. */
  group(index: number): string | undefined;
}

export interface Regex {
  readonly source: string;
  /** By group number; index 0 is undefined, as are groups without a name. */
  readonly groupNames: readonly (string | undefined)[];
  test(text: string): boolean;
  /** Tests the UTF-8 text in `bytes[start, end)`; broken bytes count as U+FFFD each. `ascii`: known to be ASCII only. */
  testBytes(bytes: Uint8Array, start: number, end: number, ascii?: boolean): boolean;
  /** The leftmost match; among those the one a backtracking search finds first. */
  exec(text: string): RegexMatch | undefined;
  /** Replaces every match by the template (Go's Expand rules). @throws Error when a long text takes too long, as the next two */
  replaceAll(text: string, template: string): string;
  replaceAllLiteral(text: string, replacement: string): string;
  /** Number of matches that do not overlap; `""` in `"ab"` counts 3. */
  count(text: string): number;
  expand(template: string, match: RegexMatch): string;
}

export interface RegexOptions {
  /** The pattern must match the whole text. */
  readonly anchored?: boolean;
  /** `.` matches newlines too. */
  readonly dotNewline?: boolean;
}

/**
 * Compiles an RE2 pattern.
 *
 * @throws LogError REGEX_SYNTAX; the message is that of Go's `regexp.Compile`
 */
export function compileRegex(pattern: string, options: RegexOptions = {}): Regex {
  return new LinearRegex(pattern, options);
}

/** Timing every 16th call costs nothing measurable and finds a runaway pattern within a fraction of a second. */
const TIMED_CALL_MASK = 15;
/** 30 ns: a backtracking matcher that needs more for a character is slower than re2js. */
const SLOW_MS_PER_CHARACTER = 30e-6;
const SLOW_MS_PER_CALL = 0.02;
const SLOW_CALLS_ALLOWED = 16;
/** A text that is watched may take so long so many times, once for each pause of the collector that is met; then such texts go to re2js. */
const MAX_WATCHED_MS = 2;
const WATCHED_OVERRUNS = 4;

// biome-ignore lint/suspicious/noControlCharactersInRegex: the bounds of ASCII
const NON_ASCII = /[^\x00-\x7f]/;

/** In longer texts, replacing and counting look at the clock behind each match: every search may go to the end of the text. */
const CLOCKED_CHARS = 4096;
const MAX_ALL_MATCHES_MS = 500;
/** So many matches are found in a millisecond where none looks far; they may take longer together. */
const USUAL_MATCHES_PER_MS = 200;

type Finder = (position: number) => RegexMatch | undefined;

class LinearRegex implements Regex {
  readonly source: string;
  readonly groupNames: readonly (string | undefined)[];
  readonly #re2: RE2JS;
  readonly #anchored: boolean;
  readonly #search: ByteSearch | undefined;
  #v8: RegExp | undefined;
  /** For searches from a position; undefined when groups could differ. */
  #v8Groups: RegExp | undefined;
  #v8MaxLength = -1;
  /** Texts up to this length, if it is more, may go to V8 while somebody looks at the clock. */
  #v8WatchedLength = -1;
  #overruns = 0;
  #v8Timed = false;
  #calls = 0;
  #slowCalls = 0;

  constructor(pattern: string, options: RegexOptions) {
    const parsed = parseRegex(pattern, options);
    this.source = pattern;
    this.groupNames = [undefined, ...parsed.groupNames];
    this.#anchored = options.anchored === true;
    this.#re2 = RE2JS.compile(withUniqueNames(pattern, parsed), options.dotNewline === true ? RE2JS.DOTALL : 0);
    this.#prepareV8(this.#anchored ? anchor(parsed.root) : parsed.root);
    const needle = requiredNeedles(parsed.root)[0];
    this.#search = needle === undefined ? undefined : createByteSearch(needle);
  }

  #prepareV8(root: RegexNode): void {
    const plan = planV8(root);
    const source = plan === undefined ? undefined : toV8Source(root);
    if (plan === undefined || source === undefined) return;
    this.#v8 = new RegExp(source);
    if (plan.groupsAgree) this.#v8Groups = new RegExp(source, 'g');
    this.#v8MaxLength = plan.maxTextLength;
    this.#v8WatchedLength = plan.maxWatchedLength;
    this.#v8Timed = plan.superlinear;
  }

  test(text: string): boolean {
    if (this.#isForV8(text.length) && !NON_ASCII.test(text)) return this.#testV8(text);
    return this.#testRe2(text);
  }

  testBytes(bytes: Uint8Array, start: number, end: number, ascii?: boolean): boolean {
    if (this.#search !== undefined && this.#search.indexOf(bytes, start, end) < 0) return false;
    if (ascii === true || isAscii(bytes, start, end)) {
      const text = latin1Text(bytes, start, end);
      return this.#isForV8(end - start) ? this.#testV8(text) : this.#testRe2(text);
    }
    return this.#testRe2(bytes.subarray(start, end));
  }

  #testRe2(line: string | Uint8Array): boolean {
    return this.#anchored ? this.#re2.testExact(line) : this.#re2.test(line);
  }

  #isForV8(length: number): boolean {
    return length <= this.#v8MaxLength || length <= this.#v8WatchedLength;
  }

  /** A call whose worst case is too long to happen often: a pattern that has it is found out by some. */
  #watched<T>(run: () => T): T {
    const before = performance.now();
    const result = run();
    if (performance.now() - before > MAX_WATCHED_MS && ++this.#overruns >= WATCHED_OVERRUNS) this.#v8WatchedLength = -1;
    return result;
  }

  #testV8(text: string): boolean {
    if (text.length > this.#v8MaxLength) return this.#watched(() => this.#v8!.test(text));
    if (!this.#v8Timed || (++this.#calls & TIMED_CALL_MASK) !== 0) return this.#v8!.test(text);
    const before = performance.now();
    const found = this.#v8!.test(text);
    this.#judge(performance.now() - before, text.length);
    return found;
  }

  /** Leaves V8 for good when it keeps being slow; single outliers are the garbage collector. */
  #judge(elapsedMs: number, length: number): void {
    if (elapsedMs <= SLOW_MS_PER_CALL + length * SLOW_MS_PER_CHARACTER) {
      this.#slowCalls = Math.max(0, this.#slowCalls - 1);
      return;
    }
    this.#slowCalls += 4;
    if (this.#slowCalls < SLOW_CALLS_ALLOWED) return;
    this.#v8MaxLength = -1;
    this.#v8WatchedLength = -1;
  }

  exec(text: string): RegexMatch | undefined {
    return this.#finder(text)(0);
  }

  count(text: string): number {
    const find = clocked(text, this.#finder(text));
    let count = 0;
    let previousEnd = -1;
    for (let position = 0; position <= text.length; ) {
      const match = find(position);
      if (match === undefined) break;
      const emptyAfterMatch = match.end === position && match.index === previousEnd;
      position = match.end === position ? nextPosition(text, position) : match.end;
      previousEnd = match.end;
      if (!emptyAfterMatch) count++;
    }
    return count;
  }

  replaceAll(text: string, template: string): string {
    return this.#replace(text, (match) => this.expand(template, match));
  }

  replaceAllLiteral(text: string, replacement: string): string {
    return this.#replace(text, () => replacement);
  }

  expand(template: string, match: RegexMatch): string {
    return expandTemplate(template, match.groups, this.groupNames);
  }

  #replace(text: string, replacement: (match: RegexMatch) => string): string {
    const find = clocked(text, this.#finder(text));
    let out = '';
    let copied = 0;
    for (let position = 0; position <= text.length; ) {
      const match = find(position);
      if (match === undefined) break;
      out += text.slice(copied, match.index);
      // An empty match right after a match is none.
      if (match.end > copied || match.index === 0) out += replacement(match);
      copied = match.end;
      position = Math.max(match.end, nextPosition(text, position));
    }
    return out + text.slice(copied);
  }

  /** A search in one text from any position; what lies before the position is seen by anchors and `\b`. */
  #finder(text: string): Finder {
    const v8 = this.#v8Groups;
    if (v8 !== undefined && this.#isForV8(text.length) && !NON_ASCII.test(text)) {
      const isWatched = text.length > this.#v8MaxLength;
      return (position) => {
        v8.lastIndex = position;
        const match = isWatched ? this.#watched(() => v8.exec(text)) : v8.exec(text);
        return match === null ? undefined : new FoundMatch(match.index, match.index + match[0].length, match);
      };
    }
    const matcher = this.#re2.matcher(text);
    if (this.#anchored) return (position) => (position === 0 && matcher.matches() ? readMatch(matcher) : undefined);
    return (position) => (matcher.find(position) ? readMatch(matcher) : undefined);
  }
}

/** @throws Error when all matches of a long text take too long; a search itself is linear */
function clocked(text: string, find: Finder): Finder {
  if (text.length <= CLOCKED_CHARS) return find;
  const startMs = performance.now();
  let matches = 0;
  return (position) => {
    const elapsedMs = performance.now() - startMs;
    if (elapsedMs > MAX_ALL_MATCHES_MS + matches / USUAL_MATCHES_PER_MS)
      throw new Error('regexp takes too long on a text of this length');
    matches++;
    return find(position);
  };
}

function readMatch(matcher: Matcher): RegexMatch {
  const groups: (string | undefined)[] = [];
  for (let i = 0; i <= matcher.groupCount(); i++) groups.push(matcher.group(i) ?? undefined);
  return new FoundMatch(matcher.start(), matcher.end(), groups);
}

class FoundMatch implements RegexMatch {
  readonly index: number;
  readonly end: number;
  readonly groups: readonly (string | undefined)[];

  constructor(index: number, end: number, groups: readonly (string | undefined)[]) {
    this.index = index;
    this.end = end;
    this.groups = groups;
  }

  group(index: number): string | undefined {
    return this.groups[index];
  }
}

/** The position one character on, past the end for the end. */
function nextPosition(text: string, position: number): number {
  return position + ((text.codePointAt(position) ?? 0) > 0xffff ? 2 : 1);
}

function anchor(root: RegexNode): RegexNode {
  return { ...newNode(OP.concat), subs: [newNode(OP.beginText), root, newNode(OP.endText)] };
}

/** Go lets groups share a name, re2js does not: it gets the groups numbered. */
function withUniqueNames(pattern: string, parsed: ParsedRegex): string {
  if (new Set(parsed.groupNames).size === parsed.groupNames.length) return pattern;
  let out = '';
  let copied = 0;
  parsed.nameSpans.forEach(([start, end], i) => {
    out += `${pattern.slice(copied, start)}group${i}`;
    copied = end;
  });
  return out + pattern.slice(copied);
}
