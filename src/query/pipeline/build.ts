import type {
  JsonStage,
  LabelPredicate,
  LineFilterStage,
  LogfmtStage,
  RangeAggExpr,
  RangeOp,
  Stage,
  VectorAggExpr,
} from '../../../grammar/ast.ts';
import { printStage } from '../../../grammar/print.ts';
import { assertNever } from '../../base/assert.ts';
import { LogError } from '../../base/errors.ts';
import { MAX_FIELDS } from '../../kernels/field-kernel.ts';
import { asksForNoError, fieldTests, isTested } from './filters/field-tests.ts';
import { compilePredicate, LabelFilter, type Predicate, type PredicateOptions } from './filters/label-filter.ts';
import { compileLineFilters, type LineFilterChain } from './filters/line-filter.ts';
import { effectiveGrouping, parserHints } from './needed-labels.ts';
import type { ParserOptions } from './parsers/extractor.ts';
import { PathKeys, TargetKeys } from './parsers/field-keys.ts';
import { FieldReader, type FieldSource } from './parsers/field-reader.ts';
import { JsonParser } from './parsers/json-parser.ts';
import { parseJsonPath } from './parsers/json-path-syntax.ts';
import { JsonPathParser } from './parsers/json-paths.ts';
import { parsePattern } from './parsers/line-pattern.ts';
import { LogfmtFieldParser, LogfmtParser, targetsByKey } from './parsers/logfmt-parser.ts';
import { PatternParser } from './parsers/pattern-parser.ts';
import { RegexpParser } from './parsers/regexp-parser.ts';
import { UnpackParser } from './parsers/unpack.ts';
import { deleteTrailingLineFormats, hoistLineFilters, isParser, splitLeadingLineFilters } from './rewrite.ts';
import { EARLY_LABEL_FILTER_DROP } from './row/quirks.ts';
import type { ScanRow } from './row/row-state.ts';
import type { ParserHints, PipelineStage, Row } from './row/stage.ts';
import { Decolorize } from './stages/decolorize.ts';
import { DropLabels, KeepLabels } from './stages/drop-keep.ts';
import { LabelFormat } from './stages/label-format.ts';
import { LineFormat } from './stages/line-format.ts';

export interface PipelineOptions extends PredicateOptions {
  /** What parsers have to extract; absent: everything. */
  readonly hints?: ParserHints;
  /** Labels that decide the answer where the hints name none; absent: any may. Errors in other parts of a line are found all the same. */
  readonly answerNames?: ReadonlySet<string>;
  /** Set for metric queries. `groupedBy`: the samples are grouped by a non-empty list of labels. */
  readonly metric?: { readonly op: RangeOp; readonly groupedBy: boolean };
}

/** A compiled pipeline. Not shared between threads. */
export interface Pipeline {
  /**
   * Runs the stages on a row that passed `leadingLineFilters`.
   *
   * @returns false when the row is dropped
   */
  process(row: ScanRow): boolean;
  /** Line filters to be tested on the stored bytes of a row before it is begun; `process` does not test them again. */
  readonly leadingLineFilters: LineFilterChain;
  /** `process` does nothing. */
  readonly isIdentity: boolean;
  /** Line bytes are read by a filter or stage, or are part of the result. */
  readonly needsLine: boolean;
  /** Reads the labels of the first parser ahead for all rows of a block. */
  readonly fields: FieldReader | undefined;
  /** All that the stages do is extract the fields and test them, and drop rows with an error. */
  readonly onlyFields: boolean;
  /** Structured metadata is read by a stage or is part of the result of a log query. */
  readonly needsMetadata: boolean;
}

/** Pipeline options of a metric query. `outer` is the vector aggregation right around the range aggregation, if any. */
export function metricPipelineOptions(range: RangeAggExpr, outer?: VectorAggExpr): PipelineOptions {
  const grouping = effectiveGrouping(range, outer);
  // Byte literals of expressions that are not rewritten for splitting keep their exact value.
  const isRewritten = outer !== undefined || (range.op !== 'stddev_over_time' && range.op !== 'stdvar_over_time');
  return {
    hints: parserHints(range, outer),
    metric: { op: range.op, groupedBy: (grouping?.labels.length ?? 0) > 0 },
    exactByteLiterals: !isRewritten,
  };
}

/**
 * Compiles the stages of a query, with the rewrites of `rewrite.ts`.
 *
 * @throws LogError QUERY_INVALID `parse error : stage '<stage>' : <cause>`
 */
export function buildPipeline(stages: readonly Stage[], options: PipelineOptions = {}): Pipeline {
  const { metric, hints } = options;
  const kept = metric === undefined ? stages : deleteTrailingLineFormats(stages, metric.op);
  const { leading, rest } = splitLeadingLineFilters(hoistLineFilters(kept));
  const parserOptions: ParserOptions = { ...(hints && { hints }), early: earlyPredicates(kept, options) };
  const leadingLineFilters = compileFilterGroup(leading);
  const fields = hints?.skip === true ? undefined : readAhead(rest, options);
  const compiled: PipelineStage[] = [];
  const skipsParsers = hints?.skip === true;
  let readsLine = leading.length > 0 || metric === undefined;
  let readsMetadata = metric === undefined;
  for (const [i, stage] of rest.entries()) {
    const made = compileStage(stage, () => makeStage(stage, parserOptions, options, i === 0 ? fields : undefined));
    if (skipsParsers && isParser(stage)) continue;
    compiled.push(made);
    readsLine ||= stageReadsLine(stage);
    readsMetadata ||= stage.kind !== 'line-filter' && stage.kind !== 'decolorize';
  }
  return {
    process: (row) => {
      for (let i = 0; i < compiled.length; i++) if (!compiled[i]!.process(row)) return false;
      return true;
    },
    leadingLineFilters,
    isIdentity: compiled.length === 0,
    fields,
    onlyFields: fields?.complete === true && rest.slice(1).every(isFieldTest),
    needsLine: readsLine,
    needsMetadata: readsMetadata,
  };
}

/** Runs a stage's compilation and says which stage failed. @throws LogError QUERY_INVALID */
export function compileStage<T>(stage: Stage, compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof LogError) || error.kind === 'internal') throw error;
    const message = `parse error : stage '${printStage(stage)}' : ${error.message}`;
    throw new LogError('QUERY_INVALID', message, { cause: error });
  }
}

/** The first filter of one predicate for each label name. */
function earlyPredicates(stages: readonly Stage[], options: PipelineOptions): ReadonlyMap<string, Predicate> {
  const early = new Map<string, Predicate>();
  if (!EARLY_LABEL_FILTER_DROP || options.metric?.groupedBy === true) return early;
  for (const stage of stages) {
    if (stage.kind !== 'label-filter') continue;
    const { predicate } = stage;
    const name = singleName(predicate);
    if (name === undefined || early.has(name)) continue;
    early.set(
      name,
      compileStage(stage, () => compilePredicate(predicate, options)),
    );
  }
  return early;
}

/** The label of a predicate that is not put together from others. */
function singleName(predicate: LabelPredicate): string | undefined {
  switch (predicate.kind) {
    case 'and':
    case 'or':
      return undefined;
    default:
      return predicate.name;
  }
}

function compileFilterGroup(stages: readonly LineFilterStage[]): LineFilterChain {
  // One by one first, so that an error names the stage it comes from.
  for (const stage of stages) compileStage(stage, () => compileLineFilters([stage]));
  return compileLineFilters(stages);
}

class LineFilter implements PipelineStage {
  readonly #chain: LineFilterChain;

  constructor(chain: LineFilterChain) {
    this.#chain = chain;
  }

  process(row: Row): boolean {
    return this.#chain.test(row.bytes, row.start, row.end);
  }
}

/** Reads ahead for a parser that comes first, with the label filters right behind it. */
function readAhead([parser, ...rest]: readonly Stage[], options: PipelineOptions): FieldReader | undefined {
  const { hints } = options;
  const source = parser === undefined ? undefined : fieldSource(parser);
  if (source === undefined) return undefined;
  const predicates: LabelPredicate[] = [];
  for (const stage of rest) {
    if (stage.kind !== 'label-filter') break;
    predicates.push(stage.predicate);
  }
  // Rows of log queries are only dropped here.
  if ('targets' in source && hints === undefined && fieldTests(predicates).length === 0) return undefined;
  const names = parser?.kind === 'logfmt' ? logfmtNames(parser, options) : hints?.names;
  return FieldReader.create(source, names, predicates);
}

/** What a logfmt parser has to extract. One that is not strict tells nobody of what it leaves out. */
function logfmtNames({ strict }: LogfmtStage, { hints, answerNames: answer }: PipelineOptions): ParserHints['names'] {
  return hints?.names ?? (strict ? undefined : answer);
}

function isFieldTest(stage: Stage): boolean {
  return stage.kind === 'label-filter' && (isTested(stage.predicate) || asksForNoError(stage.predicate));
}

function fieldSource(stage: Stage): FieldSource | undefined {
  switch (stage.kind) {
    case 'json':
      return stage.extractions.length === 0 ? { format: 'json' } : jsonTargets(stage);
    case 'logfmt':
      if (stage.extractions.length > 0) return logfmtTargets(stage);
      return { format: stage.keepEmpty ? 'logfmt-keep-empty' : 'logfmt' };
    case 'pattern': {
      const pattern = compileStage(stage, () => parsePattern(stage.pattern));
      // The pattern is given to the kernel as a whole.
      return stage.pattern.length <= MAX_READ_AHEAD_PATTERN ? { format: 'pattern', pattern } : undefined;
    }
    default:
      return undefined;
  }
}

function jsonTargets(stage: JsonStage): FieldSource | undefined {
  const paths = compileStage(stage, () =>
    stage.extractions.map(({ target, source }) => ({ target, steps: parseJsonPath(source) })),
  );
  const keys = PathKeys.create(paths);
  return keys && { format: 'json-paths', targets: paths.map(({ target }) => target), keys };
}

function logfmtTargets(stage: LogfmtStage): FieldSource | undefined {
  const targets = [...new Set(stage.extractions.map(({ target }) => target))];
  if (targets.length > MAX_FIELDS) return undefined;
  const byKey = compileStage(stage, () => targetsByKey(stage.extractions));
  return { format: 'logfmt-targets', targets, keys: new TargetKeys(targets, byKey) };
}

/** In characters: far below what the kernel has room for. */
const MAX_READ_AHEAD_PATTERN = 500;

function makeStage(
  stage: Stage,
  parser: ParserOptions,
  options: PipelineOptions,
  fields: FieldReader | undefined,
): PipelineStage {
  switch (stage.kind) {
    case 'line-filter':
      return new LineFilter(compileLineFilters([stage]));
    case 'json':
      return stage.extractions.length === 0
        ? new JsonParser(withNames(parser, options), fields)
        : new JsonPathParser(stage.extractions, parser, fields);
    case 'logfmt':
      return stage.extractions.length === 0
        ? new LogfmtParser(stage, withNames(parser, options), fields)
        : new LogfmtFieldParser(stage, parser, fields);
    case 'regexp':
      return new RegexpParser(stage.pattern, parser);
    case 'pattern':
      return new PatternParser(stage.pattern, parser, fields);
    case 'unpack':
      return new UnpackParser(parser);
    case 'label-filter':
      return new LabelFilter(compilePredicate(stage.predicate, options));
    case 'line-format':
      return new LineFormat(stage.template);
    case 'label-format':
      return new LabelFormat(stage.items);
    case 'decolorize':
      return new Decolorize();
    case 'drop':
      return new DropLabels(stage.items);
    case 'keep':
      return new KeepLabels(stage.items);
    default:
      return assertNever(stage);
  }
}

/** Options of a parser that may leave out what does not decide the answer. */
function withNames(parser: ParserOptions, { answerNames }: PipelineOptions): ParserOptions {
  return answerNames === undefined ? parser : { ...parser, names: answerNames };
}

function stageReadsLine(stage: Stage): boolean {
  switch (stage.kind) {
    case 'label-filter':
    case 'drop':
    case 'keep':
      return false;
    case 'label-format':
      return stage.items.some((item) => item.kind === 'template' && item.template.includes('__line__'));
    default:
      return true;
  }
}
