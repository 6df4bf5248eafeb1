/** Rules for metric queries: ranges, aggregations, binary operations; and for a whole query. */
import { EOF, type IToken, type ParserMethod } from 'chevrotain';
import type { BinaryOp, Grouping, MetricExpr, Query, RangeOp, VectorOp } from './ast.ts';
import { BinaryChain, type BinaryJoin, numberValue } from './build.ts';
import { checkLabelReplaceRegex, checkRangeAgg, checkVectorAgg } from './check.ts';
import { RangeParser } from './parse-range.ts';
import { textOf, UNLISTED, UnexpectedToken } from './parse-selector.ts';
import {
  Add,
  Comma,
  Div,
  EqEq,
  Gt,
  Gte,
  keyword,
  LabelReplace,
  LParen,
  Lt,
  Lte,
  Mod,
  Mul,
  Neq,
  NumberLiteral,
  Pow,
  RANGE_OPS,
  RParen,
  Sub,
  Text,
  VECTOR_OPS,
  Vector,
  Word,
} from './tokens.ts';

const RANGE_OP_TOKENS = [...RANGE_OPS].map(([name, type]) => [type, name as RangeOp] as const);
const VECTOR_OP_TOKENS = [...VECTOR_OPS].map(([name, type]) => [type, name as VectorOp] as const);
const BINARY_OP_TOKENS = [
  ...(['or', 'and', 'unless'] as const).map((name) => [keyword(name), name] as const),
  ...([
    [EqEq, '=='],
    [Neq, '!='],
    [Gt, '>'],
    [Gte, '>='],
    [Lt, '<'],
    [Lte, '<='],
  ] as const),
  ...([
    [Add, '+'],
    [Sub, '-'],
    [Mul, '*'],
    [Div, '/'],
    [Mod, '%'],
    [Pow, '^'],
  ] as const),
];

export class MetricParser extends RangeParser {
  constructor() {
    super();
    this.performSelfAnalysis();
  }

  protected readonly labelList: ParserMethod<[], readonly string[]> = this.RULE('labelList', () => {
    const labels: string[] = [];
    this.CONSUME(LParen);
    this.OPTION(() => {
      labels.push(this.CONSUME(Word).image);
      this.MANY(() => {
        this.CONSUME(Comma);
        labels.push(this.CONSUME2(Word).image);
      });
    });
    this.CONSUME(RParen, { ERR_MSG: labels.length === 0 ? 'IDENTIFIER or )' : ', or )' });
    return labels;
  });

  protected readonly grouping: ParserMethod<[], Grouping> = this.RULE('grouping', () => {
    const without = this.OR(
      this.meanings([
        [keyword('by'), false],
        [keyword('without'), true],
      ]),
    );
    return { without, labels: this.SUBRULE(this.labelList) };
  });

  protected readonly rangeAgg: ParserMethod<[], MetricExpr> = this.RULE('rangeAgg', () => {
    const op = this.OR(this.meanings<RangeOp>(RANGE_OP_TOKENS));
    this.CONSUME(LParen);
    const paramToken = this.OPTION1(() => {
      const token = this.CONSUME(NumberLiteral);
      this.CONSUME(Comma);
      return token;
    });
    const expected = paramToken === undefined ? 'NUMBER or { or (' : '{ or (';
    const range = this.SUBRULE(this.logRange, { ARGS: [expected] });
    this.CONSUME(RParen);
    const grouping = this.OPTION2(() => this.SUBRULE(this.grouping));
    return this.ACTION((): MetricExpr => {
      checkRangeAgg({ op, param: paramToken?.image, range, ...(grouping === undefined ? {} : { grouping }) });
      return {
        kind: 'range-agg',
        op,
        ...(paramToken === undefined ? {} : { param: numberValue(paramToken.image) }),
        range,
        ...(grouping === undefined ? {} : { grouping }),
      };
    });
  });

  protected readonly vectorAgg: ParserMethod<[], MetricExpr> = this.RULE('vectorAgg', () => {
    const op = this.OR(this.meanings<VectorOp>(VECTOR_OP_TOKENS));
    const before = this.OPTION1(() => this.SUBRULE1(this.grouping));
    this.CONSUME(LParen);
    const paramToken = this.OPTION2({
      GATE: () => this.LA(1).tokenType === NumberLiteral && this.LA(2).tokenType === Comma,
      DEF: () => {
        const token = this.CONSUME(NumberLiteral);
        this.CONSUME(Comma);
        return token;
      },
    });
    const expr = this.SUBRULE(this.metricExpr);
    this.CONSUME(RParen, { ERR_MSG: UNLISTED });
    const behind = this.OPTION3({ GATE: () => before === undefined, DEF: () => this.SUBRULE2(this.grouping) });
    return this.ACTION((): MetricExpr => {
      const grouping = before ?? behind;
      checkVectorAgg(op, paramToken?.image, grouping);
      return {
        kind: 'vector-agg',
        op,
        ...(paramToken === undefined ? {} : { param: numberValue(paramToken.image) }),
        expr,
        ...(grouping === undefined ? {} : { grouping }),
      };
    });
  });

  protected readonly labelReplace: ParserMethod<[], MetricExpr> = this.RULE('labelReplace', () => {
    this.CONSUME(LabelReplace);
    this.CONSUME(LParen);
    const expr = this.SUBRULE(this.metricExpr);
    this.CONSUME1(Comma, { ERR_MSG: UNLISTED });
    const texts: IToken[] = [this.CONSUME1(Text)];
    this.CONSUME2(Comma);
    texts.push(this.CONSUME2(Text));
    this.CONSUME3(Comma);
    texts.push(this.CONSUME3(Text));
    this.CONSUME4(Comma);
    texts.push(this.CONSUME4(Text));
    this.CONSUME(RParen);
    return this.ACTION((): MetricExpr => {
      const [dst, replacement, src, regex] = texts.map(textOf) as [string, string, string, string];
      checkLabelReplaceRegex(regex);
      return { kind: 'label-replace', expr, dst, replacement, src, regex };
    });
  });

  protected readonly vector: ParserMethod<[], MetricExpr> = this.RULE('vector', () => {
    this.CONSUME(Vector);
    this.CONSUME(LParen);
    const number = this.CONSUME(NumberLiteral);
    this.CONSUME(RParen);
    return this.ACTION((): MetricExpr => ({ kind: 'vector', value: numberValue(number.image) }));
  });

  protected readonly primary: ParserMethod<[], Query> = this.RULE('primary', () =>
    this.OR([
      {
        ALT: (): Query => {
          const matchers = this.SUBRULE(this.selector);
          return { kind: 'log', matchers, stages: this.SUBRULE(this.pipeline, { ARGS: [false] }) };
        },
      },
      {
        ALT: (): Query => {
          this.CONSUME(LParen);
          const inner = this.SUBRULE(this.expr);
          this.CONSUME(RParen, { ERR_MSG: UNLISTED });
          return inner;
        },
      },
      { ALT: (): Query => this.SUBRULE(this.rangeAgg) },
      { ALT: (): Query => this.SUBRULE(this.vectorAgg) },
      { ALT: (): Query => this.SUBRULE(this.labelReplace) },
      { ALT: (): Query => this.SUBRULE(this.vector) },
      {
        ALT: (): Query => {
          const { sign, text } = this.SUBRULE(this.signedNumber);
          return this.ACTION((): Query => ({ kind: 'literal', value: sign * numberValue(text) }));
        },
      },
    ]),
  );

  protected readonly binaryJoin: ParserMethod<[], BinaryJoin> = this.RULE('binaryJoin', () => {
    const op = this.OR1(this.meanings<BinaryOp>(BINARY_OP_TOKENS));
    let bool = false;
    this.OPTION1(() => {
      this.CONSUME(keyword('bool'));
      bool = true;
    });
    const matching = this.OPTION2(() => {
      const on = this.OR2(
        this.meanings([
          [keyword('on'), true],
          [keyword('ignoring'), false],
        ]),
      );
      const labels = this.SUBRULE1(this.labelList);
      const group = this.OPTION3(() => {
        const card = this.OR3(
          this.meanings<'many-to-one' | 'one-to-many'>([
            [keyword('group_left'), 'many-to-one'],
            [keyword('group_right'), 'one-to-many'],
          ]),
        );
        return { card, include: this.OPTION4(() => this.SUBRULE2(this.labelList)) };
      });
      return { on, labels, card: group?.card ?? ('one-to-one' as const), include: group?.include ?? [] };
    });
    return matching === undefined ? { op, bool } : { op, bool, matching };
  });

  protected readonly expr: ParserMethod<[], Query> = this.RULE('expr', () => {
    const chain = new BinaryChain();
    const first = this.SUBRULE1(this.primary);
    this.ACTION(() => chain.addOperand(first));
    this.MANY(() => {
      const join = this.SUBRULE(this.binaryJoin);
      this.ACTION(() => chain.addOperator(join));
      const next = this.SUBRULE2(this.primary);
      this.ACTION(() => chain.addOperand(next));
    });
    return this.ACTION(() => chain.finish());
  });

  /** An expression where a log query cannot stand; the token behind such a query is what is wrong. */
  protected readonly metricExpr: ParserMethod<[], MetricExpr> = this.RULE('metricExpr', () => {
    const expr = this.SUBRULE(this.expr);
    return this.ACTION((): MetricExpr => {
      if (expr.kind === 'log' || expr.kind === 'variants') throw new UnexpectedToken(this.LA(1));
      return expr;
    });
  });

  protected readonly variants: ParserMethod<[], Query> = this.RULE('variants', (): Query => {
    const variants: MetricExpr[] = [];
    this.CONSUME(keyword('variants'));
    this.CONSUME1(LParen);
    variants.push(this.SUBRULE1(this.metricExpr));
    this.MANY(() => {
      this.CONSUME(Comma);
      variants.push(this.SUBRULE2(this.metricExpr));
    });
    this.CONSUME1(RParen, { ERR_MSG: UNLISTED });
    this.CONSUME(keyword('of'));
    this.CONSUME2(LParen);
    const of = this.SUBRULE(this.logRange, { ARGS: ['{ or ('] });
    this.CONSUME2(RParen);
    return { kind: 'variants', variants, of };
  });

  /** A whole query. */
  readonly query: ParserMethod<[], Query> = this.RULE('query', () => {
    const query = this.OR([
      { ALT: (): Query => this.SUBRULE(this.variants) },
      { ALT: (): Query => this.SUBRULE(this.expr) },
    ]);
    this.CONSUME(EOF, { ERR_MSG: UNLISTED });
    return query;
  });
}
