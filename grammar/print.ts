/** Syntax tree to text: on one line, or split over lines the way Loki's format_query does. */
import type {
  BinaryExpr,
  Grouping,
  LineFilterStage,
  LogExpr,
  LogRange,
  Query,
  RangeAggExpr,
  Stage,
  VariantsExpr,
  VectorAggExpr,
} from './ast.ts';
import { formatGoDuration, formatPromDuration, goQuote } from './literals.ts';
import { printLineFilter, printNumber, printSelector, printUnwrap, printStage as stageText } from './print-stage.ts';

/** 100: Loki's line width, in bytes and without indentation. */
const MAX_LINE_BYTES = 100;

const fits = (text: string): boolean => Buffer.byteLength(text) <= MAX_LINE_BYTES;
const indent = (level: number): string => '  '.repeat(level);

function lineOfLog({ matchers, stages }: LogExpr): string {
  return [printSelector(matchers), ...stages.map(stageText)].join(' ');
}

function lineOfRange({ log, unwrap, rangeNs, offsetNs }: LogRange): string {
  const unwrapped = unwrap === undefined ? '' : ` ${printUnwrap(unwrap).join(' ')}`;
  const offset = offsetNs === 0n ? '' : ` offset ${formatGoDuration(offsetNs)}`;
  return `${lineOfLog(log)}${unwrapped}[${formatPromDuration(rangeNs)}]${offset}`;
}

function lineOfGrouping({ without, labels }: Grouping): string {
  return ` ${without ? 'without' : 'by'} (${labels.join(',')})`;
}

function lineOfVectorAgg({ op, param, expr, grouping }: VectorAggExpr): string {
  const isPrinted = grouping !== undefined && (grouping.without || grouping.labels.length > 0);
  const first = param === undefined ? '' : `${printNumber(param)},`;
  return `${op}${isPrinted ? lineOfGrouping(grouping) : ''}(${first}${printOneLine(expr)})`;
}

function lineOfMatching({ matching }: BinaryExpr): string {
  if (matching === undefined) return '';
  const { on, labels, card, include } = matching;
  const group =
    card === 'one-to-one' ? '' : `${card === 'many-to-one' ? 'group_left' : 'group_right'} (${include.join(',')})`;
  return ` ${on ? 'on' : 'ignoring'} (${labels.join(',')}) ${group}`;
}

/** Prints a query on one line, whatever its length; parsing the line gives the same query. */
export function printOneLine(query: Query): string {
  switch (query.kind) {
    case 'log':
      return lineOfLog(query);
    case 'range-agg': {
      const first = query.param === undefined ? '' : `${printNumber(query.param)},`;
      const grouping = query.grouping === undefined ? '' : lineOfGrouping(query.grouping);
      return `${query.op}(${first}${lineOfRange(query.range)})${grouping}`;
    }
    case 'vector-agg':
      return lineOfVectorAgg(query);
    case 'binary': {
      const bool = query.bool ? ' bool' : '';
      return `(${printOneLine(query.left)} ${query.op}${bool}${lineOfMatching(query)} ${printOneLine(query.right)})`;
    }
    case 'literal':
      return printNumber(query.value);
    case 'vector':
      return `vector(${query.value.toFixed(6)})`;
    case 'label-replace': {
      const texts = [query.dst, query.replacement, query.src, query.regex].map(goQuote);
      return `label_replace(${printOneLine(query.expr)},${texts.join(',')})`;
    }
    case 'variants':
      return `variants(${query.variants.map(printOneLine).join(', ')}) of (${lineOfRange(query.of)})`;
  }
}

/** Neighbouring line filters share a line, so they form one group. */
function groupStages(stages: readonly Stage[]): readonly (Stage | readonly LineFilterStage[])[] {
  const groups: (Stage | LineFilterStage[])[] = [];
  for (const stage of stages) {
    const last = groups.at(-1);
    if (stage.kind !== 'line-filter') groups.push(stage);
    else if (Array.isArray(last)) last.push(stage);
    else groups.push([stage]);
  }
  return groups;
}

function splitLog(log: LogExpr, level: number): string {
  const line = lineOfLog(log);
  if (fits(line)) return indent(level) + line;
  const lines = [indent(level) + printSelector(log.matchers)];
  for (const group of groupStages(log.stages)) {
    if ('kind' in group) {
      lines.push(group.kind === 'decolorize' ? stageText(group) : indent(level + 1) + stageText(group));
      continue;
    }
    const filters = group.map((filter) => printLineFilter(filter)).join(' ');
    if (fits(filters)) lines.push(indent(level + 1) + filters);
    // Loki loses all alternatives but the first here.
    else lines.push(...group.map((filter) => indent(level + 1) + printLineFilter(filter, 1)));
  }
  return lines.join('\n');
}

function splitRange({ log, unwrap, rangeNs, offsetNs }: LogRange, level: number): string {
  const lines = [splitLog(log, level)];
  if (unwrap !== undefined) lines.push(...printUnwrap(unwrap).map((line) => indent(level + 1) + line));
  const offset = offsetNs === 0n ? '' : ` offset ${formatPromDuration(offsetNs)}`;
  return `${lines.join('\n')} [${formatPromDuration(rangeNs)}]${offset}`;
}

function splitGrouping(grouping: Grouping | undefined): string {
  if (grouping === undefined) return '';
  const { without, labels } = grouping;
  if (labels.length === 0) return without ? ' without' : '';
  return ` ${without ? 'without' : 'by'} (${labels.join(', ')})`;
}

/** `head(`, the parts one level deeper with commas between, `)` and what follows it. */
function splitCall(head: string, parts: readonly string[], tail: string, level: number): string {
  return `${indent(level)}${head}(\n${parts.join(',\n')}\n${indent(level)})${tail}`;
}

function paramLine({ param }: RangeAggExpr | VectorAggExpr, level: number): readonly string[] {
  return param === undefined ? [] : [indent(level) + printNumber(param)];
}

function splitBinary(expr: BinaryExpr, level: number): string {
  const { op, bool, matching } = expr;
  let operator = `${op}${bool ? ' bool' : ''}`;
  // Loki leaves an empty label list out, and what belongs to it as well.
  if (matching !== undefined && matching.labels.length > 0) {
    operator += ` ${matching.on ? 'on' : 'ignoring'} (${matching.labels.join(', ')})`;
    if (matching.card !== 'one-to-one') {
      operator += ` ${matching.card === 'many-to-one' ? 'group_left' : 'group_right'} (${matching.include.join(', ')})`;
    }
  }
  return `${split(expr.left, level + 1)}\n${indent(level)}${operator}\n${split(expr.right, level + 1)}`;
}

function splitVariants({ variants, of }: VariantsExpr, level: number): string {
  const parts = variants.map((variant) => split(variant, level + 1));
  return `${splitCall('variants', parts, ' of (', level)}\n${splitRange(of, level + 1)}\n${indent(level)})`;
}

function split(query: Query, level: number): string {
  if (query.kind === 'variants') return splitVariants(query, level);
  if (query.kind === 'log') return splitLog(query, level);
  const line = printOneLine(query);
  if (fits(line)) return indent(level) + line;
  switch (query.kind) {
    case 'range-agg': {
      const parts = [...paramLine(query, level + 1), splitRange(query.range, level + 1)];
      return splitCall(query.op, parts, splitGrouping(query.grouping), level);
    }
    case 'vector-agg': {
      const parts = [...paramLine(query, level + 1), split(query.expr, level + 1)];
      return splitCall(`${query.op}${splitGrouping(query.grouping)}`, parts, '', level);
    }
    case 'binary':
      return splitBinary(query, level);
    case 'label-replace': {
      const texts = [query.dst, query.replacement, query.src, query.regex];
      const parts = [split(query.expr, level + 1), ...texts.map((text) => indent(level + 1) + goQuote(text))];
      return splitCall('label_replace', parts, '', level);
    }
    case 'literal':
    case 'vector':
      return indent(level) + line;
  }
}

/**
 * Prints a query as format_query answers it: parts of at most 100 bytes on one line, longer ones split and indented.
 * The split form drops `by ()`, `on ()` and some alternatives of long line filters, as Loki's does.
 */
export function printQuery(query: Query): string {
  return split(query, 0);
}

/** One stage as it stands in a query; see `print-stage.ts`. Errors of a stage quote it. */
export const printStage: (stage: Stage) => string = stageText;
