import type { Query } from '../../../grammar/ast.ts';
import { parseQuery } from '../../../grammar/parse.ts';
import { printQuery } from '../../../grammar/print.ts';
import { LogError } from '../../base/errors.ts';
import type { Limits } from '../../model/limits.ts';
import { checkQueryLength, checkSelectors } from '../../query/analysis/check-query.ts';
import { parseText } from '../../query/analysis/selectors.ts';
import type { QueryDeps } from '../../query/execute/query-deps.ts';
import type { ResultCache } from '../../query/execute/result-cache.ts';
import { parseCursor, type RowList, type RowPage, rowPages } from '../../query/execute/row-pages.ts';
import { detectedFields, detectedFieldValues } from '../../query/metadata/detected-fields.ts';
import { detectedLabels } from '../../query/metadata/detected-labels.ts';
import { labelNames, labelValues, type MetadataDeps, seriesLabels } from '../../query/metadata/labels.ts';
import { indexStats } from '../../query/metadata/stats.ts';
import { queryVolume } from '../../query/metadata/volume.ts';
import { queryPatterns } from '../../query/patterns/patterns.ts';
import { type QueryResult, runParsed, runQuery } from '../../query/run.ts';
import { checkStages } from '../../query/scan/scan-pipeline.ts';
import type { TallyCache } from '../../query/statistics/tally-cache.ts';
import { KeptSeries } from '../../query/statistics/tally-series.ts';
import type { TaskRunner } from '../../query/task/task.ts';
import type { QueryStore } from '../../store/snapshot/query-store.ts';
import {
  parseBounds,
  parseDetectedFieldsParams,
  parseInstantParams,
  parseLimit,
  parseRangeParams,
  parseShardBytes,
  parseSteppedBounds,
  parseVolumeParams,
} from '../../wire/query-params.ts';
import {
  detectedFieldsJson,
  detectedLabelsJson,
  fieldValuesJson,
  indexShardsJson,
  indexStatsJson,
  namesJson,
  patternsJson,
  seriesJson,
} from '../../wire/result/metadata-json.ts';
import { legacyStreamsBody, resultBody } from '../../wire/result/result-json.ts';
import { NO_STATS, type QueryStats } from '../../wire/result/stats-json.ts';
import type { JsonText, QueryRequest, QueryService } from '../request/parts.ts';
import { AskedStore, type DamageSource, withWarnings } from './damage-warnings.ts';
import { RowLines } from './rows-ndjson.ts';

export interface QueryAnswersOptions {
  readonly store: QueryStore;
  /** What answers are without. */
  readonly damage: DamageSource;
  readonly runner: TaskRunner;
  /** Kept between queries of all tenants; absent: nothing is. */
  readonly results?: ResultCache;
  readonly tallies?: TallyCache;
  readonly limitsFor: (tenant: string) => Limits;
  /** Now, nanoseconds since the epoch. */
  readonly nowNs: () => bigint;
  /** Hears of every query that ran to its end. */
  readonly onQuery: (info: QueryInfo) => void;
}

export interface QueryInfo {
  readonly type: 'log' | 'metric';
  readonly range: 'range' | 'instant';
  readonly stats: QueryStats;
  readonly tenant: string;
  readonly query: string;
  readonly tags: string | undefined;
}

/** The query endpoints on one store: parameters are parsed, the engine is called, its result is encoded; nothing else. */
export class QueryAnswers implements QueryService {
  readonly #options: QueryAnswersOptions;
  readonly #series = new KeptSeries();

  constructor(options: QueryAnswersOptions) {
    this.#options = options;
  }

  async query(request: QueryRequest): Promise<JsonText> {
    const deps = this.#deps(request);
    const params = parseInstantParams(request.params, deps.nowNs);
    const result = await runQuery({ kind: 'instant', ...params, ...answerForm(request) }, deps);
    return this.#encode(request, result, 'instant', deps.store);
  }

  async queryRange(request: QueryRequest): Promise<JsonText> {
    const deps = this.#deps(request);
    const params = parseRangeParams(request.params, deps.nowNs);
    const result = await runQuery({ kind: 'range', ...params, ...answerForm(request) }, deps);
    return this.#encode(request, result, 'range', deps.store);
  }

  /** `/api/prom/query`: a range log query with an older encoding; `regexp` filters lines. */
  async legacyQuery(request: QueryRequest): Promise<JsonText> {
    const deps = this.#deps(request);
    const params = parseRangeParams(request.params, deps.nowNs);
    const regexp = request.params.get('regexp') ?? '';
    const { data, stats } = await runParsed(
      withLineFilter(parseText(params.query), regexp),
      { kind: 'range', ...params, legacy: true },
      deps,
    );
    if (data.resultType !== 'streams') {
      throw new LogError(
        'QUERY_INVALID',
        'rpc error: code = Code(400) desc = legacy endpoints only support streams result type',
      );
    }
    this.#options.onQuery({ type: 'log', range: 'range', stats, ...askedBy(request) });
    return legacyStreamsBody(data.streams, stats, deps.store.warnings());
  }

  async labels(request: QueryRequest): Promise<JsonText> {
    const deps = this.#deps(request);
    const names = this.#labelNames(request, deps);
    return withWarnings(namesJson(names), deps.store.warnings());
  }

  async labelValues(request: QueryRequest, name: string): Promise<JsonText> {
    const deps = this.#deps(request);
    const values = this.#labelValues(request, name, deps);
    return withWarnings(namesJson(values), deps.store.warnings());
  }

  async legacyLabels(request: QueryRequest): Promise<JsonText> {
    const deps = this.#deps(request);
    const names = this.#labelNames(request, deps);
    return withWarnings(legacyNamesJson(names), deps.store.warnings());
  }

  async legacyLabelValues(request: QueryRequest, name: string): Promise<JsonText> {
    const deps = this.#deps(request);
    const values = this.#labelValues(request, name, deps);
    return withWarnings(legacyNamesJson(values), deps.store.warnings());
  }

  async series(request: QueryRequest): Promise<JsonText> {
    const deps = this.#deps(request);
    const bounds = parseBounds(request.params, deps.nowNs);
    const selectors = [...request.params.getAll('match'), ...request.params.getAll('match[]')];
    const body = seriesJson(seriesLabels(selectors, bounds, deps));
    return withWarnings(body, deps.store.warnings());
  }

  async indexStats(request: QueryRequest): Promise<JsonText> {
    const deps = this.#deps(request);
    const bounds = parseSteppedBounds(request.params, deps.nowNs);
    const body = indexStatsJson(indexStats(selectorOf(request), bounds, deps));
    return withWarnings(body, deps.store.warnings());
  }

  async indexShards(request: QueryRequest): Promise<JsonText> {
    const deps = this.#deps(request);
    const bounds = parseSteppedBounds(request.params, deps.nowNs);
    parseShardBytes(request.params);
    const body = indexShardsJson(indexStats(selectorOf(request), bounds, deps));
    return withWarnings(body, deps.store.warnings());
  }

  async patterns(request: QueryRequest): Promise<JsonText> {
    const deps = this.#deps(request);
    const bounds = parseSteppedBounds(request.params, deps.nowNs);
    const { rows, stride } = await queryPatterns(selectorOf(request), bounds, deps);
    const warnings = stride === 1 ? [] : [`one line in ${stride} was looked at; counts of patterns are estimates`];
    return patternsJson(rows, [...warnings, ...deps.store.warnings()]);
  }

  async volume(request: QueryRequest): Promise<JsonText> {
    return this.#volume(request, false);
  }

  async volumeRange(request: QueryRequest): Promise<JsonText> {
    return this.#volume(request, true);
  }

  async detectedLabels(request: QueryRequest): Promise<JsonText> {
    const deps = this.#deps(request);
    const bounds = parseBounds(request.params, deps.nowNs);
    const body = detectedLabelsJson(detectedLabels(selectorOf(request), bounds, deps));
    return withWarnings(body, deps.store.warnings());
  }

  async detectedFields(request: QueryRequest): Promise<JsonText> {
    const deps = this.#deps(request);
    const params = parseDetectedFieldsParams(request.params, deps.nowNs);
    const body = detectedFieldsJson(await detectedFields(params, deps), params.fieldLimit);
    return withWarnings(body, deps.store.warnings());
  }

  async detectedFieldValues(request: QueryRequest, name: string): Promise<JsonText> {
    const deps = this.#deps(request);
    const params = parseDetectedFieldsParams(request.params, deps.nowNs);
    const body = fieldValuesJson(await detectedFieldValues(name, params, deps), params.fieldLimit);
    return withWarnings(body, deps.store.warnings());
  }

  /** @throws LogError for parameters and the query; what fails later is thrown by the lines */
  async rows(request: QueryRequest): Promise<AsyncIterable<Uint8Array>> {
    const deps = this.#deps(request);
    const { query, startNs, endNs, direction } = parseRangeParams(request.params, deps.nowNs);
    const limit = Math.min(parseLimit(request.params, 'limit', DEFAULT_ROWS), MAX_ROWS);
    const expr = parseText(query);
    if (expr.kind !== 'log') throw new LogError('QUERY_INVALID', 'only log queries have rows');
    checkStages(expr);
    checkQueryLength(startNs, endNs, deps.limits);
    checkSelectors(expr, deps.limits);
    const cursor = request.params.get('cursor') ?? '';
    const after = cursor === '' ? undefined : parseCursor(cursor);
    const list = { expr, startNs, endNs, limit, backward: direction === 'backward', after };
    return rowLines(list, deps);
  }

  async formatQuery(text: string): Promise<string> {
    return printQuery(parseQuery(text));
  }

  #deps({ tenant, signal, fresh }: QueryRequest): QueryDeps & MetadataDeps & { readonly store: AskedStore } {
    const { damage, runner, limitsFor, nowNs, results, tallies } = this.#options;
    const store = new AskedStore(this.#options.store, damage);
    const deps = { store, runner, limits: limitsFor(tenant), nowNs: nowNs(), tenant, signal, series: this.#series };
    if (fresh === true) return deps;
    return { ...deps, ...(results === undefined ? {} : { results }), ...(tallies === undefined ? {} : { tallies }) };
  }

  #encode(
    request: QueryRequest,
    { data, stats, warnings, explain, done }: QueryResult,
    range: 'range' | 'instant',
    asked: AskedStore,
  ): JsonText {
    this.#options.onQuery({
      type: data.resultType === 'streams' ? 'log' : 'metric',
      range,
      stats,
      ...askedBy(request),
    });
    const extras = {
      warnings: [...warnings, ...asked.warnings()],
      explain: request.params.get('explain') === 'true' ? explain : undefined,
      done,
    };
    return resultBody(data, stats, extras);
  }

  #labelNames(request: QueryRequest, deps: QueryDeps): readonly string[] {
    return labelNames(selectorOf(request), parseBounds(request.params, deps.nowNs), deps);
  }

  #labelValues(request: QueryRequest, name: string, deps: QueryDeps): readonly string[] {
    return labelValues(name, selectorOf(request), parseBounds(request.params, deps.nowNs), deps);
  }

  #volume(request: QueryRequest, range: boolean): JsonText {
    const deps = this.#deps(request);
    if (!deps.limits.volumeEnabled) throw new LogError('QUERY_INVALID', 'not found', { status: 404 });
    const params = parseVolumeParams(request.params, deps.nowNs, range);
    const data = queryVolume(params, deps);
    return resultBody(data, NO_STATS, { warnings: deps.store.warnings() });
  }
}

/** Of one request for rows; what lies behind is reached by the cursor. */
const DEFAULT_ROWS = 1000;
const MAX_ROWS = 1_000_000;

async function* rowLines(list: RowList, deps: QueryDeps): AsyncGenerator<Uint8Array> {
  const startedMs = performance.now();
  const lines = new RowLines();
  let last: RowPage | undefined;
  for await (const page of rowPages(list, deps)) {
    last = page;
    yield lines.page(page);
  }
  if (last !== undefined) yield lines.end(last, (performance.now() - startedMs) / 1000);
}

/** Grafana's Logs Drilldown names itself in `X-Query-Tags`; it shows the series within the limit rather than an error. */
const DRILLDOWN_TAG = /(?:^|,)\s*source=grafana-lokiexplore-app\s*(?:,|$)/i;

/** What the headers say about the answer. */
function answerForm({ encodingFlags, tags }: QueryRequest): {
  encodingFlags: readonly string[];
  truncateSeries: boolean;
} {
  return { encodingFlags, truncateSeries: tags !== undefined && DRILLDOWN_TAG.test(tags) };
}

/** Who asked what. */
function askedBy({ tenant, params, tags }: QueryRequest): Pick<QueryInfo, 'tenant' | 'query' | 'tags'> {
  return { tenant, query: params.get('query') ?? '', tags };
}

function selectorOf(request: QueryRequest): string {
  return request.params.get('query') ?? '';
}

function legacyNamesJson(names: readonly string[]): string {
  return names.length === 0 ? '{}' : JSON.stringify({ values: names });
}

function withLineFilter(query: Query, regexp: string): Query {
  if (regexp === '' || query.kind !== 'log') return query;
  return {
    ...query,
    stages: [...query.stages, { kind: 'line-filter', op: '|~', args: [{ kind: 'text', value: regexp }] }],
  };
}
