import { cleanRanges } from './char-class.ts';
import { type ParsedClass, parseClass, parseEscape, parsePerlGroup, parseUnicodeGroup } from './class-parser.ts';
import { foldOrbit } from './fold.ts';
import { cleanAlternative, isCharClass, type MutableNode, newNode, OP, type Op, type RegexNode } from './node.ts';
import { regexError } from './syntax-error.ts';
import { checkLimits, MAX_DEPTH, MAX_REPEAT, repeatIsValid } from './syntax-limits.ts';
import { collapse, literalOfClass, mergeCharClass } from './tree-builder.ts';

/**
 * Parses RE2 syntax (as Go's `regexp/syntax` reads it with Perl flags) into the tree that Go would build. The parser keeps
 * a stack of finished nodes with pseudo nodes for open parentheses and vertical bars.
 */

const FOLD = 1;
const DOT_NEWLINE = 2;
const MULTI_LINE = 4;
const LAZY = 8;

/** Escapes that stand for a place, not for a character. */
const ESCAPED_OPS: ReadonlyMap<string, Op> = new Map([
  ['A', OP.beginText],
  ['b', OP.wordBoundary],
  ['B', OP.noWordBoundary],
  ['z', OP.endText],
]);

const BRACES = /\{(0|[1-9][0-9]*)(,(0|[1-9][0-9]*)?)?\}/y;

export interface ParsedRegex {
  readonly root: RegexNode;
  /** By group number from 1; undefined for groups without a name. */
  readonly groupNames: readonly (string | undefined)[];
  /** Where names of groups stand in the pattern: `[start, end)`, in order. */
  readonly nameSpans: readonly (readonly [number, number])[];
}

interface SyntaxOptions {
  readonly dotNewline?: boolean;
}

/**
 * @throws LogError REGEX_SYNTAX with Go's message
 */
export function parseRegex(pattern: string, options: SyntaxOptions = {}): ParsedRegex {
  return new Parser(pattern, options.dotNewline === true ? DOT_NEWLINE : 0).parse();
}

class Parser {
  readonly #text: string;
  #at = 0;
  #flags: number;
  #stack: MutableNode[] = [];
  readonly #groupNames: (string | undefined)[] = [];
  readonly #nameSpans: (readonly [number, number])[] = [];
  /** Where the repetition operator before this position starts; -1 when there is none. */
  #lastRepeat = -1;
  #openGroups = 0;

  constructor(text: string, flags: number) {
    this.#text = text;
    this.#flags = flags;
  }

  parse(): ParsedRegex {
    while (this.#at < this.#text.length) {
      const start = this.#at;
      const repeated = this.#parseItem(this.#text[start]!);
      this.#lastRepeat = repeated ? start : -1;
    }
    this.#concat();
    if (this.#swapVerticalBar()) this.#stack.pop();
    this.#alternate();
    if (this.#stack.length !== 1) throw regexError('missingParen', this.#text);
    const root = this.#stack[0]!;
    checkLimits(root, this.#text);
    return { root, groupNames: this.#groupNames, nameSpans: this.#nameSpans };
  }

  /** @returns whether the item was a repetition operator */
  #parseItem(char: string): boolean {
    const multiLine = (this.#flags & MULTI_LINE) !== 0;
    switch (char) {
      case '(':
        if (this.#text[this.#at + 1] === '?') this.#parsePerlGroupStart();
        else this.#openGroup(undefined, 1);
        return false;
      case '|':
        this.#concat();
        if (!this.#swapVerticalBar()) this.#stack.push(newNode(OP.verticalBar));
        this.#at++;
        return false;
      case ')':
        this.#closeGroup();
        return false;
      case '^':
        this.#pushOp(multiLine ? OP.beginLine : OP.beginText, 1);
        return false;
      case '$':
        this.#pushOp(multiLine ? OP.endLine : OP.endText, 1);
        return false;
      case '.':
        this.#pushOp((this.#flags & DOT_NEWLINE) !== 0 ? OP.any : OP.anyNotNewline, 1);
        return false;
      case '[':
        this.#pushClass(parseClass(this.#text, this.#at, this.#fold));
        return false;
      case '*':
        return this.#repeat(OP.star, 0, -1, this.#at + 1);
      case '+':
        return this.#repeat(OP.plus, 1, -1, this.#at + 1);
      case '?':
        return this.#repeat(OP.quest, 0, 1, this.#at + 1);
      case '{':
        return this.#parseBraces();
      case '\\':
        this.#parseBackslash();
        return false;
      default: {
        const rune = this.#text.codePointAt(this.#at)!;
        this.#literal(rune);
        this.#at += rune > 0xffff ? 2 : 1;
        return false;
      }
    }
  }

  get #fold(): boolean {
    return (this.#flags & FOLD) !== 0;
  }

  #pushOp(op: Op, length: number): void {
    this.#push(newNode(op));
    this.#at += length;
  }

  #pushClass(parsed: ParsedClass): void {
    const node = newNode(OP.charClass, this.#fold);
    node.runes = cleanRanges(parsed.ranges);
    node.opaque = parsed.opaque;
    this.#push(node);
    this.#at = parsed.next;
  }

  #literal(rune: number): void {
    const node = newNode(OP.literal, this.#fold);
    node.runes = [this.#fold ? foldOrbit(rune)[0]! : rune];
    this.#push(node);
  }

  /** A new literal is held apart from the string before it until the next item: a repetition would bind to it alone. */
  #push(node: MutableNode): void {
    const literal = literalOfClass(node);
    if (literal !== undefined) {
      node.op = OP.literal;
      node.runes = [literal.rune];
      node.fold = literal.fold;
    }
    this.#joinLiterals();
    this.#stack.push(node);
  }

  #joinLiterals(): void {
    const last = this.#stack.at(-1);
    const before = this.#stack.at(-2);
    if (last?.op !== OP.literal || before?.op !== OP.literal || last.fold !== before.fold) return;
    for (const rune of last.runes) before.runes.push(rune);
    this.#stack.pop();
  }

  #popToPseudo(): MutableNode[] {
    let i = this.#stack.length;
    while (i > 0 && this.#stack[i - 1]!.op < OP.leftParen) i--;
    return this.#stack.splice(i);
  }

  #concat(): void {
    this.#joinLiterals();
    const subs = this.#popToPseudo();
    this.#push(subs.length === 0 ? newNode(OP.empty) : collapse(subs, OP.concat));
  }

  #alternate(): void {
    const subs = this.#popToPseudo();
    if (subs.length > 0) cleanAlternative(subs.at(-1)!);
    this.#push(subs.length === 0 ? newNode(OP.noMatch) : collapse(subs, OP.alternate));
  }

  /** Moves the bar above the node on top, or merges two one-character alternatives. */
  #swapVerticalBar(): boolean {
    const stack = this.#stack;
    const n = stack.length;
    const [third, second, top] = [stack[n - 3], stack[n - 2], stack[n - 1]];
    if (second?.op !== OP.verticalBar) return false;
    if (third !== undefined && isCharClass(top!) && isCharClass(third)) {
      const [target, source] = top!.op > third.op ? [top!, third] : [third, top!];
      mergeCharClass(target, source);
      stack[n - 3] = target;
      stack.pop();
      return true;
    }
    if (third !== undefined) cleanAlternative(third);
    stack[n - 2] = top!;
    stack[n - 1] = second;
    return true;
  }

  #openGroup(name: string | undefined, length: number): void {
    this.#groupNames.push(name);
    this.#pushParen(this.#groupNames.length, name);
    this.#at += length;
  }

  #pushParen(cap: number, name: string | undefined): void {
    // Checked at once, because everything from here on walks the tree recursively.
    if (++this.#openGroups > MAX_DEPTH) throw regexError('nestingDepth', this.#text);
    const node = newNode(OP.leftParen);
    node.cap = cap;
    node.name = name;
    node.savedFlags = this.#flags;
    this.#push(node);
  }

  #closeGroup(): void {
    this.#concat();
    if (this.#swapVerticalBar()) this.#stack.pop();
    this.#alternate();
    const inner = this.#stack.pop()!;
    const paren = this.#stack.pop();
    if (paren?.op !== OP.leftParen) throw regexError('unexpectedParen', this.#text);
    this.#flags = paren.savedFlags;
    this.#openGroups--;
    if (paren.cap === 0) this.#push(inner);
    else {
      paren.op = OP.capture;
      paren.subs = [inner];
      this.#push(paren);
    }
    this.#at++;
  }

  #parsePerlGroupStart(): void {
    const text = this.#text;
    const start = this.#at;
    const nameStart = text.startsWith('(?P<', start) ? start + 4 : text.startsWith('(?<', start) ? start + 3 : -1;
    if (nameStart > 0 && nameStart < text.length) {
      const end = text.indexOf('>', start);
      if (end < 0) throw regexError('namedCapture', text.slice(start));
      const name = text.slice(nameStart, end);
      if (!/^[A-Za-z0-9_]+$/.test(name)) throw regexError('namedCapture', text.slice(start, end + 1));
      this.#nameSpans.push([nameStart, end]);
      this.#openGroup(name, end + 1 - start);
      return;
    }
    this.#parseFlags(start);
  }

  /** `(?i)`, `(?s-m:`, `(?:` */
  #parseFlags(start: number): void {
    const text = this.#text;
    let at = start + 2;
    let on = 0;
    let off = 0;
    let negative = false;
    let sawFlag = false;
    while (at < text.length) {
      const char = String.fromCodePoint(text.codePointAt(at)!);
      at += char.length;
      const flag = { i: FOLD, m: MULTI_LINE, s: DOT_NEWLINE, U: LAZY }[char];
      if (flag !== undefined) {
        if (negative) off |= flag;
        else on |= flag;
        sawFlag = true;
      } else if (char === '-' && !negative) {
        negative = true;
        sawFlag = false;
      } else if ((char === ':' || char === ')') && !(negative && !sawFlag)) {
        if (char === ':') this.#pushParen(0, undefined);
        this.#flags = (this.#flags | on) & ~off;
        this.#at = at;
        return;
      } else break;
    }
    throw regexError('perlOperator', text.slice(start, at));
  }

  #parseBraces(): boolean {
    BRACES.lastIndex = this.#at;
    const match = BRACES.exec(this.#text);
    if (match === null) {
      this.#literal(0x7b);
      this.#at++;
      return false;
    }
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === undefined ? -1 : Number(match[3]);
    if (min > MAX_REPEAT || max > MAX_REPEAT || (max >= 0 && min > max)) throw regexError('repeatSize', match[0]);
    return this.#repeat(OP.repeat, min, max, this.#at + match[0].length);
  }

  #repeat(op: Op, min: number, max: number, end: number): true {
    const start = this.#at;
    let lazy = (this.#flags & LAZY) !== 0;
    this.#at = end;
    if (this.#text[this.#at] === '?') {
      this.#at++;
      lazy = !lazy;
    }
    if (this.#lastRepeat >= 0) throw regexError('repeatOperator', this.#text.slice(this.#lastRepeat, this.#at));
    const sub = this.#stack.at(-1);
    if (sub === undefined || sub.op >= OP.leftParen)
      throw regexError('missingArgument', this.#text.slice(start, this.#at));
    const node = newNode(op, false, lazy);
    node.min = min;
    node.max = max;
    node.subs = [sub];
    this.#stack[this.#stack.length - 1] = node;
    if (op === OP.repeat && (min >= 2 || max >= 2) && !repeatIsValid(node, MAX_REPEAT)) {
      throw regexError('repeatSize', this.#text.slice(start, this.#at));
    }
    return true;
  }

  #parseBackslash(): void {
    const text = this.#text;
    const at = this.#at;
    const op = ESCAPED_OPS.get(text[at + 1] ?? '');
    if (op !== undefined) {
      this.#pushOp(op, 2);
      return;
    }
    if (text[at + 1] === 'C') throw regexError('escape', '\\C');
    if (text[at + 1] === 'Q') {
      const end = text.indexOf('\\E', at + 2);
      for (const char of text.slice(at + 2, end < 0 ? undefined : end)) this.#literal(char.codePointAt(0)!);
      this.#at = end < 0 ? text.length : end + 2;
      return;
    }
    const group = parseUnicodeGroup(text, at) ?? parsePerlGroup(text, at, this.#fold);
    if (group !== undefined) {
      this.#pushClass(group);
      return;
    }
    const escaped = parseEscape(text, at);
    this.#literal(escaped.rune);
    this.#at = escaped.next;
  }
}
