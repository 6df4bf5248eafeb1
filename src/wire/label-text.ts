import { isUtf8 } from 'node:buffer';
import { goQuote, unquoteString } from '../../grammar/literals.ts';
import { LogError } from '../base/errors.ts';
import { compareText, EMPTY_LABELS, type Labels } from '../model/labels.ts';

/**
 * Label text of a pushed stream, `{a="b", c='d',}`: a metric selector with `=` only. Error texts and positions are those
 * that clients of Loki see; a column counts bytes from 1.
 */
type TokenKind = 'end' | 'left' | 'right' | 'comma' | 'equal' | 'operator' | 'name' | 'metric' | 'string';

interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Byte offset. */
  readonly at: number;
}

const NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const METRIC_NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;

/**
 * Parses label text.
 *
 * @param bytes UTF-8 text in `[start, end)`
 * @returns pairs sorted by name, empty values removed; equal names are kept, for validation to report
 * @throws LogError PUSH_INVALID `couldn't parse labels: 1:3: parse error: ...`
 */
export function parseLabelText(bytes: Uint8Array, start: number, end: number): Labels {
  const part = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
  if (!isUtf8(part)) {
    // The position is that behind the bad byte, for which a placeholder stands.
    const before = `${part.utf8Slice(0, firstInvalidByte(part))}?`;
    throw parseError(before, before.length, 'invalid UTF-8 rune');
  }
  const text = part.utf8Slice();
  if (text === '' || text === '{}') return EMPTY_LABELS;
  return sortPairs(new LabelTextParser(text).parse());
}

class LabelTextParser {
  readonly #text: string;
  #at = 0;
  #inBraces = false;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): [string, string][] {
    const pairs: [string, string][] = [];
    let token = this.#next();
    if (token.kind === 'metric') {
      pairs.push(['__name__', token.text]);
      token = this.#next();
      if (token.kind === 'end') return pairs;
    }
    if (token.kind === 'end') return pairs;
    if (token.kind !== 'left') throw this.#unexpected(token, '', '');
    this.#inBraces = true;
    for (;;) {
      token = this.#next();
      if (token.kind === 'right') break;
      if (token.kind !== 'name') throw this.#unexpected(token, 'label set', 'identifier or "}"');
      const name = token.text;
      token = this.#next();
      if (token.kind !== 'equal') throw this.#unexpected(token, 'label set', '"="');
      token = this.#next();
      if (token.kind !== 'string') throw this.#unexpected(token, 'label set', 'string');
      pairs.push([name, this.#unquote(token)]);
      token = this.#next();
      if (token.kind === 'right') break;
      if (token.kind !== 'comma') throw this.#unexpected(token, 'label set', '"," or "}"');
    }
    this.#inBraces = false;
    token = this.#next();
    if (token.kind !== 'end') throw this.#unexpected(token, '', '');
    return pairs;
  }

  #unquote(token: Token): string {
    try {
      return unquoteString(asDoubleQuoted(token.text));
    } catch (cause) {
      throw parseError(this.#text, token.at, `error unquoting string ${goQuote(token.text)}: invalid syntax`, cause);
    }
  }

  #unexpected(token: Token, context: string, expected: string): LogError {
    const where = context === '' ? '' : ` in ${context}`;
    const wanted = expected === '' ? '' : `, expected ${expected}`;
    return parseError(this.#text, token.at, `unexpected ${describe(token)}${where}${wanted}`);
  }

  #next(): Token {
    const text = this.#text;
    while (' \t\n\r'.includes(text[this.#at] ?? 'x')) this.#at++;
    const at = this.#at;
    const char = text[at];
    if (char === undefined) {
      if (this.#inBraces) throw parseError(text, at, 'unexpected end of input inside braces');
      return { kind: 'end', text: '', at };
    }
    const pattern = this.#inBraces ? NAME : METRIC_NAME;
    pattern.lastIndex = at;
    const name = pattern.exec(text)?.[0];
    if (name !== undefined) return this.#take(this.#inBraces ? 'name' : 'metric', name);
    if (char === '"' || char === "'" || char === '`') return this.#take('string', this.#quoted(char));
    if (!this.#inBraces) {
      if (char === '{') return this.#take('left', char);
      if (char === '=') return this.#take('equal', char);
      if (char === '}') throw parseError(text, at, "unexpected right brace '}'");
      throw parseError(text, at, `unexpected character: ${quoteChar(text, at)}`);
    }
    const two = text.slice(at, at + 2);
    if (two === '=~' || two === '!=' || two === '!~') return this.#take('operator', two);
    if (char === '=') return this.#take('equal', char);
    if (char === ',') return this.#take('comma', char);
    if (char === '}') return this.#take('right', char);
    if (char === '{') throw parseError(text, at, "unexpected left brace '{'");
    throw parseError(text, at, `unexpected character inside braces: ${quoteChar(text, at)}`);
  }

  #take(kind: TokenKind, text: string): Token {
    const at = this.#at;
    this.#at += text.length;
    return { kind, text, at };
  }

  #quoted(quote: string): string {
    const text = this.#text;
    for (let i = this.#at + 1; i < text.length; i++) {
      const char = text[i];
      if (char === quote) return text.slice(this.#at, i + 1);
      if (quote === '`') continue;
      if (char === '\\') i++;
      else if (char === '\n') break;
    }
    const what = quote === '`' ? 'unterminated raw string' : 'unterminated quoted string';
    throw parseError(text, this.#at, what);
  }
}

/** Go's own unquoting knows single quotes for one character only; here they are strings like any other. */
function asDoubleQuoted(literal: string): string {
  if (!literal.startsWith("'")) return literal;
  const content = literal
    .slice(1, -1)
    .replace(/\\[\s\S]|"/g, (part) => (part === '"' ? '\\"' : part === "\\'" ? "'" : part));
  return `"${content}"`;
}

function describe(token: Token): string {
  switch (token.kind) {
    case 'end':
      return 'end of input';
    case 'operator':
      return `<op:${token.text}>`;
    case 'name':
      return `identifier ${goQuote(token.text)}`;
    case 'metric':
      return `identifier ${goQuote(token.text)}`;
    case 'string':
      return `string ${goQuote(token.text)}`;
    default:
      return `"${token.text}"`;
  }
}

function quoteChar(text: string, at: number): string {
  const char = String.fromCodePoint(text.codePointAt(at)!);
  return char === "'" ? "'\\''" : `'${goQuote(char).slice(1, -1)}'`;
}

/** `at` is an offset of UTF-16 units; the column counts UTF-8 bytes of its line. */
function parseError(text: string, at: number, problem: string, cause?: unknown): LogError {
  const before = text.slice(0, at);
  const lineStart = before.lastIndexOf('\n') + 1;
  const line = before.split('\n').length;
  const column = Buffer.byteLength(before.slice(lineStart)) + 1;
  return new LogError('PUSH_INVALID', `couldn't parse labels: ${line}:${column}: parse error: ${problem}`, {
    status: 400,
    cause,
  });
}

function firstInvalidByte(bytes: Buffer): number {
  let low = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at]! < 0x80) low = at + 1;
    else break;
  }
  // Beyond the ASCII start: the longest valid start, found one character at a time.
  while (low < bytes.length) {
    let width = 1;
    while (width <= 4 && !isUtf8(bytes.subarray(low, low + width))) width++;
    if (width > 4) return low;
    low += width;
  }
  return low;
}

function sortPairs(pairs: [string, string][]): Labels {
  const kept = pairs.filter((pair) => pair[1] !== '');
  kept.sort((a, b) => compareText(a[0], b[0]));
  return kept.flat();
}
