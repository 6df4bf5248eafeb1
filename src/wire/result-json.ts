import type { Labels } from '../model/labels.ts';
import { formatRfc3339Nano, jsonLabels, jsonText, labelText } from './json-text.ts';
import { type ResultPoints, sampleJson, samplesJson } from './sample-json.ts';
import { type QueryStats, statsJson } from './stats-json.ts';

/**
 * Answers of the query endpoints in Loki's shape and member order: Grafana reads `data` in one pass, so `resultType` and
 * `encodingFlags` must come before `result`.
 */

export interface ResultEntry {
  readonly timeNs: bigint;
  readonly line: string;
  /** Both only with categorised labels. */
  readonly structuredMetadata?: Labels;
  readonly parsed?: Labels;
}

export interface ResultStream {
  readonly labels: Labels;
  readonly entries: readonly ResultEntry[];
}

export interface ResultSeries extends ResultPoints {
  readonly labels: Labels;
}

export type ResultData =
  | {
      readonly resultType: 'streams';
      readonly streams: readonly ResultStream[];
      readonly encodingFlags?: readonly string[];
    }
  | { readonly resultType: 'matrix' | 'vector'; readonly series: readonly ResultSeries[] }
  | { readonly resultType: 'scalar'; readonly timeMs: number; readonly value: number };

/** The flag that asks for labels by category. */
export const CATEGORIZE_LABELS = 'categorize-labels';

/** The body of `/query`, `/query_range` and the volume endpoints. */
export function resultJson(data: ResultData, stats: QueryStats, warnings: readonly string[] = []): string {
  const parts = ['{"status":"success","data":{"resultType":"', data.resultType, '"'];
  if (data.resultType === 'streams' && data.encodingFlags !== undefined && data.encodingFlags.length > 0) {
    parts.push(',"encodingFlags":', JSON.stringify(data.encodingFlags));
  }
  parts.push(',"result":');
  pushResult(parts, data);
  parts.push(',"stats":', statsJson(stats), '}');
  if (warnings.length > 0) parts.push(',"warnings":', JSON.stringify(warnings));
  parts.push('}');
  return parts.join('');
}

function pushResult(parts: string[], data: ResultData): void {
  switch (data.resultType) {
    case 'scalar':
      parts.push(sampleJson(data.timeMs, data.value));
      return;
    case 'streams': {
      const categorized = data.encodingFlags?.includes(CATEGORIZE_LABELS) ?? false;
      pushList(parts, data.streams, (stream) => pushStream(parts, stream, categorized));
      return;
    }
    case 'vector':
      pushList(parts, data.series, (series) => {
        parts.push(
          '{"metric":',
          jsonLabels(series.labels),
          ',"value":',
          sampleJson(series.timesMs[0]!, series.values[0]!),
          '}',
        );
      });
      return;
    case 'matrix':
      pushList(parts, data.series, (series) => {
        parts.push('{"metric":', jsonLabels(series.labels), ',"values":', samplesJson(series), '}');
      });
  }
}

function pushList<T>(parts: string[], items: readonly T[], push: (item: T) => void): void {
  parts.push('[');
  for (let i = 0; i < items.length; i++) {
    if (i > 0) parts.push(',');
    push(items[i]!);
  }
  parts.push(']');
}

function pushStream(parts: string[], stream: ResultStream, categorized: boolean): void {
  parts.push('{"stream":', jsonLabels(stream.labels), ',"values":');
  pushList(parts, stream.entries, (entry) => {
    parts.push('["', entry.timeNs.toString(), '",', jsonText(entry.line));
    if (categorized) parts.push(',', categoriesJson(entry));
    parts.push(']');
  });
  parts.push('}');
}

/** The third element of a categorised entry; empty categories are left out. */
export function categoriesJson(entry: Pick<ResultEntry, 'structuredMetadata' | 'parsed'>): string {
  const members: string[] = [];
  if (entry.structuredMetadata !== undefined && entry.structuredMetadata.length > 0) {
    members.push(`"structuredMetadata":${jsonLabels(entry.structuredMetadata)}`);
  }
  if (entry.parsed !== undefined && entry.parsed.length > 0) members.push(`"parsed":${jsonLabels(entry.parsed)}`);
  return `{${members.join(',')}}`;
}

/**
 * The body of the legacy `/api/prom/query`: streams with their labels as one text and times as RFC 3339.
 */
export function legacyStreamsJson(streams: readonly ResultStream[], stats: QueryStats): string {
  const parts: string[] = ['{"streams":'];
  pushList(parts, streams, (stream) => {
    parts.push('{"labels":', jsonText(labelText(stream.labels)), ',"entries":');
    pushList(parts, stream.entries, (entry) => {
      parts.push('{"ts":"', formatRfc3339Nano(entry.timeNs), '","line":', jsonText(entry.line), '}');
    });
    parts.push('}');
  });
  parts.push(',"stats":', statsJson(stats), '}');
  return parts.join('');
}
