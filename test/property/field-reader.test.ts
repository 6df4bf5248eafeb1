import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseQuery } from '../../grammar/parse.ts';
import { openBlockKernel } from '../../src/kernels/block-kernel.ts';
import type { Labels } from '../../src/model/labels.ts';
import type { RowBlock } from '../../src/model/row-block.ts';
import { foldOf, scanGrouping } from '../../src/query/analysis/fold.ts';
import { metricAggregations } from '../../src/query/analysis/metric-parts.ts';
import { buildPipeline, metricPipelineOptions, type Pipeline } from '../../src/query/pipeline/build.ts';
import { ScanRow } from '../../src/query/pipeline/row/row-state.ts';
import { RowSelection } from '../../src/query/scan/row-selection.ts';
import { scanSamples } from '../../src/query/scan/scan-samples.ts';
import type { SampleScan } from '../../src/query/task/task.ts';
import { looseParts } from '../support/loose-parts.ts';

const kernel = openBlockKernel()!;
/** Blocks of one scan may lie in several kernels. */
const kernels = [kernel, openBlockKernel()!];

const METADATA: Labels = ['m', 'meta'];

function blockOf(lines: readonly string[], streamLabels: Labels, number = 0): RowBlock {
  const at = kernels[number % kernels.length]!;
  const text = Buffer.from(lines.join('\n'));
  const bytes = at.lines.subarray(64, 64 + text.length);
  bytes.set(text);
  // What stands behind the lines must not be read.
  at.lines.write('"}, a=1 "'.repeat(9), 64 + text.length);
  expect(at.splitLines(bytes, lines.length)).toBe(true);
  at.fields.from = 64;
  return {
    streamId: 1,
    streamLabels,
    dayStartNs: 0n,
    rowCount: lines.length,
    times: new Float64Array(lines.length),
    bytes,
    lineStarts: at.starts,
    lineEnds: at.ends,
    ascii: false,
    metadataId: () => 0,
    metadataIdCount: 1,
    metadata: () => METADATA,
    fields: at.fields,
  };
}

/** Result of a sample scan by series, over blocks with or without a kernel; the error when it fails. */
function samplesOf(text: string, batches: readonly Batch[], ahead: boolean): unknown {
  const { range, outer } = metricAggregations(parseQuery(text) as Parameters<typeof metricAggregations>[0])[0]!;
  const scan: SampleScan = {
    op: range.op,
    stages: range.range.log.stages,
    unwrap: range.range.unwrap,
    grouping: scanGrouping(range, outer === undefined ? undefined : foldOf(outer) && outer),
    options: metricPipelineOptions(range, outer),
    grid: { baseNs: 0n, count: 3, stepNs: 10, rangeNs: 10 },
  };
  const parts = batches.map((_, index) => ({
    part: {
      streamId: index,
      streamLabels: [],
      day: 0,
      minOffsetNs: 0,
      maxOffsetNs: 20,
      rowCount: 1,
      lineBytes: 1,
      place: 0,
      sources: [],
    },
    fromOffsetNs: 0,
    toOffsetNs: 20,
  }));
  try {
    const result = scanSamples({ kind: 'samples', parts: looseParts(parts), scan }, function* (part) {
      const { lines, stream } = batches[part.streamId]!;
      const block = { ...blockOf(lines, stream, part.streamId), times: Float64Array.from(lines, (_, i) => i) };
      if (!ahead) delete (block as { fields?: unknown }).fields;
      yield block;
    });
    const { starts, timesNs, values } = result.samples;
    const samplesOf = (i: number): unknown => [timesNs, values].map((column) => column.slice(starts[i], starts[i + 1]));
    return result.keys
      .map((key, i) => [key, result.buckets[i] ?? samplesOf(i), result.counts.rowsMatched])
      .sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
  } catch (error) {
    return (error as Error).message;
  }
}

interface Batch {
  readonly lines: readonly string[];
  readonly stream: Labels;
}

function pipelineOf(text: string): Pipeline {
  const query = parseQuery(text);
  if (query.kind === 'log') return buildPipeline(query.stages);
  const { range, outer } = metricAggregations(query as Parameters<typeof metricAggregations>[0])[0]!;
  return buildPipeline(range.range.log.stages, metricPipelineOptions(range, outer));
}

/** Rows that pass, with all labels and errors. */
function run(pipeline: Pipeline, block: RowBlock, ahead: boolean): string[] {
  const selection = new RowSelection();
  selection.all(0, block.rowCount);
  if (ahead) pipeline.fields!.read(block, selection);
  const row = new ScanRow();
  const out: string[] = [];
  for (let i = 0; i < selection.count; i++) {
    const at = selection.rows[i]!;
    row.begin(block.bytes, block.lineStarts[at]!, block.lineEnds[at]!, 0n, 0, block.streamLabels, METADATA);
    if (ahead) pipeline.fields!.row(i);
    if (!pipeline.process(row)) continue;
    out.push(`${at} ${JSON.stringify(row.labels.result())} ${row.labels.error} ${row.labels.errorDetails}`);
  }
  return out;
}

const STREAMS: readonly Labels[] = [
  ['app', 'x'],
  ['a', 'stream', 'app', 'z'],
  ['a_b', 'stream'],
  ['__error__', 'E'],
];
const KEYS = ['a', 'b', 'a_b', 'a.b', 'c d', 'é', 'a"b', '', ' ', '9', 'm', 'duration', '__error__'];
const WORDS = [
  '',
  '1',
  '5',
  '7.25',
  '.5',
  '5.',
  '1e3',
  '-3',
  '0x10',
  '1.5s',
  '2m',
  '1h5ms',
  '800ms',
  '3us',
  '1.s',
  '1kB',
  '9999999h',
  '1000ms',
  '1m2.5s',
  '3.5µs',
  '1.5KiB',
  '10 MB',
  'info',
];
const key = fc.constantFrom(...KEYS);
const word = fc.oneof(
  fc.constantFrom(...WORDS),
  fc.constantFrom('x y', 'é', 'q"q', 'b\\s', 'u\u0001', '1234567890123456', '{', '}'),
);

const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    word,
    fc.constantFrom(0, 5, 6.5, -2, 1e21, true, false, null),
    fc.array(tie('value'), { maxLength: 2 }),
    tie('object'),
  ),
  object: fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }),
}));

function printJson(value: unknown, space: string): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  // Pairs are an object, whose keys may repeat.
  if (value.every((one) => Array.isArray(one) && one.length === 2 && typeof one[0] === 'string'))
    return `{${value.map(([name, one]) => `${JSON.stringify(name)}:${space}${printJson(one, space)}`).join(`,${space}`)}${space}}`;
  return `[${value.map((one) => printJson(one, space)).join(',')}]`;
}

const pair = fc
  .tuple(key, word, fc.constantFrom('=', '=', '=', '', '= '), fc.boolean())
  .map(([name, value, equals, quoted]) => `${name}${equals}${quoted ? JSON.stringify(value) : value}`);

/** Mostly whole lines, some with a character changed, doubled or cut out. */
function damaged(line: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const change = fc.tuple(
    fc.nat(200),
    fc.constantFrom('', '', '"', '{', '}', '[', ']', ',', ':', '\\', ' ', '=', 'é', '1'),
    fc.nat(2),
  );
  const cut = fc.option(fc.nat(200), { freq: 1 });
  return fc.tuple(line, fc.option(change, { freq: 2 }), cut).map(([text, edit, length]) => {
    if (edit === null) return length === null ? text : text.slice(0, length);
    const at = text.length === 0 ? 0 : edit[0] % text.length;
    return text.slice(0, at) + edit[1] + text.slice(at + edit[2]);
  });
}

const LINES = {
  json: fc.tuple(json.object, fc.constantFrom('', ' ')).map(([value, space]) => printJson(value, space)),
  logfmt: fc.array(pair, { maxLength: 6 }).map((pairs) => pairs.join(' ')),
};

const FILTERS = [
  '| a > 5',
  '| a_b <= 5',
  '| duration > 1s',
  '| a != 5 and b >= 1',
  '| a = "5"',
  '| b != "x y"',
  '| a_b =~ "1|5|x.*"',
  '| b !~ ".+"',
  '| a = ""',
  '| __error__ = ""',
  '| b < 2m or a > 1',
  '',
];
const QUERIES = [
  (stages: string) => `sum by (a, b) (count_over_time({x="y"} ${stages} [1m]))`,
  (stages: string) => `sum by (a_extracted, a_b) (rate({x="y"} ${stages} [1m]))`,
  (stages: string) => `sum(count_over_time({x="y"} ${stages} [1m]))`,
  (stages: string) => `sum by (m, app, duration) (sum_over_time({x="y"} ${stages} | unwrap b [1m]))`,
  (stages: string) => `quantile_over_time(0.5, {x="y"} ${stages} | unwrap a [1m]) by (app, b)`,
  (stages: string) => `max_over_time({x="y"} ${stages} | unwrap duration [1m]) by (app)`,
  (stages: string) => `avg_over_time({x="y"} ${stages} | unwrap duration(duration) [1m]) by (a)`,
  (stages: string) =>
    `sum by (b) (sum_over_time({x="y"} ${stages} | unwrap duration_seconds(a) | __error__ = "" [1m]))`,
  (stages: string) => `quantile_over_time(0.5, {x="y"} ${stages} | unwrap bytes(b) | __error__="" [1m]) by (a_b)`,
  (stages: string) => `sum by (a) (rate({x="y"} ${stages} | __error__ = "" | unwrap m [1m]))`,
  (stages: string) => `{x="y"} ${stages}`,
];

const TARGETS = ['a', 'b', 'a_b', 'm', 'duration', 'app', '__error__', 'x'];
const PATHS = [
  'a',
  'b',
  'a.b',
  'b.a',
  'm',
  'm.a',
  'a.a.b',
  '["a.b"]',
  '["a\\"b"]',
  '["é"]',
  '[""]',
  'b[0]',
  'duration',
];
const LOGFMT_KEYS = ['a', 'b', 'a_b', 'm', 'duration', '"a"', 'c', '""'];

/** Labels with what they are taken from. */
function extractions(sources: readonly string[]): fc.Arbitrary<string> {
  const one = fc.tuple(fc.constantFrom(...TARGETS), fc.constantFrom(...sources));
  return fc
    .array(one, { minLength: 1, maxLength: 4 })
    .map((all) => all.map(([target, source]) => `${target}=${JSON.stringify(source)}`).join(', '));
}

const STAGES: Readonly<Record<string, fc.Arbitrary<string>>> = {
  json: fc.constant('json'),
  logfmt: fc.constant('logfmt'),
  'logfmt --keep-empty': fc.constant('logfmt --keep-empty'),
  'logfmt --strict': fc.constant('logfmt --strict'),
  'json of paths': extractions(PATHS).map((text) => `json ${text}`),
  'logfmt of keys': extractions(LOGFMT_KEYS).map((text) => `logfmt ${text}`),
  'logfmt --strict of keys': extractions(LOGFMT_KEYS).map((text) => `logfmt --strict ${text}`),
};

for (const [format, stage] of Object.entries(STAGES)) {
  test(`${format}: what is read ahead is what the parser finds`, () => {
    const line = damaged(LINES[format.startsWith('json') ? 'json' : 'logfmt']).filter((text) => !text.includes('\n'));
    const cases = fc.record({
      stage,
      batches: fc.array(
        fc.record({ lines: fc.array(line, { minLength: 1, maxLength: 12 }), stream: fc.constantFrom(...STREAMS) }),
        { minLength: 1, maxLength: 4 },
      ),
      filters: fc.uniqueArray(fc.constantFrom(...FILTERS), { maxLength: 2 }),
      query: fc.constantFrom(...QUERIES),
    });
    let read = 0;
    fc.assert(
      fc.property(cases, ({ stage, batches, filters, query }) => {
        const text = query(`| ${stage} ${filters.join(' ')}`);
        const pipeline = pipelineOf(text);
        if (pipeline.fields === undefined) return;
        const plain = pipelineOf(text);
        if (!text.startsWith('{'))
          expect(samplesOf(text, batches, true), text).toEqual(samplesOf(text, batches, false));
        for (const { lines, stream } of batches) {
          const block = blockOf(lines, stream);
          expect(run(pipeline, block, true), text).toEqual(run(plain, block, false));
          for (let i = 0; i < lines.length; i++) read += kernel.fields.status[i] === 0 ? 1 : 0;
        }
      }),
      { numRuns: 1000 },
    );
    expect(read).toBeGreaterThan(1000);
  });
}

test('pattern: what is read ahead is what the parser finds', () => {
  const piece = fc.constantFrom('a', 'b', ' ', '"', '[', ']', 'ab', '-', 'é', '1');
  const cases = fc.record({
    lines: fc.array(
      fc.array(piece, { maxLength: 30 }).map((all) => all.join('')),
      { minLength: 1, maxLength: 12 },
    ),
    parts: fc.array(
      fc.array(piece, { minLength: 1, maxLength: 3 }).map((all) => all.join('')),
      { minLength: 1, maxLength: 4 },
    ),
    names: fc.shuffledSubarray(['a', 'b', '_', 'a_b', 'm', 'duration'], { minLength: 5, maxLength: 5 }),
    edges: fc.tuple(fc.boolean(), fc.boolean()),
    stream: fc.constantFrom(...STREAMS),
    filters: fc.uniqueArray(fc.constantFrom(...FILTERS), { maxLength: 2 }),
    query: fc.constantFrom(...QUERIES),
  });
  fc.assert(
    fc.property(cases, ({ lines, parts, names, edges, stream, filters, query }) => {
      let pattern = edges[0] ? '1' : '';
      for (const [i, part] of parts.entries()) pattern += `<${names[i]}>${part}`;
      if (edges[1]) pattern += `<${names[parts.length]}>`;
      if (!/<[a-z]/.test(pattern)) return;
      const text = query(`| pattern ${JSON.stringify(pattern)} ${filters.join(' ')}`);
      const pipeline = pipelineOf(text);
      if (pipeline.fields === undefined) return;
      const block = blockOf(lines, stream);
      expect(run(pipeline, block, true), text).toEqual(run(pipelineOf(text), block, false));
      const batches = [
        { lines, stream },
        { lines, stream: STREAMS[0]! },
      ];
      if (!text.startsWith('{')) expect(samplesOf(text, batches, true), text).toEqual(samplesOf(text, batches, false));
    }),
    { numRuns: 1000 },
  );
});

test('a filter of a label that is no target is tested in every row', () => {
  const text = 'sum(count_over_time({x="y"} | logfmt b="b" | a = "" [1m]))';
  const batches = [
    { lines: ['b=1', 'b=2', 'b=3'], stream: STREAMS[0]! },
    { lines: ['b=1', 'b=2'], stream: STREAMS[1]! },
  ];
  expect(samplesOf(text, batches, false)).toEqual([['', expect.anything(), 3]]);
  expect(samplesOf(text, batches, true)).toEqual(samplesOf(text, batches, false));
});

test('a nested object that is left early must be closed', () => {
  const lines = [
    '{"a":{"b":1',
    '{"a":{"b":1}',
    '{"a":{"b":"x"}}',
    '{"a":{"b":1,"c":[{]}}',
    '{"a":{"c":[{]},"b":1}}',
    '{"a":{"b":1,"c":"}',
  ];
  const text = 'sum by (a_b) (count_over_time({x="y"} | json [1m]))';
  const block = blockOf(lines, STREAMS[0]!);
  const read = run(pipelineOf(text), block, true);
  expect(read).toEqual(run(pipelineOf(text), block, false));
  expect(read.filter((row) => row.includes('JSONParserErr'))).toHaveLength(2);
});

test('a duration that is out of range is an error, not a long one', () => {
  const text = 'sum(count_over_time({x="y"} | logfmt | duration > 1s [1m]))';
  const batches = [{ lines: ['duration=9999999h', 'duration=2s'], stream: STREAMS[0]! }];
  expect(samplesOf(text, batches, true)).toContain('LabelFilterErr');
  expect(samplesOf(text, batches, true)).toEqual(samplesOf(text, batches, false));
});

test('more keys than the kernel holds are left to the parser', () => {
  const lines = Array.from({ length: 3000 }, (_, i) => `{"k${i}":${i},"a":${i % 7}}`);
  const text = 'sum by (b) (count_over_time({x="y"} | json | a > 5 [1m]))';
  const pipeline = pipelineOf(text);
  for (const stream of STREAMS) {
    const block = blockOf(lines, stream);
    expect(run(pipeline, block, true)).toEqual(run(pipelineOf(text), block, false));
  }
  expect(kernel.fields.status[10]).toBe(0);
  expect(kernel.fields.status[2999]).toBe(1);
});
