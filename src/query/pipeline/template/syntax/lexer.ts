import { goQuote } from '../../../../../grammar/literals.ts';
import { KEYWORDS, type Token, type TokenType } from './token.ts';

/**
 * Cuts a template into tokens. An error becomes the last token, so that the parser reports whatever comes first.
 */

const OPEN = '{{';
const CLOSE = '}}';
/** Blanks between words of an action. */
const SPACES = ' \t\r\n';
const ALPHANUMERIC = /[\p{L}\p{Nd}_]/u;

/** @returns all tokens; the last is `end` or `error` */
export function tokenize(text: string): readonly Token[] {
  return new Lexer(text).run();
}

class Lexer {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  /** Where the current token starts. */
  #start = 0;
  #line = 1;
  #countedTo = 0;
  #parenDepth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  run(): readonly Token[] {
    while (this.#lexText()) {
      // each turn: text up to an action, then the action
    }
    return this.#tokens;
  }

  #push(type: TokenType, text = this.#text.slice(this.#start, this.#at), at = this.#start): void {
    this.#tokens.push({ type, text, at, line: this.#lineOf(at) });
    this.#start = this.#at;
  }

  /** Tokens come in order, so the lines are counted once. */
  #lineOf(at: number): number {
    for (; this.#countedTo < at; this.#countedTo++) {
      if (this.#text.charCodeAt(this.#countedTo) === 10) this.#line++;
    }
    return this.#line;
  }

  #fail(message: string): false {
    this.#push('error', message);
    return false;
  }

  #lexText(): boolean {
    const open = this.#text.indexOf(OPEN, this.#at);
    const stop = open < 0 ? this.#text.length : open;
    const trims = open >= 0 && this.#text[open + 2] === '-' && isSpace(this.#text[open + 3]);
    let end = stop;
    if (trims) while (end > this.#at && isSpace(this.#text[end - 1])) end--;
    if (end > this.#at) this.#push('text', this.#text.slice(this.#at, end), this.#at);
    this.#at = stop;
    this.#start = stop;
    if (open < 0) {
      this.#push('end', '');
      return false;
    }
    return this.#lexOpen(trims);
  }

  #lexOpen(trims: boolean): boolean {
    const inside = this.#at + OPEN.length + (trims ? 2 : 0);
    if (this.#text.startsWith('/*', inside)) return this.#lexComment(inside);
    this.#at += OPEN.length;
    this.#push('open');
    this.#at = inside;
    this.#start = inside;
    this.#parenDepth = 0;
    for (;;) {
      const more = this.#lexInside();
      if (more === 'closed') return true;
      if (more === 'failed') return false;
    }
  }

  #lexComment(inside: number): boolean {
    const end = this.#text.indexOf('*/', inside + 2);
    this.#start = inside;
    if (end < 0) return this.#fail('unclosed comment');
    this.#at = end + 2;
    const trims =
      isSpace(this.#text[this.#at]) && this.#text[this.#at + 1] === '-' && this.#text.startsWith(CLOSE, this.#at + 2);
    if (!trims && !this.#text.startsWith(CLOSE, this.#at)) return this.#fail('comment ends before closing delimiter');
    this.#at += CLOSE.length + (trims ? 2 : 0);
    if (trims) this.#skipSpace();
    this.#start = this.#at;
    return true;
  }

  #skipSpace(): void {
    while (isSpace(this.#text[this.#at])) this.#at++;
  }

  /** One token inside an action. */
  #lexInside(): 'more' | 'closed' | 'failed' {
    const char = this.#text[this.#at];
    const trims = isSpace(char) && this.#text[this.#at + 1] === '-' && this.#text.startsWith(CLOSE, this.#at + 2);
    if (trims || this.#text.startsWith(CLOSE, this.#at)) return this.#lexClose(trims);
    if (char === undefined) return this.#failed('unclosed action');
    if (isSpace(char)) {
      while (isSpace(this.#text[this.#at]) && !this.#text.startsWith(`-${CLOSE}`, this.#at + 1)) this.#at++;
      this.#push('space');
      return 'more';
    }
    switch (char) {
      case '=':
        return this.#single('assign');
      case '|':
        return this.#single('pipe');
      case ':':
        if (this.#text[this.#at + 1] !== '=') return this.#failed('expected :=');
        this.#at++;
        return this.#single('declare');
      case '(':
        this.#parenDepth++;
        return this.#single('leftParen');
      case ')':
        this.#parenDepth--;
        if (this.#parenDepth < 0) return this.#failed('unexpected right paren');
        return this.#single('rightParen');
      case '"':
        return this.#quoted('string', 'unterminated quoted string');
      case "'":
        return this.#quoted('charConstant', 'unterminated character constant');
      case '`':
        return this.#rawQuoted();
      default:
        return this.#lexWord(char);
    }
  }

  #failed(message: string): 'failed' {
    this.#fail(message);
    return 'failed';
  }

  #single(type: TokenType): 'more' {
    this.#at++;
    this.#push(type);
    return 'more';
  }

  #lexClose(trims: boolean): 'closed' | 'failed' {
    if (this.#parenDepth > 0) return this.#failed('unclosed left paren');
    if (trims) this.#at += 2;
    this.#start = this.#at;
    this.#at += CLOSE.length;
    this.#push('close');
    if (trims) this.#skipSpace();
    this.#start = this.#at;
    return 'closed';
  }

  #quoted(type: TokenType, message: string): 'more' | 'failed' {
    const quote = this.#text[this.#at];
    for (this.#at++; ; this.#at++) {
      let char = this.#text[this.#at];
      if (char === '\\') {
        this.#at++;
        char = this.#text[this.#at];
        if (char !== undefined && char !== '\n') continue;
      }
      if (char === undefined || char === '\n') return this.#failed(message);
      if (char === quote) break;
    }
    return this.#single(type);
  }

  #rawQuoted(): 'more' | 'failed' {
    const end = this.#text.indexOf('`', this.#at + 1);
    if (end < 0) return this.#failed('unterminated raw quoted string');
    this.#at = end;
    return this.#single('rawString');
  }

  #lexWord(char: string): 'more' | 'failed' {
    const next = this.#text[this.#at + 1] ?? '';
    if (char === '$' || (char === '.' && !isDigit(next))) return this.#fieldOrVariable(char);
    if (isDigit(char) || char === '+' || char === '-' || char === '.') return this.#number();
    const point = this.#charAt(this.#at);
    if (ALPHANUMERIC.test(point)) {
      this.#skipAlphanumeric();
      if (!this.#atTerminator()) return this.#badCharacter();
      const word = this.#text.slice(this.#start, this.#at);
      this.#push(KEYWORDS.has(word) ? 'keyword' : word === 'true' || word === 'false' ? 'bool' : 'identifier');
      return 'more';
    }
    if (/^[\x21-\x7e]$/.test(point)) return this.#single('char');
    return this.#failed(`unrecognized character in action: ${describe(point)}`);
  }

  #fieldOrVariable(sigil: string): 'more' | 'failed' {
    this.#at++;
    if (this.#atTerminator()) {
      this.#push(sigil === '$' ? 'variable' : 'dot');
      return 'more';
    }
    this.#skipAlphanumeric();
    if (!this.#atTerminator()) return this.#badCharacter();
    this.#push(sigil === '$' ? 'variable' : 'field');
    return 'more';
  }

  #badCharacter(): 'failed' {
    return this.#failed(`bad character ${describe(this.#charAt(this.#at))}`);
  }

  #skipAlphanumeric(): void {
    for (;;) {
      const point = this.#charAt(this.#at);
      if (point === '' || !ALPHANUMERIC.test(point)) return;
      this.#at += point.length;
    }
  }

  /** What may follow a word without a blank. */
  #atTerminator(): boolean {
    const char = this.#text[this.#at];
    return (
      char === undefined || SPACES.includes(char) || '.,|:()'.includes(char) || this.#text.startsWith(CLOSE, this.#at)
    );
  }

  #number(): 'more' | 'failed' {
    if (!this.#scanNumber()) return this.#badNumber();
    const next = this.#text[this.#at];
    if (next !== '+' && next !== '-') {
      this.#push('number');
      return 'more';
    }
    if (!this.#scanNumber() || this.#text[this.#at - 1] !== 'i') return this.#badNumber();
    this.#push('complex');
    return 'more';
  }

  #badNumber(): 'failed' {
    return this.#failed(`bad number syntax: ${goQuote(this.#text.slice(this.#start, this.#at))}`);
  }

  #scanNumber(): boolean {
    const rest = this.#text.slice(this.#at, this.#at + 1024);
    const digits =
      /^[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*|0[bB][01_]*|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/.exec(
        rest,
      )?.[0] ?? '';
    this.#at += digits.length;
    const point = this.#charAt(this.#at);
    if (point === '' || !ALPHANUMERIC.test(point)) return true;
    this.#at += point.length;
    return false;
  }

  #charAt(at: number): string {
    const code = this.#text.codePointAt(at);
    return code === undefined ? '' : String.fromCodePoint(code);
  }
}

function isSpace(char: string | undefined): boolean {
  return char !== undefined && SPACES.includes(char);
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9';
}

/** Go's %#U: `U+0023 '#'`. */
function describe(char: string): string {
  const code = char === '' ? 0xffffffff : (char.codePointAt(0) ?? 0);
  if (char === '') return 'U+FFFFFFFFFFFFFFFF';
  const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char);
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}${printable ? ` '${char}'` : ''}`;
}
