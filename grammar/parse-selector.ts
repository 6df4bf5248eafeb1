/** Rules for `{name="value", ...}`, and what every rule shares: how a parser words what it expected. */
import {
  EmbeddedActionsParser,
  type IOrAlt,
  type IParserErrorMessageProvider,
  type IToken,
  type ParserMethod,
  type TokenType,
  tokenLabel,
} from 'chevrotain';
import type { Matcher, MatchOp } from './ast.ts';
import { checkRegex } from './check.ts';
import {
  ALL_TOKENS,
  Comma,
  Eq,
  EqMatch,
  LCurly,
  Neq,
  NotMatch,
  RCurly,
  Text,
  type TokenPayload,
  Word,
} from './tokens.ts';

/**
 * Stands for "too many to list": Loki names what it expected only where at most four tokens are possible and its
 * LALR(1) state does not reduce by default. Each rule says which of the two it is.
 */
export const UNLISTED = '-';

/** Chevrotain's messages carry the list of expected tokens and nothing else; `parse.ts` words the sentence. */
const EXPECTED_ONLY: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => tokenLabel(expected),
  buildNotAllInputParsedMessage: () => UNLISTED,
  buildNoViableAltMessage: ({ customUserDescription }) => customUserDescription ?? UNLISTED,
  buildEarlyExitMessage: ({ customUserDescription }) => customUserDescription ?? UNLISTED,
};

/** Thrown by an action where the tokens alone cannot tell that the next one is wrong. */
export class UnexpectedToken extends Error {
  readonly token: IToken;
  /** Spelled list of what would have been right, or `UNLISTED`. */
  readonly expected: string;

  constructor(token: IToken, expected: string = UNLISTED) {
    super(expected);
    this.token = token;
    this.expected = expected;
  }
}

/** The value of a STRING. */
export function textOf(token: IToken): string {
  return (token.payload as TokenPayload).text ?? '';
}

export class SelectorParser extends EmbeddedActionsParser {
  constructor() {
    // One token of lookahead: with more, Chevrotain would blame an earlier token than an LALR(1) parser does.
    super(ALL_TOKENS, { maxLookahead: 1, recoveryEnabled: false, errorMessageProvider: EXPECTED_ONLY });
  }

  /**
   * One alternative per token kind, each standing for a value; for rules that only tell tokens apart.
   *
   * @param index sets the tokens apart from others of the same kind in the same rule
   */
  protected meanings<T>(pairs: readonly (readonly [TokenType, T])[], index = 0): IOrAlt<T>[] {
    return pairs.map(([type, value]) => ({
      ALT: () => {
        this.consume(index, type);
        return value;
      },
    }));
  }

  protected readonly matchOp: ParserMethod<[], MatchOp> = this.RULE('matchOp', () =>
    this.OR({
      ERR_MSG: '= or =~ or !~ or !=',
      DEF: this.meanings<MatchOp>([
        [Eq, '='],
        [EqMatch, '=~'],
        [NotMatch, '!~'],
        [Neq, '!='],
      ]),
    }),
  );

  protected readonly matcher: ParserMethod<[], Matcher> = this.RULE('matcher', () => {
    const name = this.CONSUME(Word).image;
    const op = this.SUBRULE(this.matchOp);
    const value = this.CONSUME(Text);
    return this.ACTION(() => this.newMatcher(name, op, value));
  });

  protected newMatcher(name: string, op: MatchOp, value: IToken): Matcher {
    const text = textOf(value);
    if (op === '=~' || op === '!~') checkRegex(text);
    return { name, op, value: text };
  }

  protected readonly selector: ParserMethod<[], readonly Matcher[]> = this.RULE('selector', () => {
    const matchers: Matcher[] = [];
    this.CONSUME(LCurly);
    this.OPTION(() => {
      matchers.push(this.SUBRULE(this.matcher));
      this.MANY(() => {
        this.CONSUME(Comma);
        matchers.push(this.SUBRULE2(this.matcher));
      });
    });
    this.CONSUME(RCurly, { ERR_MSG: matchers.length === 0 ? 'IDENTIFIER or }' : '} or ,' });
    return matchers;
  });
}
