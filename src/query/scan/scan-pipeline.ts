import type { Query, Stage, Unwrap } from '../../../grammar/ast.ts';
import { assertNever } from '../../base/assert.ts';
import type { Needle } from '../../base/regex/byte-search.ts';
import type { ValueKind } from '../../kernels/field-kernel.ts';
import type { MetadataText } from '../../store/snapshot/select.ts';
import { labelTexts } from '../analysis/label-texts.ts';
import { metricAggregations } from '../analysis/metric-parts.ts';
import { buildPipeline, metricPipelineOptions, type Pipeline, type PipelineOptions } from '../pipeline/build.ts';
import { asksForNoError } from '../pipeline/filters/field-tests.ts';
import type { LineFilterChain } from '../pipeline/filters/line-filter.ts';
import { stageReads } from '../pipeline/needed-labels.ts';
import type { FieldReader } from '../pipeline/parsers/field-reader.ts';
import { ERROR_DETAILS_LABEL, ERROR_LABEL } from '../pipeline/row/label-names.ts';
import type { Row } from '../pipeline/row/stage.ts';
import { buildUnwrap } from '../pipeline/unwrap.ts';
import type { SampleScan } from '../task/task.ts';
import { ImpliedText } from './implied-text.ts';

/** A compiled pipeline as a scan uses it. */
export interface LogPipeline {
  /** Line filters on stored bytes, tested before anything else; undefined when there are none. */
  readonly filter: LineFilterChain | undefined;
  /** Where there is no filter: a text that label filters imply. */
  readonly implied: ImpliedText | undefined;
  /** Texts that all lines passing the filter hold. */
  readonly needles: readonly Needle[];
  /** Every line that passes the filter holds at least one of these. */
  readonly anyOf: readonly Needle[] | undefined;
  /** What the metadata of every row that passes holds, where its stream has no such label. */
  readonly metadataTexts: readonly MetadataText[];
  /** What is left to do with a row that passed; undefined: nothing. */
  readonly stages: Pick<Pipeline, 'process'> | undefined;
  /** Reads the labels of the first parser ahead. */
  readonly fields: FieldReader | undefined;
}

/** Takes the sample of a row that passed the pipeline; `value` is set when it returns true. */
export interface SampleReader {
  value: number;
  take(row: Row): boolean;
}

export interface SamplePipeline extends LogPipeline {
  readonly needsLines: boolean;
  /** Structured metadata that can matter; undefined: any. */
  readonly metadataNames: ReadonlySet<string> | undefined;
  readonly sample: SampleReader;
  /** Samples of rows whose fields were read ahead need no labels. */
  readonly direct: DirectSamples | undefined;
}

/** What the sample is: 1, or what a field stands for. */
export interface DirectSamples {
  readonly field: string | undefined;
  readonly as: ValueKind;
  /** A label filter drops rows with an error. */
  readonly dropsErrors: boolean;
}

export function logPipeline(stages: readonly Stage[]): LogPipeline {
  const pipeline = buildPipeline(stages);
  return { ...filterOf(pipeline, stages), stages: pipeline.isIdentity ? undefined : pipeline };
}

export function samplePipeline(scan: SampleScan): SamplePipeline {
  const pipeline = buildPipeline(scan.stages, scan.options);
  const countsBytes = scan.op === 'bytes_over_time' || scan.op === 'bytes_rate';
  // The row's number is all that a plain count needs of it; an unwrap reads labels, so it counts as a stage.
  const isPlain = pipeline.isIdentity && scan.unwrap === undefined;
  return {
    ...filterOf(pipeline, scan.stages),
    stages: isPlain ? undefined : pipeline,
    needsLines: pipeline.needsLine || countsBytes,
    metadataNames: wantedMetadata(scan),
    sample: sampleReader(scan, countsBytes),
    direct: pipeline.onlyFields && !countsBytes ? directSamples(scan) : undefined,
  };
}

function directSamples({ unwrap, grouping, stages }: SampleScan): DirectSamples | undefined {
  if (grouping.without) return undefined;
  const filters = unwrap?.filters ?? [];
  if (!filters.every((filter) => asksForNoError(filter.predicate))) return undefined;
  return {
    field: unwrap?.label,
    as: valueKind(unwrap?.conversion),
    dropsErrors:
      filters.length > 0 || stages.some((stage) => stage.kind === 'label-filter' && asksForNoError(stage.predicate)),
  };
}

function valueKind(conversion: Unwrap['conversion']): ValueKind {
  if (conversion === undefined) return 'number';
  return conversion === 'bytes' ? 'bytes' : 'seconds';
}

/**
 * The same names that parsers have to extract are those whose metadata matters, and those that templates read.
 * Errors that came in as metadata always matter. Undefined: any may.
 */
export function wantedMetadata({ stages, options, grouping }: SampleScan): ReadonlySet<string> | undefined {
  const names = options.hints?.names ?? options.answerNames;
  if (names === undefined || grouping.without) return undefined;
  if (names.size === 0 && stages.length === 0) return names;
  const wanted = new Set([...names, ...grouping.labels, ERROR_LABEL, ERROR_DETAILS_LABEL]);
  for (const stage of stages) {
    const reads = stageReads(stage);
    if (reads === undefined) return undefined;
    for (const name of reads) wanted.add(name);
  }
  return wanted;
}

function sampleReader(scan: SampleScan, countsBytes: boolean): SampleReader {
  if (scan.unwrap !== undefined) return new UnwrapReader(scan.unwrap, scan);
  return countsBytes ? new LengthReader() : new OneReader();
}

class OneReader implements SampleReader {
  readonly value = 1;
  take(): boolean {
    return true;
  }
}

class LengthReader implements SampleReader {
  value = 0;
  take(row: Row): boolean {
    // `end` first: reading it may encode a line that a stage has made.
    const { end } = row;
    this.value = end - row.start;
    return true;
  }
}

class UnwrapReader implements SampleReader {
  value = 0;
  readonly #unwrap: ReturnType<typeof buildUnwrap>;

  constructor(unwrap: Unwrap, scan: SampleScan) {
    // The label stays on the row, so that rows remain untouched and their series can be looked up by metadata id; the
    // grouping leaves it out.
    this.#unwrap = buildUnwrap(unwrap, { ...scan.options, keepLabel: true });
  }

  take(row: Row): boolean {
    const value = this.#unwrap.extract(row);
    if (value === undefined) return false;
    this.value = value;
    return true;
  }
}

function filterOf(
  { leadingLineFilters: chain, fields }: Pipeline,
  stages: readonly Stage[],
): Omit<LogPipeline, 'stages'> {
  const labels = labelTexts(stages);
  const metadataTexts = labels.filter(({ origin, texts }) => origin === 'none' && texts.length > 0);
  if (chain.always)
    return { filter: undefined, implied: ImpliedText.of(labels), needles: [], anyOf: undefined, metadataTexts, fields };
  const { needles, literals } = chain;
  return {
    filter: chain,
    implied: undefined,
    fields,
    metadataTexts,
    needles,
    anyOf: literals?.wanted === true && needles.length === 0 ? literals.needles : undefined,
  };
}

/** Texts that every line has that passes the leading line filters, in any case: for the skip filters of the store. */
export function textsOf(stages: readonly Stage[], options?: PipelineOptions): readonly Uint8Array[] {
  const { leadingLineFilters: chain } = buildPipeline(stages, options);
  return chain.always ? [] : chain.needles.map((needle) => needle.bytes);
}

/** Queries whose pipelines compile; they are the same objects when they come again. */
const checked = new WeakSet<Query>();

/**
 * Compiles every pipeline of a query, for its errors; once for each query.
 *
 * @throws LogError QUERY_INVALID with Loki's text
 */
export function checkStages(query: Query): void {
  if (checked.has(query)) return;
  compileStages(query);
  checked.add(query);
}

function compileStages(query: Query): void {
  switch (query.kind) {
    case 'log':
      buildPipeline(query.stages);
      return;
    case 'variants':
      buildPipeline(query.of.log.stages);
      return;
    case 'range-agg':
    case 'vector-agg':
    case 'binary':
    case 'label-replace':
    case 'literal':
    case 'vector':
      for (const { range, outer } of metricAggregations(query)) {
        const options = metricPipelineOptions(range, outer);
        buildPipeline(range.range.log.stages, options);
        if (range.range.unwrap !== undefined) buildUnwrap(range.range.unwrap, options);
      }
      return;
    default:
      assertNever(query);
  }
}
