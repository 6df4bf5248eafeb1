import { goQuote } from '../../../../../grammar/literals.ts';
import { firstChars } from '../../../../base/go/format-spec.ts';

/**
 * Tokens of a template. `delim` tokens open and close an action; `space` matters, because it ends an operand.
 */
export type TokenType =
  | 'text'
  | 'open'
  | 'close'
  | 'space'
  | 'pipe'
  | 'assign'
  | 'declare'
  | 'char'
  | 'charConstant'
  | 'string'
  | 'rawString'
  | 'number'
  | 'complex'
  | 'bool'
  | 'dot'
  | 'field'
  | 'variable'
  | 'identifier'
  | 'leftParen'
  | 'rightParen'
  | 'keyword'
  | 'error'
  | 'end';

export interface Token {
  readonly type: TokenType;
  readonly text: string;
  /** Offset into the template, in UTF-16 units. */
  readonly at: number;
  /** 1-based line on which the token starts. */
  readonly line: number;
}

export const KEYWORDS: ReadonlySet<string> = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'nil',
  'range',
  'template',
  'with',
]);

/** A token as the messages of the parser show it. */
export function tokenText(token: Token): string {
  if (token.type === 'end') return 'EOF';
  if (token.type === 'error') return token.text;
  if (token.type === 'keyword' || (token.type === 'dot' && token.text === '.')) return `<${token.text}>`;
  const head = firstChars(token.text, 10);
  return head.length < token.text.length ? `${goQuote(head)}...` : goQuote(token.text);
}
