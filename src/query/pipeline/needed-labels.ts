import type { Grouping, LabelPredicate, RangeAggExpr, RangeOp, Stage, VectorAggExpr } from '../../../grammar/ast.ts';
import { assertNever } from '../../base/assert.ts';
import { JSON_PARSER_ERROR } from './parsers/json-parser.ts';
import { LOGFMT_PARSER_ERROR } from './parsers/logfmt-parser.ts';
import { deleteTrailingLineFormats, templateUse } from './rewrite.ts';
import { ERROR_LABEL, EXTRACTED_SUFFIX } from './row/label-names.ts';
import { SKIP_UNNEEDED_PARSERS } from './row/quirks.ts';
import type { ParserHints } from './row/stage.ts';

/** Range operations whose samples an outer `sum` can fold before the labels are known. */
const FOLDED_BY_SUM: ReadonlySet<RangeOp> = new Set([
  'count_over_time',
  'rate',
  'bytes_over_time',
  'bytes_rate',
  'sum_over_time',
]);

const EVERYTHING: ParserHints = { skip: false, keepErrors: false };

/**
 * The grouping that decides which labels the samples need: that of the range aggregation or of a `sum` right around it.
 * Undefined when all labels may matter.
 */
export function effectiveGrouping(range: RangeAggExpr, outer?: VectorAggExpr): Grouping | undefined {
  if (range.op === 'absent_over_time') return { without: false, labels: [] };
  if (range.grouping !== undefined) return range.grouping.without ? undefined : range.grouping;
  if (outer?.op !== 'sum' || !FOLDED_BY_SUM.has(range.op)) return undefined;
  if (outer.grouping === undefined) return { without: false, labels: [] };
  return outer.grouping.without ? undefined : outer.grouping;
}

/**
 * What the parsers of a range aggregation have to extract.
 *
 * @param outer the vector aggregation right around it, if any
 */
export function parserHints(range: RangeAggExpr, outer?: VectorAggExpr): ParserHints {
  const grouping = effectiveGrouping(range, outer);
  if (grouping === undefined) return EVERYTHING;
  const names = namedLabels(range, grouping);
  addUnsuffixed(names);
  return { skip: SKIP_UNNEEDED_PARSERS && names.size === 0, names, keepErrors: names.has(ERROR_LABEL) };
}

/** Labels that the grouping, the stages and an unwrap name. */
function namedLabels({ op, range: { log, unwrap } }: RangeAggExpr, grouping: Grouping): Set<string> {
  const names = new Set(grouping.labels);
  for (const stage of deleteTrailingLineFormats(log.stages, op)) addStageLabels(stage, names);
  if (unwrap !== undefined) {
    names.add(unwrap.label);
    for (const filter of unwrap.filters) addPredicateLabels(filter.predicate, names);
  }
  return names;
}

/** Adds the names under which a parser finds what is renamed. */
function addUnsuffixed(names: Set<string>): void {
  for (const name of [...names]) {
    if (name.endsWith(EXTRACTED_SUFFIX)) names.add(name.slice(0, -EXTRACTED_SUFFIX.length));
  }
}

/**
 * The labels that decide the answer where hints name none because Loki's parsers would extract everything: a grouping that is folded in
 * leaves out the others. A parser whose work on those nobody could tell may skip them, and so may readers of metadata. Undefined: any may.
 *
 * @param grouping of the samples
 */
export function answerNames(range: RangeAggExpr, grouping: Grouping): ReadonlySet<string> | undefined {
  if (grouping.without) return undefined;
  const names = namedLabels(range, grouping);
  for (const stage of deleteTrailingLineFormats(range.range.log.stages, range.op)) {
    const reads = stageReads(stage);
    if (reads === undefined) return undefined;
    for (const name of reads) names.add(name);
  }
  addUnsuffixed(names);
  return names;
}

/** Labels that templates of a stage may read; undefined: any. */
export function stageReads(stage: Stage): ReadonlySet<string> | undefined {
  if (stage.kind === 'line-format') return templateUse(stage.template, 'line').reads;
  const names = new Set<string>();
  if (stage.kind !== 'label-format') return names;
  for (const item of stage.items) {
    const reads = item.kind === 'rename' ? [item.source] : templateUse(item.template, 'label').reads;
    if (reads === undefined) return undefined;
    for (const name of reads) names.add(name);
  }
  return names;
}

/** True if a sample with this error fails the whole metric query. */
export function isFatalError(error: string, hints: ParserHints | undefined): boolean {
  if (error === '') return false;
  if (hints?.keepErrors !== true) return true;
  return error !== JSON_PARSER_ERROR && error !== LOGFMT_PARSER_ERROR;
}

function addStageLabels(stage: Stage, names: Set<string>): void {
  switch (stage.kind) {
    case 'label-filter':
      addPredicateLabels(stage.predicate, names);
      return;
    case 'line-format':
      for (const field of templateUse(stage.template, 'line').fields) names.add(field);
      return;
    case 'label-format':
      for (const item of stage.items) {
        if (item.kind === 'rename') names.add(item.source);
        else for (const field of templateUse(item.template, 'label').fields) names.add(field);
      }
      return;
    default:
      return;
  }
}

/** Adds the names that a label filter looks at. */
export function addPredicateLabels(predicate: LabelPredicate, names: Set<string>): void {
  switch (predicate.kind) {
    case 'and':
    case 'or':
      addPredicateLabels(predicate.left, names);
      addPredicateLabels(predicate.right, names);
      return;
    case 'string':
    case 'number':
    case 'duration':
    case 'bytes':
    case 'ip':
      names.add(predicate.name);
      return;
    default:
      assertNever(predicate);
  }
}
