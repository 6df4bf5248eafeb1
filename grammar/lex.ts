/**
 * Text to tokens. Tells keywords, function names and the classes of numbers apart, and refuses what is too large.
 */
import { EOF, type IToken, Lexer, type TokenType, tokenLabel } from 'chevrotain';
import { ParseError, type ParsePosition } from './parse-error.ts';
import {
  Broken,
  BrokenRange,
  BytesLiteral,
  DurationLiteral,
  FUNCTIONS,
  LParen,
  NumberLiteral,
  Range,
  RESERVED,
  RParen,
  SCANNED_TOKENS,
  TOKENS_WITHOUT_LINE,
  type TokenPayload,
  Word,
} from './tokens.ts';

/** 131072: Loki's own limit, in bytes of UTF-8. */
const MAX_QUERY_BYTES = 131_072;
/** 200 nested parentheses: the parser is recursive, and far below this no query is written by people or programs. */
const MAX_NESTING = 200;

const lexer: Lexer = new Lexer(SCANNED_TOKENS, { positionTracking: 'onlyOffset', skipValidations: true });

const CALL_AHEAD = /[ \t\r\n]*(?:(?:by|without)[ \t\r\n]*)?\(/iy;

function isCalled(text: string, end: number): boolean {
  CALL_AHEAD.lastIndex = end;
  return CALL_AHEAD.test(text);
}

function wordType(text: string, token: IToken): TokenType {
  const word = token.image.toLowerCase();
  const reserved = RESERVED.get(word);
  if (reserved !== undefined) return reserved;
  const called = FUNCTIONS.get(word);
  return called !== undefined && isCalled(text, token.startOffset + token.image.length) ? called : Word;
}

const QUANTITY_TYPES = { number: NumberLiteral, duration: DurationLiteral, bytes: BytesLiteral } as const;

function finalType(text: string, token: IToken): TokenType {
  const payload = token.payload as TokenPayload | undefined;
  if (payload?.error !== undefined) return token.tokenType === Range ? BrokenRange : Broken;
  if (payload?.quantity !== undefined) return QUANTITY_TYPES[payload.quantity.kind];
  if (token.tokenType === Word) return wordType(text, token);
  return tokenLabel(token.tokenType) === 'IDENTIFIER' ? Word : token.tokenType;
}

/**
 * Where a token starts, as errors report it: 1-based line and column in characters; the end of the text is one past its
 * last character. Line 0 stands for "lost", see `TOKENS_WITHOUT_LINE`.
 */
export function positionOf(text: string, token: IToken): ParsePosition {
  const offset = token.tokenType === EOF ? text.length : token.startOffset;
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  const column = [...before.slice(lineStart)].length + 1;
  if (TOKENS_WITHOUT_LINE.has(token.tokenType)) return { line: 0, column };
  return { line: before.split('\n').length, column };
}

/**
 * Cuts a query into the tokens that the parser takes.
 *
 * @throws ParseError if it is too long, nested too deeply or holds a NUL
 */
export function lex(text: string): IToken[] {
  const bytes = Buffer.byteLength(text);
  if (bytes >= MAX_QUERY_BYTES) throw new ParseError(`input size too long (${bytes} > ${MAX_QUERY_BYTES})`);
  const { tokens } = lexer.tokenize(text);
  let depth = 0;
  for (const token of tokens) {
    const type = token.image.includes('\0') ? Broken : finalType(text, token);
    token.tokenType = type;
    token.tokenTypeIdx = type.tokenTypeIdx!;
    if (type === LParen) depth++;
    else if (type === RParen) depth--;
    if (depth > MAX_NESTING) throw new ParseError(`query is nested too deeply (more than ${MAX_NESTING} parentheses)`);
  }
  return tokens;
}

/** Why the lexer refuses the token, if it does. */
export function lexicalError(token: IToken): string | undefined {
  if (token.image.includes('\0')) return 'invalid character NUL';
  return (token.payload as TokenPayload | undefined)?.error;
}

/** A token's spelling in an error message. */
export function spellToken(token: IToken): string {
  return token.tokenType === EOF ? '$end' : tokenLabel(token.tokenType);
}
