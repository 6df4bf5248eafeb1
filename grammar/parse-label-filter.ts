/** Rules for label filters: `level = "error" and duration > 5s`. */
import type { IToken, ParserMethod } from 'chevrotain';
import type { CompareOp, LabelFilterStage, LabelPredicate } from './ast.ts';
import { filterNumberValue, groupPredicates, type PredicateJoin } from './build.ts';
import { checkRegex } from './check.ts';
import { SelectorParser, textOf, UNLISTED } from './parse-selector.ts';
import {
  Add,
  BytesLiteral,
  Comma,
  DurationLiteral,
  Eq,
  EqEq,
  EqMatch,
  Gt,
  Gte,
  Ip,
  keyword,
  LParen,
  Lt,
  Lte,
  Neq,
  NotMatch,
  NumberLiteral,
  RParen,
  Sub,
  Text,
  type TokenPayload,
  Word,
} from './tokens.ts';

const And = keyword('and');
const Or = keyword('or');

/** A number as written. */
interface SignedNumber {
  readonly sign: 1 | -1;
  readonly text: string;
}
/** A value that is compared by size. */
type Amount =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'duration'; readonly valueNs: bigint }
  | { readonly kind: 'bytes'; readonly valueBytes: number };

/** What stands right of a label filter's operator. */
type Operand =
  | Amount
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ip'; readonly pattern: string };

function newPredicate(name: string, op: CompareOp, operand: Operand): LabelPredicate {
  if (operand.kind === 'string' || operand.kind === 'ip') {
    return { name, op: op === '!=' ? '!=' : '=', ...operand };
  }
  return { name, op, ...operand };
}

function quantityOf(token: IToken): Amount {
  const { quantity } = token.payload as TokenPayload;
  if (quantity === undefined || quantity.kind === 'number') throw new Error(`not an amount: ${token.image}`);
  return quantity;
}

export class LabelFilterParser extends SelectorParser {
  protected readonly ipCall: ParserMethod<[], string> = this.RULE('ipCall', () => {
    this.CONSUME(Ip);
    this.CONSUME(LParen);
    const pattern = this.CONSUME(Text);
    this.CONSUME(RParen);
    return this.ACTION(() => textOf(pattern));
  });

  protected readonly amount: ParserMethod<[], Amount> = this.RULE('amount', () =>
    this.OR([
      {
        ALT: (): Amount => {
          const { sign, text } = this.SUBRULE(this.signedNumber);
          return this.ACTION((): Amount => ({ kind: 'number', value: sign * filterNumberValue(text) }));
        },
      },
      {
        ALT: (): Amount => {
          const token = this.CONSUME(DurationLiteral);
          return this.ACTION(() => quantityOf(token));
        },
      },
      {
        ALT: (): Amount => {
          const token = this.CONSUME(BytesLiteral);
          return this.ACTION(() => quantityOf(token));
        },
      },
    ]),
  );

  protected readonly signedNumber: ParserMethod<[], SignedNumber> = this.RULE('signedNumber', (): SignedNumber => {
    const sign = this.OPTION(() =>
      this.OR(
        this.meanings<1 | -1>([
          [Add, 1],
          [Sub, -1],
        ]),
      ),
    );
    return { sign: sign ?? 1, text: this.CONSUME(NumberLiteral).image };
  });

  protected readonly operand: ParserMethod<[], Operand> = this.RULE('operand', () =>
    this.OR([
      {
        ALT: (): Operand => {
          const text = this.CONSUME(Text);
          return this.ACTION(() => ({ kind: 'string', value: textOf(text) }));
        },
      },
      { ALT: (): Operand => ({ kind: 'ip', pattern: this.SUBRULE(this.ipCall) }) },
      { ALT: (): Operand => this.SUBRULE(this.amount) },
    ]),
  );

  protected readonly comparison: ParserMethod<[], LabelPredicate> = this.RULE('comparison', () => {
    const name = this.CONSUME(Word).image;
    return this.OR([
      {
        ALT: (): LabelPredicate => {
          const op = this.OR1(
            this.meanings<CompareOp>([
              [Eq, '='],
              [Neq, '!='],
            ]),
          );
          const operand = this.SUBRULE(this.operand);
          return this.ACTION(() => newPredicate(name, op, operand));
        },
      },
      {
        ALT: (): LabelPredicate => {
          const op = this.OR2(
            this.meanings<'=~' | '!~'>([
              [EqMatch, '=~'],
              [NotMatch, '!~'],
            ]),
          );
          const text = this.CONSUME(Text);
          return this.ACTION(() => {
            checkRegex(textOf(text));
            return { kind: 'string', name, op, value: textOf(text) };
          });
        },
      },
      {
        ALT: (): LabelPredicate => {
          const op = this.OR3(
            this.meanings<CompareOp>([
              [EqEq, '='],
              [Gt, '>'],
              [Gte, '>='],
              [Lt, '<'],
              [Lte, '<='],
            ]),
          );
          const amount = this.SUBRULE(this.amount);
          return this.ACTION(() => newPredicate(name, op, amount));
        },
      },
    ]);
  });

  protected readonly primaryPredicate: ParserMethod<[], LabelPredicate> = this.RULE('primaryPredicate', () =>
    this.OR({
      ERR_MSG: 'IDENTIFIER or (',
      DEF: [
        { ALT: () => this.SUBRULE(this.comparison) },
        {
          ALT: () => {
            this.CONSUME(LParen);
            const inner = this.SUBRULE(this.labelPredicate);
            this.CONSUME(RParen, { ERR_MSG: UNLISTED });
            return inner;
          },
        },
      ],
    }),
  );

  protected readonly labelPredicate: ParserMethod<[], LabelPredicate> = this.RULE('labelPredicate', () => {
    const operands = [this.SUBRULE(this.primaryPredicate)];
    const joins: PredicateJoin[] = [];
    this.MANY(() => {
      let join: PredicateJoin = '';
      this.OPTION(() => {
        join = this.OR(
          this.meanings<PredicateJoin>([
            [And, 'and'],
            [Or, 'or'],
            [Comma, ','],
          ]),
        );
      });
      operands.push(this.SUBRULE2(this.primaryPredicate));
      joins.push(join);
    });
    return this.ACTION(() => groupPredicates(operands, joins));
  });

  protected readonly labelFilterBody: ParserMethod<[], LabelFilterStage> = this.RULE(
    'labelFilterBody',
    (): LabelFilterStage => ({
      kind: 'label-filter',
      predicate: this.SUBRULE(this.labelPredicate),
    }),
  );
}
