/** Rules for what follows a selector: line filters, parsers, label filters, formats, unwrap. */
import type { ParserMethod } from 'chevrotain';
import type {
  Extraction,
  LabelFilterStage,
  LabelFormatItem,
  LineFilterArg,
  LineFilterOp,
  NameOrMatcher,
  Stage,
  Unwrap,
} from './ast.ts';
import { lineFilterStages } from './build.ts';
import { checkPatternParser, checkRegexpParser } from './check.ts';
import { LabelFilterParser } from './parse-label-filter.ts';
import { textOf } from './parse-selector.ts';
import {
  CONVERSIONS,
  Comma,
  Eq,
  Flag,
  keyword,
  LParen,
  Neq,
  NotMatch,
  NotPattern,
  Pipe,
  PipeExact,
  PipeMatch,
  PipePattern,
  RParen,
  Text,
  Word,
} from './tokens.ts';

const Or = keyword('or');

export class PipelineParser extends LabelFilterParser {
  protected readonly lineFilterArg: ParserMethod<[], LineFilterArg> = this.RULE('lineFilterArg', () =>
    this.OR({
      ERR_MSG: 'STRING or ip',
      DEF: [
        {
          ALT: (): LineFilterArg => {
            const text = this.CONSUME(Text);
            return this.ACTION(() => ({ kind: 'text', value: textOf(text) }));
          },
        },
        { ALT: (): LineFilterArg => ({ kind: 'ip', value: this.SUBRULE(this.ipCall) }) },
      ],
    }),
  );

  protected readonly lineFilter: ParserMethod<[], readonly Stage[]> = this.RULE('lineFilter', () => {
    const op = this.OR(
      this.meanings<LineFilterOp>([
        [PipeExact, '|='],
        [Neq, '!='],
        [PipeMatch, '|~'],
        [NotMatch, '!~'],
        [PipePattern, '|>'],
        [NotPattern, '!>'],
      ]),
    );
    const args = [this.SUBRULE(this.lineFilterArg)];
    this.MANY(() => {
      this.CONSUME(Or);
      args.push(this.SUBRULE2(this.lineFilterArg));
    });
    return this.ACTION(() => lineFilterStages(op, args));
  });

  protected readonly extraction: ParserMethod<[], Extraction> = this.RULE('extraction', () => {
    const target = this.CONSUME(Word).image;
    let source = target;
    this.OPTION(() => {
      this.CONSUME(Eq);
      const text = this.CONSUME(Text);
      source = this.ACTION(() => textOf(text));
    });
    return { target, source };
  });

  protected readonly extractions: ParserMethod<[], readonly Extraction[]> = this.RULE('extractions', () => {
    const extractions: Extraction[] = [];
    this.OPTION(() => {
      extractions.push(this.SUBRULE(this.extraction));
      this.MANY(() => {
        this.CONSUME(Comma);
        extractions.push(this.SUBRULE2(this.extraction));
      });
    });
    return extractions;
  });

  protected readonly logfmt: ParserMethod<[], Stage> = this.RULE('logfmt', (): Stage => {
    const flags: string[] = [];
    this.CONSUME(keyword('logfmt'));
    this.MANY(() => {
      flags.push(this.CONSUME(Flag).image);
    });
    const extractions = this.SUBRULE(this.extractions);
    const strict = flags.includes('--strict');
    return { kind: 'logfmt', strict, keepEmpty: flags.includes('--keep-empty'), extractions };
  });

  protected readonly labelFormatItem: ParserMethod<[], LabelFormatItem> = this.RULE('labelFormatItem', () => {
    const target = this.CONSUME1(Word).image;
    this.CONSUME(Eq);
    return this.OR({
      ERR_MSG: 'IDENTIFIER or STRING',
      DEF: [
        { ALT: (): LabelFormatItem => ({ kind: 'rename', target, source: this.CONSUME2(Word).image }) },
        {
          ALT: (): LabelFormatItem => {
            const text = this.CONSUME(Text);
            return this.ACTION(() => ({ kind: 'template', target, template: textOf(text) }));
          },
        },
      ],
    });
  });

  protected readonly labelFormat: ParserMethod<[], Stage> = this.RULE('labelFormat', (): Stage => {
    this.CONSUME(keyword('label_format'));
    const items = [this.SUBRULE(this.labelFormatItem)];
    this.MANY(() => {
      this.CONSUME(Comma);
      items.push(this.SUBRULE2(this.labelFormatItem));
    });
    return { kind: 'label-format', items };
  });

  protected readonly nameOrMatcher: ParserMethod<[], NameOrMatcher> = this.RULE('nameOrMatcher', () => {
    const name = this.CONSUME(Word).image;
    let item: NameOrMatcher = { name };
    this.OPTION(() => {
      const op = this.SUBRULE(this.matchOp);
      const value = this.CONSUME(Text);
      item = this.ACTION(() => ({ name, matcher: this.newMatcher(name, op, value) }));
    });
    return item;
  });

  protected readonly dropOrKeep: ParserMethod<[], Stage> = this.RULE('dropOrKeep', (): Stage => {
    const kind = this.OR(
      this.meanings<'drop' | 'keep'>([
        [keyword('drop'), 'drop'],
        [keyword('keep'), 'keep'],
      ]),
    );
    const items = [this.SUBRULE(this.nameOrMatcher)];
    this.MANY(() => {
      this.CONSUME(Comma);
      items.push(this.SUBRULE2(this.nameOrMatcher));
    });
    return { kind, items };
  });

  /** A stage that is one word and one string. */
  protected readonly textStage: ParserMethod<[], Stage> = this.RULE('textStage', () => {
    const kind = this.OR(
      this.meanings<'regexp' | 'pattern' | 'line-format'>([
        [keyword('regexp'), 'regexp'],
        [keyword('pattern'), 'pattern'],
        [keyword('line_format'), 'line-format'],
      ]),
    );
    const token = this.CONSUME(Text);
    return this.ACTION((): Stage => {
      const text = textOf(token);
      if (kind === 'line-format') return { kind, template: text };
      if (kind === 'regexp') checkRegexpParser(text);
      else checkPatternParser(text);
      return { kind, pattern: text };
    });
  });

  protected readonly pipeStage: ParserMethod<[], Stage> = this.RULE('pipeStage', () => {
    this.CONSUME(Pipe);
    return this.OR([
      {
        ALT: (): Stage => {
          this.CONSUME(keyword('json'));
          return { kind: 'json', extractions: this.SUBRULE(this.extractions) };
        },
      },
      { ALT: (): Stage => this.SUBRULE(this.logfmt) },
      { ALT: (): Stage => this.SUBRULE(this.textStage) },
      { ALT: (): Stage => this.SUBRULE(this.labelFormat) },
      { ALT: (): Stage => this.SUBRULE(this.dropOrKeep) },
      { ALT: (): Stage => this.SUBRULE(this.labelFilterBody) },
      ...this.meanings<Stage>(
        [
          [keyword('unpack'), { kind: 'unpack' }],
          [keyword('decolorize'), { kind: 'decolorize' }],
        ],
        1,
      ),
    ]);
  });

  /** `stopAtUnwrap`: in a range, where the rule for unwrap takes over. */
  protected readonly pipeline: ParserMethod<[stopAtUnwrap: boolean], readonly Stage[]> = this.RULE(
    'pipeline',
    (stopAtUnwrap: boolean) => {
      const stages: Stage[] = [];
      this.MANY({
        GATE: () => !(stopAtUnwrap && this.isAtUnwrap()),
        DEF: () => {
          this.OR([
            {
              ALT: () => {
                const filters = this.SUBRULE(this.lineFilter);
                this.ACTION(() => stages.push(...filters));
              },
            },
            { ALT: () => stages.push(this.SUBRULE(this.pipeStage)) },
          ]);
        },
      });
      return stages;
    },
  );

  protected isAtUnwrap(): boolean {
    return this.LA(1).tokenType === Pipe && this.LA(2).tokenType === keyword('unwrap');
  }

  protected readonly unwrap: ParserMethod<[], Unwrap> = this.RULE('unwrap', () => {
    this.CONSUME1(Pipe);
    this.CONSUME(keyword('unwrap'));
    let conversion: Unwrap['conversion'];
    const label = this.OR1({
      ERR_MSG: 'IDENTIFIER or BYTES_CONV or DURATION_CONV or DURATION_SECONDS_CONV',
      DEF: [
        { ALT: () => this.CONSUME1(Word).image },
        {
          ALT: () => {
            conversion = this.OR2(
              this.meanings([...CONVERSIONS].map(([name, type]) => [type, name as Unwrap['conversion']] as const)),
            );
            this.CONSUME(LParen);
            const name = this.CONSUME2(Word).image;
            this.CONSUME(RParen);
            return name;
          },
        },
      ],
    });
    const filters: LabelFilterStage[] = [];
    this.MANY(() => {
      this.CONSUME2(Pipe);
      filters.push(this.SUBRULE(this.labelFilterBody));
    });
    return conversion === undefined ? { label, filters } : { label, conversion, filters };
  });
}
