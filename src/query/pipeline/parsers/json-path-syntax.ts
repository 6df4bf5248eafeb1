import { LogError } from '../../../base/errors.ts';
import { unescapeJson } from './json-scanner.ts';

/** One step of a path: a member name, or an array index. */
export type JsonPathStep = string | number;

type Token =
  | { readonly kind: 'FIELD' | 'STRING'; readonly text: string }
  | { readonly kind: 'INDEX'; readonly index: number }
  | { readonly kind: 'DOT' | 'LSB' | 'RSB' | '$end' | '$unk' };

/**
 * Parses the path of `json x="path"`: `name`, `.name`, `["any text"]`, `[index]`.
 *
 * @throws LogError QUERY_INVALID `cannot parse expression [<path>]: syntax error: unexpected ...`
 */
export function parseJsonPath(path: string): readonly JsonPathStep[] {
  const tokens = tokenize(path);
  const steps: JsonPathStep[] = [];
  let at = 0;
  const next = (): Token => tokens[at++] ?? { kind: '$end' };
  const fail = (token: Token, expecting: string): never => {
    const tail = expecting === '' ? '' : `, expecting ${expecting}`;
    throw new LogError(
      'QUERY_INVALID',
      `cannot parse expression [${path}]: syntax error: unexpected ${token.kind}${tail}`,
    );
  };
  const bracket = (): void => {
    const token = next();
    if (token.kind === 'STRING') steps.push(token.text);
    else if (token.kind === 'INDEX') steps.push(token.index);
    else fail(token, 'STRING or INDEX');
    const close = next();
    if (close.kind !== 'RSB') fail(close, 'RSB');
  };
  const first = next();
  if (first.kind === 'FIELD') steps.push(first.text);
  else if (first.kind === 'LSB') bracket();
  else fail(first, 'LSB or FIELD');
  for (;;) {
    const token = next();
    if (token.kind === '$end') return steps;
    if (token.kind === 'LSB') {
      bracket();
    } else if (token.kind === 'DOT') {
      const field = next();
      if (field.kind !== 'FIELD') fail(field, 'FIELD');
      else steps.push(field.text);
    } else {
      fail(token, '');
    }
  }
}

const PUNCTUATION: Readonly<Record<string, 'DOT' | 'LSB' | 'RSB'>> = { '.': 'DOT', '[': 'LSB', ']': 'RSB' };

function tokenize(path: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < path.length) {
    const char = path[at]!;
    const mark = PUNCTUATION[char];
    if (mark !== undefined) {
      tokens.push({ kind: mark });
      at++;
    } else if (char === ' ' || char === '\t' || char === '\n' || char === '\r') {
      at++;
    } else if (char === '"') {
      const close = closingQuote(path, at + 1);
      const text = close < 0 ? undefined : unescapeJson(path.slice(at + 1, close));
      tokens.push(text === undefined ? { kind: '$unk' } : { kind: 'STRING', text });
      if (close < 0) break;
      at = close + 1;
    } else {
      const end = wordEnd(path, at);
      tokens.push(wordToken(path, at, end));
      at = Math.max(end, at + 1);
    }
  }
  return tokens;
}

function closingQuote(path: string, at: number): number {
  while (at < path.length && path[at] !== '"') at += path[at] === '\\' ? 2 : 1;
  return at < path.length ? at : -1;
}

function wordEnd(path: string, at: number): number {
  while (at < path.length && /[A-Za-z0-9_]/.test(path[at]!)) at++;
  return at;
}

function wordToken(path: string, start: number, end: number): Token {
  const text = path.slice(start, end);
  if (/^[A-Za-z_]/.test(text)) return { kind: 'FIELD', text };
  if (/^[0-9]+$/.test(text)) return { kind: 'INDEX', index: Number(text) };
  return { kind: '$unk' };
}
