import type { LogExpr, RangeAggExpr, VectorAggExpr } from '../../grammar/ast.ts';
import { parseQuery } from '../../grammar/parse.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import { buildPipeline, metricPipelineOptions, type Pipeline } from '../../src/query/pipeline/build.ts';
import { ScanRow } from '../../src/query/pipeline/row/row-state.ts';
import { sampleLines } from '../logs/lines.ts';
import type { LineKind } from '../logs/topology.ts';
import { expectCount, type MicroBench } from './measure.ts';

const ROWS = 8192;
const STREAM = labelsFromObject({ app: 'api-gateway', cluster: 'prod', namespace: 'shop' });
const ACCESS_PATTERN = '<ip> - - [<ts>] "<method> <path> <proto>" <status> <size> <_>';

/** Stages of queries on one block of lines. */
export function scannerBenches(): MicroBench[] {
  return [
    scan('filter |= rare', 'nginx', '{app="x"} |= "nowhere-to-be-found"'),
    scan('filter |= common', 'nginx', '{app="x"} |= "GET"'),
    scan('filter |~ regex', 'nginx', '{app="x"} |~ "host: \\"(fraud|tax)\\\\.internal"'),
    scan('filter |~ (?i)', 'java', '{app="x"} |~ "(?i)OUTOFMEMORYerror"'),
    scan('json, all fields', 'json', '{app="x"} | json'),
    scan('json, one field', 'json', 'sum(count_over_time({app="x"} | json | http_status>=500 [5m]))'),
    scan('logfmt, all fields', 'logfmt', '{app="x"} | logfmt'),
    scan('logfmt, one field', 'logfmt', 'sum(count_over_time({app="x"} | logfmt | duration > 1s [5m]))'),
    scan('pattern, all fields', 'nginx', `{app="x"} | pattern \`${ACCESS_PATTERN}\``),
    scan(
      'pattern, by status',
      'nginx',
      `sum by (status) (count_over_time({app="x"} | pattern \`${ACCESS_PATTERN}\` [5m]))`,
    ),
  ];
}

/** The pipeline of a log query, or of a metric query with what its grouping needs. */
function pipelineOf(query: string): Pipeline {
  const parsed = parseQuery(query);
  if (parsed.kind === 'vector-agg') {
    const outer: VectorAggExpr = parsed;
    const range = outer.expr as RangeAggExpr;
    return buildPipeline(range.range.log.stages, metricPipelineOptions(range, outer));
  }
  return buildPipeline((parsed as LogExpr).stages);
}

function scan(name: string, kind: LineKind, query: string): MicroBench {
  const lines = sampleLines(kind, ROWS).map((line) => Buffer.from(line));
  const block = Buffer.concat(lines);
  const ends = new Uint32Array(ROWS);
  let end = 0;
  for (const [i, line] of lines.entries()) {
    end += line.length;
    ends[i] = end;
  }
  const row = new ScanRow();
  const pipeline = pipelineOf(query);
  const passed = (): number => {
    let count = 0;
    let start = 0;
    for (let i = 0; i < ROWS; i++) {
      const stop = ends[i]!;
      if (pipeline.leadingLineFilters.test(block, start, stop)) {
        row.begin(block, start, stop, 0n, i, STREAM);
        if (pipeline.process(row)) count++;
      }
      start = stop;
    }
    return count;
  };
  const expected = passed();
  return {
    name: `scan ${name} rows=${ROWS} (${expected} pass)`,
    rows: ROWS,
    bytes: block.length,
    run: () => expectCount('rows', passed(), expected),
  };
}
