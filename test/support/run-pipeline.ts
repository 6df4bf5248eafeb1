import type { LogExpr, RangeAggExpr, VectorAggExpr } from '../../grammar/ast.ts';
import { parseQuery } from '../../grammar/parse.ts';
import { labelsFromObject, labelsToObject } from '../../src/model/labels.ts';
import { buildPipeline, metricPipelineOptions, type PipelineOptions } from '../../src/query/pipeline/build.ts';
import { ScanRow } from '../../src/query/pipeline/row/row-state.ts';
import { buildUnwrap } from '../../src/query/pipeline/unwrap.ts';

export interface Outcome {
  readonly labels: Record<string, string>;
  readonly line: string;
  /** Sample value of a metric query with unwrap; undefined when the row gives none. */
  readonly value?: number | undefined;
}

function rowOver(line: string, stream: Record<string, string>, metadata: Record<string, string>): ScanRow {
  const bytes = Buffer.from(line);
  const row = new ScanRow();
  row.begin(
    bytes,
    0,
    bytes.length,
    1_700_000_000_000_000_000n,
    0,
    labelsFromObject(stream),
    labelsFromObject(metadata),
  );
  return row;
}

/** Runs the pipeline of a log query on one line of `{a="b"}`. */
export function runLog(query: string, line: string, metadata: Record<string, string> = {}): Outcome | 'dropped' {
  const { stages } = parseQuery(query) as LogExpr;
  return run(stages, {}, rowOver(line, { a: 'b' }, metadata));
}

/** Runs the pipeline of `range` or `outer(range)` on one line of `{a="b"}`. */
export function runMetric(query: string, line: string): Outcome | 'dropped' {
  const parsed = parseQuery(query) as RangeAggExpr | VectorAggExpr;
  const outer = parsed.kind === 'vector-agg' ? parsed : undefined;
  const range = (outer === undefined ? parsed : outer.expr) as RangeAggExpr;
  const options = metricPipelineOptions(range, outer);
  const row = rowOver(line, { a: 'b' }, {});
  const outcome = run(range.range.log.stages, options, row);
  if (outcome === 'dropped' || range.range.unwrap === undefined) return outcome;
  const value = buildUnwrap(range.range.unwrap, options).extract(row);
  return { ...outcome, labels: labelsToObject(row.labels.result()), value };
}

function run(stages: LogExpr['stages'], options: PipelineOptions, row: ScanRow): Outcome | 'dropped' {
  const pipeline = buildPipeline(stages, options);
  if (!pipeline.leadingLineFilters.test(row.bytes, row.start, row.end)) return 'dropped';
  if (!pipeline.process(row)) return 'dropped';
  return { labels: labelsToObject(row.labels.result()), line: row.lineText() };
}
