/** Rules for a range: `{...} | stages | unwrap x [5m] offset 1m`, whose interval may stand in several places. */
import type { ParserMethod } from 'chevrotain';
import type { LogExpr, LogRange, Matcher, Stage, Unwrap } from './ast.ts';
import { PipelineParser } from './parse-pipeline.ts';
import { UNLISTED, UnexpectedToken } from './parse-selector.ts';
import { DurationLiteral, keyword, LParen, Range, RParen, type TokenPayload } from './tokens.ts';

/** A range that may still lack its interval: `(` selector `)` has it behind the parenthesis. */
interface RangeDraft {
  readonly matchers: readonly Matcher[];
  readonly stages: readonly Stage[];
  readonly unwrap: Unwrap | undefined;
  readonly interval: Interval | undefined;
}
interface Interval {
  readonly rangeNs: bigint;
  readonly offsetNs: bigint;
}

export class RangeParser extends PipelineParser {
  protected readonly interval: ParserMethod<[expected: string], Interval> = this.RULE(
    'interval',
    (expected: string) => {
      const range = this.CONSUME(Range, { ERR_MSG: expected });
      const offset = this.OPTION(() => {
        this.CONSUME(keyword('offset'));
        return this.CONSUME(DurationLiteral);
      });
      return this.ACTION((): Interval => {
        const { quantity } = (offset?.payload ?? {}) as TokenPayload;
        return {
          rangeNs: (range.payload as TokenPayload).rangeNs ?? 0n,
          offsetNs: quantity?.kind === 'duration' ? quantity.valueNs : 0n,
        };
      });
    },
  );

  /** `unwrap` is only looked for where a range can have one, so its gate stands here. */
  protected readonly optionalUnwrap: ParserMethod<[], Unwrap | undefined> = this.RULE('optionalUnwrap', () =>
    this.OPTION({ GATE: () => this.isAtUnwrap(), DEF: () => this.SUBRULE(this.unwrap) }),
  );

  protected readonly selectorRange: ParserMethod<[], RangeDraft> = this.RULE('selectorRange', () => {
    const matchers = this.SUBRULE(this.selector);
    return this.OR([
      {
        // The other way may start with an interval, too, when it has no stages: the same range.
        IGNORE_AMBIGUITIES: true,
        ALT: (): RangeDraft => {
          const interval = this.SUBRULE1(this.interval, { ARGS: [UNLISTED] });
          const stages = this.SUBRULE1(this.pipeline, { ARGS: [true] });
          return { matchers, stages, unwrap: this.SUBRULE1(this.optionalUnwrap), interval };
        },
      },
      {
        ALT: (): RangeDraft => {
          const stages = this.SUBRULE2(this.pipeline, { ARGS: [true] });
          const unwrap = this.SUBRULE2(this.optionalUnwrap);
          const interval = this.OPTION(() => this.SUBRULE2(this.interval, { ARGS: [UNLISTED] }));
          return { matchers, stages, unwrap, interval };
        },
      },
    ]);
  });

  protected readonly rangeDraft: ParserMethod<[expected: string], RangeDraft> = this.RULE(
    'rangeDraft',
    (expected: string) =>
      this.OR({
        ERR_MSG: expected,
        DEF: [
          { ALT: () => this.SUBRULE(this.selectorRange) },
          {
            ALT: (): RangeDraft => {
              this.CONSUME(LParen);
              const inner = this.SUBRULE(this.rangeDraft, { ARGS: ['{ or ('] });
              this.CONSUME(RParen, { ERR_MSG: this.ACTION(() => (inner.interval === undefined ? UNLISTED : ')')) });
              const behind = this.OPTION({
                GATE: () => inner.interval === undefined,
                DEF: () => {
                  const interval = this.SUBRULE(this.interval, { ARGS: ['RANGE'] });
                  const unwrap = this.SUBRULE(this.optionalUnwrap);
                  return { interval, unwrap };
                },
              });
              return this.ACTION(() => {
                if (inner.interval !== undefined) return inner;
                if (behind === undefined) throw new UnexpectedToken(this.LA(1), 'RANGE');
                // Only a bare selector takes an unwrap behind its parenthesis.
                const isBare = inner.stages.length === 0 && inner.unwrap === undefined;
                if (behind.unwrap !== undefined && !isBare) throw new UnexpectedToken(this.LA(1));
                return { ...inner, interval: behind.interval, unwrap: behind.unwrap ?? inner.unwrap };
              });
            },
          },
        ],
      }),
  );

  protected readonly logRange: ParserMethod<[expected: string], LogRange> = this.RULE(
    'logRange',
    (expected: string) => {
      const draft = this.SUBRULE(this.rangeDraft, { ARGS: [expected] });
      return this.ACTION((): LogRange => {
        const { matchers, stages, unwrap, interval } = draft;
        if (interval === undefined)
          throw new UnexpectedToken(this.LA(1), unwrap === undefined ? UNLISTED : 'RANGE or |');
        const log: LogExpr = { kind: 'log', matchers, stages };
        return unwrap === undefined ? { log, ...interval } : { log, unwrap, ...interval };
      });
    },
  );
}
