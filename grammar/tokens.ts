/**
 * Token kinds in match order. The Chevrotain lexer finds words, numbers and operators; `lex.ts` then tells keywords and
 * function names from plain names, which needs the text behind them. A kind's label is its spelling in error messages.
 */
import { type CustomPatternMatcherReturn, createToken, Lexer, type TokenPattern, type TokenType } from 'chevrotain';
import { parsePromDuration, unquoteString } from './literals.ts';
import { type Quantity, scanNumber } from './scan-number.ts';

/** What a token carries besides its text. */
export interface TokenPayload {
  readonly quantity?: Quantity;
  /** Value of a STRING. */
  readonly text?: string;
  /** Value of a RANGE. */
  readonly rangeNs?: bigint;
  /** The lexer refuses the token, and with it the query. */
  readonly error?: string;
}

function matched(image: string, payload: TokenPayload): CustomPatternMatcherReturn & { payload: TokenPayload } {
  const result = [image] as unknown as CustomPatternMatcherReturn & { payload: TokenPayload };
  result.payload = payload;
  return result;
}

const VALID_ESCAPE = /\\(?:[abfnrtv\\]|[0-7]{3}|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8})/y;

/** Scans `"..."` or `'...'` up to its closing quote; a line end or the end of the text leaves it open. */
function scanQuoted(
  text: string,
  start: number,
): { readonly end: number; readonly chars: number; readonly error?: string } {
  const quote = text[start]!;
  let error: string | undefined;
  let chars = 0;
  let at = start + 1;
  while (at < text.length && text[at] !== quote && text[at] !== '\n') {
    chars++;
    if (text[at] === '\\' && text[at + 1] === quote) at += 2;
    else if (text[at] === '\\') {
      VALID_ESCAPE.lastIndex = at;
      const escaped = VALID_ESCAPE.exec(text)?.[0];
      if (escaped === undefined) error ??= 'invalid char escape';
      at += escaped?.length ?? 1;
    } else at += text.codePointAt(at)! > 0xffff ? 2 : 1;
  }
  if (text[at] !== quote) return { end: at, chars, error: error ?? 'literal not terminated' };
  return error === undefined ? { end: at + 1, chars } : { end: at + 1, chars, error };
}

function matchText(text: string, start: number): CustomPatternMatcherReturn | null {
  if (text[start] === '`') {
    const close = text.indexOf('`', start + 1);
    if (close < 0) return matched(text.slice(start), { error: 'literal not terminated' });
    const image = text.slice(start, close + 1);
    return matched(image, { text: unquoteString(image) });
  }
  if (text[start] !== '"') return null;
  const { end, error } = scanQuoted(text, start);
  const image = text.slice(start, end);
  if (error !== undefined) return matched(image, { error });
  try {
    return matched(image, { text: unquoteString(image) });
  } catch (cause) {
    return matched(image, { error: (cause as Error).message });
  }
}

/** `'x'` is never a string: one character reads as a name. */
function matchCharLiteral(text: string, start: number): CustomPatternMatcherReturn | null {
  if (text[start] !== "'") return null;
  const { end, chars, error } = scanQuoted(text, start);
  const problem = error ?? (chars === 1 ? undefined : 'invalid char literal');
  return matched(text.slice(start, end), problem === undefined ? {} : { error: problem });
}

function matchRange(text: string, start: number): CustomPatternMatcherReturn | null {
  if (text[start] !== '[') return null;
  const close = text.indexOf(']', start);
  if (close < 0) return matched(text.slice(start), { error: "missing closing ']' in duration" });
  const image = text.slice(start, close + 1);
  try {
    return matched(image, { rangeNs: parsePromDuration(image.slice(1, -1)) });
  } catch (cause) {
    return matched(image, { error: (cause as Error).message });
  }
}

function matchQuantity(text: string, start: number): CustomPatternMatcherReturn | null {
  const number = scanNumber(text, start);
  if (number === undefined) return null;
  const { quantity, error } = number;
  return matched(text.slice(start, number.end), error === undefined ? { quantity } : { error });
}

function matchOpenComment(text: string, start: number): CustomPatternMatcherReturn | null {
  return text.startsWith('/*', start) ? matched(text.slice(start), { error: 'comment not terminated' }) : null;
}

function sticky(pattern: RegExp): (text: string, start: number) => CustomPatternMatcherReturn | null {
  return (text, start) => {
    pattern.lastIndex = start;
    return pattern.exec(text) as unknown as CustomPatternMatcherReturn | null;
  };
}

function token(name: string, label: string, pattern: TokenPattern): TokenType {
  const isCustom = typeof pattern === 'function';
  return createToken({ name, label, pattern, ...(isCustom ? { line_breaks: true } : {}) });
}

const Blank: TokenType = createToken({ name: 'Blank', pattern: /[ \t\r\n]+/, group: Lexer.SKIPPED });
const LineComment: TokenType = createToken({ name: 'LineComment', pattern: /(?:#|\/\/)[^\n]*/, group: Lexer.SKIPPED });
const BlockComment: TokenType = createToken({
  name: 'BlockComment',
  pattern: /\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\//,
  group: Lexer.SKIPPED,
  line_breaks: true,
});
const OpenComment: TokenType = token('OpenComment', 'IDENTIFIER', matchOpenComment);

export const Word: TokenType = token('Word', 'IDENTIFIER', sticky(/[\p{L}_][\p{L}\p{Nd}_]*/uy));
const CharLiteral: TokenType = token('CharLiteral', 'IDENTIFIER', matchCharLiteral);
/** A character that means nothing here; it reads as a name. */
const OtherChar: TokenType = token('OtherChar', 'IDENTIFIER', sticky(/./suy));
export const Text: TokenType = token('Text', 'STRING', matchText);
/** Any number; `lex.ts` makes it one of the three below. */
const AnyNumber: TokenType = token('AnyNumber', 'NUMBER', matchQuantity);
export const NumberLiteral: TokenType = token('NumberLiteral', 'NUMBER', Lexer.NA);
export const DurationLiteral: TokenType = token('DurationLiteral', 'DURATION', Lexer.NA);
export const BytesLiteral: TokenType = token('BytesLiteral', 'BYTES', Lexer.NA);
export const Range: TokenType = token('Range', 'RANGE', matchRange);
export const Flag: TokenType = token('Flag', 'FUNCTION_FLAG', /--(?:strict|keep-empty)/);
/** A token with an error in its payload. */
export const Broken: TokenType = token('Broken', 'IDENTIFIER', Lexer.NA);
export const BrokenRange: TokenType = token('BrokenRange', 'RANGE', Lexer.NA);

export const PipeExact: TokenType = token('PipeExact', '|=', '|=');
export const PipeMatch: TokenType = token('PipeMatch', '|~', '|~');
export const PipePattern: TokenType = token('PipePattern', '|>', '|>');
export const Neq: TokenType = token('Neq', '!=', '!=');
export const NotMatch: TokenType = token('NotMatch', '!~', '!~');
export const NotPattern: TokenType = token('NotPattern', '!>', '!>');
export const EqMatch: TokenType = token('EqMatch', '=~', '=~');
export const EqEq: TokenType = token('EqEq', '==', '==');
export const Gte: TokenType = token('Gte', '>=', '>=');
export const Lte: TokenType = token('Lte', '<=', '<=');
export const Gt: TokenType = token('Gt', '>', '>');
export const Lt: TokenType = token('Lt', '<', '<');
export const Eq: TokenType = token('Eq', '=', '=');
export const Pipe: TokenType = token('Pipe', '|', '|');
export const LCurly: TokenType = token('LCurly', '{', '{');
export const RCurly: TokenType = token('RCurly', '}', '}');
export const LParen: TokenType = token('LParen', '(', '(');
export const RParen: TokenType = token('RParen', ')', ')');
export const Comma: TokenType = token('Comma', ',', ',');
export const Add: TokenType = token('Add', '+', '+');
export const Sub: TokenType = token('Sub', '-', '-');
export const Mul: TokenType = token('Mul', '*', '*');
export const Div: TokenType = token('Div', '/', '/');
export const Mod: TokenType = token('Mod', '%', '%');
export const Pow: TokenType = token('Pow', '^', '^');
const RBracket: TokenType = token('RBracket', ']', ']');
const Dot: TokenType = token('Dot', '.', '.');

/** Names that Chevrotain tries at each offset, first match wins. */
export const SCANNED_TOKENS: TokenType[] = [
  Blank,
  LineComment,
  BlockComment,
  OpenComment,
  Word,
  Text,
  CharLiteral,
  Flag,
  AnyNumber,
  Range,
  ...[PipeExact, PipeMatch, PipePattern, Neq, NotMatch, NotPattern, EqMatch, EqEq, Gte, Lte],
  ...[Gt, Lt, Eq, Pipe, LCurly, RCurly, LParen, RParen, Comma, Add, Sub, Mul, Div, Mod, Pow, RBracket, Dot],
  OtherChar,
];

function words(names: string, label: (name: string) => string): ReadonlyMap<string, TokenType> {
  return new Map(names.split(' ').map((name) => [name, token(`word_${name}`, label(name), Lexer.NA)]));
}

/** Words that are never a label name. */
export const RESERVED: ReadonlyMap<string, TokenType> = words(
  'by without bool offset on ignoring group_left group_right or and unless json regexp logfmt unpack pattern ' +
    'line_format label_format unwrap decolorize drop keep variants of',
  (name) => name,
);
export const RANGE_OPS: ReadonlyMap<string, TokenType> = words(
  'rate rate_counter count_over_time bytes_rate bytes_over_time avg_over_time sum_over_time min_over_time ' +
    'max_over_time stdvar_over_time stddev_over_time quantile_over_time first_over_time last_over_time absent_over_time',
  (name) => name.toUpperCase(),
);
export const VECTOR_OPS: ReadonlyMap<string, TokenType> = words(
  'sum avg max min count stddev stdvar bottomk topk approx_topk sort sort_desc',
  (name) => name.toUpperCase(),
);
export const CONVERSIONS: ReadonlyMap<string, TokenType> = words(
  'bytes duration duration_seconds',
  (name) => `${name.toUpperCase()}_CONV`,
);
const OTHER_FUNCTIONS = words('vector label_replace ip', (name) => (name === 'ip' ? name : name.toUpperCase()));
export const Vector: TokenType = OTHER_FUNCTIONS.get('vector')!;
export const LabelReplace: TokenType = OTHER_FUNCTIONS.get('label_replace')!;
export const Ip: TokenType = OTHER_FUNCTIONS.get('ip')!;

/** Words that name a function only in front of `(`, `by (` or `without (`; elsewhere they are plain names. */
export const FUNCTIONS: ReadonlyMap<string, TokenType> = new Map([
  ...RANGE_OPS,
  ...VECTOR_OPS,
  ...CONVERSIONS,
  ...OTHER_FUNCTIONS,
]);

/** The token kind of a reserved word. */
export function keyword(name: string): TokenType {
  return RESERVED.get(name)!;
}

/** Kinds that a parser must know: everything that can reach it. */
export const ALL_TOKENS: TokenType[] = [
  ...SCANNED_TOKENS,
  ...[NumberLiteral, DurationLiteral, BytesLiteral, Broken, BrokenRange],
  ...RESERVED.values(),
  ...FUNCTIONS.values(),
];

/** Tokens that Loki's scanner joins by hand; it loses their line. */
export const TOKENS_WITHOUT_LINE: ReadonlySet<TokenType> = new Set([
  ...[PipeExact, PipeMatch, PipePattern, Neq, NotMatch, NotPattern, EqMatch, EqEq, Gte, Lte],
  ...[Range, BrokenRange, DurationLiteral, BytesLiteral, Flag],
]);
