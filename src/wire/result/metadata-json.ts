import { RecentMap } from '../../base/recent-map.ts';
import type { Labels } from '../../model/labels.ts';
import { jsonLabels } from '../json/json-text.ts';
import { NO_STATS, statsJson } from './stats-json.ts';

/** Bodies of the endpoints that answer about labels and fields instead of lines. */

/** `/labels` and `/label/{name}/values`: the member `data` is left out when nothing was found. */
export function namesJson(names: readonly string[]): string | Uint8Array {
  if (names.length === 0) return '{"status":"success"}';
  return keptBody(names, () => `{"status":"success","data":${JSON.stringify(names)}}`);
}

/** `/series` */
export function seriesJson(series: readonly Labels[]): string | Uint8Array {
  return keptBody(series, () => `{"status":"success","data":[${series.map(keptText).join(',')}]}`);
}

/** Texts of label sets that the store holds, for as long as it holds them: listing the same streams again costs a look each. */
const keptTexts = new WeakMap<Labels, string>();

function keptText(labels: Labels): string {
  let text = keptTexts.get(labels);
  if (text === undefined) {
    text = jsonLabels(labels);
    keptTexts.set(labels, text);
  }
  return text;
}

/** Shorter lists are printed sooner than found. */
const KEPT_FROM_ITEMS = 100;
const KEPT_BODY_BYTES = 4 * 1024 * 1024;
/** Bodies of lists that somebody keeps: the values of a label, the streams of a selector. Such a list is never changed. */
const keptBodies = new RecentMap<readonly unknown[], Uint8Array>({ maxWeight: KEPT_BODY_BYTES });
const seenLists = new WeakSet<readonly unknown[]>();

/** What was printed for the same list before; a list that comes for the second time is one that will come again. */
function keptBody(list: readonly unknown[], print: () => string): string | Uint8Array {
  if (list.length < KEPT_FROM_ITEMS) return print();
  const known = keptBodies.get(list);
  if (known !== undefined) return known;
  const text = print();
  if (!seenLists.has(list)) {
    seenLists.add(list);
    return text;
  }
  const body = Buffer.from(text);
  keptBodies.set(list, body, body.length);
  return body;
}

export interface IndexStats {
  readonly streams: number;
  readonly chunks: number;
  readonly bytes: number;
  readonly entries: number;
}

/** `/index/stats` */
export function indexStatsJson({ streams, chunks, bytes, entries }: IndexStats): string {
  return JSON.stringify({ streams, chunks, bytes, entries });
}

export interface DetectedLabel {
  readonly label: string;
  readonly cardinality: number;
}

/** `/detected_labels` */
export function detectedLabelsJson(labels: readonly DetectedLabel[]): string {
  return labels.length === 0 ? '{}' : JSON.stringify({ detectedLabels: labels });
}

export interface DetectedField {
  readonly label: string;
  readonly type: 'int' | 'float' | 'boolean' | 'duration' | 'bytes' | 'string';
  readonly cardinality: number;
  /** Empty for structured metadata; written as null then. */
  readonly parsers: readonly string[];
  readonly jsonPath?: readonly string[];
}

/** `/detected_fields` */
export function detectedFieldsJson(fields: readonly DetectedField[], limit: number): string {
  if (fields.length === 0) return '{}';
  const shaped = fields.map(({ label, type, cardinality, parsers, jsonPath }) => ({
    label,
    type,
    cardinality,
    parsers: parsers.length === 0 ? null : parsers,
    ...(jsonPath === undefined ? {} : { jsonPath }),
  }));
  return JSON.stringify({ fields: shaped, limit });
}

/** `/detected_field/{name}/values` */
export function fieldValuesJson(values: readonly string[], limit: number): string {
  return values.length === 0 ? '{}' : JSON.stringify({ values, limit });
}

/** `/index/shards`: one shard that is everything. Its bounds are unsigned 64-bit numbers, which JSON.stringify cannot write. */
export function indexShardsJson(stats: IndexStats): string {
  const shard = `{"bounds":{"min":0,"max":18446744073709551615},"stats":${indexStatsJson(stats)}}`;
  return `{"shards":[${shard}],"statistics":${statsJson(NO_STATS)}}`;
}

export interface PatternRow {
  readonly pattern: string;
  readonly level: string;
  /** Unix seconds and lines. */
  readonly samples: readonly (readonly [number, number])[];
}

/** `/patterns` */
export function patternsJson(rows: readonly PatternRow[], warnings: readonly string[] = []): string {
  return JSON.stringify({ status: 'success', data: rows, ...(warnings.length > 0 ? { warnings } : {}) });
}
