/** The way in: query text to syntax tree. The parser is built once and used by one call at a time. */
import type { IRecognitionException, IToken } from 'chevrotain';
import type { LogExpr, Matcher, Query } from './ast.ts';
import { checkSelector, checkSelectors } from './check.ts';
import { lex, lexicalError, positionOf, spellToken } from './lex.ts';
import { ParseError, QueryKindError } from './parse-error.ts';
import { MetricParser } from './parse-metric.ts';
import { UNLISTED, UnexpectedToken } from './parse-selector.ts';

const parser: MetricParser = new MetricParser();

const BYTE_ORDER_MARK = '\ufeff';

function refuse(text: string, token: IToken, expected: string): ParseError {
  const reason = lexicalError(token);
  if (reason !== undefined) return new ParseError(reason, positionOf(text, token));
  const list = expected === UNLISTED ? '' : `, expecting ${expected}`;
  return new ParseError(`syntax error: unexpected ${spellToken(token)}${list}`, positionOf(text, token));
}

function parseText(source: string): Query {
  const text = source.startsWith(BYTE_ORDER_MARK) ? source.slice(1) : source;
  if (text === '') throw new ParseError('syntax error: unexpected $end');
  parser.input = lex(text);
  try {
    const query = parser.query();
    const problem: IRecognitionException | undefined = parser.errors[0];
    if (problem !== undefined) throw refuse(text, problem.token, problem.message);
    return query;
  } catch (error) {
    if (error instanceof UnexpectedToken) throw refuse(text, error.token, error.expected);
    throw error;
  } finally {
    parser.input = [];
  }
}

/**
 * Parses a LogQL query and applies every check that needs no data and no run.
 *
 * @returns a log query, a metric query or a variants query
 * @throws ParseError for bad syntax, a bad regex, a selector that is too wide, or parts that do not go together
 */
export function parseQuery(text: string): Query {
  const query = parseText(text);
  checkSelectors(query);
  return query;
}

export interface SelectorOptions {
  /** `{}` stands for every stream; default false. Other selectors must still narrow the streams. */
  readonly allowEmpty?: boolean;
}

function isSelector(query: Query): query is LogExpr {
  return query.kind === 'log' && query.stages.length === 0;
}

/**
 * Parses a query that is a stream selector and nothing else, as the label, series and volume endpoints take it.
 *
 * @throws ParseError as `parseQuery`; QueryKindError `only label matchers are supported` for any other query
 */
export function parseSelector(text: string, options: SelectorOptions = {}): readonly Matcher[] {
  const query = parseText(text);
  if (isSelector(query)) {
    if (query.matchers.length > 0 || options.allowEmpty !== true) checkSelector(query.matchers);
    return query.matchers;
  }
  checkSelectors(query);
  throw new QueryKindError('only label matchers are supported');
}

/**
 * Parses a log query, as tailing and field detection take it.
 *
 * @throws ParseError as `parseQuery`; QueryKindError `only log selector is supported` for a metric query
 */
export function parseLogQuery(text: string): LogExpr {
  const query = parseQuery(text);
  if (query.kind !== 'log') throw new QueryKindError('only log selector is supported');
  return query;
}
