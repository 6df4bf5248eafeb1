import type { Labels } from '../model/labels.ts';
import { JsonBytes } from './json-bytes.ts';
import { jsonLabels } from './json-text.ts';
import { putSample, type ResultPoints, SampleLists } from './sample-json.ts';
import { type QueryStats, statsJson } from './stats-json.ts';

/**
 * Answers of the query endpoints in Loki's shape and member order: Grafana reads `data` in one pass, so `resultType` and
 * `encodingFlags` must come before `result`.
 */

/** Entries by label set, as they stand in the answer. */
export interface ResultStreams {
  readonly count: number;
  /** Writes the labels of a stream: a JSON object, or a text in the legacy format. */
  putLabels(out: JsonBytes, stream: number): void;
  /** Writes its entries, one at least, each with a comma behind it. */
  putEntries(out: JsonBytes, stream: number): void;
}

export interface ResultSeries extends ResultPoints {
  readonly labels: Labels;
}

export type ResultData =
  | {
      readonly resultType: 'streams';
      readonly streams: ResultStreams;
      readonly entryCount: number;
      readonly encodingFlags?: readonly string[];
    }
  | { readonly resultType: 'matrix' | 'vector'; readonly series: readonly ResultSeries[] }
  | { readonly resultType: 'scalar'; readonly timeMs: number; readonly value: number };

/** The flag that asks for labels by category. */
export const CATEGORIZE_LABELS = 'categorize-labels';

/** Used by one answer after the other: each is written in one step. */
const scratch = new JsonBytes();

/**
 * The body of `/query`, `/query_range` and the volume endpoints.
 *
 * @param explain what was planned and done, where that was asked for
 */
export function resultJson(
  data: ResultData,
  stats: QueryStats,
  warnings: readonly string[] = [],
  explain?: unknown,
): Uint8Array {
  const out = scratch;
  out.reset();
  out.string(`{"status":"success","data":{"resultType":"${data.resultType}"`);
  if (data.resultType === 'streams' && data.encodingFlags !== undefined && data.encodingFlags.length > 0)
    out.string(`,"encodingFlags":${JSON.stringify(data.encodingFlags)}`);
  out.string(',"result":');
  putResult(out, data);
  out.string(`,"stats":${statsJson(stats)}}`);
  if (warnings.length > 0) out.string(`,"warnings":${JSON.stringify(warnings)}`);
  if (explain !== undefined) out.string(`,"explain":${JSON.stringify(explain)}`);
  out.string('}');
  return out.finish();
}

function putResult(out: JsonBytes, data: ResultData): void {
  switch (data.resultType) {
    case 'scalar':
      putSample(out, data.timeMs, data.value);
      return;
    case 'streams':
      putStreams(out, data.streams, '{"stream":', ',"values":[');
      return;
    case 'vector':
      putList(out, data.series, ({ labels, timesMs, values }) => {
        out.string(`{"metric":${jsonLabels(labels)},"value":`);
        putSample(out, timesMs[0]!, values[0]!);
        out.string('}');
      });
      return;
    case 'matrix': {
      const lists = new SampleLists(out);
      putList(out, data.series, (series) => {
        out.string(`{"metric":${jsonLabels(series.labels)},"values":`);
        lists.put(series);
        out.string('}');
      });
    }
  }
}

function putList<T>(out: JsonBytes, items: readonly T[], put: (item: T) => void): void {
  out.string('[');
  for (let i = 0; i < items.length; i++) {
    if (i > 0) out.string(',');
    put(items[i]!);
  }
  out.string(']');
}

/** `before` and `between` stand around the labels of a stream. */
function putStreams(out: JsonBytes, streams: ResultStreams, before: string, between: string): void {
  out.string('[');
  for (let i = 0; i < streams.count; i++) {
    out.string(i > 0 ? `,${before}` : before);
    streams.putLabels(out, i);
    out.string(between);
    streams.putEntries(out, i);
    // The comma behind the last entry.
    out.length--;
    out.string(']}');
  }
  out.string(']');
}

/**
 * The body of the legacy `/api/prom/query`: streams with their labels as one text and times as RFC 3339.
 */
export function legacyStreamsJson(streams: ResultStreams, stats: QueryStats): Uint8Array {
  const out = scratch;
  out.reset();
  out.string('{"streams":');
  putStreams(out, streams, '{"labels":', ',"entries":[');
  out.string(`,"stats":${statsJson(stats)}}`);
  return out.finish();
}
