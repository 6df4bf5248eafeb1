import { readFileSync } from 'node:fs';
import { LogError } from '../../src/base/errors.ts';
import { DEFAULT_LIMITS } from '../../src/model/limits.ts';
import type { QueryDeps } from '../../src/query/execute/query-deps.ts';
import { detectedFields, detectedFieldValues } from '../../src/query/metadata/detected-fields.ts';
import { detectedLabels } from '../../src/query/metadata/detected-labels.ts';
import { labelNames, labelValues, seriesLabels } from '../../src/query/metadata/labels.ts';
import { indexStats } from '../../src/query/metadata/stats.ts';
import { queryVolume } from '../../src/query/metadata/volume.ts';
import { runQuery } from '../../src/query/run.ts';
import {
  parseBounds,
  parseDetectedFieldsParams,
  parseInstantParams,
  parseRangeParams,
  parseVolumeParams,
} from '../../src/wire/query-params.ts';
import {
  detectedFieldsJson,
  detectedLabelsJson,
  fieldValuesJson,
  indexStatsJson,
  namesJson,
  seriesJson,
} from '../../src/wire/result/metadata-json.ts';
import { inPlaceRunner, type MemoryStore } from './memory-store.ts';
import { resultText } from './result-text.ts';

/** A case of test/conformance/cases. */
export interface RecordedCase {
  readonly name: string;
  readonly category: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly params?: Record<string, string | string[]>;
    readonly headers?: Record<string, string>;
  };
  readonly expect: { readonly status: number; readonly contentType: string; readonly body: unknown };
}

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: unknown;
}

export function readCases(category: string): readonly RecordedCase[] {
  const url = new URL(`../conformance/cases/${category}.json`, import.meta.url);
  const cases = JSON.parse(readFileSync(url, 'utf8')) as Omit<RecordedCase, 'category'>[];
  return cases.map((one) => ({ ...one, category }));
}

/** The clock of the replay: a while after the data set. */
const NOW_NS = 1_793_600_000_000_000_000n;

export function queryDeps(store: MemoryStore, changes: Partial<QueryDeps> = {}): QueryDeps {
  return {
    store,
    runner: inPlaceRunner(store.load),
    limits: DEFAULT_LIMITS,
    nowNs: NOW_NS,
    tenant: 'fake',
    signal: new AbortController().signal,
    ...changes,
  };
}

/** Answers a recorded request from memory, as the server would; undefined for paths that queries do not serve. */
export async function answer(one: RecordedCase, store: MemoryStore): Promise<Answer | undefined> {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(one.request.params ?? {})) {
    for (const text of Array.isArray(value) ? value : [value]) params.append(name, text);
  }
  try {
    const body = await route(one, params, queryDeps(store));
    if (body === undefined) return undefined;
    return { status: 200, contentType: 'application/json', body: withoutStats(JSON.parse(body)) };
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    const status = error.status ?? (error.kind === 'internal' ? 500 : 400);
    return { status, contentType: 'text/plain', body: error.message };
  }
}

interface Envelope {
  data?: { stats?: unknown };
}

function withoutStats(body: Envelope): Envelope {
  delete body.data?.stats;
  return body;
}

const textOf = (body: string | Uint8Array): string => Buffer.from(body).toString();

async function route({ request }: RecordedCase, params: URLSearchParams, deps: QueryDeps): Promise<string | undefined> {
  const { nowNs } = deps;
  const text = params.get('query') ?? '';
  const bounds = (): { startNs: bigint; endNs: bigint } => parseBounds(params, nowNs);
  const flags = request.headers?.['X-Loki-Response-Encoding-Flags']?.split(',') ?? [];
  const path = request.path.replace('/loki/api/v1', '');
  const name = /^\/label\/([^/]+)\/values$/.exec(path)?.[1];
  if (name !== undefined) return textOf(namesJson(labelValues(name, text, bounds(), deps)));
  const field = /^\/detected_field\/([^/]+)\/values$/.exec(path)?.[1];
  if (field !== undefined) {
    const parsed = parseDetectedFieldsParams(params, nowNs);
    return fieldValuesJson(await detectedFieldValues(field, parsed, deps), parsed.fieldLimit);
  }
  switch (path) {
    case '/query': {
      const { data } = await runQuery({ kind: 'instant', ...parseInstantParams(params, nowNs) }, deps);
      return resultText(data);
    }
    case '/query_range': {
      const { data } = await runQuery(
        { kind: 'range', ...parseRangeParams(params, nowNs), encodingFlags: flags },
        deps,
      );
      return resultText(data);
    }
    case '/label':
    case '/labels':
      return textOf(namesJson(labelNames(text, bounds(), deps)));
    case '/series':
      return textOf(seriesJson(seriesLabels([...params.getAll('match[]'), ...params.getAll('match')], bounds(), deps)));
    case '/index/stats':
      return indexStatsJson(indexStats(text, bounds(), deps));
    case '/index/volume':
    case '/index/volume_range':
      return resultText(queryVolume(parseVolumeParams(params, nowNs, path.endsWith('range')), deps));
    case '/detected_labels':
      return detectedLabelsJson(detectedLabels(text, bounds(), deps));
    case '/detected_fields': {
      const parsed = parseDetectedFieldsParams(params, nowNs);
      return detectedFieldsJson(await detectedFields(parsed, deps), parsed.fieldLimit);
    }
    default:
      return undefined;
  }
}
